"""A full circle skirt flares on a turning dress form, and swings on as the form is stopped."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.motion.paths import led
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draping import rail, tied
from ..draws import draw, draw_sign, pick, sentence, vec
from ..fabrics import cloth, edge_for, fabric_surface, fabric_thickness, rest_points
from ..filming import Shot, corners
from ..materials import bold_surface, substance, surface
from ..rigging import motion_seconds
from ..staging import shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts: stiff fabrics need more
CONVERGENCE = (0.1, 0.008)  # [s], [m]

WAIST = (0.10, 0.13)  # radius of the dress form [m]
LENGTH = (0.36, 0.48)  # of the skirt [m]
OFF_FLOOR = (0.1, 0.2)  # of a skirt that hangs [m]
RATE = (5.0, 8.0)  # of the form until it is braked [rad/s]
BRAKED = (0.45, 0.65)  # of the clip: from then on [1]
BEFORE = 0.5  # time that it has been set going in [s]
TALL = (0.14, 0.22)  # of the form above the waist [m]
FABRICS = ("silk", "satin", "cotton", "wool", "linen")
PRINTS = ("gingham", "tartan", "wide stripes", "large dots", "stripes")
FLOORS = ("wooden floor", "tiled floor", "marble floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The form stands at the origin and turns about z; the skirt starts level at its waist."""
    fabric, waist, length = pick(rng, FABRICS), draw(rng, WAIST, 3), draw(rng, LENGTH, 3)
    thick, high = fabric_thickness(fabric, preset), round(length + draw(rng, OFF_FLOOR), 3)
    gap = waist + thick / 2 + 2e-4
    edge = edge_for(np.pi * ((gap + length) ** 2 - gap**2), preset)
    solid = shape("circle_skirt", waist=gap, length=length, edge=edge, thickness=thick)
    flat = rest_points(solid)
    look = fabric_surface(rng, fabric, PRINTS)
    skirt = cloth("skirt", solid, fabric, look, at=(0.0, 0.0, high))
    belt = np.flatnonzero(np.hypot(flat[:, 0], flat[:, 1]) < gap + edge / 4)
    path, rate = _turning(rng, preset)
    form = _form(rng, waist, high, draw(rng, TALL), path)
    spin = vec(led(form, np.zeros(1))[1][0, 3:])
    stand = rail(
        "stand", ((0.0, 0.0, 0.0), (0.0, 0.0, 0.055)), 0.02, "steel", surface(rng, "steel", 0.02)
    )
    reach = 0.9 * (length + waist)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[replace(skirt, angular_velocity=spin), form, stand],
        ties=tied("skirt", belt, "dress_form"),
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-reach, -reach, 0.03), (reach, reach, high + 0.12)),
            elevation=(4.0, 22.0),
        ),
        caption=sentence(
            f"one {fabric} circle skirt on a dress form over {{floor}} turns at {rate:.1f} rad/s "
            "and swings on as the form is braked."
        ),
    )


def _turning(rng: np.random.Generator, preset: Preset) -> tuple[Path, float]:
    """Already turning at the start, braked to a stop at the end; and its rate [rad/s]."""
    seconds, way, rate = motion_seconds(preset), draw_sign(rng), draw(rng, RATE, 2)
    braked = draw(rng, BRAKED) * seconds
    times = (-BEFORE, 0.0, braked, seconds)
    angles = (-rate * BEFORE / 2, 0.0, rate * braked, rate * (braked + seconds) / 2)
    return (
        Path(
            times=tuple(round(float(time), 4) for time in times),
            turns=tuple(round(float(way * angle), 5) for angle in angles),
        ),
        rate,
    )


def _form(rng: np.random.Generator, waist: float, high: float, tall: float, path: Path) -> Body:
    """A round column through the waist."""
    low = 0.08 + waist
    half = (high + tall - waist - low) / 2
    return Body(
        name="dress_form",
        shape=shape("capsule", radius=waist, half_length=round(half, 5)),
        substance=substance("cork"),
        surface=bold_surface(rng, "painted wood", waist),
        position=vec((0.0, 0.0, low + half)),
        path=path,
    )
