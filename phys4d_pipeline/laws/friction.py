"""Friction on flat, fixed faces: Coulomb's cone, sliding, resting and rolling.

Forces are told from changes of velocity, not taken from the solver.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.spatial.transform import Rotation

from ..checks import Check
from .evidence import WORLD, Evidence

FLAT_FACES = 64  # triangles; bodies with more are round
ALIGNED = 1e-6  # [1]; one less the cosine between a contact's normal and that of a face
RUN = 5  # [frames]; shorter touches end with a bounce
PYRAMID = 2**0.5
"""Engines bound friction along two directions of their own: along the diagonal it is more [1]."""
SLIP_SPEED = 0.1  # [m/s]; slower slips may end within a frame
SLIDING_SPIN = 0.2  # [rad/s]; a box that turns slips differently at each corner
REST_SPEED, REST_SPIN, REST_FRAMES = 0.01, 0.05, 10
"""[m/s], [rad/s]: slower for so many frames is rest."""
LIFT = 0.1  # [m/s]
STEEP = 0.9  # share of the friction angle up to which a body must rest
ROLLING_SLIP = 0.01  # [1]; slip over speed, below which a ball has begun to roll


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """One body on one flat face, and on nothing else, for R frames."""

    body: int
    frames: slice
    """The first is the one before the first contact counted."""
    normal: Float64[np.ndarray, "3"]
    """From the face to the body."""
    friction: float
    """Coefficient of the pair."""
    restitution: float
    """Of the pair."""
    along: Float64[np.ndarray, "S 3"]
    """Impulse in the face's plane from frame to frame [N s]."""
    across: Float64[np.ndarray, " S"]
    """Along the normal [N s]."""


def friction_cone(evidence: Evidence) -> Check | None:
    """Impulse in the plane of a face beyond friction times that along its normal; also pulls."""
    off = []
    for run in _runs(evidence, 1):
        limit = PYRAMID * run.friction * np.maximum(run.across, 0.0)
        beyond = np.linalg.norm(run.along, axis=1) - limit
        weight = evidence.masses[run.body] * evidence.weight_rate * evidence.frame_s
        scale = np.maximum(run.across, max(weight, 1e-12))
        # Speeds in flight are told at the middle of a step, those in contact at its end.
        lag = weight * evidence.spec.fps / evidence.spec.solver.rate / 2
        off.append(float(((np.maximum(beyond, -run.across) - lag) / scale).max()))
    if not off:
        return None
    return Check(
        name="friction_cone",
        value=max(0.0, *off),
        bound=0.05,
        unit="1",
        source="Coulomb: on one flat fixed face, the normal impulse only pushes, and that along "
        "it is at most friction times that, 1.414 times on the diagonal of an engine's pyramid. "
        "Of the normal impulse or weight; 5 % for time steps",
    )


def lift_off(evidence: Evidence) -> Check | None:
    """Speed with which boxes and balls leave a face beyond what restitution gives them."""
    off = []
    for run in _runs(evidence, 1):
        if _slip(evidence, run) is not None:
            first, last = run.frames.start, run.frames.stop
            rise = evidence.linear[max(0, first - 1) : last, run.body] @ run.normal
            approach = np.maximum(-rise, 0.0)
            # A frame may end in the middle of an impact: the approach was in the one before.
            approach[1:] = np.maximum(approach[1:], approach[:-1])
            fallen = approach[first - last : -1] + evidence.weight_rate * evidence.frame_s
            allowed = np.maximum(run.restitution * fallen, rise[first - last : -1])
            off.append(float((rise[first - last + 1 :] - allowed).max()))
    if not off:
        return None
    return Check(
        name="lift_off",
        value=max(0.0, *off),
        bound=LIFT,
        unit="m/s",
        source="A box that does not turn, or a ball, leaves a flat fixed face at most with "
        "restitution times its approach, and a frame's fall; 0.1 m/s lifts it by 0.5 mm",
    )


def sliding_friction(evidence: Evidence) -> Check | None:
    """Ratio of impulses of boxes and balls while they slip, against the coefficient."""
    off = []
    for run in _runs(evidence, RUN):
        slip = _slip(evidence, run)
        if slip is None or run.friction == 0.0:
            continue
        is_fast = np.linalg.norm(slip, axis=1) > SLIP_SPEED
        slips = np.flatnonzero(is_fast[1:] & is_fast[:-1])
        for part in np.split(slips, np.flatnonzero(np.diff(slips) > 1) + 1):
            if len(part) >= RUN:
                mean = slip[part] + slip[part + 1]
                mean /= np.linalg.norm(mean, axis=1, keepdims=True)
                measured = -(run.along[part] * mean).sum() / run.across[part].sum()
                off.append(abs(measured / run.friction - 1.0))
    if not off:
        return None
    return Check(
        name="sliding_friction",
        value=float(max(off)),
        bound=0.05,
        unit="1",
        source="Coulomb: while a box or ball slips on a flat fixed face, friction is the product "
        "of both coefficients times the normal force; 5 % for time steps",
    )


def resting(evidence: Evidence) -> Check | None:
    """Creep of boxes at rest on faces less steep than friction holds."""
    creep = []
    for run in _runs(evidence, 3 * REST_FRAMES):
        slope = np.arccos(np.clip(-run.normal @ evidence.gravity / evidence.weight_rate, -1, 1))
        if evidence.spec.bodies[run.body].shape.kind != "box":
            continue
        if slope > STEEP * np.arctan(run.friction) or not _rests(evidence, run):
            continue
        path = evidence.poses[run.frames, run.body, :3][REST_FRAMES:]
        creep.append(np.linalg.norm(path - path[0], axis=1).max() / (len(path) * evidence.frame_s))
    if not creep:
        return None
    return Check(
        name="resting",
        value=1e3 * float(max(creep)),
        bound=1.0,
        unit="mm/s",
        source="Coulomb: a box at rest on a flat fixed face below 0.9 of the friction angle stays; "
        "1 mm/s is half a pixel a second at 2 m in 1080p",
    )


