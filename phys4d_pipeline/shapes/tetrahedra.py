"""Solid -> Tetrahedra: what a soft body is made of, and how its drawn mesh hangs on it.

Body frame, metres. The tetrahedra hold the solid's volume, to rounding: what stuffing leaves out
at edges is given back by moving the boundary outwards.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int, Int32
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from ..errors import SceneError
from .solid import Mesh, Solid, weld

FACES = ((0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3))
"""Of a positively oriented tetrahedron, counter-clockwise seen from outside."""
MOST_LOST = 0.25
"""Of the volume, by stuffing: a shape of which more is lost has parts thinner than a cell [1]."""
MOST_CELLS = 2_000_000  # cubes around a shape: a gigabyte and a minute
FARTHEST = 2.5
"""How far outside a tetrahedron a drawn vertex may hang: least weight of a corner is -FARTHEST.
The tips of a star of 36 degrees need 1.9."""
CANDIDATES = 40  # tetrahedra with the nearest middles; the one a vertex is in is among them
ROUNDS = 6  # Newton steps of volume over area: the error of each is squared


@dataclass(frozen=True, kw_only=True, eq=False)
class Tetrahedra:
    """A solid cut into tetrahedra, and its drawn mesh embedded in them."""

    nodes: Float64[np.ndarray, "N 3"]
    """[m]"""
    elements: Int32[np.ndarray, "E 4"]
    """Nodes of each; (b - a) x (c - a) points towards d."""
    faces: Int32[np.ndarray, "F 3"]
    """Of the boundary, counter-clockwise seen from outside."""
    corners: Int32[np.ndarray, "V 4"]
    """For each vertex of the drawn mesh, the nodes it hangs on."""
    weights: Float64[np.ndarray, "V 4"]
    """Of these nodes [1]; each row adds up to 1, below 0 where a vertex lies outside."""

    def drawn(self, nodes: Float[np.ndarray, "*T N 3"]) -> Float64[np.ndarray, "*T V 3"]:
        """Where the drawn mesh's vertices are when the nodes are there."""
        return np.einsum("vk,...vkx->...vx", self.weights, nodes[..., self.corners, :])

    @property
    def boundary(self) -> Int[np.ndarray, " B"]:
        """Nodes on the surface, in rising order."""
        return np.unique(self.faces)


def filled(kind: str, solid: Solid, drawn: Mesh, cell: float) -> Tetrahedra:
    """Fill a solid.

    Args:
        kind: Of the shape, for messages.
        solid: Closed.
        drawn: Its mesh, cut finer where edges are longer than a cell.
        cell: Side of the lattice's cubes: its tetrahedra are about as high [m].

    Raises:
        SceneError: If the solid has parts that such cells miss.
    """
    # Compiled kernels: who only names shapes need not wait for the compiler.
    from .relaxing import relaxed
    from .stuffing import stuffed

    if len(solid.parts) == 1 and solid.parts[0].kind == "box":
        nodes, elements = _box_lattice(np.ptp(solid.mesh.vertices, axis=0), cell)
        faces = boundary_faces(elements)
    else:
        nodes, elements = stuffed(solid.mesh.vertices[solid.mesh.faces], cell)
        _raise_if_coarse(kind, solid, cell, nodes, elements)
        faces = boundary_faces(elements)
        nodes = relaxed(nodes, elements, faces, solid.mesh, cell)
        nodes = _with_volume(nodes, elements, faces, solid.volume)
    corners, weights = _embedded(drawn.vertices, nodes, elements)
    if weights.min() < -FARTHEST:
        vertex = int(weights.min(1).argmin())
        raise SceneError(
            f"Shape {kind!r}: vertex {vertex} hangs {-weights.min():.3g} heights of a tetrahedron "
            f"outside, at most {FARTHEST:g} may be; make cell ({cell:g} m) smaller."
        )
    for array in (nodes, elements, faces, corners, weights):
        array.setflags(write=False)  # shared through a cache
    return Tetrahedra(nodes=nodes, elements=elements, faces=faces, corners=corners, weights=weights)


