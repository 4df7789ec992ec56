"""A soft body -> nodes, tetrahedra and moduli that stand for it; its energy from nodes.

Neo-Hookean: mu/2 (|F|^2 - 3) - mu ln J + lambda/2 (J - 1)^2 per volume at rest. Linear tetrahedra
lock in bending and near a Poisson's ratio of 0.5, so each term is taken where it does not:
|F|^2 of the mean F of all tetrahedra round an edge (edge-based smoothing, Liu and Nguyen-Thoi
2010), J of the mean volume round a node (Bonet and Burton 1998). BARRIER of the logarithm is taken
of each tetrahedron, which none can then turn inside out. All are exact for a uniform strain.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float, Float64, Int64
from scipy.sparse import csr_array
from scipy.spatial.transform import Rotation

from .. import shapes
from ..errors import SceneError
from ..scene import Body, Shape, Substance
from .yielding import plastic_flow

BARRIER = 0.25
"""Share of the logarithm that each tetrahedron has for itself [1]: beams of cubes cut in six are
then 1 % stiffer at four elements across the thickness; all of it makes them 6 % stiffer."""
MOST_POISSON = 0.49
"""[1]; beyond it pressure waves ask for steps that shrink as the root of 0.5 less it."""
LEAST_RATIO = 1e-6
"""Volume over volume at rest that energies take for anything smaller [1]."""
EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))


@dataclass(frozen=True, kw_only=True, eq=False)
class Patches:
    """Tetrahedra round each of D edges, as one domain of even deformation."""

    volumes: Float64[np.ndarray, " D"]
    """A sixth of each tetrahedron's, at rest [m3]."""
    slopes: tuple[csr_array, csr_array, csr_array]
    """Of the nodes' shape functions along x, y, z at rest, D by N, of one pattern [1/m]."""

    def deformations(self, places: Float64[np.ndarray, "N 3"]) -> Float64[np.ndarray, "D 3 3"]:
        """F: how places change with places at rest."""
        return np.stack([slope @ places for slope in self.slopes], 2)


@dataclass(frozen=True, kw_only=True, eq=False)
class Soft:
    """N nodes with masses, E tetrahedra, and what they are made of."""

    nodes: Float64[np.ndarray, "N 3"]
    """Without stress, in the body frame [m]."""
    elements: Int64[np.ndarray, "E 4"]
    """Of positive volume."""
    substance: Substance

    @cached_property
    def shear_modulus(self) -> float:
        """Mu, against shear [Pa]."""
        return self.substance.youngs_modulus / 2 / (1 + self.substance.poissons_ratio)

    @cached_property
    def lame_modulus(self) -> float:
        """Lame's first, lambda [Pa]."""
        ratio = self.substance.poissons_ratio
        return 2 * self.shear_modulus * ratio / (1 - 2 * ratio)

    @property
    def bulk_modulus(self) -> float:
        """Against pressure, K [Pa]."""
        return self.lame_modulus + 2 / 3 * self.shear_modulus

    @cached_property
    def volumes(self) -> Float64[np.ndarray, " E"]:
        """Of the tetrahedra at rest [m3]."""
        return tetrahedron_volumes(self.nodes[self.elements])

    @cached_property
    def node_volumes(self) -> Float64[np.ndarray, " N"]:
        """A quarter of each tetrahedron's round a node, at rest [m3]."""
        return self.at_nodes(self.volumes)

    @cached_property
    def masses(self) -> Float64[np.ndarray, " N"]:
        """Of the nodes [kg]."""
        return self.substance.density * self.node_volumes

    @cached_property
    def patches(self) -> Patches:
        """Round all edges, in the order of their nodes."""
        return _patches(self)

    @property
    def spacing(self) -> float:
        """Of neighbouring nodes, about [m]."""
        return float(np.cbrt(self.volumes.sum() / len(self.nodes)))

    def at_nodes(self, amounts: Float64[np.ndarray, " E"]) -> Float64[np.ndarray, " N"]:
        """Quarters of what the tetrahedra round each node have."""
        return np.bincount(self.elements.ravel(), np.repeat(amounts / 4, 4), len(self.nodes))


def soft(body: Body) -> Soft:
    """What stands for a body of form `soft`.

    Raises:
        SceneError: It is of another form, or nothing resists its stretching, or all but nothing
            lets its volume change.
    """
    if body.form != "soft":
        raise SceneError(f"Body {body.name!r} is {body.form}, not soft.")
    return _soft(body.shape.kind, tuple(sorted(body.shape.parameters.items())), body.substance)


@lru_cache(maxsize=64)
def _soft(kind: str, parameters: tuple[tuple[str, Any], ...], substance: Substance) -> Soft:
    cells = shapes.tetrahedra(Shape(kind=kind, parameters=dict(parameters)))
    return soft_of(cells.nodes.copy(), cells.elements.astype(np.int64), substance)


