"""Mesh, ConvexPart, Solid: a closed surface and convex parts -> mass, inertia and body frame.

Body frame: origin at the centre of mass, axes along the principal axes of inertia, metres.
The drawing frame is the one a kind's docstring speaks of; a Solid knows where it ended up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import permutations

import numpy as np
from jaxtyping import Float, Float64, Int32, Int64
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

NO_POINTS = np.zeros((0, 3))
IDENTITY = (1.0, 0.0, 0.0, 0.0)
THINNEST = 1e-9
"""Height of a triangle over its longest edge [1] from which it counts as one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Mesh:
    """A triangle surface; hard edges have split vertices, smooth surfaces share them."""

    vertices: Float64[np.ndarray, "V 3"]
    """[m]"""
    faces: Int32[np.ndarray, "F 3"]
    """Counter-clockwise seen from outside."""
    normals: Float64[np.ndarray, "V 3"]
    """Unit vectors, outward."""
    is_closed: bool = True
    """Does it have an inside? An open surface is seen from both sides."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ConvexPart:
    """A convex piece of a solid, as a collision engine takes it."""

    kind: str
    """`box` (half extents), `sphere` (radius), `cylinder` and `capsule` (radius, half length along
    z, without caps), or `hull` (of `points`)."""
    sizes: tuple[float, ...] = ()
    """Of a primitive [m]."""
    points: Float64[np.ndarray, "P 3"] = field(default_factory=lambda: NO_POINTS)
    """Of a hull [m]."""
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Origin of the part in the body frame [m]."""
    quaternion: tuple[float, float, float, float] = IDENTITY
    """body-from-part, wxyz."""

    def signed_distance(self, points: Float[np.ndarray, "N 3"]) -> Float64[np.ndarray, " N"]:
        """Distance of body-frame points to the surface [m].

        Inside it is negative and exact; outside a box, cylinder or hull it is a lower bound.
        """
        turn = Rotation.from_quat(self.quaternion, scalar_first=True)
        local = turn.inv().apply(np.asarray(points, np.float64) - self.position)
        return _DISTANCES[self.kind](self, local)

    def moved(self, turn: Rotation, shift: Float[np.ndarray, "3"]) -> "ConvexPart":
        """The part after a rotation about the origin, then a shift."""
        own = Rotation.from_quat(self.quaternion, scalar_first=True)
        if self.kind == "hull":
            # A copy: scipy wants to be able to write to what it rotates.
            points = turn.apply(own.apply(self.points.copy()) + self.position) + shift
            return ConvexPart(kind="hull", points=_frozen(points))
        return ConvexPart(
            kind=self.kind,
            sizes=self.sizes,
            position=_triple(turn.apply(self.position) + shift),
            quaternion=_quadruple(turn * own),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Solid:
    """A solid of density 1, at rest: what is drawn, what collides, how it resists motion."""

    mesh: Mesh
    parts: tuple[ConvexPart, ...]
    volume: float
    """[m3]"""
    inertia: Float64[np.ndarray, "3 3"]
    """About the centre of mass for density 1 [m5]; diagonal."""
    bounding_radius: float
    """Of the sphere around the centre of mass [m]."""
    shell: float
    """Thickness of a body that is thin everywhere [m]; 0: it fills its surface."""
    drawing_position: tuple[float, float, float]
    """Origin of the drawing frame in the body frame [m]."""
    drawing_quaternion: tuple[float, float, float, float]
    """body-from-drawing, wxyz."""

    @staticmethod
    def centred(
        mesh: Mesh,
        parts: Sequence[ConvexPart],
        *,
        exact: tuple[float, tuple[float, float, float]] | None = None,
        shell: float = 0.0,
    ) -> "Solid":
        """Move a drawing into its body frame.

        Args:
            mesh: The surface in the drawing frame.
            parts: Convex parts whose union is the same solid.
            exact: Volume and principal moments for density 1, where the parts are curved and the
                mesh only inscribes them; the drawing frame is then the body frame.
            shell: Thickness, if the body is thin everywhere [m]: without `exact`, the mesh is then
                taken for a shell rather than for what it encloses.
        """
        if exact:
            turn, shift = Rotation.identity(), np.zeros(3)
            volume, inertia = exact[0], np.diag(exact[1])
        else:
            corners = mesh.vertices[mesh.faces]
            volume, centre, inertia = (
                shell_properties(corners, shell) if shell else mass_properties(corners)
            )
            turn = principal(inertia)
            shift = -turn.apply(centre)
            axes = turn.as_matrix()
            inertia = np.diag(np.diag(axes @ inertia @ axes.T))
        moved = tuple(part.moved(turn, shift) for part in parts)
        vertices = turn.apply(mesh.vertices) + shift
        return Solid(
            mesh=Mesh(
                vertices=_frozen(vertices),
                faces=_frozen(mesh.faces),
                normals=_frozen(turn.apply(mesh.normals)),
                is_closed=mesh.is_closed,
            ),
            parts=moved,
            volume=float(volume),
            inertia=_frozen(inertia),
            bounding_radius=float(np.linalg.norm(vertices, axis=1).max()),
            shell=shell,
            drawing_position=_triple(shift),
            drawing_quaternion=_quadruple(turn),
        )


def weld(mesh: Mesh) -> tuple[Int64[np.ndarray, " P"], Int64[np.ndarray, " V"]]:
    """Hard edges have several vertices at one place; a solver wants one point there.

    Returns:
        One vertex of each place, in rising order, and for every vertex its place in that list:
        `vertices[kept][place_of]` are all vertices again.
    """
    scale = np.abs(mesh.vertices).max()
    keys = np.round(mesh.vertices / scale, 9) + 0.0  # -0.0 and 0.0 are one place
    _, first, place_of = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[place_of.ravel()]


def mesh_fault(mesh: Mesh) -> str:
    """What makes a mesh impossible to draw, naming the first place; empty if nothing does."""
    V = len(mesh.vertices)
    if not len(mesh.faces):
        return "the mesh has no faces"
    if (wrong := np.flatnonzero(((mesh.faces < 0) | (mesh.faces >= V)).any(1))).size:
        face = mesh.faces[wrong[0]].tolist()
        return f"face {wrong[0]} {face} names a vertex outside 0 to {V - 1}"
    if (wrong := np.flatnonzero(~np.isfinite(mesh.vertices).all(1))).size:
        return f"vertex {wrong[0]} {mesh.vertices[wrong[0]].tolist()} is not finite"
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    doubled = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    longest = np.max([((p - q) ** 2).sum(1) for p, q in ((a, b), (b, c), (c, a))], axis=0)
    if (wrong := np.flatnonzero(doubled <= THINNEST * longest)).size:
        face = mesh.faces[wrong[0]].tolist()
        return f"face {wrong[0]} {face} has no area; leave it out or move its corners apart"
    if not np.allclose(np.linalg.norm(mesh.normals, axis=1), 1.0, atol=1e-6):
        return "normals are not of length 1"
    return ""


def open_edge(mesh: Mesh) -> str:
    """The first edge that keeps a mesh from enclosing a volume; empty if it is closed.

    Every edge needs a face on both sides, one running along it each way. Vertices at one place
    count as one.
    """
    kept, place_of = weld(mesh)
    faces = place_of[mesh.faces].astype(np.int64)
    starts, ends = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    keys, back = starts * len(kept) + ends, ends * len(kept) + starts
    edges, counts = np.unique(keys, return_counts=True)
    crowded = np.isin(keys, edges[counts > 1])
    wrong = np.flatnonzero(crowded | ~np.isin(back, keys))
    if not wrong.size:
        return ""
    face, side = divmod(int(wrong[0]), 3)
    a, b = (int(mesh.faces[face][k]) for k in (side, (side + 1) % 3))
    reason = "runs the same way as another face's" if crowded[wrong[0]] else "has no second face"
    return f"edge {a}-{b} of face {face} {reason}"


def mass_properties(
    triangles: Float[np.ndarray, "F 3 3"],
) -> tuple[float, Float64[np.ndarray, "3"], Float64[np.ndarray, "3 3"]]:
    """Volume, centre of mass and inertia about it of a closed surface, density 1 (exact).

    Sum over the tetrahedra that the triangles span with the origin.
    """
    six_volumes = np.linalg.det(triangles)
    sums = triangles.sum(1)
    volume = six_volumes.sum() / 6
    centre = (six_volumes[:, None] * sums).sum(0) / 24 / volume
    squares = np.einsum("f,fki,fkj->ij", six_volumes, triangles, triangles)
    second = (squares + np.einsum("f,fi,fj->ij", six_volumes, sums, sums)) / 120
    second -= volume * np.outer(centre, centre)
    return float(volume), centre, np.trace(second) * np.eye(3) - second


def shell_properties(
    triangles: Float[np.ndarray, "F 3 3"], thickness: float
) -> tuple[float, Float64[np.ndarray, "3"], Float64[np.ndarray, "3 3"]]:
    """Volume, centre of mass and inertia about it of a thin shell, density 1."""
    a, b, c = triangles.transpose(1, 0, 2)
    volumes = thickness * np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    centre = volumes @ triangles.mean(1) / volumes.sum()
    moved = triangles - centre
    # Exact for quadratics on a triangle: its corners and middle with weights 1/12 and 9/12.
    places = np.concatenate([moved, moved.mean(1, keepdims=True)], axis=1)
    weights = volumes[:, None] * np.array([1.0, 1.0, 1.0, 9.0]) / 12
    second = np.einsum("fk,fki,fkj->ij", weights, places, places)
    return float(volumes.sum()), centre, np.trace(second) * np.eye(3) - second


def principal(inertia: Float[np.ndarray, "3 3"]) -> Rotation:
    """The rotation that makes the inertia diagonal and turns the drawing least."""
    off = inertia - np.diag(np.diag(inertia))
    if np.abs(off).max() < 1e-9 * np.trace(inertia):
        return Rotation.identity()
    rows = np.linalg.eigh(inertia)[1].T
    order = max(permutations(range(3)), key=lambda p: np.abs(np.diag(rows[list(p)])).sum())
    rows = rows[list(order)]
    rows = rows * np.where(np.diag(rows) < 0, -1.0, 1.0)[:, None]
    if np.linalg.det(rows) < 0:
        rows[np.argmin(np.abs(np.diag(rows)))] *= -1
    return Rotation.from_matrix(rows)


def _box_distance(part: ConvexPart, points: Float64[np.ndarray, "N 3"]) -> np.ndarray:
    return (np.abs(points) - part.sizes).max(1)


def _sphere_distance(part: ConvexPart, points: Float64[np.ndarray, "N 3"]) -> np.ndarray:
    return np.linalg.norm(points, axis=1) - part.sizes[0]


def _cylinder_distance(part: ConvexPart, points: Float64[np.ndarray, "N 3"]) -> np.ndarray:
    radius, half_height = part.sizes
    return np.maximum(
        np.hypot(points[:, 0], points[:, 1]) - radius, np.abs(points[:, 2]) - half_height
    )


def _capsule_distance(part: ConvexPart, points: Float64[np.ndarray, "N 3"]) -> np.ndarray:
    radius, half_length = part.sizes
    along = points[:, 2] - np.clip(points[:, 2], -half_length, half_length)
    return np.hypot(np.hypot(points[:, 0], points[:, 1]), along) - radius


def _hull_distance(part: ConvexPart, points: Float64[np.ndarray, "N 3"]) -> np.ndarray:
    planes = hull_planes(part)
    return (points @ planes[:, :3].T + planes[:, 3]).max(1)


@lru_cache(maxsize=4096)
def hull_planes(part: ConvexPart) -> Float64[np.ndarray, "F 4"]:
    """Outward normals and offsets: `normal @ point + offset` is negative inside [m]."""
    return np.unique(ConvexHull(part.points).equations.round(12), axis=0)


_DISTANCES = {
    "box": _box_distance,
    "sphere": _sphere_distance,
    "cylinder": _cylinder_distance,
    "capsule": _capsule_distance,
    "hull": _hull_distance,
}


def _frozen(array: np.ndarray) -> np.ndarray:
    """A contiguous copy that nobody can change: solids are shared through a cache."""
    copy = np.array(array, order="C")
    copy.setflags(write=False)
    return copy


def _triple(values: Float[np.ndarray, "3"]) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z


def _quadruple(turn: Rotation) -> tuple[float, float, float, float]:
    w, x, y, z = (float(value) for value in turn.as_quat(scalar_first=True))
    return w, x, y, z
