"""A round cloth falls into flutes over a pedestal that lifts it, as in a test of drape."""

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draping import LIFT
from ..draws import draw, pick, sentence, turned, vec
from ..fabrics import FABRICS, cloth, edge_for, fabric_surface, fabric_thickness
from ..filming import Shot, corners
from ..materials import substance, surface
from ..rigging import motion_seconds
from ..staging import shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts: stiff fabrics need more
CONVERGENCE = (0.2, 0.004)  # [s], [m]

DISC = 0.09  # radius of the pedestal [m]: that of Cusick's test
RATIO = 0.6  # over the radius of the cloth: 9 of 15 cm
HEIGHT = (0.16, 0.22)  # of the pedestal [m]
DROP = (0.0, 0.02)  # [m]
LIFTED = (0.08, 0.14)  # [m]
LIFTS = (0.1, 0.75)  # of the clip: then the cloth comes to rest [1]
STANDING = ("silk", "satin", "cotton", "linen", "wool", "fleece", "denim")
FLOORS = ("wooden floor", "marble floor", "tiled floor", "linoleum floor")
PRINTS = ("stripes", "dots", "gingham", "wide stripes")
SMALLER = 0.6
"""Of the vertices of a scene [1]: the cloth is small, and its edges set the steps."""


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The pedestal stands at the origin and rises out of the floor."""
    fabric, height = pick(rng, STANDING), draw(rng, HEIGHT)
    radius = DISC / RATIO
    thick = min(fabric_thickness(fabric, preset), 0.06 * DISC)
    edge = edge_for(np.pi * radius**2, preset, SMALLER)
    round_one = cloth(
        "cloth",
        shape("round_cloth", radius=radius, edge=edge, thickness=thick),
        fabric,
        fabric_surface(rng, fabric, PRINTS),
        at=(0.0, 0.0, height + thick / 2 + LIFT + draw(rng, DROP)),
        rotation=turned("z", draw(rng, (0.0, 90.0), 1)),
    )
    seconds, lifted = motion_seconds(preset), draw(rng, LIFTED)
    times = tuple(round(share * seconds, 4) for share in LIFTS)
    long = height + lifted
    pedestal = Body(
        name="pedestal",
        shape=shape("cylinder", radius=DISC, half_height=long / 2),
        substance=substance("oak"),
        surface=surface(rng, "oak", DISC),
        position=vec((0.0, 0.0, height - long / 2)),
        path=Path(times=times, shifts=((0.0, 0.0, 0.0), (0.0, 0.0, lifted))),
    )
    bending = 1e6 * FABRICS[fabric].bending
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[round_one, pedestal],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners(
                (-radius, -radius, height - 0.09), (radius, radius, height + lifted + 0.01)
            ),
            elevation=(16.0, 38.0),
        ),
        caption=sentence(
            f"a round {fabric} cloth, 30 cm across and with a bending rigidity of {bending:.0f} "
            "uN m, hangs over a pedestal of 18 cm that rises from {floor}."
        ),
    )
