"""Outlines and profiles -> triangles with edges as even as they can be: skins for elastic solvers.

The shortest edge of a skin sets how small the steps of its solver must be, and a lattice with one
direction folds along it, so both want even triangles that lie every way.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64
from scipy.spatial import Delaunay, KDTree

from ..errors import SceneError

ROW = 3**0.5 / 2
"""Height of an even triangle over its edge [1]."""
CLEAR = 0.7
"""Of lattice points from the outline and from given points, over the edge, at least [1]."""
ROUNDS = 12
"""Of moving points into the middle of their neighbours; then edges change by under 2 %."""
SHARPEST = np.cos(np.radians(25.0))
"""Outlines that turn by more at a point have a corner there."""


def laid_out(loop: Float[np.ndarray, "N 2"], edge: float) -> Float64[np.ndarray, "M 2"]:
    """Points along a closed line, about `edge` apart [m], with its corners among them."""
    steps = np.diff(np.concatenate([loop, loop[:1]]), axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    ways = steps / lengths[:, None]
    corners = np.flatnonzero((ways * np.roll(ways, 1, axis=0)).sum(1) < SHARPEST)
    if not len(corners):
        corners = np.zeros(1, np.int64)
    start = np.concatenate([[0.0], np.cumsum(lengths)])
    closed = np.concatenate([loop, loop[:1]])
    pieces = []
    for first, last in zip(corners, [*corners[1:], corners[0]], strict=True):
        ends = start[first], start[last] + (start[-1] if last <= first else 0.0)
        count = max(1, round((ends[1] - ends[0]) / edge))
        along = np.mod(np.linspace(*ends, count + 1)[:-1], start[-1])
        pieces.append(np.column_stack([np.interp(along, start, closed[:, k]) for k in (0, 1)]))
    return np.concatenate(pieces)


def panel(
    loops: Sequence[Float[np.ndarray, "_ 2"]],
    edge: float,
    given: Float[np.ndarray, "K 2"] | None = None,
    is_sewn: Bool[np.ndarray, " K"] | None = None,
) -> tuple[Float64[np.ndarray, "P 2"], Int64[np.ndarray, "F 3"], int]:
    """A flat piece cut out along closed lines, in triangles.

    Args:
        loops: Its edge counter-clockwise, then the edges of holes clockwise [m].
        edge: Of the triangles [m].
        given: Points inside that must be vertices [m].
        is_sewn: Which of them another panel shares, like the edge: no edge of a triangle inside
            joins two such vertices.

    Returns:
        Vertices: those on the loops first, then the given ones, then all others; faces,
        counter-clockwise; how many vertices lie on loops.

    Raises:
        SceneError: The edge is too long for the outline.
    """
    rims = [laid_out(np.asarray(loop, np.float64), edge) for loop in loops]
    given = np.zeros((0, 2)) if given is None else np.asarray(given, np.float64)
    rim = np.concatenate(rims)
    held = np.concatenate([rim, given])
    starts, ends = rim, np.concatenate([np.roll(one, -1, axis=0) for one in rims])
    free = _lattice(rim.min(0), rim.max(0), edge)
    free = free[_inside(free, starts, ends)]
    free = free[_distance(free, starts, ends) > CLEAR * edge]
    if len(given):
        free = free[KDTree(given).query(free)[0] > CLEAR * edge]
    points = np.concatenate([held, free])
    faces = _faces(points, starts, ends)
    for _ in range(ROUNDS):
        points[len(held) :] = _middles(points, faces)[len(held) :]
        faces = _faces(points, starts, ends)
    is_shared = np.zeros(len(points), bool)
    is_shared[: len(rim)] = True
    is_shared[len(rim) : len(held)] = False if is_sewn is None else is_sewn
    faces = _without_bridges(faces, is_shared, _rim_edges(rims))
    _raise_unless_whole(faces, _rim_edges(rims), edge)
    return points, faces, len(rim)


def turned_about_z(
    radii: Float[np.ndarray, " K"], heights: Float[np.ndarray, " K"], edge: float
) -> tuple[Float64[np.ndarray, "P 3"], Int64[np.ndarray, "F 3"]]:
    """A profile from the axis below to the axis above, turned about z, in triangles.

    Rings as far apart as rows of a lattice, each with as many points as fit; neighbouring rings
    are joined by the shorter diagonals. The first vertex is the lower pole, the last the upper.
    """
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(radii), np.diff(heights)))])
    rows = max(2, round(along[-1] / (ROW * edge)))
    at = np.linspace(0.0, along[-1], rows + 1)[1:-1]
    rings, faces, count = [np.array([[0.0, 0.0, heights[0]]])], [], 1
    for k, (r, z) in enumerate(
        zip(np.interp(at, along, radii), np.interp(at, along, heights), strict=True)
    ):
        sides = max(4, round(2 * np.pi * r / edge))
        turn = 2 * np.pi * (np.arange(sides) + k / 2) / sides
        rings.append(np.column_stack([r * np.cos(turn), r * np.sin(turn), np.full(sides, z)]))
        faces.append(_zipped(rings[-2], rings[-1], count - len(rings[-2]), count))
        count += sides
    rings.append(np.array([[0.0, 0.0, heights[-1]]]))
    faces.append(_zipped(rings[-2], rings[-1], count - len(rings[-2]), count))
    return np.concatenate(rings), np.concatenate(faces)


def _zipped(
    lower: Float[np.ndarray, "A 3"], upper: Float[np.ndarray, "B 3"], first: int, second: int
) -> Int64[np.ndarray, "F 3"]:
    """Triangles between two rings whose points are numbered from `first` and `second` on."""
    A, B = len(lower), len(upper)
    if A == 1 or B == 1:
        k = np.arange(max(A, B))
        after = (k + 1) % len(k)
        if A == 1:
            return np.column_stack([np.full(B, first), second + after, second + k])
        return np.column_stack([first + k, first + after, np.full(A, second)])
    nearest = int(np.linalg.norm(upper - lower[0], axis=1).argmin())
    a, b, faces = 0, 0, []
    while a < A or b < B:
        one, other = lower[a % A], upper[(b + nearest) % B]
        by_lower = np.linalg.norm(lower[(a + 1) % A] - other)
        by_upper = np.linalg.norm(upper[(b + 1 + nearest) % B] - one)
        corner = first + a % A, second + (b + nearest) % B
        if b == B or (a < A and by_lower <= by_upper):
            a += 1
            faces.append((corner[0], first + a % A, corner[1]))
        else:
            b += 1
            faces.append((corner[0], second + (b + nearest) % B, corner[1]))
    return np.array(faces, np.int64)


def _lattice(low: np.ndarray, high: np.ndarray, edge: float) -> Float64[np.ndarray, "N 2"]:
    """Points of even triangles over a rectangle, the same left and right of its middle."""
    middle, half = (low + high) / 2, (high - low) / 2
    rows = int(half[1] / (ROW * edge)) + 1
    columns = int(half[0] / edge) + 1
    points = [
        ((column + (row % 2) / 2) * edge, row * ROW * edge)
        for row in range(-rows, rows + 1)
        for column in range(-columns - 1, columns + 1)
    ]
    return middle + np.array(points)


def _inside(
    points: Float[np.ndarray, "N 2"], starts: Float[np.ndarray, "E 2"], ends: np.ndarray
) -> Bool[np.ndarray, " N"]:
    """Even-odd rule."""
    x, y = points[:, :1], points[:, 1:]
    (ax, ay), (bx, by) = starts.T, ends.T
    crosses = (ay > y) != (by > y)
    rise = np.where(by == ay, 1.0, by - ay)
    return (crosses & (x < ax + (y - ay) / rise * (bx - ax))).sum(1) % 2 == 1


def _distance(
    points: Float[np.ndarray, "N 2"], starts: Float[np.ndarray, "E 2"], ends: np.ndarray
) -> Float64[np.ndarray, " N"]:
    """To the nearest segment."""
    way = ends - starts
    arm = points[:, None] - starts
    share = np.clip((arm * way).sum(2) / (way**2).sum(1), 0.0, 1.0)
    return np.linalg.norm(arm - share[..., None] * way, axis=2).min(1)


def _faces(points: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> Int64[np.ndarray, "F 3"]:
    """Delaunay triangles inside the outline, counter-clockwise."""
    faces = Delaunay(points).simplices.astype(np.int64)
    a, b, c = points[faces].transpose(1, 0, 2)
    doubled = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    faces[doubled < 0] = faces[doubled < 0][:, ::-1]
    longest = np.max([((p - q) ** 2).sum(1) for p, q in ((a, b), (b, c), (c, a))], axis=0)
    kept = _inside(points[faces].mean(1), starts, ends) & (np.abs(doubled) > 1e-3 * longest)
    return faces[kept]


def _middles(points: np.ndarray, faces: np.ndarray) -> Float64[np.ndarray, "P 2"]:
    """Mean of each point's neighbours."""
    sums, counts = np.zeros_like(points), np.zeros(len(points))
    for k in range(3):
        a, b = faces[:, k], faces[:, (k + 1) % 3]
        np.add.at(sums, a, points[b])
        np.add.at(counts, a, 1.0)
        np.add.at(sums, b, points[a])
        np.add.at(counts, b, 1.0)
    return sums / np.maximum(counts, 1.0)[:, None]


