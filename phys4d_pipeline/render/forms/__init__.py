"""Points of a body (`States.points`) -> its surface at a frame and at the frames around it.

A form of `scene.FORMS` is a module of this package with a function
`drawable(body, states, index) -> Drawable`; forms without a module are drawn without points.
"""

import importlib
import pkgutil

from ...scene import Body
from ...states import States
from .piece import Drawable, Piece

__all__ = ["Drawable", "Piece", "drawable"]

_MODULES = {module.name for module in pkgutil.iter_modules(__path__)}


def drawable(body: Body, states: States, index: int) -> Drawable | None:
    """The surface of body `index` of a scene over time; None if its form needs none."""
    if body.form not in _MODULES:
        return None
    return importlib.import_module(f"{__name__}.{body.form}").drawable(body, states, index)
