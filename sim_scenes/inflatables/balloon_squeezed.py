"""A glass plate comes down on balloons, presses them flat, and lets them go again."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..balloons import balloon_area, latex_balloon
from ..draws import draw, draw_count, in_words, pick, sentence, turned, vec
from ..filming import Shot, corners
from ..inflated import edge_for, inflated_body
from ..materials import substance
from ..rigging import motion_seconds
from ..skins import skin_colors, skin_surface
from ..staging import shape, stage
from ..tanks import CLEAR, PANE_TINTS

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=24000)  # [Hz]; of contacts, which bear 3 kPa
CONVERGENCE = (0.35, 0.004)  # [s], [m]; then the plate presses

NUM_BALLOONS = (1, 3)
RADIUS = (0.12, 0.15)  # inflated [m]
LEFT = (0.42, 0.6)  # of the balloons' height when they are pressed most [1]
STROKES = (1, 2)  # in two seconds
SPACING = 2.9  # of neighbours over the largest radius [1]
PLATE = 0.02  # half thickness [m]
REACH = 1.9  # half of the plate's width over the largest radius [1]
POINTS = 1300  # of all skins at the demo's preset
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The balloons lie on their sides along x."""
    count = draw_count(rng, NUM_BALLOONS)
    radii = [draw(rng, RADIUS) for _ in range(count)]
    edge = edge_for(preset, sum(balloon_area(radius) for radius in radii), POINTS)
    pitch, high = SPACING * max(radii), 0.0
    colors, balloons = skin_colors(rng, "latex", count), []
    for number, radius in enumerate(radii):
        one = latex_balloon(rng, radius, edge)
        turn = turned("z", draw(rng, (0.0, 360.0), 1)) * turned("x", draw(rng, (60.0, 110.0), 1))
        high = max(high, one.below(turn) + float(one.turned(turn)[:, 2].max()))
        balloons.append(
            inflated_body(
                f"balloon_{number + 1}",
                one,
                skin_surface(
                    rng, "latex", radius / 2, "dots", "stripes", "checker", color=colors[number]
                ),
                at=((number - (count - 1) / 2) * pitch, 0.0, one.below(turn)),
                rotation=turn,
                exponent=1.0,
            )
        )
    half = (count - 1) / 2 * pitch + REACH * max(radii)
    plate = _plate(rng, half, REACH * max(radii), high, preset)
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*balloons, plate],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-half, -0.2, 0.0), (half, 0.2, 1.1 * high)),
            azimuth=pick(rng, ((55.0, 125.0), (-125.0, -55.0))),
            elevation=(6.0, 20.0),
        ),
        caption=sentence(
            f"A glass plate presses {in_words(count, 'balloon')} flat against {{floor}} and lets "
            "them spring up again."
        ),
    )


def _plate(rng: np.random.Generator, half: float, deep: float, high: float, preset: Preset) -> Body:
    """Just above the balloons; down and up again, once or twice."""
    strokes, left = draw_count(rng, STROKES), draw(rng, LEFT)
    start = high + PLATE + 0.01
    depth = (0.0, 0.0, -round(start - PLATE - left * high, 4))
    seconds = 0.95 * motion_seconds(preset)
    times = np.linspace(0.0, seconds, 2 * strokes + 1).round(3)
    shifts = [depth if k % 2 else (0.0, 0.0, 0.0) for k in range(2 * strokes + 1)]
    return Body(
        name="plate",
        shape=shape("box", half_extents=(round(half, 4), round(deep, 4), PLATE)),
        substance=substance("glass"),
        surface=replace(CLEAR, base_color=pick(rng, PANE_TINTS)),
        position=vec((0.0, 0.0, start)),
        path=Path(times=tuple(times.tolist()), shifts=tuple(shifts)),
    )
