"""Points or a profile -> closed meshes with normals: facets, geodesic spheres, lathe surfaces."""

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial import ConvexHull

from .solid import ConvexPart, Mesh

SIDES = 64
"""Of a lathe surface: the chord lies 1 - cos(pi / 64) = 0.12 % of the radius inside the circle."""
SPHERE_FREQUENCY = 16
"""Edges of the icosahedron are cut in this many: faces lie at most 0.12 % of the radius inside."""
HULL_FREQUENCY = 12
"""The same for curved hulls: 1442 points, 0.21 % of the radius."""
SMOOTH_EDGE = np.cos(np.radians(30.0))
"""Profile corners sharper than 30 degrees are drawn as hard edges."""


def facets(points: Float[np.ndarray, "P 3"]) -> Mesh:
    """The convex hull of points, flat-shaded: every plane has its own vertices."""
    hull = ConvexHull(points)
    scale = np.abs(points).max()
    keys = np.round(hull.equations / (1.0, 1.0, 1.0, scale), 6)
    _, plane_of = np.unique(keys, axis=0, return_inverse=True)
    vertices, faces, normals = [], [], []
    start = 0
    for plane in range(plane_of.max() + 1):
        chosen = plane_of.ravel() == plane
        normal = hull.equations[chosen][0, :3]
        corners = _around(points[np.unique(hull.simplices[chosen])], normal)
        count = len(corners)
        vertices.append(corners)
        normals.append(np.tile(normal, (count, 1)))
        faces += [(start, start + k, start + k + 1) for k in range(1, count - 1)]
        start += count
    return Mesh(
        vertices=np.concatenate(vertices),
        faces=np.array(faces, np.int32),
        normals=np.concatenate(normals),
    )


def _around(corners: Float64[np.ndarray, "P 3"], normal: Float64[np.ndarray, "3"]) -> np.ndarray:
    """Corners of a convex polygon, counter-clockwise about its normal."""
    offsets = corners - corners.mean(0)
    first = offsets[0] / np.linalg.norm(offsets[0])
    angles = np.arctan2(offsets @ np.cross(normal, first), offsets @ first)
    return corners[np.argsort(angles)]


def geodesic_sphere(frequency: int) -> Mesh:
    """The unit sphere from an icosahedron whose edges are cut into `frequency` pieces."""
    corners = icosahedron()
    steps = np.array(
        [(a, b) for a in range(frequency + 1) for b in range(frequency + 1 - a)], float
    )
    weights = np.column_stack([frequency - steps.sum(1), steps]) / frequency
    points = np.concatenate([weights @ corners[face] for face in ConvexHull(corners).simplices])
    points = points / np.linalg.norm(points, axis=1, keepdims=True)
    # Points on icosahedron edges come from two or more faces: weld them, in a stable order.
    _, kept = np.unique(points.round(9), axis=0, return_index=True)
    unit = points[np.sort(kept)]
    return Mesh(vertices=unit, faces=hull_faces(unit), normals=unit.copy())


def icosahedron() -> Float64[np.ndarray, "12 3"]:
    """Corners on the unit sphere."""
    golden = (1 + 5**0.5) / 2
    corners = [(0.0, a, b * golden) for a in (-1.0, 1.0) for b in (-1.0, 1.0)]
    turned = np.array([np.roll(corner, shift) for shift in range(3) for corner in corners])
    return turned / np.hypot(1.0, golden)


def hull_faces(points: Float[np.ndarray, "P 3"]) -> np.ndarray:
    """Triangles of the convex hull, counter-clockwise seen from outside."""
    hull = ConvexHull(points)
    faces = hull.simplices.copy()
    a, b, c = points[faces].transpose(1, 0, 2)
    inward = np.einsum("fi,fi->f", np.cross(b - a, c - a), hull.equations[:, :3]) < 0
    faces[inward] = faces[inward][:, ::-1]
    return faces.astype(np.int32)


