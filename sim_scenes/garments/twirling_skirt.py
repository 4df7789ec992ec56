"""A full circle skirt on a dress form drops, then flares out as the form turns."""

import numpy as np

from phys4d_pipeline.mechanism import Path
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
CONVERGENCE = (0.3, 0.005)  # [s], [m]

WAIST = (0.10, 0.13)  # radius of the dress form [m]
LENGTH = (0.36, 0.48)  # of the skirt [m]
OFF_FLOOR = (0.1, 0.2)  # of a skirt that hangs [m]
TURNS = (0.8, 1.2)  # of the form in two seconds [1]
BEGINS = (0.0, 0.15)  # of the clip [1]
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
    path, turns = _turning(rng, preset)
    form = _form(rng, waist, high, draw(rng, TALL), path)
    stand = rail(
        "stand", ((0.0, 0.0, 0.0), (0.0, 0.0, 0.1)), 0.02, "steel", surface(rng, "steel", 0.02)
    )
    reach = 0.8 * (length + waist)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[skirt, form, stand],
        ties=tied("skirt", belt, "dress_form"),
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-reach, -reach, 0.03), (reach, reach, high + 0.12)),
            elevation=(4.0, 22.0),
        ),
        caption=sentence(
            f"a {fabric} circle skirt drops from level on a dress form over {{floor}} and flares "
            f"out as the form makes {turns:.1f} turns."
        ),
    )


def _turning(rng: np.random.Generator, preset: Preset) -> tuple[Path, float]:
    """Faster and faster, then to a stop; and how many turns."""
    seconds, way = motion_seconds(preset), draw_sign(rng)
    turns = draw(rng, TURNS, 2) * seconds / 2
    begins = draw(rng, BEGINS) * seconds
    share = (0.0, 0.12, 0.55, 1.0)
    times = tuple(round(begins + k / 3 * 0.98 * (seconds - begins), 4) for k in range(4))
    angles = tuple(round(float(way * 2 * np.pi * turns * part), 5) for part in share)
    return Path(times=times, turns=angles), turns


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
