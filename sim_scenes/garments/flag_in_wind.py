"""Flags on their poles flutter in a gusty wind."""

import numpy as np

from phys4d_pipeline.air import Wind
from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.scene import Body, SceneSpec, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draping import FINE, Curve, bent, grid, rail, sheet, tied
from ..draws import draw, draw_count, in_words, pick, sentence, turned, vec
from ..fabrics import cloth, fabric_surface, fabric_thickness, rest_points
from ..filming import Shot, corners
from ..floors import OUTDOORS
from ..materials import surface
from ..staging import stage

SPLIT = "train"
SOLVER = Solver(name="elastic", rate=12000)  # [Hz]; of contacts: stiff fabrics need more
CONVERGENCE = (0.05, 0.02)  # [s], [m]; then flutter is chaotic

NUM_FLAGS = (1, 2)
LENGTH = (0.75, 1.0)  # along the wind [m]
RATIO = (0.6, 0.7)  # height over length [1]
POLE = (0.02, 0.03)  # radius [m]
LOWEST = (0.35, 0.6)  # of a flag over the ground [m]
SPEED = (3.5, 5.5)  # of the wind [m/s]: 3 Beaufort
GUSTS = (0.1, 0.2)  # root mean square over the mean [1]: turbulence near the ground
EDDY = (0.6, 1.5)  # [m]
RIPPLE = (0.02, 0.05)  # of a flag at the start [m]
AT_ANGLE = (-20.0, 20.0)  # of the flags to the wind at the start [deg]
FABRICS = ("cotton", "canvas", "linen")
FLOORS = ("green mat", "concrete floor", "brick paving")


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The wind blows along +x, poles stand along y."""
    count, speed = draw_count(rng, NUM_FLAGS), draw(rng, SPEED, 2)
    fabric, length = pick(rng, FABRICS), draw(rng, LENGTH, 3)
    tall, low = round(draw(rng, RATIO) * length, 3), draw(rng, LOWEST)
    bodies: list[Body] = []
    ties: list[Tie] = []
    for k in range(count):
        foot = np.array([0.0, (k - (count - 1) / 2) * 1.1 * length, low])
        flag, pole, own = _flag(rng, k + 1, (fabric, length, tall), foot, (preset, 1 / count))
        bodies += [flag, pole]
        ties += own
    half = (count - 1) * 0.55 * length
    points = corners((-0.05, -half - 0.3, low - 0.15), (length, half + 0.3, low + tall + 0.1))
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
        places=(OUTDOORS,),
        wind=Wind(
            velocity=vec((speed, 0.0, 0.0)),
            gusts=round(draw(rng, GUSTS) * speed, 3),
            eddy=draw(rng, EDDY),
        ),
        shot=Shot(
            points=points,
            azimuth=pick(rng, ((-115.0, -55.0), (55.0, 115.0))),
            elevation=(-4.0, 14.0),
        ),
        caption=sentence(
            f"{in_words(count, f'{fabric} flag')} of {length:.2f} by {tall:.2f} m "
            f"{'flutters' if count == 1 else 'flutter'} in a wind of {speed:.0f} m/s over "
            "{floor}."
        ),
    )


def _flag(
    rng: np.random.Generator,
    number: int,
    cut: tuple[str, float, float],
    foot: np.ndarray,
    share: tuple[Preset, float],
) -> tuple[Body, Body, list[Tie]]:
    """A flag whose hoist stands on `foot`, its pole, and what ties it: a ripple along the wind."""
    fabric, length, tall = cut
    thick, radius = fabric_thickness(fabric, *share), draw(rng, POLE)
    solid, columns, rows = sheet((length, tall), share[0], thick, share[1])
    flat = rest_points(solid)
    laid = bent(flat, _ripple(length, draw(rng, RIPPLE), draw(rng, (0.0, 6.28))), length / 2)
    laid -= (laid[:, 0].min(), 0.0, 0.0)
    turn = turned("z", draw(rng, AT_ANGLE, 1))
    points = turn.apply(laid[:, [0, 2, 1]] + (0.0, 0.0, tall / 2))
    points += foot + turn.apply((radius + thick / 2 + 1e-3, 0.0, 0.0))
    name = f"flag_{number}"
    flag = cloth(name, solid, fabric, fabric_surface(rng, fabric), points=points)
    top = np.add(foot, (0.0, 0.0, tall + 0.06))
    pole = rail(
        f"pole_{number}",
        ((foot[0], foot[1], 0.0), top),
        radius,
        "steel",
        surface(rng, "painted wood", radius),
    )
    hoist = grid(columns, rows)[:, 0]
    return flag, pole, tied(name, hoist)


def _ripple(length: float, depth: float, phase: float) -> Curve:
    """Two waves that grow away from the hoist [m]."""
    along = np.linspace(0.0, length, 2 * FINE)
    share = along / length
    return np.column_stack([along, depth * share * np.sin(4 * np.pi * share + phase)])
