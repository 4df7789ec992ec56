"""Motion: places are integrals of velocities, led bodies follow their paths, something moves."""

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from ..checks import Check
from ..motion.paths import led
from .evidence import Evidence
from .groups import components, lasting_pairs

SLACK = 1e-3  # [m]; overlap that a solver undoes by moving bodies without velocity
VISIBLE_SPEED, VISIBLE_SPIN = 0.02, 0.3
"""[m/s], [rad/s]: 0.3 px a frame at 1 m, and the same at the rim of a ball."""
VISIBLE_SHARE = 0.01
"""Of a medium's particles that have to move for it to be seen [1]: 300 in a demo's clip."""


def kinematics(evidence: Evidence) -> Check | None:
    """How far a rigid body moved beyond what its velocities and impulses explain."""
    rigid = evidence.is_rigid & evidence.is_free
    if not rigid.any():
        return None
    off = unexplained(evidence.poses[..., :3], evidence.linear, evidence.frame_s)
    curved = evidence.frame_s**2 * evidence.weight_rate
    pushed = evidence.frame_s * _impulse_per_mass(evidence)[1:] + curved
    allowed = _through_joints(evidence, np.where(evidence.states.in_contact[1:], pushed, 0.0))
    held = evidence.is_held
    # Constraint forces are not stored: they show as changes of velocity.
    allowed[:, held] += evidence.frame_s * velocity_changes(evidence.linear[:, held])
    return Check(
        name="kinematics",
        value=1e3 * float((off - allowed)[:, rigid].max(initial=0.0)),
        bound=1e3 * SLACK,
        unit="mm",
        source="Between frames a body moves by its mean velocity, in contact up to the frame time "
        "times the impulse per mass, in joints up to the frame time times the change of velocity; "
        "1 mm for overlap that is undone",
    )


def turning(evidence: Evidence) -> Check | None:
    """How far the rim of a rigid body turned beyond what its spins explain."""
    rigid = np.flatnonzero(evidence.is_rigid & evidence.is_free)
    if not len(rigid):
        return None
    spin = evidence.angular[:, rigid] * evidence.frame_s
    turned = spin_between(evidence.poses[:, rigid, 3:])
    mean = (spin[1:] + spin[:-1]) / 2 + np.cross(spin[1:], spin[:-1]) / 12  # Magnus 1954
    off = (
        Rotation.from_rotvec(turned.reshape(-1, 3))
        * Rotation.from_rotvec(mean.reshape(-1, 3)).inv()
    )
    angle = off.magnitude().reshape(turned.shape[:2])
    fast = np.maximum(np.linalg.norm(spin[1:], axis=2), np.linalg.norm(spin[:-1], axis=2))
    held = evidence.is_held[rigid]
    lever = evidence.radii * evidence.masses / evidence.moments.min(1)
    pushed = _through_joints(evidence, (_impulse_per_mass(evidence) * lever)[1:])
    allowed = fast**3 / 12 + evidence.frame_s * pushed[:, rigid]
    allowed[:, held] += velocity_changes(spin[:, held])
    excess = (angle - allowed) * evidence.radii[rigid]
    return Check(
        name="turning",
        value=1e3 * float(excess.max(initial=0.0)),
        bound=1e3 * SLACK,
        unit="mm",
        source="Between frames a body turns by its mean spin (trapezoid: up to its cube / 12), in "
        "contact up to the frame time times the spin that impulses at its rim cause, in joints "
        "times the change of spin; at the rim, 1 mm for overlap that is undone",
    )


def led_path(evidence: Evidence) -> Check | None:
    """How far led bodies, and static ones, are from where the scene puts them."""
    states, off = evidence.states, [0.0]
    for index, body in enumerate(evidence.spec.bodies):
        if not body.is_free and body.form == "rigid":
            poses, _ = led(body, states.times)
            turn = spin_between(np.stack([poses[:, 3:], evidence.poses[:, index, 3:]]))[0]
            shift = np.linalg.norm(evidence.poses[:, index, :3] - poses[:, :3], axis=1)
            off.append(float((shift + evidence.radii[index] * np.linalg.norm(turn, axis=-1)).max()))
    if len(off) == 1:
        return None
    return Check(
        name="led_path",
        value=1e3 * max(off),
        bound=0.1,
        unit="mm",
        source="Static bodies stay and led bodies are where their path says, at the rim; "
        "0.1 mm for float32",
    )


