"""A poncho drops over the head of a mannequin, which turns and makes it swing and flare."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draping import rail
from ..draws import draw, draw_sign, pick, sentence, turned
from ..fabrics import cloth, edge_for, fabric_surface, fabric_thickness
from ..filming import Shot, corners
from ..materials import bold_surface
from ..rigging import motion_seconds
from ..staging import body, shape, stage

SPLIT = "held_out"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts: stiff fabrics need more
CONVERGENCE = (0.25, 0.004)  # [s], [m]

WIDTH = (0.85, 1.05)  # of the poncho [m]
NECK = (0.125, 0.145)  # radius of its hole [m]
HEAD = (0.085, 0.095)  # radius [m]
SHOULDERS = (0.15, 0.19)  # half the distance of their ends' middles [m]
TORSO, SHOULDER = (0.10, 0.12), (0.055, 0.065)  # radii [m]
HIGH = (0.5, 0.62)  # of the shoulders' axis [m]
LEVEL = (0.0, 0.2)  # of the poncho over the middle of the head at the start [m]
TURNED = (200.0, 300.0)  # of the mannequin [deg]
WHEN = (0.2, 0.85)  # of the clip it turns in [1]: the poncho has landed, and swings on
LEG = 0.03  # radius of what it stands on [m]
FABRICS = ("wool", "cotton", "linen", "fleece", "silk")
PRINTS = ("gingham", "tartan", "wide stripes", "large dots", "stripes")
FLOORS = ("wooden floor", "tiled floor", "marble floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The mannequin stands at the origin, its shoulders along y."""
    fabric, width = pick(rng, FABRICS), draw(rng, WIDTH)
    thick, head = fabric_thickness(fabric, preset), draw(rng, HEAD)
    neck = draw(rng, NECK)
    solid = shape(
        "poncho",
        width=width,
        depth=width,
        neck=neck,
        edge=edge_for(width**2, preset),
        thickness=thick,
    )
    parts, middle = _mannequin(rng, head, _turning(rng, preset))
    start = middle + draw(rng, LEVEL)
    poncho = cloth(
        "poncho",
        solid,
        fabric,
        fabric_surface(rng, fabric, PRINTS),
        at=(0.0, 0.0, start),
        rotation=turned("z", draw(rng, (0.0, 90.0), 1)),
    )
    reach = 0.45 * width
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[poncho, *parts],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-reach, -reach, middle - 0.1), (reach, reach, start)),
                    np.array([(0.0, 0.0, middle + head)]),
                    corners((-0.2, -0.3, 0.15), (0.2, 0.3, middle)),
                ]
            ),
            azimuth=pick(rng, ((-55.0, 55.0), (125.0, 235.0))),
            elevation=(4.0, 20.0),
        ),
        caption=sentence(
            f"one {fabric} poncho, {width:.2f} m square, drops over the head of a mannequin on "
            "{floor}, which turns and makes it swing."
        ),
    )


def _turning(rng: np.random.Generator, preset: Preset) -> Path:
    """From rest to rest about the vertical."""
    turned_by = draw_sign(rng) * np.radians(draw(rng, TURNED, 1))
    times = tuple(round(share * motion_seconds(preset), 4) for share in WHEN)
    return Path(times=times, turns=(0.0, round(float(turned_by), 5)))


def _mannequin(rng: np.random.Generator, head: float, path: Path) -> tuple[list[Body], float]:
    """Head, shoulders, torso, foot, led together; how high the middle of the head is [m]."""
    look = bold_surface(rng, pick(rng, ("pine", "oak", "plastic")), 0.7 * head)
    shoulder, torso = draw(rng, SHOULDER), draw(rng, TORSO)
    high, half = draw(rng, HIGH), draw(rng, SHOULDERS)
    middle = high + shoulder + head + 0.035
    bones: list[tuple[str, tuple, tuple, float]] = [
        ("torso", (0.0, 0.0, 0.24), (0.0, 0.0, high - torso + shoulder), torso),
        ("shoulders", (0.0, -half, high), (0.0, half, high), shoulder),
        ("neck", (0.0, 0.0, high), (0.0, 0.0, middle), 0.05),
        ("leg", (0.0, 0.0, LEG + 1e-3), (0.0, 0.0, 0.24), LEG),
    ]
    parts = [rail(name, (a, b), size, "pine", look) for name, a, b, size in bones]
    parts.append(body("head", shape("sphere", radius=head), "pine", look, at=(0.0, 0.0, middle)))
    return [replace(part, is_static=False, path=path) for part in parts], middle
