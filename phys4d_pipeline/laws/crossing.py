"""Skins and soft bodies stay out of themselves, each other, rigid bodies and the ground."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial.transform import Rotation

from ..checks import Check
from ..clearance.piercing import edges_of, piercings
from ..clearance.solids import distance
from ..motion.skins import is_skin, skin
from ..shapes import tetrahedra
from .evidence import Evidence

FRAMES = 24
"""Looked at for crossings, evenly over the clip, the last one too."""
SKIN_DEPTH = 0.25
"""Of the thickness [1]: the middle of a skin is drawn, which a contact keeps half a thickness out
of what it lies on; a quarter further in, it is seen."""
THINNEST = 1e-3
"""Thickness that every skin is taken to have at least [m]: a quarter of it is an eighth of a pixel
at 2 m in 1080p."""
SOFT_DEPTH = 0.1
"""Of the cells a soft body is divided into [1]: its surface is known to that."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """The points of a body that may touch, welded, and the triangles between them."""

    body: int
    points: Float64[np.ndarray, "T P 3"]
    """[m]"""
    faces: Int64[np.ndarray, "F 3"]
    scale: float
    """Thickness of a skin, cell of a soft body [m]."""
    is_soft: bool


def surface_crossings(evidence: Evidence) -> Check | None:
    """How often an edge of a skin or soft body pierces a triangle, its own or another's."""
    surfaces = _surfaces(evidence)
    if not surfaces:
        return None
    counts = [surface.points.shape[1] for surface in surfaces]
    offsets = np.cumsum(counts) - counts
    faces = np.concatenate([s.faces + o for s, o in zip(surfaces, offsets, strict=True)])
    edges = edges_of(faces)
    last = evidence.states.num_frames - 1
    frames = np.unique(np.linspace(0, last, FRAMES).round().astype(int))
    found = 0
    for frame in frames:
        places = np.concatenate([surface.points[frame] for surface in surfaces])
        found += len(piercings(places, faces, edges))
    return Check(
        name="surface_crossings",
        value=float(found),
        bound=0.0,
        unit="edges",
        source=f"Edges against triangles of all skins and of the boundaries of soft bodies, "
        f"beyond 1 um, in {len(frames)} frames; two that cross have an edge that pierces the other",
    )


def skin_depth(evidence: Evidence) -> Check | None:
    """How deep vertices of skins are inside rigid bodies and the ground, of their thickness."""
    worst = _deepest(evidence, [one for one in _surfaces(evidence) if not one.is_soft])
    if worst is None:
        return None
    return Check(
        name="skin_depth",
        value=worst,
        bound=SKIN_DEPTH,
        unit="1",
        source="Vertices, which are drawn, and lie half a thickness out of what a skin touches, "
        "but for what starts inside a body that the skin is tied to; thickness 1 mm at least",
    )


def soft_depth(evidence: Evidence) -> Check | None:
    """How deep the surface of soft bodies is inside rigid bodies and the ground, of a cell."""
    worst = _deepest(evidence, [one for one in _surfaces(evidence) if one.is_soft])
    if worst is None:
        return None
    return Check(
        name="soft_depth",
        value=worst,
        bound=SOFT_DEPTH,
        unit="1",
        source="Nodes of the boundary, but for what starts inside a body that it is tied to; a "
        "tenth of the cells is as well as their faces fit a round surface",
    )


def _deepest(evidence: Evidence, surfaces: list[Surface]) -> float | None:
    """Depth of any point of these, over their scale [1]; None if there are none."""
    if not surfaces:
        return None
    worst = 0.0
    for surface in surfaces:
        depths = [_depth(evidence, surface, body) for body in _rigid(evidence)]
        deepest = max([-float(surface.points[..., 2].min()), *depths])
        worst = max(worst, deepest / surface.scale)
    return worst


def _rigid(evidence: Evidence) -> list[int]:
    return np.flatnonzero(evidence.is_rigid).tolist()


def _surfaces(evidence: Evidence) -> list[Surface]:
    """Of all skins, and the boundaries of all soft bodies."""
    surfaces = []
    for index, body in enumerate(evidence.spec.bodies):
        points = evidence.states.points.get(index)
        if points is None:
            continue
        if is_skin(body):
            one = skin(body)
            kept, faces, scale = one.kept, one.faces, max(one.thickness, THINNEST)
        elif body.form == "soft":
            cells = tetrahedra(body.shape)
            kept, flat = np.unique(cells.faces, return_inverse=True)
            faces, scale = flat.reshape(-1, 3), float(np.asarray(body.shape.parameters["cell"]))
        else:
            continue
        surfaces.append(
            Surface(
                body=index,
                points=points[:, kept].astype(np.float64),
                faces=faces.astype(np.int64),
                scale=scale,
                is_soft=body.form == "soft",
            )
        )
    return surfaces


def _depth(evidence: Evidence, surface: Surface, body: int) -> float:
    """Of the deepest vertex in a rigid body, in any frame [m]; -inf where none is near."""
    poses, solid = evidence.poses[:, body], evidence.solids[body]
    apart = surface.points - poses[:, None, :3]
    near = np.einsum("tpx,tpx->tp", apart, apart) < solid.bounding_radius**2
    near &= ~_held(evidence, surface, body)
    frames, points = np.nonzero(near)
    if not len(frames):
        return -np.inf
    turns = Rotation.from_quat(poses[:, 3:], scalar_first=True).as_matrix()
    local = np.einsum("nyx,ny->nx", turns[frames], apart[frames, points])
    return -float(distance(solid, local, 0.0).min())


def _held(evidence: Evidence, surface: Surface, body: int) -> np.ndarray:
    """Which vertices start inside, or touch, a body that the skin is tied to?"""
    names = evidence.spec.bodies[surface.body].name, evidence.spec.bodies[body].name
    held = np.zeros(surface.points.shape[1], bool)
    if any((tie.body, tie.holder) == names for tie in evidence.spec.ties):
        pose = evidence.poses[0, body]
        turn = Rotation.from_quat(pose[3:], scalar_first=True)
        local = turn.inv().apply(surface.points[0] - pose[:3])
        held = distance(evidence.solids[body], local, surface.scale) < surface.scale
    return held
