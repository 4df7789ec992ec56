"""A ring of upright bimetal strips, heated by a current, opens or closes like a flower."""

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import chance, draw, draw_count, in_words, pick, sentence, turned, with_article
from ..filming import Shot, corners
from ..hot_metals import FROZEN, METALS, hot, metal_surface, thermal
from ..materials import surface
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="heat", rate=480)  # [Hz]
CONVERGENCE = (1.0, 0.002)  # [s], [m]

TIME_LAPSE = 60.0
"""Heat runs this many times as fast as in nature [1]: two minutes of a current of a few 100 W."""
NUM_STRIPS = (4, 7)
HALF_LENGTH = (0.2, 0.26)  # [m]
HALF_WIDTH = (0.010, 0.018)  # [m]
HALF_THICKNESS = (0.001, 0.0011)  # of each of the two layers [m]
ACTIVE = ("brass", "copper", "aluminium", "stainless steel")
"""Layers that grow; the other layer is invar."""
WARMING = (340.0, 480.0)  # by which strips warm in the clip without losses [K]
LEAST_WARMING = 0.6  # of the strip that warms most [1]
RING = (0.04, 0.07)  # radius on which the strips stand [m]
BASE = (1.25, 0.03)  # radius of the base over that of the ring, plus its height [1, m]
CELLS = 48.0  # pieces of a strip's mesh along it [1]
OPENS_SHARE = 0.75  # of the clips; the other flowers start closed together and cross over
REACH = 0.5  # how far tips bend out, in lengths of a strip [1]
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The strips stand around the z axis on a base that holds their lower ends."""
    count, ring, active = draw_count(rng, NUM_STRIPS), draw(rng, RING), pick(rng, ACTIVE)
    half = (draw(rng, HALF_LENGTH), draw(rng, HALF_WIDTH), draw(rng, HALF_THICKNESS))
    warming, seconds = draw(rng, WARMING, 0), preset.num_frames / preset.fps
    opens = chance(rng, OPENS_SHARE)
    looks = [metal_surface(rng, metal, 0.06) for metal in (active, "invar")]
    first = draw(rng, (0.0, 360.0), 1)
    bodies: list[Body] = [_base(rng, ring)]
    for index in range(count):
        share = 1.0 if index == 0 else draw(rng, (LEAST_WARMING, 1.0), 2)
        angle = first + 360.0 * index / count
        for layer, metal in enumerate((active, "invar") if opens else ("invar", active)):
            made = METALS[metal]
            volume = 8 * half[0] * half[1] * half[2]
            capacity = made.density * volume * made.heat_capacity / TIME_LAPSE
            outward = ring + (2 * layer - 1) * half[2]
            bodies.append(
                hot(
                    f"{('strip', 'backing')[layer]}_{index + 1}",
                    shape("soft_box", half_extents=half, cells=(CELLS, 2.0, 1.0)),
                    metal,
                    looks[metal == "invar"],
                    thermal(
                        metal,
                        FROZEN,
                        lapse=TIME_LAPSE,
                        power=round(share * warming * capacity / seconds, 4),
                    ),
                    at=turned("z", angle).apply((outward, 0.0, BASE[1] + half[0])),
                    rotation=turned("z", angle) * UPRIGHT,
                    form="deforming",
                )
            )
    far = ring + REACH * 2 * half[0] * warming / WARMING[1] if opens else 1.5 * ring + half[0]
    height = BASE[1] + 2 * half[0]
    does = "bend outwards, like an opening flower" if opens else "bend inwards and cross"
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=bodies,
        floor=pick(rng, FLOORS),
        shot=Shot(points=corners((-far, -far, 0.0), (far, far, height)), elevation=(8.0, 35.0)),
        caption=sentence(
            f"time-lapse, heat {TIME_LAPSE:.0f} times as fast: {in_words(count, 'strip')} of "
            f"{active} bonded to invar stand on {with_article('base')} on {{floor}}; a current "
            f"warms them and they {does}."
        ),
    )


UPRIGHT = Rotation.from_matrix([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]).inv()
"""Length up: x to z; thickness outwards: z to x, with the width turned over."""


def _base(rng: np.random.Generator, ring: float) -> Body:
    """A disc whose top the strips touch."""
    return body(
        "base",
        shape("prism", sides=48, radius=round(BASE[0] * ring + 0.01, 4), half_height=BASE[1] / 2),
        "oak",
        surface(rng, "oak", 0.2),
        at=(0.0, 0.0, BASE[1] / 2),
        is_static=True,
    )
