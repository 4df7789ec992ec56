"""Open balloons let their air out and fly about in a glass case on the jet, shrinking."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.air import Valve
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..balloons import balloon_area, latex_balloon
from ..draws import draw, draw_count, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..inflated import edge_for, inflated_body
from ..skins import skin_colors, skin_surface
from ..staging import slab, stage
from ..tanks import CLEAR, PANE_TINTS

SPLIT = "held_out"
SOLVER = Solver(name="elastic", rate=24000)  # [Hz]; of contacts
CONVERGENCE = (0.4, 0.02)  # [s], [m]; then the first one flies

NUM_BALLOONS = (2, 3)
RADIUS = (0.11, 0.14)  # inflated [m]
OPENS = (0.05, 0.5)  # when the neck is let go [s]
MOUTH = (2.5e-5, 4.5e-5)  # of the jet [m2]: 5.6 to 7.6 mm wide
LEAN = (-35.0, 35.0)  # of their axes from the vertical, neck down [deg]
HEIGHT = (0.12, 0.35)  # of their middles at first [m]
SPACING = 0.6  # of neighbours [m]
CASE = (0.45, 1.35)  # half depth and height of the case, inside [m]
PANE = 0.02  # thickness [m]
POINTS = 1100  # of all skins at the demo's preset
NECK_END = 0
"""Vertex at the end of a balloon's neck."""
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """A row along x, held in the air until each one is let go."""
    count = draw_count(rng, NUM_BALLOONS)
    radii = [draw(rng, RADIUS) for _ in range(count)]
    edge = edge_for(preset, sum(balloon_area(radius) for radius in radii), POINTS)
    colors, balloons = skin_colors(rng, "latex", count), []
    for number, radius in enumerate(radii):
        one = latex_balloon(rng, radius, edge)
        lean = turned("x", draw(rng, LEAN, 1)) * turned("y", draw(rng, LEAN, 1))
        valve = Valve(
            point=NECK_END,
            area=draw(rng, MOUTH, 8),
            opens=draw(rng, OPENS, 3),
        )
        balloons.append(
            inflated_body(
                f"balloon_{number + 1}",
                one,
                skin_surface(
                    rng, "latex", radius / 2, "stripes", "dots", "plain", color=colors[number]
                ),
                at=((number - (count - 1) / 2) * SPACING, 0.0, one.reach() + draw(rng, HEIGHT)),
                rotation=lean,
                valve=valve,
            )
        )
    half = count / 2 * SPACING + 0.25
    deep, high = CASE
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*balloons, *_case(rng, half)],
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-half, -deep, 0.0), (half, deep, high)),
            azimuth=pick(rng, ((50.0, 130.0), (-130.0, -50.0))),
            elevation=(4.0, 16.0),
        ),
        caption=sentence(
            f"{in_words(count, 'balloon')} are let go open in a glass case on {{floor}} and fly "
            "about on the air that leaves them."
        ),
    )


def _case(rng: np.random.Generator, half: float) -> list[Body]:
    """Four panes and a lid of clear glass."""
    deep, high = CASE
    look = replace(CLEAR, base_color=pick(rng, PANE_TINTS[:2]))
    wide, far = half + PANE, deep + PANE
    panes = (
        ((-wide, -far, 0.0), (-half, far, high)),
        ((half, -far, 0.0), (wide, far, high)),
        ((-half, -far, 0.0), (half, -deep, high)),
        ((-half, deep, 0.0), (half, far, high)),
        ((-wide, -far, high), (wide, far, high + PANE)),
    )
    return [slab(f"pane_{k + 1}", "glass", look, *ends) for k, ends in enumerate(panes)]
