"""A solid -> finite volumes: cubes cut by its surface, what joins them, and their share of it.

Body frame, SI units. Volumes add up to the solid's, areas to its mesh's.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.spatial import KDTree

from ...clearance.solids import distance
from ...shapes import Solid

FEWEST = 5
"""Cells across a body along each axis: a thin plate has a field through its thickness [1]."""
SUBCELLS = 4
"""Along each edge of a cell that the surface cuts: shares are known to about 1/64 [1]."""
SMALLEST = 0.05
"""Share of a cell inside the body below which its neighbours stand for it [1]."""
SAMPLE = 0.4
"""Longest edge of a piece of the surface, in cells [1]."""
HOLLOW = 0.15
"""A solid whose volume differs by this share from what its parts enclose is a thin shell [1]:
it has one temperature, as no cell fits into its wall."""
NUDGE = 1e-4
"""By which a point is moved to see what is outside, in radii of the body [1]."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Wall:
    """Pieces of a surface, S of them, gathered in P patches: one per cell and side it faces."""

    cell: Int64[np.ndarray, " P"]
    area: Float64[np.ndarray, " P"]
    """[m2]"""
    depth: Float64[np.ndarray, " P"]
    """From the surface to the middle of the cell, along the normal [m]."""
    place: Float64[np.ndarray, "P 3"]
    normal: Float64[np.ndarray, "P 3"]
    piece_patch: Int64[np.ndarray, " S"]
    piece_area: Float64[np.ndarray, " S"]
    piece_place: Float64[np.ndarray, "S 3"]
    piece_normal: Float64[np.ndarray, "S 3"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """C finite volumes of one body."""

    volume: Float64[np.ndarray, " C"]
    """[m3]"""
    place: Float64[np.ndarray, "C 3"]
    """Their centroids [m]."""
    links: Int64[np.ndarray, "L 2"]
    """Neighbours."""
    passage: Float64[np.ndarray, " L"]
    """Area between neighbours over their distance [m]."""
    wall: Wall


def cells_of(solid: Solid, edge: float) -> Cells:
    """Cut a solid into boxes with edges of at most `edge` [m]; a thin shell stays in one piece."""
    low, high = solid.mesh.vertices.min(0), solid.mesh.vertices.max(0)
    counts = np.maximum(np.ceil((high - low) / edge - 1e-6), FEWEST).astype(int)
    size = (high - low) / counts
    inside = _occupied(solid, low, size, counts)
    share = inside.mean((3, 4, 5))
    if abs(share.sum() * size.prod() / solid.volume - 1.0) > HOLLOW:
        return in_one(solid)
    taken = share >= SMALLEST
    number = np.full(share.shape, -1)
    number[taken] = np.arange(taken.sum())
    volume = share[taken] * size.prod()
    place = _centroids(inside[taken], share[taken])
    place = low + (np.argwhere(taken) + place) * size
    links, passage = _links(inside, number, size, place)
    return Cells(
        volume=volume * (solid.volume / volume.sum()),
        place=place,
        links=links,
        passage=passage,
        wall=_wall(solid, low, size, number, place),
    )


def in_one(solid: Solid) -> Cells:
    """One temperature for the whole body, the surface included."""
    place, normal, area = _pieces(solid, np.full(3, solid.bounding_radius / 4))
    # The inner side of the shell looks into the parts that collide, which fill it.
    step = NUDGE * solid.bounding_radius
    beyond, within = (distance(solid, place + k * normal, 2 * step) for k in (step, -step))
    outer = beyond > within
    place, normal, area = place[outer], normal[outer], area[outer]
    patch = np.zeros(len(area), int)
    none = np.zeros(1)
    return Cells(
        volume=np.array([solid.volume]),
        place=np.zeros((1, 3)),
        links=np.zeros((0, 2), int),
        passage=np.zeros(0),
        wall=_gathered(np.zeros(1, int), none, patch, (place, normal, area)),
    )


def _occupied(
    solid: Solid,
    low: Float64[np.ndarray, "3"],
    size: Float64[np.ndarray, "3"],
    counts: Int64[np.ndarray, "3"],
) -> Bool[np.ndarray, "X Y Z S S S"]:
    """Which subcells of every box lie inside."""
    index = np.stack(np.meshgrid(*map(np.arange, counts), indexing="ij"), -1).reshape(-1, 3)
    middle = low + (index + 0.5) * size
    reach = float(np.linalg.norm(size)) / 2
    gap = distance(solid, middle, reach)
    inside = np.repeat((gap < 0)[:, None], SUBCELLS**3, axis=1)
    cut = np.flatnonzero(np.abs(gap) < reach)
    steps = (np.stack(np.meshgrid(*[_fractions()] * 3, indexing="ij"), -1) - 0.5).reshape(-1, 3)
    points = middle[cut, None] + steps * size
    inside[cut] = (distance(solid, points.reshape(-1, 3), 0.0) < 0).reshape(len(cut), -1)
    return inside.reshape(*counts, SUBCELLS, SUBCELLS, SUBCELLS)


def _fractions() -> Float64[np.ndarray, " S"]:
    return (np.arange(SUBCELLS) + 0.5) / SUBCELLS


def _centroids(
    inside: Bool[np.ndarray, "C S S S"], share: Float64[np.ndarray, " C"]
) -> Float64[np.ndarray, "C 3"]:
    """Of what is inside, in cells from the cell's corner."""
    sums = [inside.mean(tuple({1, 2, 3} - {axis})) @ _fractions() for axis in (1, 2, 3)]
    return np.stack(sums, 1) / SUBCELLS / share[:, None]


def _links(
    inside: Bool[np.ndarray, "X Y Z S S S"],
    number: Int64[np.ndarray, "X Y Z"],
    size: Float64[np.ndarray, "3"],
    place: Float64[np.ndarray, "C 3"],
) -> tuple[Int64[np.ndarray, "L 2"], Float64[np.ndarray, " L"]]:
    """Faces between cells, as far as both sides of them are inside."""
    pairs, passages = [], []
    for axis in range(3):
        before, after = [slice(None)] * 3, [slice(None)] * 3
        before[axis], after[axis] = slice(None, -1), slice(1, None)
        last = inside[tuple(before)].take(-1, 3 + axis)
        first = inside[tuple(after)].take(0, 3 + axis)
        aperture = (last & first).mean((3, 4))
        pair = np.stack([number[tuple(before)], number[tuple(after)]], -1)
        open_ = (pair >= 0).all(-1) & (aperture > 0)
        pair, area = pair[open_], aperture[open_] * size.prod() / size[axis]
        apart = place[pair[:, 1], axis] - place[pair[:, 0], axis]
        pairs.append(pair)
        passages.append(area / np.maximum(apart, size[axis] / 4))
    return np.concatenate(pairs), np.concatenate(passages)


def _wall(
    solid: Solid,
    low: Float64[np.ndarray, "3"],
    size: Float64[np.ndarray, "3"],
    number: Int64[np.ndarray, "X Y Z"],
    place: Float64[np.ndarray, "C 3"],
) -> Wall:
    points, normals, areas = _pieces(solid, size)
    behind = points - normals * (size / 4)
    index = np.clip(((behind - low) / size).astype(int), 0, np.array(number.shape) - 1)
    cell = number[tuple(index.T)]
    lost = cell < 0
    if lost.any():
        cell[lost] = KDTree(place / size).query(behind[lost] / size)[1]
    side = 2 * np.abs(normals).argmax(1)
    side += np.take_along_axis(normals, side[:, None] // 2, axis=1)[:, 0] > 0
    keys, patch = np.unique(6 * cell + side, return_inverse=True)
    owner = keys // 6
    depth = np.einsum("si,si->s", points - place[owner[patch.ravel()]], normals)
    return _gathered(owner, depth, patch.ravel(), (points, normals, areas))


def _gathered(
    owner: Int64[np.ndarray, " P"],
    depth: Float64[np.ndarray, " D"],
    patch: Int64[np.ndarray, " S"],
    pieces: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> Wall:
    """Pieces -> patches, their means weighted by area."""
    place, normal, area = pieces
    total = np.bincount(patch, area, len(owner))

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(patch, area * values, len(owner)) / total

    normals = np.stack([mean(column) for column in normal.T], 1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return Wall(
        cell=owner,
        area=total,
        depth=np.maximum(mean(depth), 0.0),
        place=np.stack([mean(column) for column in place.T], 1),
        normal=normals,
        piece_patch=patch,
        piece_area=area,
        piece_place=place,
        piece_normal=normal,
    )


def _pieces(
    solid: Solid, size: Float64[np.ndarray, "3"]
) -> tuple[Float64[np.ndarray, "S 3"], Float64[np.ndarray, "S 3"], Float64[np.ndarray, " S"]]:
    """Middles, normals and areas of small triangles of the surface."""
    corners = solid.mesh.vertices[solid.mesh.faces] / size
    done = []
    while len(corners):
        longest = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2).max(1)
        is_small = longest <= SAMPLE
        done.append(corners[is_small])
        corners = _halved(corners[~is_small])
    corners = np.concatenate(done) * size
    a, b, c = corners.transpose(1, 0, 2)
    across = np.cross(b - a, c - a)
    doubled = np.linalg.norm(across, axis=1)
    return corners.mean(1), across / doubled[:, None], doubled / 2


def _halved(corners: Float64[np.ndarray, "F 3 3"]) -> Float64[np.ndarray, "G 3 3"]:
    """Cut across the longest edge: slim triangles do not stay slim."""
    lengths = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2)
    order = (lengths.argmax(1)[:, None] + np.arange(3)) % 3
    a, b, c = np.take_along_axis(corners, order[:, :, None], axis=1).transpose(1, 0, 2)
    middle = (a + b) / 2
    return np.concatenate([np.stack([a, middle, c], 1), np.stack([middle, b, c], 1)])
