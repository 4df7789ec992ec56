"""Marbles of glass and steel roll down channels on a board, from one to the next, into a tray."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..draws import (
    any_rotation,
    chance,
    draw,
    draw_count,
    in_words,
    listed,
    pick,
    with_article,
)
from ..filming import Shot, around, corners
from ..materials import bold_surface, substance, surface
from ..staging import body, drawn_at, shape, slab, stage
from ..tanks import CLEAR

SPLIT = "train"
SOLVER = Solver(name="rigid_pybullet", rate=2880)  # [Hz]; a marble moves 0.5 mm a step at 1.3 m/s
CONVERGENCE = (0.25, 0.004)  # [s], [m]: first stops and falls

RADIUS = (0.014, 0.018)  # of the marbles [m]; shooters have 9.5 to 18 mm
NUM_QUEUED = (4, 6)  # marbles that come one after the other down the first channel
QUEUE_STEP = (2.6, 3.6)  # from one to the next, over the radius [1]
NUM_BELOW = (1, 2)  # marbles already under way on each of the others
SPEED = (0.3, 0.6)  # at the start [m/s]
NUM_CHANNELS = (2, 3)  # to and fro on the board; one more leads to the tray
LENGTH = (0.38, 0.48)  # of a channel, level [m]
SLOPE = (9.5, 12.5)  # [deg]; 0.7 to 0.8 s a channel
PIPE = (1.45, 1.6)  # inner radius of the channels over that of the marbles [1]
WALL = (0.003, 0.004)  # of the channels [m]
DROP = (3.0, 3.8)  # from channel to channel, over the marbles' radius [1]
FALL_SPACE = 3.2  # between the end of a channel and the stop beyond it, over the radius [1]
STOP_HEIGHT = 4.0  # of a stop above the end of the upper channel, over the radius [1]
WAVE_SHARE = 0.5  # of the channels after the first one: they wind in front of the board
WAVE = (0.018, 0.028)  # height of the wave [m]
WAVE_LENGTH = (0.15, 0.25)  # [m]
CURVE = (0.08, 0.11)  # radius of the last channel's bend towards the viewer [m]
PIECES = 0.018  # length of the straight pieces of a bent channel [m]
TRAY = (0.2, 0.28)  # length of the tray, from the end of the last channel [m]
TRAY_HALF_WIDTH = (0.07, 0.1)  # [m]
TRAY_WALL, TRAY_THICKNESS = 2.2, 0.006  # height over the radius [1]; of walls and floor [m]
BACKSTOP = 2.5  # height of the far wall over that of the others [1]
BOARD_THICKNESS, BOARD_EDGE = 0.012, 0.04  # [m]
PANE = 0.004  # thickness of stops and of the panes before them [m]
PANE_BEFORE = 1.0  # how far a pane reaches back over the upper channel's end, in radii [1]
GAP = 0.0005  # between fixed parts [m]
STRAIGHT = 0.06  # both ends of a bent channel [m]
OVER_WALL = 0.003  # of the last channel over the tray's near wall, and over the post [m]
SEAT = 0.0001  # of a marble above its channel, whose bends are made of flat pieces [m]
NEAR_WALL = 0.015  # how far the last channel reaches into the tray [m]
POST = 0.005  # radius [m]
MARBLES = ("glass", "steel")
CHANNEL_MATERIALS = ("oak", "pine", "plastic", "painted wood", "brass")
BOARD_MATERIALS = ("pine", "oak", "painted wood", "cork")
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor", "marble floor")


@dataclass(frozen=True, kw_only=True)
class _Build:
    """Sizes that all channels of a run share."""

    marble: float
    """Radius [m]."""
    pipe: float
    """Inner radius of the channels [m]."""
    wall: float
    slope: float
    """Fall per level length [1]."""

    @property
    def reach(self) -> float:
        """Half the width of a channel outside [m]."""
        return self.pipe + self.wall


@dataclass(frozen=True, kw_only=True, eq=False)
class _Leg:
    """A channel: places along the middle of its floor, from its upper to its lower end."""

    line: np.ndarray
    """(S, 3) [m]"""

    @property
    def forward(self) -> float:
        """1 if it leads towards +x, else -1."""
        return float(np.sign(self.line[-1, 0] - self.line[0, 0]))

    def place(self, along: float) -> tuple[np.ndarray, np.ndarray]:
        """A point of the floor at a level distance from the upper end, and the way down there."""
        steps = np.diff(self.line, axis=0)
        level = np.hypot(steps[:, 0], steps[:, 1])
        starts = np.concatenate([[0.0], np.cumsum(level)])
        k = int(np.clip(np.searchsorted(starts, along) - 1, 0, len(steps) - 1))
        point = self.line[k] + steps[k] * (along - starts[k]) / level[k]
        return point, steps[k] / np.linalg.norm(steps[k])


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The board stands in the plane y = 0, the channels lie before it, towards -y."""
    radius = draw(rng, RADIUS)
    build = _Build(
        marble=radius,
        pipe=radius * draw(rng, PIPE),
        wall=draw(rng, WALL),
        slope=float(np.tan(np.radians(draw(rng, SLOPE, 2)))),
    )
    legs = _legs(rng, build)
    marbles = _marbles(rng, build, legs)
    channel_material, board_material = pick(rng, CHANNEL_MATERIALS), pick(rng, BOARD_MATERIALS)
    look = surface(rng, channel_material, 0.1)
    fixed = [_channel(index, leg, build, channel_material, look) for index, leg in enumerate(legs)]
    fixed += [part for pair in pairwise(legs) for part in _turn(*pair, build)]
    fixed += [*_board(rng, legs, build, board_material), *_tray(rng, legs[-1], build)]
    low = np.min([leg.line.min(0) for leg in legs], 0)
    high = np.max([leg.line.max(0) for leg in legs], 0)
    tray = around([one for one in fixed if one.name == "tray_floor"])
    seen = corners((low[0], low[1], 0.0), (high[0], 0.0, high[2] + 3 * radius))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*marbles, *fixed],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate([seen, tray * (1.0, 1.0, 0.0)]),
            azimuth=(-130.0, -50.0),
            elevation=(8.0, 26.0),
        ),
        caption=(
            f"On {with_article(board_material)} board on {{floor}}, "
            f"{in_words(len(marbles), 'marble')} of {listed(_materials(marbles))} run down "
            f"{in_words(len(legs), f'{channel_material} channel')}, drop from each to the next, "
            "and gather in a tray."
        ),
    )


