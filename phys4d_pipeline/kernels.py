"""The one import seam for the Taichi-language compiler: `from .kernels import ti, start`.

Kernels run on one CPU thread per process; several processes share the work. That keeps stored
bytes independent of thread timing, and the thread pools of Taichi and numba from fighting.
"""

import io
import os
import warnings
from contextlib import redirect_stdout
from functools import cache

os.environ.setdefault(
    "TI_ENABLE_TORCH", "0"
)  # torch costs seconds to import and is not needed here
os.environ.setdefault("ENABLE_TAICHI_HEADER_PRINT", "False")

with warnings.catch_warnings():
    # taichi 1.7.4 asks for the locale in a deprecated way.
    warnings.simplefilter("ignore", DeprecationWarning)
    import taichi as ti

__all__ = ["start", "ti"]


@cache
def start() -> None:
    """Start the compiler once in this process: CPU, one thread, exact float rules."""
    with redirect_stdout(io.StringIO()):  # it greets on stdout, where programs read our JSON
        ti.init(
            arch=ti.cpu,
            cpu_max_num_threads=1,
            fast_math=False,
            default_fp=ti.f32,
            log_level=ti.ERROR,
            offline_cache=True,
        )