def soft_of(
    nodes: Float64[np.ndarray, "N 3"], elements: Int64[np.ndarray, "E 4"], substance: Substance
) -> Soft:
    """What stands for given tetrahedra.

    Raises:
        SceneError: As for `soft`, or a tetrahedron has no volume.
    """
    if not substance.youngs_modulus > 0.0:
        raise SceneError(
            f"A soft body's youngs_modulus ({substance.youngs_modulus}) must be positive, "
            "e.g. 2e4 Pa for jelly, 1e6 for rubber."
        )
    if not 0.0 <= substance.poissons_ratio <= MOST_POISSON:
        raise SceneError(
            f"A soft body's poissons_ratio ({substance.poissons_ratio}) must lie in 0 to "
            f"{MOST_POISSON}: take {MOST_POISSON} for what keeps its volume."
        )
    one = Soft(nodes=nodes, elements=elements, substance=substance)
    if (flat := int((one.volumes <= 0.0).sum())) > 0:
        raise SceneError(
            f"{flat} of {len(elements)} tetrahedra have no volume (least {one.volumes.min():.3g} "
            "m3); order the nodes of each so that it is positive."
        )
    return one


def tetrahedron_volumes(corners: Float64[np.ndarray, "*K 4 3"]) -> Float64[np.ndarray, "*K"]:
    """Positive where the last three turn anticlockwise seen from the first [m3]."""
    arms = corners[..., 1:, :] - corners[..., :1, :]
    return (np.cross(arms[..., 0, :], arms[..., 1, :]) * arms[..., 2, :]).sum(-1) / 6


def start(body: Body) -> Float64[np.ndarray, "N 3"]:
    """Where the nodes of a soft body are at t = 0 [m], world."""
    if body.points:
        return np.array(body.points, np.float64)
    turn = Rotation.from_quat(body.quaternion, scalar_first=True)
    return turn.apply(soft(body).nodes) + body.position


def volume_ratios(one: Soft, places: Float[np.ndarray, "T N 3"]) -> Float64[np.ndarray, "T E"]:
    """Of every tetrahedron, over that at rest [1]."""
    corners = np.asarray(places, np.float64)[:, one.elements]
    return tetrahedron_volumes(corners) / one.volumes


def elastic_energy(one: Soft, places: Float[np.ndarray, "T N 3"]) -> Float64[np.ndarray, " T"]:
    """Stored by stretching and pressing [J].

    What yields is followed from frame to frame, from no plastic strain in the first: places must
    be those of a whole clip.
    """
    ratios = volume_ratios(one, places)
    mu, stretched = one.shear_modulus, np.zeros(len(ratios))
    for frame, stretches in enumerate(_square_stretches(one, places)):
        stretched[frame] = mu / 2 * (one.patches.volumes @ (stretches - 3))
    whole = np.stack([one.at_nodes(one.volumes * row) for row in ratios]) / one.node_volumes
    logs = np.log(np.maximum(ratios, LEAST_RATIO)) @ one.volumes
    node_logs = np.log(np.maximum(whole, LEAST_RATIO)) @ one.node_volumes
    pressed = one.lame_modulus / 2 * ((whole - 1) ** 2 @ one.node_volumes)
    return stretched - mu * (BARRIER * logs + (1 - BARRIER) * node_logs) + pressed


def _square_stretches(
    one: Soft, places: Float[np.ndarray, "T N 3"]
) -> Iterator[Float64[np.ndarray, " D"]]:
    """|F|^2 of every patch, frame by frame, less plastic strain."""
    limit = one.substance.yield_stress / one.shear_modulus
    plastic = np.tile([1.0, 1.0, 1.0, 0.0, 0.0, 0.0], (len(one.patches.volumes), 1))
    for frame in np.asarray(places, np.float64):
        deformations = one.patches.deformations(frame)
        if limit > 0.0:
            plastic_flow(deformations, plastic, limit)
            inner = np.einsum("dki,dkj->dij", deformations, deformations)
            xx, yy, zz, yz, zx, xy = plastic.T
            yield (
                inner[:, 0, 0] * xx + inner[:, 1, 1] * yy + inner[:, 2, 2] * zz
                + 2 * (inner[:, 1, 2] * yz + inner[:, 0, 2] * zx + inner[:, 0, 1] * xy)
            )  # fmt: skip
        else:
            yield (deformations**2).sum((1, 2))


def _patches(one: Soft) -> Patches:
    """Means over the tetrahedra round each edge, by their volumes."""
    corners = one.nodes[one.elements]
    inner = np.linalg.inv(np.swapaxes(corners[:, 1:] - corners[:, :1], 1, 2))
    slopes = np.concatenate([-inner.sum(1, keepdims=True), inner], 1)
    N, E = len(one.nodes), len(one.elements)
    ends = np.sort(one.elements[:, np.array(EDGES)], axis=2)
    keys, edge = np.unique(ends[..., 0] * N + ends[..., 1], return_inverse=True)
    edge = edge.reshape(E, 6)
    shares = np.repeat(one.volumes[:, None] / 6, 6, axis=1)
    volumes = np.bincount(edge.ravel(), shares.ravel(), len(keys))
    rows = np.repeat(edge[..., None], 4, axis=2).ravel()
    columns = np.repeat(one.elements[:, None], 6, axis=1).ravel()
    weights = np.repeat((shares / volumes[edge])[..., None], 4, axis=2)
    matrices = []
    for axis in range(3):
        values = weights * slopes[:, None, :, axis]
        matrix = csr_array((values.ravel(), (rows, columns)), shape=(len(keys), N))
        matrix.sum_duplicates()
        matrices.append(matrix)
    return Patches(volumes=volumes, slopes=(matrices[0], matrices[1], matrices[2]))
