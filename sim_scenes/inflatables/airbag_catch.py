"""A heavy body falls into a big air cushion, which lets air out of its vent and catches it."""

import numpy as np

from phys4d_pipeline import shapes
from phys4d_pipeline.air import Valve
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import any_rotation, chance, draw, pick, sentence, with_article
from ..filming import Shot, corners
from ..inflated import blown, edge_for, inflated_body
from ..materials import bold_surface, surface
from ..skins import skin_surface, thickness
from ..staging import body, mass, reach, shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=24000)  # [Hz]; of contacts
CONVERGENCE = (0.25, 0.004)  # [s], [m]

WIDTH = (1.5, 1.9)  # of the flat cushion [m]
DEPTH = (1.5, 1.9)  # [m]
CORNER = (0.1, 0.4)  # radius over the shorter side [1]
GAUGE = (200.0, 350.0)  # above the air [Pa]; tighter ones throw bodies off
VENT = (0.021, 0.03)  # [m2]: 16 to 20 cm wide
MASS = (7.0, 18.0)  # of what falls [kg]
SIZE = (0.1, 0.16)  # half of its height [m]
ASIDE = (-0.05, 0.05)  # of what falls from the middle, along x and y [m]
DROP = (0.3, 0.6)  # free height below it [m]
SPEED = (0.5, 2.0)  # downwards at first [m/s]
MATERIALS = ("pine", "oak", "leather", "rubber", "painted wood")
POINTS = 1600  # of the skin at the demo's preset
FLOORS = ("concrete floor", "wooden floor", "tiled floor", "brick paving")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The cushion lies around the origin; the body comes down near its middle."""
    width, depth = draw(rng, WIDTH, 3), draw(rng, DEPTH, 3)
    solid = shape(
        "pillow",
        width=width,
        depth=depth,
        corner=round(draw(rng, CORNER) * min(width, depth), 4),
        edge=edge_for(preset, 2 * width * depth, POINTS),
        thickness=thickness(rng, "tarpaulin"),
    )
    one = blown(solid, "tarpaulin", draw(rng, GAUGE, -1))
    top = float(np.ptp(one.full.vertices[:, 2]))
    material, falling = _falling(rng, top)
    speed = -falling.linear_velocity[2]
    free = falling.position[2] - reach(falling.shape) - top
    vent = Valve(
        point=_side_point(solid),
        area=draw(rng, VENT, 6),
        opens=round(float((speed**2 + 19.62 * free) ** 0.5 - speed) / 9.81, 3),
    )
    cushion = inflated_body(
        "cushion",
        one,
        skin_surface(rng, "tarpaulin", width, "stripes", "checker", "plain", repeat=(0.2, 0.35)),
        at=(0.0, 0.0, one.below()),
        valve=vent,
        exponent=1.4,
    )
    noun, weight = falling.name, mass(falling.shape, material)
    half = max(width, depth) / 2
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[cushion, falling],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-half, -half, 0.0), (half, half, falling.position[2])),
            elevation=(5.0, 24.0),
        ),
        caption=sentence(
            f"One {noun}, {with_article(material)} body of {weight:.1f} kg, falls into an air "
            "cushion on {floor}, whose vent lets it sink in."
        ),
    )


def _falling(rng: np.random.Generator, top: float) -> tuple[str, Body]:
    """What it is made of; a ball or a box, above the cushion's top [m]."""
    while True:
        material, size = pick(rng, MATERIALS), draw(rng, SIZE)
        noun, solid, look = "ball", shape("sphere", radius=size), bold_surface
        if chance(rng, 0.5):
            half = (size, round(size * draw(rng, (0.6, 1.1)), 4), round(0.8 * size, 4))
            noun, solid, look = "box", shape("box", half_extents=half), surface
        if MASS[0] < mass(solid, material) < MASS[1]:
            break
    falling = body(
        noun,
        solid,
        material,
        look(rng, material, size),
        at=(
            draw(rng, ASIDE),
            draw(rng, ASIDE),
            top + draw(rng, DROP) + reach(solid),
        ),
        rotation=any_rotation(rng),
        velocity=(0.0, 0.0, -draw(rng, SPEED, 1)),
    )
    return material, falling


def _side_point(solid: Shape) -> int:
    """Vertex of the upper panel near the middle of one side."""
    vertices = shapes.mesh(solid).vertices
    at = (0.42 * float(np.ptp(vertices[:, 0])), 0.0, float(vertices[:, 2].max()))
    return int(np.linalg.norm(vertices - at, axis=1).argmin())
