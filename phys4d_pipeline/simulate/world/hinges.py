"""Joints of a scene -> hinges of its bodies to the world, the only joints that a World has."""

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from ...mechanism import Joint
from ...scene import SceneSpec
from ...shapes import Solid
from .model import Hinges


def joint_faults(spec: SceneSpec) -> list[str]:
    """What of a scene's joints `World` has no law for: it has hinges to the world, one per body."""
    faults = [
        f"joint {joint.name!r} ({joint.kind} of {joint.child!r} to {joint.parent or 'the world'!r})"
        for joint in spec.joints
        if joint.kind != "hinge" or joint.parent or joint.limits or joint.motor
    ]
    faults += ["couplings"] if spec.couplings else []
    hinged = [joint.child for joint in spec.joints]
    return faults + [
        f"two joints of {name!r}" for name in sorted({n for n in hinged if hinged.count(n) > 1})
    ]


def hinges_of(spec: SceneSpec, solids: list[Solid], masses: Float64[np.ndarray, " B"]) -> Hinges:
    """Of all objects; those of bodies without a joint have no inertia."""
    count = len(spec.bodies) + 1
    vectors, numbers = np.zeros((3, count, 3)), np.zeros((7, count))
    hinges = Hinges(
        axis=vectors[0],
        anchor=vectors[1],
        inertia=numbers[0],
        angle=numbers[1],
        rate=numbers[2],
        damping=numbers[3],
        friction=numbers[4],
        stiffness=numbers[5],
        rest=numbers[6],
        start_place=vectors[2],
        start_quaternion=np.zeros((count, 4)),
    )
    names = [body.name for body in spec.bodies]
    for joint in spec.joints:
        index = names.index(joint.child)
        _set_hinge(hinges, index + 1, joint, spec, solids[index], float(masses[index]))
    return hinges


def _set_hinge(
    hinges: Hinges, o: int, joint: Joint, spec: SceneSpec, solid: Solid, mass: float
) -> None:
    body, axis = spec.bodies[o - 1], np.array(joint.axis)
    turn = Rotation.from_quat(body.quaternion, scalar_first=True).as_matrix()
    own = turn.T @ axis
    across = np.cross(axis, np.subtract(body.position, joint.anchor))
    moments = body.substance.density * np.diag(solid.inertia)
    hinges.axis[o], hinges.anchor[o] = axis, joint.anchor
    hinges.inertia[o] = own @ (moments * own) + mass * (across @ across)
    hinges.rate[o] = np.dot(body.angular_velocity, axis)
    hinges.damping[o], hinges.friction[o] = joint.damping, joint.friction
    hinges.stiffness[o], hinges.rest[o] = joint.stiffness, joint.rest
    hinges.start_place[o], hinges.start_quaternion[o] = body.position, body.quaternion
