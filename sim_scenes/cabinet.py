"""Sizes of a cabinet with a door and drawers -> its boards.

Its front edge lies at x = 0 and it opens towards +x; the divider stands at y = 0.
"""

from dataclasses import dataclass

from phys4d_pipeline.scene import Body, Surface

from .linkage import block
from .staging import slab

PLAY = 0.003  # around fronts and drawers [m]
SEAM = 0.0005  # between the boards of a drawer [m]: they are held, not pressed together
HANDLE = (0.05, 0.008, 0.012)  # half length, half height and depth [m]


@dataclass(frozen=True, kw_only=True)
class Cabinet:
    """Two compartments side by side, open towards +x; its front edge lies at x = 0."""

    door: float
    drawers: float
    """Clear widths of the compartments [m]."""
    height: float
    depth: float
    plinth: float
    board: float
    side: int
    """1: the door is on the left, at +y; -1: on the right."""
    material: str
    look: Surface

    @property
    def low(self) -> float:
        """Top of its floor [m]."""
        return self.plinth + self.board

    @property
    def high(self) -> float:
        """Underside of its top [m]."""
        return self.plinth + self.height - self.board

    @property
    def outer(self) -> float:
        """From the divider's middle to the outside of the door's side [m]."""
        return self.door + 1.5 * self.board

    @property
    def inner(self) -> float:
        """From the divider's middle to the outside of the drawers' side [m]."""
        return self.drawers + 1.5 * self.board


def carcass(cabinet: Cabinet) -> list[Body]:
    """Plinth, floor, top, back, divider, the drawers' side and, last, the door's side."""
    one, board, side = cabinet, cabinet.board, cabinet.side
    door_in, drawers_in = board / 2 + one.door, board / 2 + one.drawers
    top = one.plinth + one.height
    wide = (-side * (drawers_in + board), side * (door_in + board))

    def panel(name: str, low: tuple, high: tuple) -> Body:
        return slab(name, one.material, one.look, low, high)

    return [
        panel("plinth", (-one.depth, wide[0], 0.0), (-0.04, wide[1], one.plinth)),
        panel("floor", (-one.depth, wide[0], one.plinth), (0.0, wide[1], one.low)),
        panel("top", (-one.depth, wide[0], one.high), (0.0, wide[1], top)),
        panel(
            "back",
            (-one.depth, -side * drawers_in, one.low),
            (-one.depth + board, side * door_in, one.high),
        ),
        panel("divider", (-one.depth + board, -board / 2, one.low), (0.0, board / 2, one.high)),
        panel("drawer_wall", (-one.depth, -side * drawers_in, one.low), (0.0, wide[0], one.high)),
        panel("door_wall", (-one.depth, side * door_in, one.low), (0.0, wide[1], one.high)),
    ]


def drawer(
    cabinet: Cabinet,
    index: int,
    place: tuple[float, float, float],
    look: Surface,
    metal: Surface,
) -> list[Body]:
    """Bottom, two sides, back, front and handle; `place` is its height, pitch and extension."""
    low, pitch, out = place
    board, front = 0.6 * cabinet.board, cabinet.board
    middle = -cabinet.side * (front + cabinet.drawers) / 2
    half = cabinet.drawers / 2 - 2 * PLAY
    near, far = out - 0.9 * (cabinet.depth - front), out + PLAY / 2
    floor, rim = low + 2 * PLAY + board, low + 0.62 * pitch
    left, right, wide = middle + half, middle - half, half + front - PLAY
    grip, height = far + front + SEAM, low + pitch / 2
    wood, stuff = cabinet.look, cabinet.material
    boards = (
        ("drawer", stuff, wood, (near, right, floor - board), (far, left, floor)),
        ("side_left", stuff, wood, (near, left - board, floor + SEAM), (far, left, rim)),
        ("side_right", stuff, wood, (near, right, floor + SEAM), (far, right + board, rim)),
        (
            "end",
            stuff,
            wood,
            (near, right + board + SEAM, floor + SEAM),
            (near + board, left - board - SEAM, rim),
        ),
        (
            "front",
            stuff,
            look,
            (far + SEAM, middle - wide, low + PLAY),
            (far + front, middle + wide, low + pitch - PLAY),
        ),
        (
            "handle",
            "steel",
            metal,
            (grip, middle - HANDLE[0], height - HANDLE[1]),
            (grip + 2 * HANDLE[2], middle + HANDLE[0], height + HANDLE[1]),
        ),
    )
    return [
        block(f"{name}_{index}", material, skin, (lower, upper))
        for name, material, skin, lower, upper in boards
    ]
