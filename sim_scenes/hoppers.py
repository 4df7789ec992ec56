"""A flat hopper between two panes of glass: what is in it runs out when its gates are drawn."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, Surface

from .draws import pick
from .materials import surface
from .planks import plank
from .staging import body, shape, slab
from .tanks import CLEAR

BOARD = 0.012  # thickness of walls and floors [m]
PANE = 0.005  # of the glass [m]
GATE, CLEAR_OF = 0.005, 0.0005  # thickness of the gates, and their gap to the boards [m]
WOODS = ("oak", "pine", "painted wood")


@dataclass(frozen=True, kw_only=True)
class Hopper:
    """The inside: upright walls at x = +-width/2, and two boards that slope to a slot."""

    width: float
    """[m]"""
    depth: float
    """From the back pane at -depth/2 to the front pane [m]."""
    slot: float
    """Width of the outlet [m]."""
    fall: float
    """Height of the outlet [m]."""
    slope: float
    """Of the boards [rad]."""

    def floor(self, places: Float64[np.ndarray, "K 2"], radius: float) -> Float64[np.ndarray, " K"]:
        """Height of a sphere's centre on the boards, or on the gate between them [m]."""
        x = np.abs(places[:, 0])
        over = (x - self.slot / 2) * np.tan(self.slope) + radius / np.cos(self.slope)
        return self.fall + np.maximum(over, radius)


def walls(rng: np.random.Generator, hopper: Hopper, top: float) -> list[Body]:
    """Two panes of glass and wooden sides from the floor up, sloping boards between them."""
    wood = pick(rng, WOODS)
    look = surface(rng, wood, 0.3)
    x, y = hopper.width / 2, hopper.depth / 2
    sides = [
        slab(name, wood, look, (sign * x, -y, 0.0), (sign * (x + BOARD), y, top))
        for name, sign in (("side_left", -1), ("side_right", 1))
    ]
    panes = [
        slab(name, "glass", CLEAR, (-x - BOARD, a, 0.0), (x + BOARD, b, top))
        for name, a, b in (("pane_front", y, y + PANE), ("pane_back", -y - PANE, -y))
    ]
    return [*sides, *panes, *_boards(hopper, wood, look)]


def _boards(hopper: Hopper, wood: str, look: Surface) -> list[Body]:
    """Planks that end level at the slot and upright at the sides."""
    inner, outer, y = hopper.slot / 2, hopper.width / 2, hopper.depth / 2
    rise = (outer - inner) * np.tan(hopper.slope)
    thick = BOARD / np.cos(hopper.slope)
    outline = np.array(
        [
            (inner, hopper.fall),
            (inner + BOARD / np.sin(hopper.slope), hopper.fall),
            (outer, hopper.fall + rise - thick),
            (outer, hopper.fall + rise),
        ]
    )
    return [
        plank(name, wood, look, outline * (sign, 1.0), -y, y)
        for name, sign in (("board_left", -1.0), ("board_right", 1.0))
    ]


def gates(rng: np.random.Generator, hopper: Hopper, opening: tuple[float, float]) -> list[Body]:
    """Two plates under the slot that are drawn to the sides.

    Args:
        rng: Draws their look.
        hopper: What they close.
        opening: When they begin to move, and how long it takes [s].
    """
    length = hopper.slot / 2 + BOARD
    half = (round((length - CLEAR_OF) / 2, 6), round(hopper.depth / 2, 6), GATE / 2)
    look, (start, lasting) = surface(rng, "steel", length), opening
    plates = []
    for name, sign in (("gate_1", -1), ("gate_2", 1)):
        at = (sign * (length + CLEAR_OF) / 2, 0.0, hopper.fall - GATE / 2 - CLEAR_OF)
        way = (round(sign * hopper.slot / 2, 6), 0.0, 0.0)
        path = Path(times=(start, start + lasting), shifts=((0.0, 0.0, 0.0), way))
        plate = body(name, shape("box", half_extents=half), "steel", look, at=at)
        plates.append(replace(plate, path=path))
    return plates
