"""Ropes hang over the edge of a table; those that hang far enough slide off."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, listed, pick, sentence
from ..filming import Shot, corners
from ..materials import substance, surface
from ..rigging import GAP, a_rope
from ..rope_materials import FIBRE, NOUNS, rope_substance
from ..rope_shapes import arc, chain, laid, straight
from ..staging import slab, stage

SPLIT = "train"
SOLVER = Solver(name="rope", rate=24000)  # [Hz]; of contacts: the ropes need more
CONVERGENCE = (0.25, 0.02)  # [s], [m]; then ropes fold on the floor

NUM_ROPES = (2, 4)
LENGTH = (1.1, 1.5)  # [m]
RADIUS = (0.008, 0.013)  # [m]
BEYOND = (1.25, 1.5)  # hanging length over the least that slides [1], of ropes that do
SHORT = (0.6, 0.8)  # the same of a rope that stays [1]
STAYS_SHARE = 0.35  # of the ropes, but never of all of them
APART = (0.12, 0.2)  # [m]
TABLE_HEIGHT = (0.85, 1.0)  # workbenches [m]
TOP = (0.03, 0.05)  # thickness of the table top [m]
TABLES = ("painted wood", "plastic", "marble", "oak", "steel")
MARGIN = 0.15  # of the table around the ropes [m]
BEND = 4.0  # radius of the bend beyond the edge over the rope's radius [1]
SPACING = 3.0  # of points over the radius [1]
FLOORS = ("wooden floor", "concrete floor", "linoleum floor", "tiled floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The edge lies at x = 0, the table at x < 0; ropes lie along x, side by side."""
    count, apart = draw_count(rng, NUM_ROPES), draw(rng, APART)
    height, table = draw(rng, TABLE_HEIGHT), pick(rng, TABLES)
    stays = [rng.random() < STAYS_SHARE for _ in range(count)]
    stays[0] = stays[0] and not all(stays)
    ropes, made_of, on_table = [], [], 0.0
    for index in range(count):
        made_of.append(pick(rng, FIBRE))
        radius, length = draw(rng, RADIUS), draw(rng, LENGTH)
        least = least_share(made_of[-1], table) * length
        hanging = min(least * draw(rng, SHORT if stays[index] else BEYOND, 3), height - 0.05)
        y = (index - (count - 1) / 2) * apart
        line = _over_edge(length, hanging, radius, (y, height))
        ropes.append(a_rope(rng, f"rope_{index + 1}", line, radius, made_of[-1]))
        on_table = max(on_table, length - hanging)
    half_width = (count - 1) / 2 * apart + MARGIN
    sliding = count - sum(stays)
    kinds = listed(list(dict.fromkeys(NOUNS[made] for made in made_of)))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*ropes, *_table(rng, table, (on_table + MARGIN, half_width, height))],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-on_table - MARGIN, -half_width, height), (0.0, half_width, height)),
                    corners((-0.3, -half_width, 0.0), (0.45, half_width, height)),
                ]
            ),
            azimuth=pick(rng, ((25.0, 80.0), (-80.0, -25.0))),
            elevation=(8.0, 26.0),
        ),
        caption=sentence(
            f"{in_words(count, 'rope')} ({kinds}) hang over the edge of a {table} table on "
            f"{{floor}}; {in_words(sliding, 'rope') if any(stays) else 'all'} "
            f"{'slides' if sliding == 1 and any(stays) else 'slide'} off."
        ),
    )


def least_share(rope: str, table: str) -> float:
    """Least share of a rope that has to hang over the edge to pull the rest off [1].

    Its weight h exceeds the friction mu (1 - h) of the rest, times exp(mu pi / 2) for the bend
    around the edge (Euler and Eytelwein).
    """
    grip = rope_substance(rope).friction * substance(table).friction
    pull = grip * np.exp(grip * np.pi / 2)
    return float(pull / (1 + pull))


def _over_edge(
    length: float, hanging: float, radius: float, place: tuple[float, float]
) -> np.ndarray:
    """Points along the table, round a bend beyond the edge and down."""
    y, height = place
    bend = BEND * radius
    top = height + radius + GAP
    arch = bend * np.pi / 2
    edge = np.array([SPACING * radius, y, top])  # a piece beyond it, which would cut the corner
    middle, out = edge - (0.0, 0.0, bend), np.array([bend, 0.0, 0.0])
    curve = chain(
        straight(edge - (length - hanging, 0.0, 0.0), edge),
        arc(middle, (0.0, 0.0, bend), out, 0.0, np.pi / 2),
        straight(middle + out, middle + out + (0.0, 0.0, arch - hanging)),
    )
    return laid(curve, SPACING * radius)


def _table(rng: np.random.Generator, material: str, size: tuple[float, float, float]) -> list[Body]:
    """A top from the edge towards -x and four legs below it."""
    depth, half, height = size
    thick, leg = draw(rng, TOP), 0.05
    look = surface(rng, material, 0.5)
    top = slab("table", material, look, (-depth, -half, height - thick), (0.0, half, height))
    legs = []
    for x in (-depth + leg, -0.04 - leg):
        for side in (-1.0, 1.0):
            y = side * (half - 0.03) - (leg if side > 0 else 0.0)
            low = (x, y, 0.0)
            high = (x + leg, y + leg, height - thick)
            legs.append(slab(f"leg_{len(legs) + 1}", material, look, low, high))
    return [top, *legs]
