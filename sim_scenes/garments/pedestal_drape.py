"""A round cloth falls into flutes over a pedestal that turns and lifts it, as in tests of drape."""

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draping import LIFT
from ..draws import draw, draw_sign, pick, sentence, turned, vec
from ..fabric_materials import FABRICS
from ..fabrics import cloth, edge_for, fabric_surface, fabric_thickness
from ..filming import Shot, corners
from ..materials import bold_surface, substance, surface
from ..rigging import GAP, motion_seconds
from ..staging import body, height_above_base, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts: stiff fabrics need more
CONVERGENCE = (0.08, 0.004)  # [s], [m]; then flutes choose their places

DISC = 0.09  # radius of the pedestal [m]: that of Cusick's test
RATIO = 0.6  # over the radius of the cloth: 9 of 15 cm
HALF_DISC, ROD = 0.012, 0.018  # half the height of the disc, radius of the rod under it [m]
HEIGHT = (0.16, 0.22)  # of the pedestal [m]
DROP = (0.0, 0.02)  # [m]
LIFTED = (0.04, 0.08)  # [m]
TURNED = (100.0, 200.0)  # about its axis meanwhile, as in tests of dynamic drape [deg]
LIFTS = (0.05, 0.8)  # of the clip: then the cloth comes to rest [1]
STANDING = ("silk", "satin", "cotton", "linen", "wool", "fleece", "denim")
FLOORS = ("wooden floor", "marble floor", "tiled floor", "linoleum floor")
PRINTS = ("stripes", "dots", "gingham", "wide stripes")
SMALLER = 0.6
"""Of the vertices of a scene [1]: the cloth is small, and its edges set the steps."""


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The pedestal stands at the origin, its rod in a tube."""
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
    turned_by = draw_sign(rng) * float(np.radians(draw(rng, TURNED, 1)))
    path = Path(
        times=times,
        shifts=((0.0, 0.0, 0.0), (0.0, 0.0, lifted)),
        turns=(0.0, round(turned_by, 5)),
    )
    bending = 1e6 * FABRICS[fabric].bending
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[round_one, *_pedestal(rng, height, path)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners(
                (-radius, -radius, height - 0.09), (radius, radius, height + lifted + 0.01)
            ),
            elevation=(16.0, 38.0),
        ),
        caption=sentence(
            f"one round {fabric} cloth, 30 cm across and with a bending rigidity of {bending:.0f} "
            "uN m, hangs over a pedestal of 18 cm that turns as it rises over {floor}."
        ),
    )


def _pedestal(rng: np.random.Generator, height: float, path: Path) -> list[Body]:
    """A disc on a rod, both led up, and the tube that the rod comes out of."""
    rod, under = (height - 2 * HALF_DISC - GAP) / 2, height - 2 * HALF_DISC
    tube = shape("pipe", radius=1.6 * ROD, inner_radius=1.2 * ROD, half_height=0.4 * under)
    look = bold_surface(rng, "oak", DISC)
    led = [
        ("disc", shape("cylinder", radius=DISC, half_height=HALF_DISC), height - HALF_DISC, look),
        ("rod", shape("capsule", radius=ROD, half_length=rod - ROD), rod, surface(rng, "oak", ROD)),
    ]
    stand = body(
        "tube",
        tube,
        "brass",
        surface(rng, "brass", ROD),
        at=(0.0, 0.0, height_above_base(tube)),
        is_static=True,
    )
    return [
        *(
            Body(
                name=name,
                shape=solid,
                substance=substance("oak"),
                surface=own,
                position=vec((0.0, 0.0, place)),
                path=path,
            )
            for name, solid, place, own in led
        ),
        stand,
    ]