def _rim_edges(rims: list[np.ndarray]) -> set[tuple[int, int]]:
    edges, first = set(), 0
    for rim in rims:
        numbers = first + np.arange(len(rim))
        edges |= set(zip(numbers.tolist(), np.roll(numbers, -1).tolist(), strict=True))
        first += len(rim)
    return edges


def _without_bridges(
    faces: Int64[np.ndarray, "F 3"], is_shared: Bool[np.ndarray, " P"], rim: set[tuple[int, int]]
) -> Int64[np.ndarray, "F 3"]:
    """No edge inside joins two shared points: two panels sewn there would share it.

    Such an edge is turned: it joins the far corners of the two triangles beside it.
    """
    rows = [list(map(int, face)) for face in faces]
    opposite = {
        (face[k], face[(k + 1) % 3]): (number, face[(k + 2) % 3])
        for number, face in enumerate(rows)
        for k in range(3)
    }
    for a, b in sorted(edge for edge in opposite if edge[0] < edge[1] and is_shared[[*edge]].all()):
        if (a, b) in rim or (b, a) in rim or (b, a) not in opposite:
            continue
        (one, c), (other, d) = opposite[a, b], opposite[b, a]
        rows[one], rows[other] = [c, a, d], [d, b, c]
        for number in (one, other):
            for k in range(3):
                corners = rows[number]
                opposite[corners[k], corners[(k + 1) % 3]] = number, corners[(k + 2) % 3]
    return np.array(rows, np.int64)


def _raise_unless_whole(faces: np.ndarray, rim: set[tuple[int, int]], edge: float) -> None:
    """Triangles must fill the outline: its edges and no others have one face only."""
    edges = {(int(face[k]), int(face[(k + 1) % 3])) for face in faces for k in range(3)}
    single = {one for one in edges if one[::-1] not in edges}
    if single != rim:
        raise SceneError(
            f"Edges of {edge:g} m are too long for this outline: {len(rim - single)} of its "
            f"{len(rim)} pieces are cut across. Halve the edge, or round the outline."
        )