def _legs(rng: np.random.Generator, build: _Build) -> list[_Leg]:
    """From the top down; each begins below and beyond the end of the one before."""
    lines: list[np.ndarray] = []
    at, forward = np.array([0.0, -build.reach, 0.0]), 1.0
    count = draw_count(rng, NUM_CHANNELS)
    for index in range(count + 1):
        if index == count:
            level = _bend(build, draw(rng, CURVE))
        elif index and chance(rng, WAVE_SHARE):
            level = _wave(rng, build, draw(rng, LENGTH))
        else:
            level = np.array([[0.0, 0.0], [draw(rng, LENGTH), 0.0]])
        steps = np.linalg.norm(np.diff(level, axis=0), axis=1)
        fall = build.slope * np.concatenate([[0.0], np.cumsum(steps)])
        line = at + np.column_stack([forward * level[:, 0], level[:, 1], -fall])
        lines.append(line)
        at = line[-1] + build.marble * np.array([forward * FALL_SPACE, 0.0, -draw(rng, DROP)])
        forward = -forward
    end = TRAY_THICKNESS + TRAY_WALL * build.marble + build.wall + OVER_WALL
    lift = (0.0, 0.0, end - lines[-1][-1, 2])
    return [_Leg(line=line + lift) for line in lines]


def _wave(rng: np.random.Generator, build: _Build, length: float) -> np.ndarray:
    """(S, 2) x and y of a channel that winds in front of the board, straight at both ends."""
    straight = (FALL_SPACE + 2 * PANE_BEFORE) * build.marble
    x = np.linspace(straight, length - straight, round((length - 2 * straight) / PIECES) + 1)
    waves = max(1, round((length - 2 * straight) / draw(rng, WAVE_LENGTH)))
    phase = 2 * np.pi * waves * (x - x[0]) / (x[-1] - x[0])
    y = -draw(rng, WAVE) * (1 - np.cos(phase)) / 2
    return np.concatenate([[(0.0, 0.0)], np.column_stack([x, y]), [(length, 0.0)]])


def _bend(build: _Build, radius: float) -> np.ndarray:
    """(S, 2) x and y of the last channel: along the board, then a quarter circle away from it."""
    start = STRAIGHT + FALL_SPACE * build.marble
    angles = np.linspace(0.0, np.pi / 2, round(radius * np.pi / 2 / PIECES) + 1)
    arc = np.column_stack([start + radius * np.sin(angles), radius * (np.cos(angles) - 1)])
    return np.concatenate([[(0.0, 0.0)], arc, [arc[-1] - (0.0, STRAIGHT)]])


