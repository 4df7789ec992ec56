"""numba for this package: decorators, and a cache that notices every source change.

numba's own cache looks at the file of the outermost function only, so a changed callee in another
file would go unnoticed, and so would a constant, whose value is compiled in. Here the cache folder
is named by a hash over the text of the function's file and of all files that it imports kernels,
constants or whole modules from. What is compiled in one checkout serves all others with the same
text. Processes that need a function at the same time wait while one of them compiles it.
"""

import ast
import hashlib
import inspect
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

# Half of numba's time goes into attempts to find types, a part of that into colours of messages
# that say why one failed and are never shown.
os.environ.setdefault("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING", "1")

import llvmlite.binding as llvm
import numba as nb
from filelock import FileLock
from numba.core import config
from numba.core.caching import UserProvidedCacheLocator
from numba.core.compiler_lock import global_compiler_lock

__all__ = [
    "cuda_kernel",
    "exact",
    "exact_borrowing",
    "exact_part",
    "fast",
    "fast_borrowing",
    "inline",
]


# Spans are loops over many arrays that never overlap; LLVM gives up on proving that after 8
# comparisons and would leave them scalar. A span is long enough to pay for all of them.
llvm.set_option("phys4d", "--runtime-memory-check-threshold=1000")

_PACKAGE = Path(__file__).parent
_LOCATOR = f"{__name__}.SharedLocator"
_IN_PYTHON = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"
"""Is there a simulated GPU? It runs in Python, and calls parts of kernels from there."""


@cache
def _kernel_files(path: Path) -> frozenset[Path]:
    """A file and every file it imports kernels or constants from, over any number of steps."""
    found = {path}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            names = [name.name for name in node.names]
            constants = any(map(str.isupper, names))
            for home in filter(Path.exists, (folder.with_suffix(".py"), folder / "__init__.py")):
                if constants or _has_kernels(home):
                    found |= _kernel_files(home)
            for module in filter(Path.exists, (folder / f"{name}.py" for name in names)):
                found |= _kernel_files(module)
    return frozenset(found)


def _has_kernels(path: Path) -> bool:
    return re.search(rb"jit import|numba", path.read_bytes()) is not None


@cache
def _cache_folder(path: Path) -> str:
    sha = hashlib.sha256(f"{nb.__version__} {_IN_PYTHON}".encode())
    for file in sorted(_kernel_files(path)):
        sha.update(file.relative_to(_PACKAGE).as_posix().encode() + file.read_bytes())
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return str(Path(root) / "phys4d" / "numba" / sha.hexdigest()[:16])


class SharedLocator(UserProvidedCacheLocator):
    """Where numba keeps compiled code: in `CACHE_DIR` itself, wherever the source lies."""

    @classmethod
    def get_suitable_cache_subpath(cls, py_file: str) -> str:
        """The name of the source's folder, without numba's hash of where that lies."""
        return Path(py_file).parent.name


@contextmanager
def _kept_in(folder: str) -> Iterator[None]:
    """While a function is decorated, numba is told where to keep it; then all is as it was."""
    ours = {"CACHE_DIR": folder, "CACHE_LOCATOR_CLASSES": _LOCATOR}
    before = {name: getattr(config, name) for name in ours}
    try:
        for name, value in ours.items():
            setattr(config, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(config, name, value)


def _decorated(function: Callable[..., Any], decorate: Callable[..., Any]) -> Any:
    # The tests' shape checker wraps functions; numba needs the function itself.
    bare = inspect.unwrap(function)
    path = Path(bare.__code__.co_filename).resolve()
    if not path.is_relative_to(_PACKAGE):
        return decorate(bare)
    with _kept_in(_cache_folder(path)):
        return decorate(bare)


def _one_at_a_time(dispatcher: Any) -> Any:
    """While one process compiles a kernel, others wait, then read what it stored.

    Without that, all workers of a pool compile the same kernels side by side.
    """
    compile_or_load = dispatcher.compile
    path = Path(dispatcher._cache.cache_path) / f"{dispatcher.__qualname__}.lock"
    locks: dict[int, FileLock] = {}  # by process: a lock does not survive a fork

    def compile_alone(signature: Any) -> Any:
        if signature in dispatcher.overloads:
            return compile_or_load(signature)
        # numba's own lock first: callees are compiled inside, by the thread that holds both.
        with global_compiler_lock, locks.setdefault(os.getpid(), FileLock(path)):
            return compile_or_load(signature)

    dispatcher.compile = compile_alone
    return dispatcher


def _only_for_kernels(dispatcher: Any) -> Any:
    """A call from Python raises; without its wrapper numba would jump to address 0."""

    def refuse(*_: Any, **__: Any) -> None:
        raise TypeError(f"{dispatcher.__qualname__} is a part of kernels: call it from a kernel")

    dispatcher._insert = lambda *_: None  # what is found here is called without further ado
    dispatcher._compile_for_args = refuse
    return dispatcher


def _compiler(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    def decorate(function: Callable[..., Any]) -> Any:
        if _IN_PYTHON:
            options["no_cpython_wrapper"] = False
        made = nb.njit(**options)(function)
        if options.get("no_cpython_wrapper"):
            made = _only_for_kernels(made)
        return _one_at_a_time(made) if options.get("cache") else made

    return lambda function: _decorated(function, decorate)


def cuda_kernel(function: Callable[..., Any]) -> Any:
    """Decorator: what every thread of a GPU runs; may call all of the above."""
    from numba import cuda  # only where a GPU is used

    return _decorated(function, cuda.jit(cache=True))


# C function pointers, which nothing here takes, would double the wrappers that are compiled.
_COMMON = {"error_model": "numpy", "cache": True, "nogil": True, "no_cfunc_wrapper": True}

fast = _compiler(fastmath=True, _nrt=True, **_COMMON)
"""Decorator: float rules relaxed for SIMD; still the same result on one platform."""

exact = _compiler(_nrt=True, **_COMMON)
"""Decorator: IEEE rules kept, for whatever handles NaN or infinity."""

fast_borrowing = _compiler(fastmath=True, _nrt=False, **_COMMON)
"""Decorator: `fast` for a kernel that makes no arrays, only borrows those it is given.

numba counts the references to every array at every call, in atomic additions of some 5 ns: for
what runs once a tile or a sample, with a scene of 20 arrays, more than the work itself.
"""

exact_borrowing = _compiler(_nrt=False, **_COMMON)
"""Decorator: `exact` for a kernel that makes no arrays."""

exact_part = _compiler(_nrt=False, no_cpython_wrapper=True, **_COMMON)
"""Decorator: `exact_borrowing` for what other kernels call, and nothing else.

Without the wrapper for calls from Python: unpacking a world of a hundred arrays takes LLVM longer
than most kernels that work on it.
"""

inline = _compiler(
    forceinline=True,
    fastmath=True,
    error_model="numpy",
    _nrt=False,
    no_cpython_wrapper=True,
    no_cfunc_wrapper=True,
)
"""Decorator: a piece of a kernel, copied in so that loops around it stay in SIMD lanes.

It makes no arrays. LLVM copies it: numba's own inlining makes the same code and takes twice as
long to compile.
"""
