"""Physics-true video with exact ground truth: the library.

`import phys4d_pipeline as p4` is cheap: solvers, renderer and store are imported when first used.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .render import render
    from .scene_catalog import sample_scene
    from .simulate import simulate
    from .store import open_dataset
    from .torch_clips import TorchClips

__all__ = ["TorchClips", "open_dataset", "render", "sample_scene", "simulate"]

_HOME = {
    "TorchClips": "torch_clips",
    "open_dataset": "store",
    "sample_scene": "scene_catalog",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its home."""
    if name in _HOME:
        return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    if name in __all__:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class _Verb(ModuleType):
    """A sub-package that can be called like the one function it is about."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return getattr(self, self.__name__.rpartition(".")[2])(*arguments, **options)


class _Package(ModuleType):
    """Makes `p4.simulate(spec)` and `p4.render(spec, states)` work, whoever imported them first.

    Both are also sub-packages, and Python binds a sub-package to its parent when it is imported.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name in __all__ and isinstance(value, ModuleType):
            value.__class__ = _Verb
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
