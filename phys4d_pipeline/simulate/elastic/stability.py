"""Bodies -> the longest stable step of each, from bounds of their highest frequencies."""

import numpy as np
from jaxtyping import Float64
from scipy.sparse import coo_array, csr_array

from ...motion.skins import Skin
from ..world.stability import longest_step

ELASTIC_SHARE = 0.6
"""Of the square of the stable step that elastic forces may use; contacts and ties need the rest."""
MOST_RATIO = 0.25
"""Damping ratio of the fastest wave in the plane of a membrane [1]: more would shorten steps."""


def skin_step(one: Skin, breathing: float = 0.0, softness: float = 1.0) -> float:
    """Longest stable step of a membrane [s]: of rubber, or stretched by a few per cent at most.

    Args:
        one: The membrane.
        breathing: Frequency that gas adds to it [rad/s].
        softness: Of how it starts: squared frequencies at rest over those now [1].
    """
    plane, bending = in_plane_square(one) / softness, bending_square(one)
    rate = (damping_in_plane(one) * plane + one.damping * bending) / 2
    return longest_step(plane + bending + breathing**2, rate, ELASTIC_SHARE)


def damping_in_plane(one: Skin) -> float:
    """Viscous over elastic stress that the solver takes [s]: as told, up to MOST_RATIO."""
    return min(one.damping, 2 * MOST_RATIO / float(np.sqrt(in_plane_square(one))))


def in_plane_square(one: Skin) -> float:
    """Bound of the square of the highest frequency in the plane [rad2/s2].

    No assembly of elements vibrates faster than its fastest element alone (Irons and Treharne
    1971), each with a third of its own mass at its corners.
    """
    F = len(one.areas)
    shapes = np.concatenate([-one.inverse.sum(1, keepdims=True), one.inverse], axis=1)
    strain = np.zeros((F, 3, 3, 2))
    strain[:, 0, :, 0] = strain[:, 2, :, 1] = shapes[:, :, 0]
    strain[:, 1, :, 1] = strain[:, 2, :, 0] = shapes[:, :, 1]
    strain = strain.reshape(F, 3, 6)
    c11, c12, c22, shear = one.moduli
    moduli = np.array([[c11, c12, 0.0], [c12, c22, 0.0], [0.0, 0.0, shear]])
    # The same non-zero eigenvalues as of the 6 x 6 stiffness.
    root = np.linalg.cholesky(moduli)
    small = np.einsum("ki,fka,fla,lj->fij", root, strain, strain, root)
    return 3 / one.density * float(np.linalg.eigvalsh(small).max(initial=0.0))


def bending_square(one: Skin) -> float:
    """Bound of the square of the highest frequency of bending [rad2/s2], by sums of rows."""
    H, P = len(one.angles), len(one.masses)
    if not H:
        return 0.0
    kept = one.hinge_of < H
    rows = np.broadcast_to(one.hinge_of[:, :, None], one.bending.shape)
    columns = np.broadcast_to(one.hinge_of[:, None, :], one.bending.shape)
    both = kept[:, :, None] & kept[:, None, :]
    stiffness = coo_array((one.bending[both], (rows[both], columns[both])), shape=(H, H)).tocsr()
    # Out of the plane of flat triangles: a hinge's angle per displacement along the normal.
    pushes = _angle_gradients(one)
    faces = np.broadcast_to(one.faces[:, None, :], pushes.shape)
    hinges = np.broadcast_to(one.hinge_of[:, :, None], pushes.shape)
    held = np.broadcast_to(kept[:, :, None], pushes.shape)
    angle = csr_array(coo_array((np.abs(pushes[held]), (hinges[held], faces[held])), shape=(H, P)))
    whole = angle.T @ (abs(stiffness) @ (angle @ np.ones(P)))
    return float((whole / one.masses).max())


def _angle_gradients(one: Skin) -> Float64[np.ndarray, "F 3 3"]:
    """Of the angle at side i of each triangle, by corner j along the normal [rad/m]."""
    edges = np.linalg.inv(one.inverse)  # columns: edges from the first corner
    first, second = edges[:, :, 0], edges[:, :, 1]
    sides = np.stack([second - first, -second, first], axis=1)
    products = np.einsum("fia,fja->fij", sides, sides)
    lengths = np.sqrt(np.einsum("fii->fi", products))
    return products / (lengths[:, :, None] * 2 * one.areas[:, None, None])
