"""States in closed form, complete with energies, and one law at a time, for tests of the ledger."""

from dataclasses import replace

import numpy as np
from rigid_scenes import body, scene, substance
from scipy.integrate import solve_ivp
from scipy.spatial.transform import Rotation

from phys4d_pipeline.laws import Evidence, laws
from phys4d_pipeline.mechanism import Joint
from phys4d_pipeline.motion import rods
from phys4d_pipeline.scene import Body, Shape, Substance, Surface
from phys4d_pipeline.simulate.energy import masses, mechanical_energy
from phys4d_pipeline.states import Contacts, States

EARTH = 9.81
AXIS = (0.0, 1.0, 0.0)
SILK = Substance(
    density=1100.0,
    friction=0.4,
    restitution=0.0,
    youngs_modulus=1e8,
    bending_modulus=1e6,
)
PIVOT = (0.0, 0.0, 1.5)


def measured(name, spec, states):
    """What one law says of the states; None where it does not apply."""
    return laws()[name](Evidence(spec=spec, states=states))


def fails(name, spec, states):
    check = measured(name, spec, states)
    assert check is not None, f"{name} does not apply"
    assert check.name == name
    return not check.passed


def contacts(rows):
    """Rows of frame, object a, object b, position, normal, impulse, penetration."""
    columns = list(zip(*rows, strict=True)) if rows else [[]] * 7
    return Contacts(
        frame=np.array(columns[0], np.int32),
        object_a=np.array(columns[1], np.uint16),
        object_b=np.array(columns[2], np.uint16),
        position=np.array(columns[3], np.float32).reshape(-1, 3),
        normal=np.array(columns[4], np.float32).reshape(-1, 3),
        impulse=np.array(columns[5], np.float32),
        penetration=np.array(columns[6], np.float32),
    )


def recorded(spec, poses, velocities, *, rows=(), points=None, speeds=None, work=None):
    """States with the energies of their motion.

    Args:
        spec: The scene.
        poses: (T, B, 7)
        velocities: (T, B, 6)
        rows: Of contacts.
        points: By body, (T, N, 3).
        speeds: By body, (T, N, 3).
        work: (T,)
    """
    T, B = poses.shape[:2]
    points = {k: np.asarray(each, np.float32) for k, each in (points or {}).items()}
    speeds = {k: np.asarray(each, np.float32) for k, each in (speeds or {}).items()}
    poses, velocities = np.asarray(poses, np.float32), np.asarray(velocities, np.float32)
    kinetic, potential = mechanical_energy(spec, poses, velocities, points, speeds)
    touching, table = np.zeros((T, B + 1), bool), contacts(list(rows))
    touching[table.frame, table.object_a] = touching[table.frame, table.object_b] = True
    return States(
        times=np.arange(T) / spec.fps,
        poses=poses,
        velocities=velocities,
        in_contact=touching[:, 1:],
        masses=np.where([item.is_free for item in spec.bodies], masses(spec), np.inf),
        kinetic_energy=kinetic,
        potential_energy=potential,
        work=np.zeros(T) if work is None else work,
        contacts=table,
        solver_version="closed-form",
        points=points,
        point_velocities=speeds,
    )


def changed(spec, states, **arrays):
    """The same states with other numbers; energies follow."""
    new = replace(states, **arrays)
    kinetic, potential = mechanical_energy(
        spec, new.poses, new.velocities, new.points, new.point_velocities
    )
    return replace(new, kinetic_energy=kinetic, potential_energy=potential)


def hinge(child, anchor=PIVOT, **others):
    return Joint(
        name=f"hinge of {child}", kind="hinge", child=child, anchor=anchor, axis=AXIS, **others
    )


def pendulum_scene(*, angle=1.0, frames=150, count=1, length=0.4, apart=0.06, **joint):
    """Bars (balls, if there are several) on hinges side by side; the first hangs at `angle`."""
    bodies, joints = [], []
    for k in range(count):
        start = Rotation.from_rotvec([0.0, angle if k == 0 else 0.0, 0.0])
        anchor = np.add(PIVOT, (k * apart, 0.0, 0.0))
        kind, size = (
            ("box", {"half_extents": (0.02, 0.02, length)})
            if count == 1
            else ("sphere", {"radius": apart / 2})
        )
        x, y, z, w = start.as_quat().tolist()
        bodies.append(
            body(
                f"bob {k}",
                kind,
                anchor + start.apply((0.0, 0.0, -length)),
                size,
                substance(friction=0.0),  # so that nothing rubs in impacts
                quaternion=(w, x, y, z),
            )
        )
        joints.append(hinge(f"bob {k}", tuple(anchor.tolist()), **joint))
    return replace(
        scene(bodies, solver="rigid_mujoco", rate=1920, frames=frames), joints=tuple(joints)
    )