def rolling(evidence: Evidence) -> Check | None:
    """Slip of balls, relative to their speed, after they began to roll."""
    slips = []
    for run in _runs(evidence, RUN):
        slope = np.linalg.norm(np.cross(run.normal, evidence.gravity)) / max(
            -float(run.normal @ evidence.gravity), 1e-12
        )
        ball = evidence.spec.bodies[run.body].shape.kind == "sphere"
        slip = _slip(evidence, run) if ball and run.friction > 0.5 * slope else None
        if slip is None:
            continue
        speed = np.linalg.norm(evidence.linear[run.frames, run.body], axis=1)
        share = np.linalg.norm(slip, axis=1) / np.maximum(speed, 1e-12)
        rolls = np.flatnonzero((share < ROLLING_SLIP) & (speed > SLIP_SPEED))
        if len(rolls):
            slips.append(float(share[rolls[0] :][speed[rolls[0] :] > SLIP_SPEED].max()))
    if not slips:
        return None
    return Check(
        name="rolling",
        value=max(slips),
        bound=2 * ROLLING_SLIP,
        unit="1",
        source="A ball that rolls (slip below 1 % of its speed) on a flat fixed face keeps "
        "rolling: speed is spin times radius, within 2 %",
    )


def _slip(evidence: Evidence, run: Run) -> Float64[np.ndarray, "R 3"] | None:
    """Velocity of the touching point in the face's plane [m/s]; None if it is not one velocity."""
    body = evidence.spec.bodies[run.body]
    speed = evidence.linear[run.frames, run.body]
    spin = evidence.angular[run.frames, run.body]
    if body.shape.kind == "sphere":
        speed = speed + np.cross(spin, -evidence.radii[run.body] * run.normal)
    elif body.shape.kind != "box" or np.linalg.norm(spin, axis=1).max() > SLIDING_SPIN:
        return None
    return speed - np.outer(speed @ run.normal, run.normal)


def _rests(evidence: Evidence, run: Run) -> bool:
    speed = np.linalg.norm(evidence.linear[run.frames, run.body], axis=1)[:REST_FRAMES]
    spin = np.linalg.norm(evidence.angular[run.frames, run.body], axis=1)[:REST_FRAMES]
    return bool(speed.max() < REST_SPEED and spin.max() < REST_SPIN)


def _runs(evidence: Evidence, shortest: int) -> Iterator[Run]:
    """Every stretch of at least `shortest` frames of contact."""
    frames, pairs = evidence.contact_frames, evidence.contact_bodies
    is_flat, normals = _flat_rows(evidence), evidence.states.contacts.normal
    for body in np.flatnonzero(evidence.is_free & evidence.is_rigid & ~evidence.is_held):
        rows = np.flatnonzero((pairs == body).any(1))
        count = np.bincount(frames[rows], minlength=evidence.states.num_frames)
        rows = rows[(count[frames[rows]] == 1) & is_flat[rows]]
        # A new run begins where a frame is left out or the partner or its face changes.
        breaks = (np.diff(frames[rows]) != 1) | (np.diff(pairs[rows].sum(1)) != 0)
        breaks |= (normals[rows][1:] * normals[rows][:-1]).sum(1) < 1 - ALIGNED
        for part in np.split(rows, np.flatnonzero(breaks) + 1):
            if len(part) >= shortest:
                yield _run(evidence, int(body), part)


def _run(evidence: Evidence, body: int, rows: Int64[np.ndarray, " S"]) -> Run:
    contacts = evidence.states.contacts
    first, last = (int(evidence.contact_frames[row]) for row in rows[[0, -1]])
    frames = slice(first - 1, last + 1)
    sign = 1.0 if evidence.contact_bodies[rows[0], 0] == body else -1.0
    normal = sign * contacts.normal[rows].mean(0).astype(np.float64)
    normal /= np.linalg.norm(normal)
    gain = np.diff(evidence.linear[frames, body], axis=0) - evidence.gravity * evidence.frame_s
    impulse = evidence.masses[body] * gain
    across = impulse @ normal
    return Run(
        body=body,
        frames=frames,
        normal=normal,
        friction=float(evidence.pair_product("friction")[rows[0]]),
        restitution=float(evidence.pair_product("restitution")[rows[0]]),
        along=impulse - np.outer(across, normal),
        across=across,
    )


def _flat_rows(evidence: Evidence) -> Bool[np.ndarray, " N"]:
    """Which contacts press on the face of a static body with few faces, or on the ground?"""
    pairs, normals = evidence.contact_bodies, evidence.states.contacts.normal.astype(np.float64)
    is_flat = (pairs == WORLD).any(1)
    for index, body in enumerate(evidence.spec.bodies):
        solid = evidence.solids[index]
        if not body.is_static or len(solid.mesh.faces) > FLAT_FACES or len(solid.parts) > 1:
            continue
        rows = np.flatnonzero((pairs == index).any(1))
        corners = solid.mesh.vertices[solid.mesh.faces]
        faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        faces /= np.linalg.norm(faces, axis=1, keepdims=True)
        turn = Rotation.from_quat(body.quaternion, scalar_first=True)
        cosines = np.abs(normals[rows] @ turn.apply(faces).T)
        is_flat[rows] = (cosines > 1 - ALIGNED).any(1)
    return is_flat
