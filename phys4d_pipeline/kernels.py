"""The one import of the Taichi-language compiler, started once per process.

Kernels are functions of a module over `ti.types.ndarray` arguments, so that they are compiled once
however many scenes a process simulates. Floating atomic additions come in any order: what is
stored must be summed in fixed point (64-bit integers) or in a fixed order.
"""

import io
import os
import warnings
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path

os.environ.setdefault("ENABLE_TAICHI_HEADER_PRINT", "0")
os.environ.setdefault("TI_LOG_LEVEL", "error")

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it asks for the default locale
    import taichi as ti  # reads the two variables above

from .device import chosen_device

__all__ = ["start", "ti"]


@cache
def start() -> None:
    """Start the compiler on the chosen device, one thread; later calls do nothing."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    with redirect_stdout(io.StringIO()):  # it prints where it runs
        ti.init(
            arch=ti.cuda if chosen_device() == "cuda" else ti.cpu,
            cpu_max_num_threads=1,
            default_fp=ti.f32,
            default_ip=ti.i32,
            offline_cache=True,
            offline_cache_file_path=str(Path(root) / "phys4d" / "taichi"),
            log_level=ti.ERROR,
        )
