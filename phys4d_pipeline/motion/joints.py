"""Joints, poses of bodies -> how far each joint has moved, and how far it has come apart.

Nothing here asks a solver: anchors and axes ride on the two bodies from where they are at t = 0.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial.transform import Rotation

from ..mechanism import Joint
from ..scene import SceneSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class JointMotion:
    """One joint over T frames."""

    place: Float64[np.ndarray, " T"]
    """Turned or moved since t = 0 [rad or m]; zero for ball and fixed joints."""
    gap: Float64[np.ndarray, " T"]
    """Distance of the two bodies' anchors, of a slider across its axis [m]."""
    tilt: Float64[np.ndarray, " T"]
    """Angle of the child from where the joint allows it to be [rad]; zero for ball joints."""


def joint_motion(spec: SceneSpec, joint: Joint, poses: Float[np.ndarray, "T B 7"]) -> JointMotion:
    """How a joint of the scene moved."""
    child_turn, child_anchor = _carried(spec, joint.child, joint, poses)
    parent_turn, parent_anchor = _carried(spec, joint.parent, joint, poses)
    apart = parent_turn.inv().apply(child_anchor - parent_anchor)
    turned = (parent_turn.inv() * child_turn).as_rotvec()  # in the parent's frame of t = 0
    axis, zero = np.array(joint.axis), np.zeros(len(poses))
    place, tilt = zero, np.linalg.norm(turned, axis=1)
    if joint.kind == "slider":
        place = apart @ axis
        apart = apart - place[:, None] * axis
    elif joint.kind == "hinge":
        place, tilt = _about(axis, parent_turn.inv() * child_turn)
    elif joint.kind == "ball":
        tilt = zero
    return JointMotion(place=place, gap=np.linalg.norm(apart, axis=1), tilt=tilt)


def joint_places(spec: SceneSpec, poses: Float[np.ndarray, "T B 7"]) -> Float64[np.ndarray, "T J"]:
    """Of all joints of the scene, in its order [rad or m]."""
    places = [joint_motion(spec, joint, poses).place for joint in spec.joints]
    return np.stack(places, 1) if places else np.zeros((len(poses), 0))


def joint_rate(
    spec: SceneSpec,
    joint: Joint,
    poses: Float[np.ndarray, "T B 7"],
    velocities: Float[np.ndarray, "T B 6"],
) -> Float64[np.ndarray, " T"]:
    """How fast a hinge turns or a slider moves, from the velocities of its bodies [rad/s, m/s]."""
    parent_turn, _ = _carried(spec, joint.parent, joint, poses)
    axis = parent_turn.apply(np.array(joint.axis))
    _, anchor = _carried(spec, joint.child, joint, poses)
    rates = []
    for name in (joint.child, joint.parent):
        linear, angular = np.zeros((len(poses), 3)), np.zeros((len(poses), 3))
        if name:
            index = next(k for k, body in enumerate(spec.bodies) if body.name == name)
            angular = np.asarray(velocities[:, index, 3:], np.float64)
            linear = velocities[:, index, :3] + np.cross(angular, anchor - poses[:, index, :3])
        rates.append(angular if joint.kind == "hinge" else linear)
    return np.einsum("tk,tk->t", rates[0] - rates[1], axis)


def spring_energy(spec: SceneSpec, poses: Float[np.ndarray, "T B 7"]) -> Float64[np.ndarray, " T"]:
    """Stored in the springs of joints [J]."""
    stiffness = np.array([joint.stiffness for joint in spec.joints])
    if not stiffness.any():
        return np.zeros(len(poses))
    rest = np.array([joint.rest for joint in spec.joints])
    return 0.5 * (joint_places(spec, poses) - rest) ** 2 @ stiffness


def _about(
    axis: Float64[np.ndarray, "3"], turn: Rotation
) -> tuple[Float64[np.ndarray, " T"], Float64[np.ndarray, " T"]]:
    """Angle about an axis, whole turns counted, and the angle that is left beside it (swing)."""
    quaternion = turn.as_quat(scalar_first=True)
    along = quaternion[:, 1:] @ axis
    across = np.linalg.norm(quaternion[:, 1:] - along[:, None] * axis, axis=1)
    angle = np.unwrap(2 * np.arctan2(along, quaternion[:, 0]))
    swing = 2 * np.arctan2(across, np.hypot(quaternion[:, 0], along))
    return angle - 2 * np.pi * np.round(angle[0] / (2 * np.pi)), swing


def _carried(
    spec: SceneSpec, name: str, joint: Joint, poses: Float[np.ndarray, "T B 7"]
) -> tuple[Rotation, Float64[np.ndarray, "T 3"]]:
    """Turn of a body since t = 0 and where the anchor on it is [m]; the world stays."""
    if not name:
        return Rotation.identity(len(poses)), np.tile(np.array(joint.anchor), (len(poses), 1))
    index = next(k for k, body in enumerate(spec.bodies) if body.name == name)
    body, path = spec.bodies[index], np.asarray(poses[:, index], np.float64)
    first = Rotation.from_quat(body.quaternion, scalar_first=True)
    turn = Rotation.from_quat(path[:, 3:], scalar_first=True) * first.inv()
    return turn, path[:, :3] + turn.apply(np.subtract(joint.anchor, body.position))
