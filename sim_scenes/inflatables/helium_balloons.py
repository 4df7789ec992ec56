"""Balloons full of helium tug at their strings, swing up, and nudge each other."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.scene import Body, SceneSpec, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..balloons import balloon_area, latex_balloon
from ..draws import chance, draw, draw_count, in_words, pick, sentence, turned
from ..filming import Shot, corners
from ..inflated import HELIUM, Inflated, blown, edge_for, inflated_body
from ..materials import bold_surface, surface
from ..rigging import a_rope
from ..rope_shapes import laid, straight
from ..skins import skin_colors, skin_surface, thickness
from ..staging import body, shape, stage

SPLIT = "held_out"
SOLVER = Solver(name="elastic", rate=30000)  # [Hz]; of ties and contacts
CONVERGENCE = (0.3, 0.01)  # [s], [m]; then strings are taut

NUM_BALLOONS = (2, 4)
RADIUS = (0.13, 0.16)  # of latex balloons, inflated [m]
FOIL_SIZE = (0.48, 0.56)  # width of flat hearts and discs [m]: 19 to 22 inches
FOIL_SHARE = 0.4  # of the clips
FOIL_GAUGE = (150.0, 300.0)  # above the air [Pa]
STRING = 0.001  # radius [m]
SPACING = 0.035  # of the string's points [m]
LENGTH = (0.5, 0.75)  # of the strings [m]
LEAN = (25.0, 50.0)  # of the strings from the vertical at first [deg]
CLIP = 0.004  # radius of what holds string and neck together [m]
WEIGHT = (0.05, 0.04)  # half width and half height of what they are tied to [m]
POINTS = 1300  # of all skins at the demo's preset
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor")
OUTLINE = 48  # points of a heart


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """Strings fan out from a weight at the origin."""
    count, is_foil = draw_count(rng, NUM_BALLOONS), chance(rng, FOIL_SHARE)
    make = _foils if is_foil else _latex
    ones = make(rng, count, preset)
    material = "foil" if is_foil else "latex"
    colors = skin_colors(rng, material, count)
    wide, high = WEIGHT
    weight = body(
        "weight",
        shape("box", half_extents=(wide, wide, high)),
        "brass",
        surface(rng, "brass", wide),
        at=(0.0, 0.0, high + 1e-4),
    )
    bodies, ties, first = [weight], [], draw(rng, (0.0, 360.0), 1)
    for number, one in enumerate(ones):
        look = skin_surface(rng, material, 0.1, "plain", color=colors[number])
        held, knots = _tethered(rng, number + 1, one, look, first + 360.0 * number / count)
        bodies += held
        ties += knots
    tall = max(LENGTH) + 2 * max(one.reach() for one in ones) + 0.1
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=bodies,
        ties=ties,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=corners((-0.5, -0.5, 0.0), (0.5, 0.5, tall)),
            elevation=(2.0, 14.0),
        ),
        caption=sentence(
            f"{in_words(count, 'balloon')} of {material} full of helium rise on strings tied to a "
            "weight on {floor}."
        ),
    )


def _tethered(
    rng: np.random.Generator, number: int, one: Inflated, look: Surface, azimuth: float
) -> tuple[list[Body], list[Tie]]:
    """A balloon, its string from the weight, and the clip that holds both together."""
    lean, length = draw(rng, LEAN, 1), draw(rng, LENGTH)
    around = turned("z", azimuth)
    turn = around * turned("y", lean)
    up = turn.apply((0.0, 0.0, 1.0))
    root = around.apply((0.025, 0.0, 2 * WEIGHT[1] + 0.006))
    line = laid(straight(root, root + length * up), SPACING)
    knot = line[-1] + (CLIP + STRING) * up
    low = int(one.full.vertices[:, 2].argmin())
    balloon, clip, string = f"balloon_{number}", f"clip_{number}", f"string_{number}"
    held = [
        inflated_body(
            balloon,
            one,
            look,
            at=knot + (CLIP + 0.004) * up - turn.apply(one.full.vertices[low]),
            rotation=turn,
            molar_mass=HELIUM,
        ),
        body(
            clip,
            shape("sphere", radius=CLIP),
            "plastic",
            bold_surface(rng, "plastic", CLIP),
            at=knot,
        ),
        a_rope(rng, string, line, STRING, "cotton"),
    ]
    return held, [
        Tie(body=string, point=0, holder="weight"),
        Tie(body=string, point=-1, holder=clip),
        Tie(body=balloon, point=low, holder=clip),
    ]


def _latex(rng: np.random.Generator, count: int, preset: Preset) -> list[Inflated]:
    radii = [draw(rng, RADIUS) for _ in range(count)]
    edge = edge_for(preset, sum(balloon_area(radius) for radius in radii), POINTS)
    return [latex_balloon(rng, radius, edge) for radius in radii]


def _foils(rng: np.random.Generator, count: int, preset: Preset) -> list[Inflated]:
    """Hearts and discs, standing on their tips."""
    sizes = [draw(rng, FOIL_SIZE, 3) for _ in range(count)]
    edge = edge_for(preset, sum(1.5 * size**2 for size in sizes), POINTS)
    ones = []
    for size in sizes:
        solid = shape(
            "sewn_panels",
            outline=_heart(size) if chance(rng, 0.6) else _disc(size),
            edge=edge,
            thickness=thickness(rng, "foil"),
        )
        ones.append(_upright(blown(solid, "foil", draw(rng, FOIL_GAUGE, -1))))
    return ones


def _upright(one: Inflated) -> Inflated:
    """The flat shape's y axis upwards."""
    vertices = turned("x", 90.0).apply(one.full.vertices.copy())
    return replace(one, full=replace(one.full, vertices=vertices))


def _heart(width: float) -> tuple[float, ...]:
    """A heart with its tip at -y (a curve of Laporte's kind, cleft rounded)."""
    turn = np.linspace(0.0, 2 * np.pi, OUTLINE, endpoint=False)
    x = 16 * np.sin(turn) ** 3
    y = 12.5 * np.cos(turn) - 4 * np.cos(2 * turn) - 1.2 * np.cos(3 * turn)
    points = np.column_stack([-x, y]) * width / 32
    return tuple(points.ravel().round(5).tolist())


def _disc(width: float) -> tuple[float, ...]:
    turn = np.linspace(0.0, 2 * np.pi, OUTLINE, endpoint=False)
    points = width / 2 * np.column_stack([np.cos(turn), np.sin(turn)])
    return tuple(points.ravel().round(5).tolist())