def volumes(
    nodes: Float[np.ndarray, "N 3"], elements: Int[np.ndarray, "E 4"]
) -> Float64[np.ndarray, " E"]:
    """Of tetrahedra [m3]; negative where one is turned inside out."""
    a, b, c, d = np.asarray(nodes, np.float64)[elements].transpose(1, 0, 2)
    return np.einsum("ei,ei->e", np.cross(b - a, c - a), d - a) / 6


def heights(
    nodes: Float[np.ndarray, "N 3"], elements: Int[np.ndarray, "E 4"]
) -> Float64[np.ndarray, " E"]:
    """Least distance of a corner from the opposite face [m]: what waves cross first."""
    corners = np.asarray(nodes, np.float64)[elements]
    across = [
        np.cross(corners[:, j] - corners[:, i], corners[:, k] - corners[:, i]) for i, j, k in FACES
    ]
    return 6 * volumes(nodes, elements) / np.linalg.norm(across, axis=2).max(0)


def boundary_faces(elements: Int[np.ndarray, "E 4"]) -> Int32[np.ndarray, "F 3"]:
    """Faces of one tetrahedron only."""
    faces = elements[:, np.array(FACES)].reshape(-1, 3)
    _, first, counts = np.unique(
        np.sort(faces, axis=1), axis=0, return_index=True, return_counts=True
    )
    return faces[np.sort(first[counts == 1])].astype(np.int32)


def raise_if_unfit(kind: str, solid: Solid, cell: float) -> None:
    """Refuse cells of an open or thin shape, and cells beyond what fits in memory.

    Raises:
        SceneError: With the value, the bound and the remedy.
    """
    if not solid.mesh.is_closed or solid.shell:
        raise SceneError(
            f"Shape {kind!r} is open or a thin shell: nothing to fill with tetrahedra. Close it, "
            "or let it be of form 'deforming'."
        )
    size = np.ptp(solid.mesh.vertices, axis=0)
    cubes = float(np.prod(np.ceil(size / cell)))
    if cubes > MOST_CELLS:
        raise SceneError(
            f"Shape {kind!r}: cell ({cell:g} m) makes {cubes:.3g} cubes, at most {MOST_CELLS} fit; "
            f"make it larger than {float((size.prod() / MOST_CELLS) ** (1 / 3)):.2g} m."
        )


def _raise_if_coarse(
    kind: str,
    solid: Solid,
    cell: float,
    nodes: Float64[np.ndarray, "N 3"],
    elements: Int[np.ndarray, "E 4"],
) -> None:
    lost = 1.0 - volumes(nodes, elements).sum() / solid.volume
    if lost > MOST_LOST:
        raise SceneError(
            f"Shape {kind!r}: cell ({cell:g} m) misses {lost:.0%} of its volume, at most "
            f"{MOST_LOST:.0%} may be; make it smaller than its thinnest part."
        )
    pieces = _num_pieces(elements, len(nodes))
    _, place_of = weld(solid.mesh)
    wanted = _num_pieces(place_of[solid.mesh.faces], int(place_of.max()) + 1)
    if pieces > wanted:
        raise SceneError(
            f"Shape {kind!r}: cell ({cell:g} m) breaks it into {pieces} pieces, its surface has "
            f"{wanted}; make it smaller than its thinnest part."
        )


def _num_pieces(groups: Int[np.ndarray, "G K"], count: int) -> int:
    starts, ends = groups[:, :-1].ravel(), groups[:, 1:].ravel()
    links = coo_array((np.ones(len(starts), np.int8), (starts, ends)), (count, count))
    return int(connected_components(links, directed=False)[0])


