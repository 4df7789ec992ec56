"""Skins stay out of themselves, of each other, of rigid bodies and of the ground."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial.transform import Rotation

from ..checks import Check
from ..clearance.piercing import edges_of, piercings
from ..clearance.solids import distance
from ..motion.skins import is_skin, skin
from .evidence import Evidence

FRAMES = 24
"""Looked at for crossings, evenly over the clip, the last one too."""
DEPTH = 0.25
"""Of the thickness [1]: the middle of a skin is drawn, which a contact keeps half a thickness out
of what it lies on; a quarter further in, it is seen."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """The points of a body that may touch, welded, and the triangles between them."""

    body: int
    points: Float64[np.ndarray, "T P 3"]
    """[m]"""
    faces: Int64[np.ndarray, "F 3"]
    thickness: float
    """[m]"""


def surface_crossings(evidence: Evidence) -> Check | None:
    """How often an edge of a skin pierces a triangle, of itself or of another."""
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
        source=f"Edges against triangles of all skins, exactly, in {len(frames)} frames; two "
        "triangles that cross have an edge of one that pierces the other",
    )


def skin_depth(evidence: Evidence) -> Check | None:
    """How deep vertices of skins are inside rigid bodies and the ground, of their thickness."""
    surfaces = _surfaces(evidence)
    if not surfaces:
        return None
    worst = -np.inf
    for surface in surfaces:
        low = -float(surface.points[..., 2].min())
        deepest = [low, *(_depth(evidence, surface, k) for k in _rigid(evidence))]
        worst = max(worst, max(deepest) / surface.thickness)
    return Check(
        name="skin_depth",
        value=max(worst, 0.0),
        bound=DEPTH,
        unit="1",
        source="Vertices, which are drawn, and lie half a thickness out of what a skin touches, "
        "but for what starts inside the body that the skin is tied to",
    )


def _rigid(evidence: Evidence) -> list[int]:
    return np.flatnonzero(evidence.is_rigid).tolist()


def _surfaces(evidence: Evidence) -> list[Surface]:
    """Of all skins."""
    surfaces = []
    for index, body in enumerate(evidence.spec.bodies):
        points = evidence.states.points.get(index)
        if points is None or not is_skin(body):
            continue
        one = skin(body)
        surfaces.append(
            Surface(
                body=index,
                points=points[:, one.kept].astype(np.float64),
                faces=one.faces,
                thickness=one.thickness,
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
        held = distance(evidence.solids[body], local, surface.thickness) < surface.thickness
    return held