def _marbles(rng: np.random.Generator, build: _Build, legs: list[_Leg]) -> list[Body]:
    """A queue at the top, and some on every other channel, all rolling without slip."""
    radius = build.marble
    places = [(legs[0], 2 * radius)]
    for _ in range(draw_count(rng, NUM_QUEUED) - 1):
        places.append((legs[0], places[-1][1] + radius * draw(rng, QUEUE_STEP)))
    for leg in legs[1:]:
        count = draw_count(rng, NUM_BELOW) if leg is not legs[-1] else 1
        room = (abs(leg.line[-1, 0] - leg.line[0, 0]) - 2 * STRAIGHT) / count
        for index in range(count):
            places.append((leg, STRAIGHT + room * (index + draw(rng, (0.1, 0.6)))))
    marbles = []
    for number, (leg, along) in enumerate(places):
        point, down = leg.place(along)
        left = np.cross((0.0, 0.0, 1.0), down)
        left /= np.linalg.norm(left)
        up = np.cross(down, left)
        material, speed = pick(rng, MARBLES), draw(rng, SPEED, 3)
        marbles.append(
            body(
                f"marble_{number + 1}",
                shape("sphere", radius=radius),
                material,
                bold_surface(rng, material, radius),
                at=point + (radius + SEAT) * up,
                rotation=any_rotation(rng),
                velocity=speed * down,
                spin=speed / radius * left,
            )
        )
    return marbles


def _materials(marbles: list[Body]) -> list[str]:
    return [name for name in MARBLES if any(one.substance == substance(name) for one in marbles)]


def _channel(index: int, leg: _Leg, build: _Build, material: str, look: Surface) -> Body:
    points = tuple(float(number) for number in leg.line.ravel())
    solid = shape("channel", points=points, radius=build.pipe, thickness=build.wall)
    at, rotation = drawn_at(solid, (0.0, 0.0, 0.0))
    return body(
        f"channel_{index + 1}", solid, material, look, at=at, rotation=rotation, is_static=True
    )


def _turn(upper: _Leg, lower: _Leg, build: _Build) -> list[Body]:
    """A padded stop beyond the end of the upper channel, and a glass pane before the fall."""
    radius, sign = build.marble, upper.forward
    end, start = upper.line[-1], lower.line[0]
    stop = start[0] + sign * (build.wall * build.slope + GAP)
    bottom, top = start[2] - 2 * build.wall, end[2] + STOP_HEIGHT * radius
    front = -2 * build.reach - GAP
    name = f"{upper.line[0, 2]:.3f}"
    pad = Surface(base_color=(0.1, 0.1, 0.11), roughness=0.9)
    return [
        slab(
            f"stop_{name}",
            "leather",
            pad,
            (stop, front - PANE, bottom),
            (stop + sign * PANE, -GAP, top),
        ),
        slab(
            f"pane_{name}",
            "glass",
            CLEAR,
            (end[0] - sign * PANE_BEFORE * radius, front - PANE, bottom),
            (stop - sign * GAP, front, top),
        ),
    ]


def _board(rng: np.random.Generator, legs: list[_Leg], build: _Build, material: str) -> list[Body]:
    """Behind the channels, on two feet."""
    look = surface(rng, material, 0.4)
    line = np.concatenate([leg.line for leg in legs])
    left, right = line[:, 0].min() - BOARD_EDGE, line[:, 0].max() + BOARD_EDGE
    top = line[:, 2].max() + 2 * BOARD_EDGE
    board = slab("board", material, look, (left, 0.0, 0.0), (right, BOARD_THICKNESS, top))
    feet = [
        slab(
            f"foot_{side}",
            material,
            look,
            (x - BOARD_EDGE / 2, BOARD_THICKNESS, 0.0),
            (x + BOARD_EDGE / 2, BOARD_THICKNESS + 3 * BOARD_EDGE, BOARD_EDGE),
        )
        for side, x in (("left", left + BOARD_EDGE), ("right", right - BOARD_EDGE))
    ]
    return [board, *feet]


def _tray(rng: np.random.Generator, last: _Leg, build: _Build) -> list[Body]:
    """Under the end of the last channel, which comes over its near wall, and a post below that."""
    end, material = last.line[-1], pick(rng, ("oak", "pine", "plastic"))
    look = surface(rng, material, 0.2)
    half, wall = draw(rng, TRAY_HALF_WIDTH), TRAY_WALL * build.marble + TRAY_THICKNESS
    near, far = end[1] + NEAR_WALL, end[1] - draw(rng, TRAY)
    left, right, thick = end[0] - half, end[0] + half, TRAY_THICKNESS
    outer = left - thick, right + thick
    cloth = surface(rng, "felt", 0.5)
    walls = [
        ("near", (outer[0], near, 0.0), (outer[1], near + thick, wall)),
        ("far", (outer[0], far - thick, 0.0), (outer[1], far, BACKSTOP * wall)),
        ("left", (outer[0], far, 0.0), (left, near, wall)),
        ("right", (right, far, 0.0), (outer[1], near, wall)),
    ]
    parts = [slab("tray_floor", "felt", cloth, (left, far, 0.0), (right, near, thick))]
    parts += [slab(f"tray_{name}", material, look, low, high) for name, low, high in walls]
    corner = last.line[-2]
    height = (corner[2] - build.wall - OVER_WALL) / 2
    post = shape("cylinder", radius=POST, half_height=height)
    at = (corner[0], corner[1], height)
    return [*parts, body("post", post, material, look, at=at, is_static=True)]