def _box_lattice(
    size: Float64[np.ndarray, "3"], cell: float
) -> tuple[Float64[np.ndarray, "N 3"], Int32[np.ndarray, "E 4"]]:
    """Body-centred cells that fit a box: around every middle, a pyramid over each of its faces.

    Pyramids of neighbours share a face: cut through both middles, as in `stuffing`. Those over the
    box's own faces are cut along diagonals that alternate.
    """
    counts = np.maximum(np.ceil(size / cell - 1e-9).astype(np.int64), 1)
    corner_id = np.arange((counts + 1).prod()).reshape(counts + 1)
    middle_id = corner_id.size + np.arange(counts.prod()).reshape(counts)
    places = [
        np.stack(np.meshgrid(*map(np.arange, n), indexing="ij"), -1).reshape(-1, 3)
        for n in (counts + 1, counts)
    ]
    nodes = (np.concatenate([places[0], places[1] + 0.5]) / counts - 0.5) * size
    pieces = []
    for axis in range(3):
        order = (axis, (axis + 1) % 3, (axis + 2) % 3)
        corners, middles = corner_id.transpose(order), middle_id.transpose(order)
        ring = np.stack(
            [corners[:, :-1, :-1], corners[:, 1:, :-1], corners[:, 1:, 1:], corners[:, :-1, 1:]], -1
        )
        low, high = middles[:-1].ravel(), middles[1:].ravel()
        inner = ring[1:-1].reshape(-1, 4)
        pieces += [np.stack([low, high, inner[:, k], inner[:, (k + 1) % 4]], 1) for k in range(4)]
        odd = np.indices(middles.shape[1:]).sum(0).ravel() % 2
        for layer, top, turn in ((ring[0], middles[0], 1), (ring[-1], middles[-1], -1)):
            quads = layer.reshape(-1, 4)[:, ::turn]
            quads = np.where(odd[:, None] == 1, np.roll(quads, 1, axis=1), quads)
            a, b, c, d = quads.T
            apex = top.ravel()
            pieces += [np.stack([a, b, c, apex], 1), np.stack([a, c, d, apex], 1)]
    return nodes, np.concatenate(pieces).astype(np.int32)


def _with_volume(
    nodes: Float64[np.ndarray, "N 3"],
    elements: Int[np.ndarray, "E 4"],
    faces: Int[np.ndarray, "F 3"],
    volume: float,
) -> Float64[np.ndarray, "N 3"]:
    """Move the boundary along its normals until it encloses a volume [m3]."""
    nodes = nodes.copy()
    for _ in range(ROUNDS):
        lacking = volume - volumes(nodes, elements).sum()
        a, b, c = nodes[faces].transpose(1, 0, 2)
        doubled = np.cross(b - a, c - a)
        sums = np.zeros_like(nodes)
        np.add.at(sums, faces, doubled[:, None])
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        outward = np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)
        gained = np.einsum("fi,fki->", doubled, outward[faces]) / 6
        nodes += lacking / gained * outward
    return nodes


def _embedded(
    vertices: Float64[np.ndarray, "V 3"],
    nodes: Float64[np.ndarray, "N 3"],
    elements: Int[np.ndarray, "E 4"],
) -> tuple[Int32[np.ndarray, "V 4"], Float64[np.ndarray, "V 4"]]:
    """The tetrahedron that each vertex is deepest in, or least outside of."""
    count = min(CANDIDATES, len(elements))
    _, near = KDTree(nodes[elements].mean(1)).query(vertices, count)
    near = near.reshape(len(vertices), count)
    first = nodes[elements[:, 0]]
    edges = nodes[elements[:, 1:]] - first[:, None]
    inverse = np.linalg.inv(edges.transpose(0, 2, 1))
    local = np.einsum("vkij,vkj->vki", inverse[near], vertices[:, None] - first[near])
    weights = np.concatenate([1.0 - local.sum(2, keepdims=True), local], axis=2)
    # Rounded: which of two tetrahedra holds a vertex on their face must not hang on last digits.
    best = weights.min(2).round(9).argmax(1)
    rows = np.arange(len(vertices))
    return elements[near[rows, best]].astype(np.int32), weights[rows, best]
