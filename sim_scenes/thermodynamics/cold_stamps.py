"""Cold stamps press on a glowing plate and lift off: their outlines stay dark, then fade."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence, shuffled, turned, vec, with_article
from ..filming import Shot, corners
from ..hot_metals import FROZEN, celsius, hot, metal_surface, thermal
from ..liquids import grid_over
from ..materials import surface
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="heat", rate=480)  # [Hz]
CONVERGENCE = (0.5, 1e-6)  # [s], [m]: all bodies are led

REAL_TIME = 1.0
"""No time-lapse: a millimetre of steel gives up its heat in a tenth of a second [1]."""
NUM_STAMPS = (3, 5)
PITCH = (0.075, 0.095)  # from stamp to stamp [m]
STAMP_SIZE = (0.68, 0.84)  # of the pitch [1]
STAMP_HEIGHT = (0.014, 0.022)  # [m]
HOLDER = (0.62, 0.006)  # radius of the disc on a stamp over the stamp's, and half height [m]
HANDLE = (0.008, 0.025)  # radius and half height [m]
PLATE_THICKNESS = (0.005, 0.008)  # [m]
PLATE_HEAT = (1080.0, 1230.0)  # [K]
PLATE_METALS = ("steel", "stainless steel", "titanium", "nickel", "iron")
STAMP_METALS = ("copper", "brass", "steel", "aluminium")
BED = 0.05  # height of the bricks under the plate [m]
LIFT = (0.035, 0.06)  # from which the stamps come down [m]
BEHIND = 0.02  # between the plate and the stamps that wait behind it [m]
PRESS = (0.2, 0.4)  # how long they press [s]
DOWN = 0.4  # for coming down on the plate, and for going back [s]
FIRST, EVERY = (0.0, 0.15), (0.18, 0.4)  # when the first comes down, and each after another [s]
OVER, LOW = 0.75, 0.55  # share of the way after which a stamp is in place, and begins to fall [1]
KEY_TIME = 0.02  # between the keys of their paths [s]: splines through them hold still while held
CLEAR = 5e-5  # between a pressed stamp and the plate: in contact for the solver [m]
LAYERS = 5  # of cells through the plate [1]
FLOORS = ("concrete floor", "tiled floor", "brick paving")
OUTLINES = ("star", "heart", "cross", "gear", "ring", "horseshoe", "letter", "triangle")
LETTERS = tuple(map(ord, "AEFHKMRSTX"))


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The plate lies along x; the stamps wait behind it, towards +y, and come one by one."""
    count = draw_count(rng, NUM_STAMPS)
    pitch, thickness = draw(rng, PITCH), draw(rng, PLATE_THICKNESS)
    kelvin, metal = draw(rng, PLATE_HEAT, 0), pick(rng, PLATE_METALS)
    half = np.array([count * pitch / 2 + 0.01, pitch / 2 + 0.01, thickness / 2])
    top, stamp_metal, lift = BED + thickness, pick(rng, STAMP_METALS), draw(rng, LIFT)
    cell = round(max(float(np.sqrt(4 * half[0] * half[1] * LAYERS / preset.particles)), 1e-3), 4)
    outlines = shuffled(rng, OUTLINES)[:count]
    start, back = draw(rng, FIRST), round(2 * half[1] + BEHIND, 4)
    stamps: list[Body] = []
    for index, place in enumerate(shuffled(rng, range(count))):
        x, size = (place - (count - 1) / 2) * pitch, draw(rng, STAMP_SIZE) * pitch
        path = _press((back, lift), start, draw(rng, PRESS), preset.num_frames / preset.fps)
        at = (x, back, top + lift)
        stamps += _stamp(rng, index, outlines[index], size, at, stamp_metal, path)
        start = round(start + draw(rng, EVERY), 4)
    bed = body(
        "bed",
        shape("box", half_extents=vec((half[0] + 0.02, half[1] + 0.02, BED / 2))),
        "brick",
        surface(rng, "brick", 0.1),
        at=(0.0, 0.0, BED / 2),
        is_static=True,
    )
    low, high = (-half[0], -half[1], 0.0), (half[0], back + pitch / 2, top + lift + 0.08)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[_plate(rng, metal, half, kelvin, cell), bed, *stamps],
        floor=pick(rng, FLOORS),
        shot=Shot(points=corners(low, high), azimuth=(-120.0, -60.0), elevation=(30.0, 52.0)),
        caption=sentence(
            f"{in_words(count, 'stamp')} of cold {stamp_metal} press one after the other on "
            f"{with_article(metal)} plate of {celsius(kelvin)} on {{floor}}; where they lift off "
            "their outlines stay dark."
        ),
        grid=grid_over(low, high, cell),
    )


