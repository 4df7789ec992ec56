"""A shaken glass box of small beads in which the large ones rise."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..beads import BEADS, Bead, bead_substance, bead_surface, colors_of, heap
from ..draws import draw, draw_count, in_words, pick, sentence, vec
from ..filming import Shot, corners
from ..materials import bold_surface, surface
from ..packing import packed
from ..staging import body, drawn_at, shape, stage
from ..tanks import CLEAR

SPLIT = "train"
SOLVER = Solver(name="grains", rate=60000)  # [Hz]; impacts at 2 m/s sink in by 0.2 mm
CONVERGENCE = (0.05, 0.004)  # [s], [m]; then beads begin to bounce

NUM_SMALL = (360, 460)  # few enough layers for the large ones to come up in 2 s
NUM_LARGE = (3, 4)
SIZE_RATIO = (1.9, 2.1)  # radius of the large ones over that of the small ones [1]
SPREAD = 0.12  # of the small ones' radii, both ways [1]
WIDTH = (0.2, 0.24)  # inside, along x [m]
DEPTH = (1.7, 1.9)  # inside, along y, over the diameter of the large ones [1]
FILL = (0.28, 0.33)  # height of the bed over the width, about [1]
PACKING = 0.56  # share of the bed that beads fill [1]
HEADROOM = 1.0  # of the box above the bed over the bed's height [1]
FREQUENCY = (8.0, 9.0)  # of the shaking [Hz]
STRENGTH = (4.6, 5.2)  # largest acceleration over that of gravity [1]
RAMP = 2.0  # periods after which the shaking has its full strength
KEYS = 8  # of the path, in a period
LIGHT, HEAVY = ("painted wood", "pine"), ("glass", "ceramic", "steel")
"""Of the small and the large beads: light ones among heavy ones rise late and sink again."""
PALE, STRONG = ("white", "yellow", "cream"), ("red", "blue", "purple", "teal")
"""Colours of the small and of the large beads, where they are painted: the large ones stand out."""
WALL = 0.006  # of the glass [m]
CLEARANCE = 0.012  # of the box over its stand at the lowest [m]
STAND = 0.03  # height of the stand, about [m]
GAP = 0.0005  # between bodies that are led together [m]
ROD, SLEEVE = 0.018, 0.032  # radii of the rod under the box and of the sleeve it slides in [m]
SLACK = 0.003  # between rod and sleeve [m]
TINTED = replace(CLEAR, base_color=(0.9, 0.96, 0.94))
PLATE = 0.01  # thickness of the board under the box [m]
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The box stands over the origin and is shaken along z from the start."""
    count, width = draw_count(rng, NUM_SMALL), draw(rng, WIDTH)
    ratio, num_large = draw(rng, SIZE_RATIO, 2), draw_count(rng, NUM_LARGE)
    # count * 4/3 pi r^3 = packing * width * (depth * 2 ratio r) * fill * width
    depth_share = draw(rng, DEPTH) * 2 * ratio
    filled = PACKING * depth_share * draw(rng, FILL, 3) * width**2
    radius = round(float(np.sqrt(3 * filled / (4 * np.pi * count))), 5)
    depth = round(depth_share * radius, 4)
    frequency, strength = draw(rng, FREQUENCY, 2), draw(rng, STRENGTH, 2)
    reach = strength * 9.81 / (2 * np.pi * frequency) ** 2
    bottom = 2 * reach + CLEARANCE + STAND + PLATE
    sizes = radius * np.concatenate(
        [np.full(num_large, ratio), rng.uniform(1.0 - SPREAD, 1.0 + SPREAD, count)]
    )
    centres = _places(rng, sizes, num_large, (width, depth), bottom + WALL)
    top = bottom + WALL + (1.0 + HEADROOM) * (float(centres[:, 2].max()) - bottom)
    path = _shaking(frequency, reach, preset.num_frames / preset.fps)
    small, large = (
        pick(rng, [bead for bead in BEADS if bead.material in group]) for group in (LIGHT, HEAVY)
    )
    bodies = [
        *_beads(rng, (small, large), centres, sizes, num_large),
        _box(width, depth, bottom, top, path),
        *_stand(rng, (width, depth), (bottom, top), path),
    ]
    half = (width / 2 + WALL, depth / 2 + WALL)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=bodies,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-half[0], -half[1], 0.04), (half[0], half[1], top + reach)),
            azimuth=pick(rng, ((60.0, 120.0), (-120.0, -60.0))),
            elevation=(4.0, 18.0),
        ),
        caption=sentence(
            f"one closed glass box of {small.noun} on {{floor}} is shaken {frequency:.1f} times a "
            f"second: {in_words(num_large, 'large ball')}, at the bottom of it before, rise."
        ),
    )


