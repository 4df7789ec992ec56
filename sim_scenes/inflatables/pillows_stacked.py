"""Pillows full of air fall onto each other, wrinkle at their seams, and pile up."""

import numpy as np

from phys4d_pipeline.scene import SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..inflated import blown, edge_for, inflated_body
from ..skins import skin_colors, skin_surface, thickness
from ..staging import shape, stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=24000)  # [Hz]; of contacts
CONVERGENCE = (0.3, 0.03)  # [s], [m]; then the second one touches the first

NUM_PILLOWS = (3, 4)
WIDTH = (0.42, 0.55)  # flat [m]
DEPTH = (0.34, 0.42)  # [m]
CORNER = (0.02, 0.06)  # [m]
GAUGE = (250.0, 600.0)  # above the air [Pa]
FIRST = (0.02, 0.1)  # free height below the lowest [m]
GAP = (0.05, 0.2)  # from one to the next [m]
THROWN = (0.3, 1.0)  # downwards [m/s]
OFF = (-0.04, 0.04)  # from the middle [m]
LEAN = (-10.0, 10.0)  # [deg]
POINTS = 1600  # of all skins at the demo's preset
FLOORS = ("wooden floor", "linoleum floor", "tiled floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """One above the other over the origin."""
    count = draw_count(rng, NUM_PILLOWS)
    sizes = [(draw(rng, WIDTH, 3), draw(rng, DEPTH, 3)) for _ in range(count)]
    edge = edge_for(preset, sum(2 * width * depth for width, depth in sizes), POINTS)
    colors, pillows, height = skin_colors(rng, "nylon", count), [], draw(rng, FIRST)
    for number, (width, depth) in enumerate(sizes):
        solid = shape(
            "pillow",
            width=width,
            depth=depth,
            corner=draw(rng, CORNER),
            edge=edge,
            thickness=thickness(rng, "nylon"),
        )
        one = blown(solid, "nylon", draw(rng, GAUGE, -1))
        lean = turned("x", draw(rng, LEAN, 1)) * turned("y", draw(rng, LEAN, 1))
        turn = lean * turned("z", draw(rng, (0.0, 180.0), 1))
        below, above = one.below(turn), float(one.turned(turn)[:, 2].max())
        pillows.append(
            inflated_body(
                f"pillow_{number + 1}",
                one,
                skin_surface(
                    rng, "nylon", depth, "stripes", "checker", "dots", "plain",
                    color=colors[number], repeat=(0.2, 0.4),
                ),
                at=(draw(rng, OFF), draw(rng, OFF), height + below),
                rotation=turn,
                velocity=(0.0, 0.0, -draw(rng, THROWN, 1)),
            )
        )  # fmt: skip
        height += below + above + draw(rng, GAP)
    half = 0.5 * max(width for width, _ in sizes) + 0.1
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=pillows,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-half, -half, 0.0), (half, half, 0.7 * height)),
            elevation=(4.0, 22.0),
        ),
        caption=sentence(
            f"{in_words(count, 'pillow')} full of air fall onto each other on {{floor}}."
        ),
    )
