"""A soft wheel rolls over bars on the floor, dented by each of them."""

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..materials import surface
from ..rigging import lying
from ..soft_bodies import cell_for, clear_of, contacts, divided, lowest, soft_body, volume_of
from ..soft_materials import soft_surface
from ..staging import body, shape, stage

SPLIT = "held_out"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]
CONVERGENCE = (0.5, 0.004)  # [s], [m]

RADIUS = (0.1, 0.14)  # of the wheel [m]
HOLE = (0.2, 0.35)  # over the radius [1]
WIDTH = (0.42, 0.55)  # half, over the radius [1]
SPEED = (0.6, 0.95)  # [m/s]
BARS = (2, 4)
BAR = (0.08, 0.14)  # radius of a bar over the wheel's [1]
SPACING = (1.4, 2.2)  # of bars over the wheel's radius [1]
MATERIALS_USED = ("gummy", "silicone rubber", "foam")
AHEAD = 1.5  # of the wheel's start to the first bar over its radius [1]
ROLLED = 1.7  # [s]; in two it comes no further than it would in this time without bars
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """It rolls along +x from the origin."""
    radius, material = draw(rng, RADIUS), pick(rng, MATERIALS_USED)
    half, speed = draw(rng, WIDTH) * radius, draw(rng, SPEED)
    inner = draw(rng, HOLE) * radius
    solid = shape("pipe", radius=radius, inner_radius=inner, half_height=half)
    thinnest = 0.75 * min(half, (radius - inner) / 1.5)
    cell = cell_for(volume_of(solid), preset, thinnest=thinnest)
    soft = divided(solid, cell)
    upright = turned("x", 90.0)
    rest, wood = lowest(soft, upright), pick(rng, ("oak", "pine", "steel", "plastic"))
    wheel = soft_body(
        "wheel",
        soft,
        material,
        soft_surface(rng, material, radius),
        at=(0.0, 0.0, rest + clear_of(cell)),
        rotation=upright,
        velocity=(speed, 0.0, 0.0),
        spin=(0.0, speed / radius, 0.0),
    )
    bodies, x = [wheel], AHEAD * radius
    count = draw_count(rng, BARS)
    for k in range(count):
        size = draw(rng, BAR) * radius
        bodies.append(
            body(
                f"bar_{k + 1}",
                shape("capsule", radius=size, half_length=1.6 * half),
                wood,
                surface(rng, wood, 0.1),
                at=(x, 0.0, size),
                rotation=lying((0.0, 1.0, 0.0)),
                is_static=True,
            )
        )
        x += draw(rng, SPACING) * radius
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=contacts(SOLVER, material, cell),
        bodies=bodies,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners(
                (-radius, -1.6 * half, 0.0), (max(x, ROLLED * speed), 1.6 * half, 2.1 * radius)
            ),
            azimuth=pick(rng, ((-120.0, -60.0), (60.0, 120.0))),
            elevation=(4.0, 20.0),
        ),
        caption=sentence(
            f"A soft wheel of {material} rolls over {in_words(count, f'{wood} bar')} on {{floor}}."
        ),
    )
