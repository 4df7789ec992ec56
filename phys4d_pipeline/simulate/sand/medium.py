"""SceneSpec -> stiffness of its grains, time step, constants of each medium."""

import math

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from ...continuum import Grid
from ...errors import SceneError
from ...scene import Body, SceneSpec, Substance
from ...shapes import build

COMPRESSION = 0.005
"""Of grains under the highest column of the scene [1]: real sand gives less, at shorter steps."""
PASSIVE = 1.5
"""Mean pressure over weight in what a blade pushes [1]: 2 where all of it yields (Rankine)."""
MACH = 0.25
"""Largest speed at the start over that of sound [1]: impacts compress by its square."""
POISSON = 0.3
"""Poisson's ratio of packed sand: 0.2 to 0.4 (Mitchell and Soga 2005)."""
COURANT = 0.7
"""Share of a cell that sound covers in a step [1]."""
BRITTLENESS = 20.0
"""Per plastic shear strain: cohesion is gone to 37 % after 5 % [1]."""
SHEAR_SHARE = (1 - 2 * POISSON) / (2 * (1 - POISSON))
"""Shear modulus over that of plane waves [1]."""
BULK_SHARE = 1 - 4 / 3 * SHEAR_SHARE


def media(spec: SceneSpec) -> list[int]:
    """Indices of the bodies of grains."""
    return [index for index, body in enumerate(spec.bodies) if body.form == "particles"]


def grid_of(spec: SceneSpec) -> Grid:
    """The scene's grid.

    Raises:
        SceneError: If it has none, or grains that this solver cannot mix.
    """
    bodies = [spec.bodies[index] for index in media(spec)]
    if spec.grid is None or not bodies:
        raise SceneError(
            "Solver 'sand' needs a grid and a body of form 'particles'; this scene lacks one."
        )
    for name in ("density", "friction"):
        values = sorted({getattr(body.substance, name) for body in bodies})
        if len(values) > 1:
            raise SceneError(f"Grains of {name} {values}: solver 'sand' mixes grains of one only.")
    return spec.grid


def sound_speed(spec: SceneSpec) -> float:
    """Of plane waves [m/s], as slow as weight and speeds allow."""
    grid = grid_of(spec)
    bodies = [spec.bodies[index] for index in media(spec)]
    pushed = max((_top(body) for body in spec.bodies if _pushes(body, grid.cell)), default=0.0)
    column = max(max(_height(body) for body in bodies), PASSIVE * pushed, grid.cell)
    strength = float(np.linalg.norm(spec.gravity))
    drop = max(_top(body) for body in bodies) - max(grid.low[2], 0.0)
    thrown = max(float(np.linalg.norm(body.linear_velocity)) for body in spec.bodies)
    fastest = math.sqrt(thrown**2 + 2 * strength * max(drop, 0.0))
    return max(math.sqrt(strength * column / COMPRESSION), fastest / MACH)


def _top(body: Body) -> float:
    """Of a body at the start, above z = 0 [m]."""
    return _corners(body)[:, 2].max()


def _pushes(body: Body, cell: float) -> bool:
    """Is it led sideways over the ground? Grains heap up before it, as high as it is.

    By the depth of the bed alone, sand before a blade gave by 5 % and packed by 1.6.
    """
    if body.path is None or _corners(body)[:, 2].min() > cell:
        return False
    return bool(np.ptp(np.array(body.path.shifts)[:, :2], axis=0).any())


def _height(body: Body) -> float:
    """Of the highest column in a heap: that of its box, or twice its mean if that is less [m]."""
    x, y, z = np.ptp(_corners(body), axis=0)
    return min(z, 2 * build(body.shape).volume / (x * y))


def _corners(body: Body) -> Float64[np.ndarray, "V 3"]:
    turn = Rotation.from_quat(body.quaternion, scalar_first=True).as_matrix()
    return build(body.shape).mesh.vertices @ turn.T + body.position


def steps_per_frame(spec: SceneSpec) -> int:
    """As many as sound asks for, or the scene's rate if that is more."""
    longest = COURANT * grid_of(spec).cell / sound_speed(spec)
    return max(math.ceil(1.0 / (spec.fps * longest)), spec.solver.rate // spec.fps)


def wall_friction(spec: SceneSpec, wall: Substance) -> float:
    """Coulomb coefficient of a wall or the ground against the grains.

    What rubs harder than the grains among themselves is no obstacle: they slide over each other
    next to it. On the grid such a wall would slow them through the nodes that they share with it
    (measured: a slope of 38 degrees at 0.6 accelerated by 0.95 instead of 1.40 m/s2).
    """
    grains = [spec.bodies[index].substance for index in media(spec)]
    inner = max(substance.internal_friction for substance in grains)
    return min(grains[0].friction * wall.friction, inner)


def constants(spec: SceneSpec, cell: float, masses: list[float]) -> np.ndarray:
    """(M, 4) rows of `transfer.Kinds`, in cells."""
    rows = []
    for index, mass in zip(media(spec), masses, strict=True):
        substance = spec.bodies[index].substance
        cohesion = substance.cohesion / substance.density / cell**2
        rows.append((substance.internal_friction, cohesion, BRITTLENESS, mass))
    return np.array(rows, np.float32)
