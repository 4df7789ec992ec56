"""A rope's body -> the chain of masses and springs that stands for it; its energy from points.

Elastic energy of points x_0..x_N at rest length l apart (Bergou et al. 2008, without twist):
EA / (2 l) * sum(|x_k+1 - x_k| - l)^2 + EI / (2 l^3) * sum |x_k+1 - 2 x_k + x_k-1|^2.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial.transform import Rotation

from .. import shapes
from ..errors import SceneError
from ..scene import Body


@dataclass(frozen=True, kw_only=True, eq=False)
class Rod:
    """N points with masses, springs between neighbours and bending springs across three."""

    radius: float
    """[m]"""
    spacing: float
    """Of neighbouring points at rest [m]."""
    stretch_stiffness: float
    """EA [N]"""
    bending_stiffness: float
    """EI [N m2]"""
    damping: float
    """Viscous over elastic force [s]."""
    masses: Float64[np.ndarray, " N"]
    """[kg]; the ends, with their caps, hold what the shape has beyond N - 1 equal pieces."""


def rod(body: Body) -> Rod:
    """The chain that stands for a body of form `rope`.

    Raises:
        SceneError: It is of another form, or nothing resists its stretching.
    """
    if body.form != "rope":
        raise SceneError(f"Body {body.name!r} is {body.form}, not a rope.")
    substance, tube = body.substance, shapes.tube(body.shape)
    if substance.youngs_modulus <= 0.0:
        raise SceneError(f"Rope {body.name!r}: youngs_modulus must be positive, e.g. 1e8 Pa.")
    piece = substance.density * np.pi * tube.radius**2 * tube.length / tube.segments
    caps = substance.density * shapes.build(body.shape).volume - piece * tube.segments
    masses = np.full(tube.segments + 1, piece)
    masses[[0, -1]] = (piece + caps) / 2
    area = np.pi * tube.radius**2
    return Rod(
        radius=tube.radius,
        spacing=tube.length / tube.segments,
        stretch_stiffness=substance.youngs_modulus * area,
        bending_stiffness=substance.bending_modulus * area * tube.radius**2 / 4,
        damping=substance.damping,
        masses=masses,
    )


def start(body: Body) -> Float64[np.ndarray, "N 3"]:
    """Where the points of a rope are at t = 0 [m], world."""
    if body.points:
        return np.array(body.points, np.float64)
    tube = shapes.tube(body.shape)
    line = np.zeros((tube.segments + 1, 3))
    line[:, 0] = np.linspace(-tube.length / 2, tube.length / 2, tube.segments + 1)
    return Rotation.from_quat(body.quaternion, scalar_first=True).apply(line) + body.position


def elastic_energy(chain: Rod, points: Float[np.ndarray, "T N 3"]) -> Float64[np.ndarray, " T"]:
    """Stored by stretching and bending [J]."""
    pieces = np.diff(np.asarray(points, np.float64), axis=-2)
    stretch = np.linalg.norm(pieces, axis=-1) - chain.spacing
    bend = np.diff(pieces, axis=-2)
    return 0.5 * (
        chain.stretch_stiffness / chain.spacing * (stretch**2).sum(-1)
        + chain.bending_stiffness / chain.spacing**3 * (bend**2).sum((-1, -2))
    )


def nearest_contact(chain: Rod) -> int:
    """Segments whose numbers differ by less than this cannot touch each other.

    A rope that turns back upon itself has its own radius as the tightest bend: half a turn of it.
    """
    return int(np.ceil(np.pi * chain.radius / chain.spacing)) + 1
