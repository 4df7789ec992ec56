"""numba for this package: decorators, and a cache that notices every source change.

numba's own cache looks at the file of the outermost function only, so a changed callee in another
file would go unnoticed. Here the cache folder is named by a hash over the text of
every file that holds kernels.
"""

import hashlib
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba as nb
from numba.core import config

__all__ = ["exact", "fast", "inline"]


def _source_digest() -> str:
    sha = hashlib.sha256(nb.__version__.encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        text = path.read_bytes()
        if b"jit import" in text:
            sha.update(text)
    return sha.hexdigest()[:16]


def _cache_folder() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "phys4d" / "numba" / _source_digest()


setattr(config, "CACHE_DIR", str(_cache_folder()))  # noqa: B010  (unknown to type checkers)


def _compiler(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    def compile_(function: Callable[..., Any]) -> Any:
        # The tests' shape checker wraps functions; numba needs the function itself.
        return nb.njit(**options)(inspect.unwrap(function))

    return compile_


fast = _compiler(fastmath=True, error_model="numpy", cache=True, nogil=True)
"""Decorator: float rules relaxed for SIMD; still the same result on one platform."""

inline = _compiler(inline="always", fastmath=True, error_model="numpy")
"""Decorator: a piece of a `fast` kernel, copied in so that loops around it stay in SIMD lanes."""

exact = _compiler(error_model="numpy", cache=True, nogil=True)
"""Decorator: IEEE rules kept, for whatever handles NaN or infinity."""
