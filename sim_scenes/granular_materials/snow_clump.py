"""A snowball is thrown against a post or a wall and breaks."""

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, pick, sentence, turned
from ..filming import Shot, corners
from ..grain_materials import grain_body
from ..liquids import cell_for, grid_over
from ..materials import surface
from ..staging import body, shape, stage

SPLIT = "train"
SOLVER = Solver(name="sand", rate=60)  # [Hz]; it takes as many steps as sound in snow asks for
CONVERGENCE = (0.1, 0.01)  # [s], [m]; then it hits the obstacle

RADIUS = (0.06, 0.085)  # of the snowball [m]
SPEED = (2.2, 3.6)  # [m/s]
RISING = (5.0, 25.0)  # direction of the throw above the horizon [deg]
AWAY = (0.3, 0.45)  # from the snowball to the obstacle [m]
START = (0.16, 0.24)  # height of its middle [m]
MATERIALS = ("oak", "pine", "brick", "granite", "painted wood")
FLOORS = ("wooden floor", "concrete floor", "brick paving", "tiled floor")
GRAVITY = 9.81  # [m/s2]


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The snowball flies along +x; the obstacle stands at the origin."""
    radius, speed = draw(rng, RADIUS), draw(rng, SPEED, 2)
    angle, away = np.radians(draw(rng, RISING, 1)), draw(rng, AWAY)
    ball, start = shape("sphere", radius=radius), draw(rng, START)
    cell, material = cell_for(preset.particles, ball), pick(rng, MATERIALS)
    noun, solid = _obstacle(rng, radius)
    high = 2 * _half_height(solid)
    velocity = speed * np.array([np.cos(angle), 0.0, np.sin(angle)])
    obstacle = body(
        noun,
        solid,
        material,
        surface(rng, material, high),
        at=(0.0, 0.0, high / 2),
        rotation=turned("z", draw(rng, (-20.0, 20.0), 1)),
        is_static=True,
    )
    at = (-away - radius - 0.1, draw(rng, (-0.02, 0.02)), start)
    peak = start + max(velocity[2], 0.0) ** 2 / (2 * GRAVITY) + radius
    side = 0.35
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[grain_body(rng, "snowball", ball, "snow", at=at, velocity=velocity), obstacle],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((at[0] - radius, -0.22, 0.0), (0.25, 0.22, max(peak, high))),
            azimuth=pick(rng, ((-150.0, -60.0), (60.0, 150.0))),
            elevation=(6.0, 24.0),
        ),
        grid=grid_over(
            (at[0] - radius - 4 * cell, -side, 0.0),
            (0.45, side, max(peak, high) + 6 * cell),
            cell,
            open_sides=("-x", "+x", "-y", "+y", "+z"),
        ),
        caption=sentence(
            f"a snowball {200 * radius:.0f} cm across flies at {speed:.1f} m/s into a {material} "
            f"{noun} and breaks over {{floor}}."
        ),
    )


def _obstacle(rng: np.random.Generator, radius: float):
    """A post, a wall or a wedge-like edge: its noun and shape."""
    noun = pick(rng, ("post", "wall", "corner"))
    half = draw(rng, (0.15, 0.2))
    if noun == "post":
        thick = round(draw(rng, (0.4, 0.7)) * radius, 4)
        return noun, shape("cylinder", radius=max(thick, 0.03), half_height=half)
    if noun == "wall":
        return noun, shape("box", half_extents=(0.03, draw(rng, (0.12, 0.18)), half))
    return noun, shape("prism", sides=3, radius=draw(rng, (0.08, 0.1)), half_height=half)


def _half_height(solid) -> float:
    sizes = solid.parameters
    return float(sizes["half_extents"][2] if "half_extents" in sizes else sizes["half_height"])