def pendulum_inertia(spec, k=0):
    """(moment of inertia about the hinge [kg m2], mass times length [kg m])."""
    from phys4d_pipeline.simulate.energy import moments

    mass, moment = masses(spec)[k], moments(spec)[k, 1]
    length = np.linalg.norm(np.subtract(spec.bodies[k].position, spec.joints[k].anchor))
    return moment + mass * length**2, mass * length


def swing(spec, times, angle, gravity=EARTH):
    """Angle and rate of a pendulum let go at `angle`, by a solver of differential equations."""
    inertia, arm = pendulum_inertia(spec)
    done = solve_ivp(
        lambda _, y: [y[1], -arm * gravity / inertia * np.sin(y[0])],
        (0.0, times[-1]),
        [angle, 0.0],
        t_eval=times,
        rtol=1e-11,
        atol=1e-12,
    )
    return done.y


def swung(spec, angles, rates, **others):
    """States of pendulums at angles (T, B) with rates (T, B)."""
    T, B = angles.shape
    poses, velocities = np.zeros((T, B, 7)), np.zeros((T, B, 6))
    for k, joint in enumerate(spec.joints):
        length = np.linalg.norm(np.subtract(spec.bodies[k].position, joint.anchor))
        turn = Rotation.from_rotvec(np.outer(angles[:, k], AXIS))
        arm = turn.apply((0.0, 0.0, -length))
        poses[:, k, :3] = joint.anchor + arm
        poses[:, k, 3:] = turn.as_quat(scalar_first=True)
        velocities[:, k, 3:] = np.outer(rates[:, k], AXIS)
        velocities[:, k, :3] = np.cross(velocities[:, k, 3:], arm)
    return recorded(spec, poses, velocities, **others)


def single_swing(*, angle=1.0, frames=150, gravity=EARTH, **joint):
    """(scene, states) of one pendulum."""
    spec = pendulum_scene(angle=angle, frames=frames, **joint)
    y = swing(spec, np.arange(frames) / spec.fps, angle, gravity)
    return spec, swung(spec, y[0][:, None], y[1][:, None])


def rope_body(name, points, *, radius=0.005, made_of=SILK):
    """A rope through equally spaced points."""
    points = np.asarray(points, float)
    length = np.linalg.norm(points[1] - points[0]) * (len(points) - 1)
    shape = {"length": length, "radius": radius, "segments": len(points) - 1.0, "sides": 12.0}
    return Body(
        name=name,
        shape=Shape(kind="rope", parameters=shape),
        substance=made_of,
        surface=Surface(base_color=(0.5, 0.4, 0.3), roughness=0.5),
        position=(0.0, 0.0, 0.0),
        form="rope",
        points=tuple(map(tuple, points.tolist())),
    )


def rope_states(spec, places, speeds, **others):
    """States of a scene by the points of its ropes; other bodies stay where they start.

    Args:
        spec: The scene.
        places: By body, (T, N, 3) [m].
        speeds: By body, (T, N, 3) [m/s].
        others: Of `recorded`.
    """
    T, B = len(next(iter(places.values()))), len(spec.bodies)
    poses, velocities = np.zeros((T, B, 7)), np.zeros((T, B, 6))
    for k, item in enumerate(spec.bodies):
        poses[:, k] = (*item.position, *item.quaternion)
        if k in places:
            weights = rods.rod(item).masses
            poses[:, k] = (0, 0, 0, 1, 0, 0, 0)
            poses[:, k, :3] = np.average(places[k], axis=1, weights=weights)
            velocities[:, k, :3] = np.average(speeds[k], axis=1, weights=weights)
    return recorded(spec, poses, velocities, points=places, speeds=speeds, **others)


def line(start, end, count):
    return np.linspace(start, end, count)
