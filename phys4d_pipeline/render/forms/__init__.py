"""Points of a body (`States.points`) -> its surface at a frame and at the frames around it.

A form of `scene.FORMS` is a module of this package with a function
`drawable(body, states, index, grid) -> Drawable` and a constant `EXACTNESS`; forms without a
module are drawn from their pose, or as spheres.
"""

import importlib
import pkgutil
from types import ModuleType

from ...continuum import Grid
from ...scene import Body
from ...states import States
from .piece import Drawable, Piece

__all__ = ["Drawable", "Piece", "drawable", "exactness"]

_MODULES = {module.name for module in pkgutil.iter_modules(__path__)}


def drawable(body: Body, states: States, index: int, grid: Grid | None = None) -> Drawable | None:
    """The surface of body `index` of a scene over time; None if its form needs none.

    Args:
        body: The body.
        states: Of its scene.
        index: Its place in the scene.
        grid: Of the scene: its closed sides are walls that liquids end at.
    """
    if body.form not in _MODULES:
        return None
    return _module(body.form).drawable(body, states, index, grid)


def exactness(form: str) -> str:
    """`exact`, or `advected`: is the motion of a form that of its material points?"""
    return _module(form).EXACTNESS if form in _MODULES else "exact"


def _module(form: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{form}")
