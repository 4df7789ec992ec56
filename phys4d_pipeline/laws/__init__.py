"""The laws that a clip's ledger lists, found by name.

A law is a public function of any module of this package that takes Evidence and is annotated to
return `Check | None`: the check, under the law's own name, or None where the law does not apply.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from functools import cache

from ..checks import Check
from .evidence import Evidence

__all__ = ["Evidence", "Law", "laws"]
Law = Callable[[Evidence], Check | None]


@cache
def laws() -> dict[str, Law]:
    """Name -> law, module after module, in the order in which they are written."""
    found: dict[str, Law] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        own = [
            function
            for name, function in inspect.getmembers(module, inspect.isfunction)
            if function.__module__ == module.__name__
            and not name.startswith("_")
            and inspect.signature(function).return_annotation == Check | None
        ]
        for function in sorted(own, key=lambda each: each.__code__.co_firstlineno):
            found[function.__name__] = function
    return found
