"""A tube full of sand is lifted: the column collapses and runs out."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import Range, draw, draw_count, in_words, pick, sentence
from ..filming import Shot, corners
from ..grain_materials import DRY, grain_body
from ..liquids import cell_for, grid_over
from ..materials import surface
from ..staging import body, shape, stage
from ..tanks import CLEAR

SPLIT = "train"
SOLVER = Solver(name="sand", rate=60)  # [Hz]; it takes as many steps as sound in sand asks for
CONVERGENCE = (0.15, 0.01)  # [s], [m]

RADIUS = (0.07, 0.1)  # of the column [m]
ASPECT = (0.9, 1.9)  # height over radius [1]
WALL = 0.012  # of the tube, but never thinner than WALL_CELLS [m]
WALL_CELLS = 1.2
GAP = 0.002  # between the tube and the floor [m]
START = (0.05, 0.25)  # when it begins to move [s]
LIFTING = (0.6, 1.2)  # how long it takes [s]
OVER = 1.15  # height to which the tube's lower end is lifted, over the column's [1]
REACH = 2.3  # radius that the grains may reach, over the column's [1]
POSTS = (0, 3)
POST_RADIUS: Range = (0.016, 0.024)  # [m]
POST_HEIGHT: Range = (0.05, 0.09)  # [m]
POST_GAP = 0.005  # to the tube, at least [m]
POST_WOODS = ("oak", "pine", "painted wood", "brass")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "linoleum floor", "marble floor")
ACRYLIC = replace(CLEAR, base_color=(0.8, 0.9, 0.94))


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The column stands at the origin; posts stand where the grains will run."""
    radius, grain = draw(rng, RADIUS), pick(rng, DRY)
    height = round(draw(rng, ASPECT, 2) * radius, 4)
    column = shape("cylinder", radius=radius, half_height=round(height / 2, 5))
    cell = cell_for(preset.particles, column)
    filling = grain_body(rng, "column", column, grain, at=(0.0, 0.0, height / 2))
    wall = max(WALL, WALL_CELLS * cell)
    tube = _tube(rng, radius, height, wall)
    posts = _posts(rng, radius, radius + wall)
    reach = REACH * radius
    top = (1 + OVER) * height + 0.03
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[filling, tube, *posts],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate(
                [
                    corners((-reach, -reach, 0.0), (reach, reach, 0.02)),
                    corners((-radius, -radius, 0.0), (radius, radius, 0.85 * top)),
                ]
            ),
            elevation=(12.0, 32.0),
        ),
        grid=grid_over(
            (-reach - 4 * cell, -reach - 4 * cell, 0.0),
            (reach + 4 * cell, reach + 4 * cell, height + 2 * cell),
            cell,
            open_sides=("-x", "+x", "-y", "+y", "+z"),
        ),
        caption=sentence(
            f"a clear tube of {grain}, {200 * radius:.0f} cm wide and filled "
            f"{100 * height:.0f} cm high, is lifted off {{floor}} and the column collapses"
            + (f" around {in_words(len(posts), 'post')}." if posts else ".")
        ),
    )


def _tube(rng: np.random.Generator, inner: float, height: float, wall: float) -> Body:
    long = height + 0.03
    solid = shape(
        "pipe", radius=round(inner + wall, 5), inner_radius=inner, half_height=round(long / 2, 5)
    )
    standing = body("tube", solid, "plastic", ACRYLIC, at=(0.0, 0.0, long / 2 + GAP))
    start = draw(rng, START, 2)
    end = round(start + draw(rng, LIFTING, 2), 2)
    lift = (0.0, 0.0, round(OVER * height, 4))
    return replace(standing, path=Path(times=(start, end), shifts=((0.0, 0.0, 0.0), lift)))


def _posts(rng: np.random.Generator, column: float, tube: float) -> list[Body]:
    posts, count = [], draw_count(rng, POSTS)
    first, material = draw(rng, (0.0, 2 * np.pi)), pick(rng, POST_WOODS)
    for k in range(count):
        angle, away = first + 2 * np.pi * k / count, draw(rng, (1.6, 1.8), 3) * column
        radius, height = draw(rng, POST_RADIUS), draw(rng, POST_HEIGHT)
        away = max(away, tube + radius + POST_GAP)
        posts.append(
            body(
                f"post_{k + 1}",
                shape("cylinder", radius=radius, half_height=height / 2),
                material,
                surface(rng, material, height),
                at=(away * np.cos(angle), away * np.sin(angle), height / 2),
                is_static=True,
            )
        )
    return posts