def _plate(
    rng: np.random.Generator, metal: str, half: np.ndarray, kelvin: float, cell: float
) -> Body:
    cells = tuple(float(min(max(round(2 * each / cell), 8), 120)) for each in half[:2])
    return hot(
        "plate",
        shape("soft_box", half_extents=vec(half), cells=(*cells, 2.0)),
        metal,
        metal_surface(rng, metal, 0.08),
        thermal(metal, kelvin, lapse=REAL_TIME),
        at=(0.0, 0.0, BED + half[2]),
        is_static=True,
    )


def _press(home: tuple[float, float], start: float, press: float, seconds: float) -> Path:
    """From behind the plate and above it [m]: over its place, down, hold, and back the same way."""
    back, lift = home
    held = start + DOWN + press
    moving = np.arange(start, held + DOWN + KEY_TIME, KEY_TIME)
    times = np.concatenate([[start - 1.0], moving, [max(seconds, held + DOWN) + 1.0]])
    # How far it has come, 0 to 1, at rest at both ends.
    way = _eased((times - start) / DOWN) - _eased((times - held) / DOWN)
    level, fall = np.clip(way / OVER, 0.0, 1.0), np.clip((way - LOW) / (1 - LOW), 0.0, 1.0)
    shifts = np.stack([0 * way, -back * _eased(level), (CLEAR - lift) * _eased(fall)], 1)
    return Path(
        times=tuple(round(float(time), 4) for time in times),
        shifts=tuple(vec(shift) for shift in shifts),
    )


def _eased(share: np.ndarray) -> np.ndarray:
    """0 to 1 without a jump of the acceleration."""
    x = np.clip(share, 0.0, 1.0)
    return x**3 * (10 - 15 * x + 6 * x**2)


def _stamp(
    rng: np.random.Generator,
    index: int,
    outline: str,
    size: float,
    at: tuple[float, float, float],
    metal: str,
    path: Path,
) -> list[Body]:
    """The stamp, its face down, and a handle on it."""
    half = round(draw(rng, STAMP_HEIGHT) / 2, 4)
    solid = _outline(rng, outline, round(size, 4), half)
    stamp = hot(
        f"stamp_{index + 1}",
        solid,
        metal,
        metal_surface(rng, metal, 0.05),
        thermal(metal, FROZEN, lapse=REAL_TIME),
        at=(*at[:2], at[2] + half),
        rotation=turned("z", draw(rng, (0.0, 360.0), 1)),
        path=path,
    )
    above, pieces = at[2] + 2 * half, [stamp]
    sizes = (HOLDER[0] * size / 2, HOLDER[1]), HANDLE
    for noun, (radius, long) in zip(("holder", "handle"), sizes, strict=True):
        part = body(
            f"{noun}_{index + 1}",
            shape("prism", sides=24, radius=round(radius, 4), half_height=long),
            "oak",
            surface(rng, "oak", 0.05),
            at=(*at[:2], above + long),
        )
        pieces.append(replace(part, path=path))
        above += 2 * long
    return pieces


def _outline(rng: np.random.Generator, outline: str, size: float, half: float) -> Shape:
    """About `size` across [m]."""
    radius = round(size / 2, 4)
    if outline == "star":
        return shape("star", points=pick(rng, (4, 5, 6)), radius=radius, half_height=half)
    if outline == "heart":
        return shape("heart", width=size, half_height=half)
    if outline == "cross":
        return shape("cross", radius=radius, arm=0.35, half_height=half)
    if outline == "gear":
        return shape("gear", radius=radius, teeth=pick(rng, (9, 12)), half_height=half)
    if outline == "ring":
        inner = round(0.55 * radius, 4)
        return shape("pipe", radius=radius, inner_radius=inner, half_height=half)
    if outline == "horseshoe":
        return shape("horseshoe", radius=radius, half_height=half)
    if outline == "letter":
        return shape("letter", code=pick(rng, LETTERS), height=size, half_depth=half)
    return shape("prism", sides=3, radius=radius, half_height=half)
