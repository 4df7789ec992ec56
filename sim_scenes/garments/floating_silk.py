"""Silk cloths let go in the air float and flutter down onto the floor and a few things on it."""

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draping import sheet
from ..draws import any_rotation, draw, draw_count, in_words, pick, sentence
from ..fabric_materials import LIGHT
from ..fabrics import cloth, fabric_surface, fabric_thickness
from ..filming import Shot, corners
from ..materials import bold_surface
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts: stiff fabrics need more
CONVERGENCE = (0.3, 0.004)  # [s], [m]

NUM_CLOTHS = (2, 3)
WIDTH = (0.55, 0.75)  # of a square cloth [m]: it sinks at about 1 m/s when it is level
HIGH = (0.7, 1.15)  # of their middles [m]
TILT = (3.0, 20.0)  # [deg]: what is steeper glides far away
SPEED = (0.0, 0.4)  # along the floor, at the start [m/s]
SPIN = (0.0, 1.5)  # [rad/s]
NUM_THINGS = (2, 4)
THING = (0.07, 0.12)  # radius [m]
MATERIALS = ("marble", "oak", "brass", "plastic", "rubber")
PRINTS = ("gingham", "tartan", "wide stripes", "large dots", "stripes")
FLOORS = ("wooden floor", "tiled floor", "marble floor", "linoleum floor", "green mat")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """Cloths start on a ring around the z axis, at different heights."""
    count, fabric = draw_count(rng, NUM_CLOTHS), pick(rng, LIGHT)
    thick, width = fabric_thickness(fabric, preset, 1 / count), draw(rng, WIDTH)
    ring, first = (
        0.0 if count == 1 else 0.6 * width / np.sin(np.pi / count),
        draw(rng, (0.0, 6.28)),
    )
    cloths = []
    for k in range(count):
        angle = first + 2 * np.pi * k / count
        outward = np.array([np.cos(angle), np.sin(angle), 0.0])
        tilt = np.radians(draw(rng, TILT, 1)) * np.append(rng.normal(size=2), 0.0) / 1.5
        cloths.append(
            cloth(
                f"cloth_{k + 1}",
                sheet((width, width), preset, thick, 1 / count)[0],
                fabric,
                fabric_surface(rng, fabric, PRINTS),
                at=ring * outward + (0.0, 0.0, draw(rng, HIGH)),
                rotation=Rotation.from_rotvec(tilt) * Rotation.from_rotvec([0.0, 0.0, angle]),
                velocity=-draw(rng, SPEED) * outward,
            )
        )
    reach = ring + 0.3 * width
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*cloths, *_things(rng, reach)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-reach, -reach, 0.0), (reach, reach, HIGH[1])), elevation=(6.0, 24.0)
        ),
        caption=sentence(
            f"{in_words(count, f'square {fabric} cloth')} of {100 * width:.0f} cm, let go in the "
            "air, float down over {floor} and the balls on it."
        ),
    )


def _things(rng: np.random.Generator, reach: float) -> list[Body]:
    """Balls on the floor, apart from each other."""
    count, turn = draw_count(rng, NUM_THINGS), draw(rng, (0.0, 6.28))
    items = []
    for k in range(count):
        radius, material = draw(rng, THING, 3), pick(rng, MATERIALS)
        away = max(0.55 * reach, 0.26 / np.sin(np.pi / max(count, 2)) / 2 + 0.02)
        angle = turn + 2 * np.pi * k / count
        items.append(
            body(
                f"ball_{k + 1}",
                shape("sphere", radius=radius),
                material,
                bold_surface(rng, material, radius),
                at=(away * np.cos(angle), away * np.sin(angle), radius),
                rotation=any_rotation(rng),
            )
        )
    return items