def _places(
    rng: np.random.Generator,
    sizes: np.ndarray,
    num_large: int,
    inside: tuple[float, float],
    floor: float,
) -> np.ndarray:
    """(N, 3) centres: the large ones stand in a row on the floor, the others lie around [m]."""
    half, large = np.array(inside) / 2, sizes[0]
    pitch = inside[0] / num_large
    row = np.zeros((num_large, 3))
    row[:, 0] = pitch * (np.arange(num_large) + 0.5) - half[0]
    row[:, 0] += rng.uniform(-1.0, 1.0, num_large) * max(pitch / 2 - 1.01 * large, 0.0)
    row[:, 1] = rng.uniform(-1.0, 1.0, num_large) * (half[1] - 1.01 * large)
    row[:, 2] = floor + 1.002 * large
    low, high = (-half[0], -half[1]), (half[0], half[1])
    return packed(rng, sizes, low, high, lambda xy, radius: np.full(len(xy), floor + radius), row)


def _beads(
    rng: np.random.Generator,
    kinds: tuple[Bead, Bead],
    centres: np.ndarray,
    sizes: np.ndarray,
    num_large: int,
) -> list[Body]:
    """Pale small ones, and every large ball a body of its own in a strong colour."""
    small, large = kinds
    ((_, color),) = colors_of(rng, replace(small, colors=PALE[: len(small.colors)]), 1)
    look = bead_surface(rng, small, color)
    rest = slice(num_large, None)
    bodies = [heap("beads", centres[rest], sizes[rest], bead_substance(small), look)]
    large = replace(large, colors=STRONG[: len(large.colors)])
    for k, (_, color) in enumerate(colors_of(rng, large, num_large)):
        look = bead_surface(rng, large, color)
        one = slice(k, k + 1)
        bodies.append(
            heap(f"large_ball_{k + 1}", centres[one], sizes[one], bead_substance(large), look)
        )
    return bodies


def _shaking(frequency: float, reach: float, seconds: float) -> Path:
    """Up and down along a sine that grows from nothing over the first periods."""
    steps = int(np.ceil(seconds * frequency * KEYS)) + KEYS
    phase = 2 * np.pi * np.arange(steps + 1) / KEYS
    heights = reach * np.sin(phase) * np.minimum(phase / (2 * np.pi * RAMP), 1.0)
    times = tuple((np.arange(steps + 1) / KEYS / frequency).round(6).tolist())
    return Path(times=times, shifts=tuple(vec((0.0, 0.0, z)) for z in heights))


def _box(width: float, depth: float, bottom: float, top: float, path: Path) -> Body:
    """Of glass; its lid is a body of its own."""
    solid = shape(
        "tray",
        width=width + 2 * WALL,
        depth=depth + 2 * WALL,
        height=round(top - bottom, 4),
        wall=WALL,
    )
    at, rotation = drawn_at(solid, (0.0, 0.0, bottom))
    return replace(body("box", solid, "glass", TINTED, at=at, rotation=rotation), path=path)


def _stand(
    rng: np.random.Generator, inside: tuple[float, float], levels: tuple[float, float], path: Path
) -> list[Body]:
    """Boards under and over the box, a rod under them, and the sleeve in which it slides.

    Args:
        rng: Draws their looks.
        inside: Width and depth of the box [m].
        levels: Its lowest and highest point [m].
        path: That all but the sleeve follow.
    """
    reach = max(shift[2] for shift in path.shifts)
    wood = surface(rng, "painted wood", inside[0])
    half = (round(inside[0] / 2 + 2 * WALL, 6), round(inside[1] / 2 + 2 * WALL, 6), PLATE / 2)
    solid, below = shape("box", half_extents=half), levels[0] - PLATE - 2 * GAP
    boards = [
        body(name, solid, "painted wood", wood, at=(0.0, 0.0, height))
        for name, height in (
            ("board", levels[0] - GAP - PLATE / 2),
            ("lid", levels[1] + GAP + PLATE / 2),
        )
    ]
    length = round(below - reach - CLEARANCE, 4)
    rod = body(
        "rod",
        shape("cylinder", radius=ROD, half_height=length / 2),
        "steel",
        bold_surface(rng, "steel", ROD),
        at=(0.0, 0.0, below - length / 2),
    )
    high = round(below - reach - CLEARANCE, 4)
    pipe = shape("pipe", radius=SLEEVE, inner_radius=ROD + SLACK, half_height=high / 2)
    look = surface(rng, "steel", SLEEVE)
    sleeve = body("sleeve", pipe, "steel", look, at=(0.0, 0.0, high / 2), is_static=True)
    return [*(replace(each, path=path) for each in (*boards, rod)), sleeve]