def revolved(
    radii: Float[np.ndarray, " K"], heights: Float[np.ndarray, " K"], sides: int = SIDES
) -> Mesh:
    """The surface of a profile turned about z.

    A profile runs from the axis below to the axis above, on the outside upwards; one that does not
    start on the axis is a ring, and its last point is joined to the first.
    """
    rings = np.column_stack([radii, heights])
    is_ring = radii[0] > 0
    if is_ring:
        rings = np.concatenate([rings, rings[:1]])
    steps = np.diff(rings, axis=0)
    steps = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    outward = np.column_stack([steps[:, 1], -steps[:, 0]])
    vertices: list[np.ndarray] = []
    normals: list[np.ndarray] = []
    faces: list[tuple[int, int, int]] = []
    start, count = 0, 0
    for k, normal in enumerate(outward):
        below = outward[k - 1] if k or is_ring else None
        above = outward[(k + 1) % len(outward)] if k + 1 < len(outward) or is_ring else None
        shared = k > 0 and outward[k - 1] @ normal > SMOOTH_EDGE
        first = start if shared else count
        if not shared:
            _add_ring(vertices, normals, rings[k], _ring_normal(below, normal, -1.0), sides)
            count += sides
        _add_ring(vertices, normals, rings[k + 1], _ring_normal(above, normal, 1.0), sides)
        start, count = count, count + sides
        faces += _band(first, start, bool(rings[k, 0] > 0), bool(rings[k + 1, 0] > 0), sides)
    return _without_unused(np.concatenate(vertices), np.array(faces), np.concatenate(normals))


def _ring_normal(neighbour: np.ndarray | None, normal: np.ndarray, end: float) -> np.ndarray:
    """Mean with the neighbouring band across a smooth corner; the axis is its own mirror."""
    if neighbour is None:
        return np.array([0.0, end]) if normal[1] * end > SMOOTH_EDGE else normal
    if neighbour @ normal <= SMOOTH_EDGE:
        return normal
    mean = neighbour + normal
    return mean / np.linalg.norm(mean)


def _add_ring(
    vertices: list[np.ndarray],
    normals: list[np.ndarray],
    ring: np.ndarray,
    normal: np.ndarray,
    sides: int,
) -> None:
    circle = unit_circle(sides)
    for target, (radial, axial) in ((vertices, ring), (normals, normal)):
        target.append(np.column_stack([radial * circle, np.full(sides, axial)]))


def _band(lower: int, upper: int, open_below: bool, open_above: bool, sides: int) -> list:
    """Triangles between two rings; a ring on the axis has no edges of its own."""
    faces = []
    for side in range(sides):
        after = (side + 1) % sides
        if open_below:
            faces.append((lower + side, lower + after, upper + after))
        if open_above:
            faces.append((lower + side, upper + after, upper + side))
    return faces


def _without_unused(vertices: np.ndarray, faces: np.ndarray, normals: np.ndarray) -> Mesh:
    rows = np.column_stack([vertices, normals]).round(12)
    _, first, where = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    faces = where.ravel()[faces]
    used, faces = np.unique(faces, return_inverse=True)
    kept = first[used]
    return Mesh(
        vertices=vertices[kept],
        faces=faces.reshape(-1, 3).astype(np.int32),
        normals=normals[kept],
    )


def unit_circle(sides: int) -> Float64[np.ndarray, "S 2"]:
    """Points at even angles, the first on +x."""
    angles = 2 * np.pi * np.arange(sides) / sides
    return np.column_stack([np.cos(angles), np.sin(angles)])


def lathe_parts(
    radii: Float[np.ndarray, " K"], heights: Float[np.ndarray, " K"], sides: int = SIDES
) -> list[ConvexPart]:
    """Stacked convex hulls whose union is exactly the solid inside `revolved`.

    Neighbouring frusta share a hull as long as the profile bends inward.
    """
    runs: list[list[int]] = []
    last_slope = -np.inf
    for k in range(len(radii) - 1):
        rise = heights[k + 1] - heights[k]
        if rise <= 0:  # a flat ring: it ends one hull and starts the next
            last_slope = -np.inf
            continue
        slope = (radii[k + 1] - radii[k]) / rise
        if runs and runs[-1][-1] == k and slope <= last_slope + 1e-9:
            runs[-1].append(k + 1)
        else:
            runs.append([k, k + 1])
        last_slope = slope
    return [_stack(radii[run], heights[run], sides) for run in runs]


def _stack(radii: np.ndarray, heights: np.ndarray, sides: int) -> ConvexPart:
    circle = unit_circle(sides)
    rings = [
        np.column_stack([radius * circle, np.full(sides, height)])
        if radius > 0
        else np.array([[0.0, 0.0, height]])
        for radius, height in zip(radii, heights, strict=True)
    ]
    return ConvexPart(kind="hull", points=np.concatenate(rings))