def stillness(evidence: Evidence) -> Check | None:
    """Share of frames in which nothing can be seen to move."""
    moves = np.linalg.norm(evidence.linear, axis=2) > VISIBLE_SPEED
    moves |= (np.linalg.norm(evidence.angular, axis=2) > VISIBLE_SPIN) & evidence.is_rigid
    for index, speeds in evidence.point_velocities.items():
        moves[:, index] |= (np.linalg.norm(speeds, axis=2) > VISIBLE_SPEED).any(1)
    for index in evidence.media:
        # A stream of grains is seen while the mean of all hardly moves.
        for frame, speeds in enumerate(evidence.states.point_velocities.get(index, ())):
            fast = np.linalg.norm(speeds, axis=1) > VISIBLE_SPEED
            moves[frame, index] |= fast.mean() > VISIBLE_SHARE
    return Check(
        name="stillness",
        value=float(1.0 - moves.any(1).mean()),
        bound=0.5,
        unit="1",
        source="Share of frames without visible motion (2 cm/s or 0.3 rad/s): a clip should be "
        "worth watching for half of its time",
        blocking=False,
    )


def unexplained(
    places: Float64[np.ndarray, "T B 3"], speeds: Float64[np.ndarray, "T B 3"], frame_s: float
) -> Float64[np.ndarray, "S B"]:
    """Distance between where things are and where their mean velocity brings them [m]."""
    return np.linalg.norm(
        np.diff(places, axis=0) - frame_s * (speeds[1:] + speeds[:-1]) / 2, axis=-1
    )


def velocity_changes(speeds: Float64[np.ndarray, "T B 3"]) -> Float64[np.ndarray, "S B"]:
    """Largest change from frame to frame in the interval, the one before and the one after."""
    change = np.linalg.norm(np.diff(speeds, axis=0), axis=-1)
    around = np.pad(change, ((1, 1), (0, 0)), mode="edge")
    return np.maximum(np.maximum(around[:-2], around[2:]), change)


def spin_between(quaternions: Float64[np.ndarray, "T B 4"]) -> Float64[np.ndarray, "S B 3"]:
    """Rotation vectors from each frame to the next [rad], world."""
    shape = quaternions[1:].shape[:-1]
    before, after = (
        Rotation.from_quat(part.reshape(-1, 4), scalar_first=True)
        for part in (quaternions[:-1], quaternions[1:])
    )
    return (after * before.inv()).as_rotvec().reshape(*shape, 3)


def _through_joints(
    evidence: Evidence, pushed: Float64[np.ndarray, "S B"]
) -> Float64[np.ndarray, "S B"]:
    """What a push explains of one body it explains of all that joints connect to it."""
    free = evidence.is_free
    pairs = [
        (a, b) for a, b in lasting_pairs(evidence.spec) if min(a, b) >= 0 and free[[a, b]].all()
    ]
    label = components(len(free), pairs)[:-1]
    shared = pushed.copy()
    for one in np.unique(label[evidence.is_held & free]):
        members = np.flatnonzero(label == one)
        shared[:, members] = pushed[:, members].max(1, keepdims=True)
    return shared


def _impulse_per_mass(evidence: Evidence) -> Float64[np.ndarray, "T B"]:
    """Largest change of speed that contacts can have caused since the last frame [m/s]."""
    states = evidence.states
    slope = np.hypot(1.0, evidence.pair_product("friction"))
    total = np.zeros((states.num_frames, len(evidence.spec.bodies) + 1))
    for column in evidence.contact_bodies.T:  # WORLD, which is -1, is the last
        np.add.at(total, (evidence.contact_frames, column), states.contacts.impulse * slope)
    return total[:, :-1] / states.masses


def carried(
    poses: Float64[np.ndarray, "T 7"], point: Float64[np.ndarray, "3"]
) -> Float64[np.ndarray, "T 3"]:
    """Where a body takes a point that is at `point` in the first frame [m], world."""
    turn = Rotation.from_quat(poses[:, 3:], scalar_first=True)
    return poses[:, :3] + turn.apply(turn[0].inv().apply(point - poses[0, :3]))
