"""A slot between two sloping boards, and the sand that lies on them: for hourglass and hopper."""

from dataclasses import dataclass

import numpy as np

from phys4d_pipeline.scene import Body, Shape

from .draws import pick
from .materials import surface
from .planks import plank, prism

BOARD, BOARD_CELLS = 0.014, 1.3
"""Thickness of boards, the larger of both [m], [1]: grains pass through walls below a cell."""
SLOT_CELLS = 3.0
"""Least width of a slot through which grains run freely [cells]."""
WOODS = ("oak", "pine", "painted wood")


@dataclass(frozen=True, kw_only=True)
class Trough:
    """Two boards that slope to a slot along y, symmetrical about x = 0."""

    width: float
    """Between the upper ends of the boards [m]."""
    depth: float
    """Along y [m]."""
    slot: float
    """[m]"""
    fall: float
    """Height of the slot [m]."""
    slope: float
    """Tangent of the boards' angle [1]."""
    filled: float
    """Height of the sand above the boards' upper ends [m]."""

    @property
    def shoulder(self) -> float:
        """Height of the boards' upper ends [m]."""
        return self.fall + (self.width - self.slot) / 2 * self.slope

    def filling(self) -> Shape:
        """The sand: from the slot up to a level top."""
        inner, outer, top = self.slot / 2, self.width / 2, self.shoulder + self.filled
        half = np.array([(inner, self.fall), (outer, self.shoulder), (outer, top)])
        outline = np.concatenate([half, half[::-1] * (-1.0, 1.0)])
        return prism(outline, -self.depth / 2, self.depth / 2)

    def boards(self, rng: np.random.Generator, thick: float) -> list[Body]:
        """Both boards, as static bodies."""
        wood = pick(rng, WOODS)
        look = surface(rng, wood, 0.2)
        inner, outer = self.slot / 2, self.width / 2
        below = thick * np.hypot(1.0, self.slope)
        outline = np.array(
            [
                (inner, self.fall),
                (inner, self.fall - below),
                (outer, self.shoulder - below),
                (outer, self.shoulder),
            ]
        )
        return [
            plank(name, wood, look, outline * (sign, 1.0), -self.depth / 2, self.depth / 2)
            for name, sign in (("board_left", -1.0), ("board_right", 1.0))
        ]
