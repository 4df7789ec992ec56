"""Many strands are dropped over rails, a pillar and a crate."""

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, listed, pick, sentence, turned
from ..filming import Shot, corners
from ..materials import surface
from ..rigging import TIMBER, a_rope
from ..rope_materials import NOUNS, SOFT
from ..rope_shapes import laid, through
from ..staging import body, shape, slab, stage

SPLIT = "train"
SOLVER = Solver(name="rope", rate=24000)  # [Hz]; of contacts: the ropes need more
CONVERGENCE = (0.25, 0.01)  # [s], [m]; then strands slide over each other

NUM_STRANDS = (7, 12)
LENGTH = (0.6, 1.0)  # [m]
RADIUS = (0.008, 0.012)  # [m]
WAVE = 0.04  # of a strand to either side of its line [m]
YAW = (-35.0, 35.0)  # of a strand across the rails [deg]
SPREAD = (0.12, 0.28)  # of the strands' middles from the origin, along x and y [m]
FALL = (0.06, 0.12)  # of the lowest strand onto the rails [m]
LAYER = (2.6, 3.4)  # a strand above the one before, over the thickest radius [1]
RAIL_HEIGHT = (0.3, 0.42)  # [m]
RAIL_RADIUS = (0.015, 0.03)  # [m]
RAIL_AT = (0.14, 0.22)  # of both rails from the middle [m]
RAIL_HALF = 0.36  # half length [m]
PILLAR = (0.04, 0.07)  # radius of the pillar between the rails [m]
CRATE = (0.07, 0.1)  # half edge of the crate beside them [m]
SPACING = 3.0  # of points over the radius [1]
FLOORS = ("wooden floor", "concrete floor", "green mat", "linoleum floor", "tiled floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The rails run along y; strands lie across them in the air, one above the other."""
    height, rails = draw(rng, RAIL_HEIGHT), _rails(rng)
    obstacles, top = _obstacles(rng, height, rails)
    count = draw_count(rng, NUM_STRANDS)
    z, strands, made_of = top + draw(rng, FALL), [], []
    for index in range(count):
        made_of.append(pick(rng, SOFT))
        radius = draw(rng, RADIUS)
        points = laid(_curve(rng, z), SPACING * radius)
        strands.append(a_rope(rng, f"strand_{index + 1}", points, radius, made_of[-1]))
        z += draw(rng, LAYER, 2) * RADIUS[1]
    kinds = listed([f"{NOUNS[made]}s" for made in dict.fromkeys(made_of)])
    reach = LENGTH[1] / 2 + 0.05
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*strands, *obstacles],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-reach, -RAIL_HALF - 0.05, 0.0), (reach, RAIL_HALF + 0.05, 0.05)),
                    corners((-reach, -RAIL_HALF, height), (reach, RAIL_HALF, z)),
                ]
            ),
            azimuth=(0.0, 360.0),
            elevation=(10.0, 32.0),
        ),
        caption=sentence(
            f"a shower of {in_words(count, 'strand')} ({kinds}) falls over "
            f"{in_words(2, 'rail')}, a pillar and a crate on {{floor}}."
        ),
    )


def _curve(rng: np.random.Generator, z: float) -> np.ndarray:
    """A wavy line about x, turned and shifted, at one height."""
    length, yaw = draw(rng, LENGTH), draw(rng, YAW, 1)
    middle = [draw(rng, (-reach, reach)) for reach in SPREAD]
    knots = [
        (share * length, draw(rng, (-WAVE, WAVE)), 0.0) for share in (-0.5, -0.25, 0.0, 0.25, 0.5)
    ]
    return np.add(turned("z", yaw).apply(through(knots)), (*middle, z))


def _rails(rng: np.random.Generator) -> tuple[float, float]:
    return -draw(rng, RAIL_AT), draw(rng, RAIL_AT)


def _obstacles(
    rng: np.random.Generator, height: float, rails: tuple[float, float]
) -> tuple[list[Body], float]:
    """Two rails on stands, a pillar between them, a crate; and their highest point [m]."""
    bodies, wood = [], pick(rng, TIMBER)
    look, metal = surface(rng, wood, 0.3), pick(rng, ("steel", "brass"))
    for index, x in enumerate(rails):
        radius = draw(rng, RAIL_RADIUS)
        solid = shape("cylinder", radius=radius, half_height=RAIL_HALF)
        at = (x, 0.0, height)
        bodies.append(
            body(
                f"rail_{index + 1}",
                solid,
                metal,
                surface(rng, metal, radius),
                at=at,
                rotation=turned("x", 90.0),
                is_static=True,
            )
        )
        for end in (-1.0, 1.0):
            low = (x - 0.025, end * RAIL_HALF, 0.0)
            high = (x + 0.025, end * (RAIL_HALF + 0.03), height + 0.04)
            bodies.append(slab(f"stand_{len(bodies)}", wood, look, low, high))
    pillar, half = draw(rng, PILLAR), (height - 0.02) / 2
    bodies.append(
        body(
            "pillar",
            shape("cylinder", radius=pillar, half_height=half),
            "marble",
            surface(rng, "marble", 0.2),
            at=((rails[0] + rails[1]) / 2, draw(rng, (-0.15, 0.15)), half),
            is_static=True,
        )
    )
    edge = draw(rng, CRATE)
    bodies.append(
        body(
            "crate",
            shape("box", half_extents=(edge, edge, edge)),
            wood,
            surface(rng, wood, edge),
            at=(rails[1] + RAIL_RADIUS[1] + 3**0.5 * edge, draw(rng, (-0.2, 0.2)), edge),
            rotation=turned("z", draw(rng, (0.0, 90.0), 1)),
        )
    )
    return bodies, height + RAIL_RADIUS[1]
