"""Bodies fall onto an air mattress, sink in between its tubes, and are thrown up again."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..inflated import blown, edge_for, inflated_body
from ..materials import bold_surface, surface
from ..skins import skin_surface, thickness
from ..staging import body, mass, reach, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=24000)  # [Hz]; of contacts
CONVERGENCE = (0.3, 0.04)  # [s], [m]; then the first body has sunk in

NUM_BODIES = (2, 3)
WIDTH = (0.66, 0.8)  # across the tubes, flat [m]
DEPTH = (0.95, 1.2)  # along them [m]
TUBES = (3, 4)
CORNER = 0.06  # radius of its corners [m]
GAUGE = (2500.0, 4000.0)  # above the air [Pa]
SIZE = (0.07, 0.11)  # half of a body's height [m]
MASS = (0.5, 2.0)  # of a body [kg]; heavier ones would press it down to the floor
DROP = (0.25, 0.6)  # free height below them [m]
MATERIALS = ("cork", "pine", "painted wood", "rubber", "plastic", "leather")
POINTS = 1500  # of the skin at the demo's preset
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor")
TOP = 0.16  # of the mattress, about [m]


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The mattress lies along y; bodies come down in a row over its middle."""
    width, depth, tubes = draw(rng, WIDTH, 3), draw(rng, DEPTH, 3), draw_count(rng, TUBES)
    solid = shape(
        "air_mattress",
        width=width,
        depth=depth,
        tubes=float(tubes),
        corner=CORNER,
        edge=min(edge_for(preset, 2 * width * depth, POINTS), round(width / tubes / 4.01, 5)),
        thickness=thickness(rng, "vinyl"),
    )
    one = blown(solid, "vinyl", draw(rng, GAUGE, -1))
    mattress = inflated_body(
        "mattress",
        one,
        skin_surface(rng, "vinyl", width, "stripes", "plain", repeat=(0.25, 0.35)),
        at=(0.0, 0.0, one.below()),
    )
    count = draw_count(rng, NUM_BODIES)
    bodies = [_falling(rng, number, count, depth) for number in range(count)]
    heaviest = max(mass(item.shape, item.name.split("_")[0]) for item in bodies)
    bodies = [replace(item, name=f"body_{number + 1}") for number, item in enumerate(bodies)]
    top = max(item.position[2] for item in bodies)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[mattress, *bodies],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-width / 2, -depth / 2, 0.0), (width / 2, depth / 2, top)),
            azimuth=pick(rng, ((-60.0, 60.0), (120.0, 240.0))),
            elevation=(10.0, 28.0),
        ),
        caption=sentence(
            f"{in_words(count, 'body')} of up to {heaviest:.1f} kg fall onto an air mattress of "
            f"{in_words(tubes, 'tube')} on {{floor}}."
        ),
    )


def _falling(rng: np.random.Generator, number: int, count: int, depth: float) -> Body:
    """A ball or a box above the mattress; its name begins with its material."""
    while True:
        material, size = pick(rng, MATERIALS), draw(rng, SIZE)
        if number > 0 or draw(rng, (0.0, 1.0)) < 0.5:  # edges of boxes would cross unseen
            solid, look = shape("sphere", radius=size), bold_surface
        else:
            half = tuple(round(size * draw(rng, (0.6, 1.1)), 4) for _ in range(3))
            solid, look = shape("box", half_extents=half), surface
        if MASS[0] < mass(solid, material) < MASS[1]:
            break
    place = (number - (count - 1) / 2) * 0.7 * depth / count
    height = TOP + draw(rng, DROP) + number * 0.1 + reach(solid)
    return body(
        f"{material}_{number}",
        solid,
        material,
        look(rng, material, size),
        at=(draw(rng, (-0.06, 0.06)), place, height),
        rotation=any_rotation(rng),
    )
