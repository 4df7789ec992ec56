"""Bodies on joints, and their motion, for the tests of the MuJoCo solver."""

from dataclasses import replace

import numpy as np
from rigid_scenes import body, scene, substance
from scipy.spatial.transform import Rotation

from phys4d_pipeline.mechanism import Joint, Path
from phys4d_pipeline.motion.joints import joint_motion

SMOOTH = substance(friction=0.0)
GAP, TILT = 1e-3, np.radians(0.2)  # what the issue allows [m, rad]
FLOAT32 = 2e-7  # [m]; two roundings of stored poses a metre or two from the origin


def articulated(bodies, joints, *, couplings=(), rate=1920, **settings):
    spec = scene(bodies, solver="rigid_mujoco", rate=rate, **settings)
    return replace(spec, joints=tuple(joints), couplings=tuple(couplings))


def hinge(name, child, anchor, *, parent="", axis=(0.0, 1.0, 0.0), **settings):
    anchor = tuple(float(x) for x in anchor)
    return Joint(
        name=name, kind="hinge", child=child, parent=parent, anchor=anchor, axis=axis, **settings
    )


def slider(name, child, *, axis=(0.0, 0.0, 1.0), **settings):
    settings = {"anchor": (0.0, 0.0, 0.0), **settings}
    return Joint(name=name, kind="slider", child=child, axis=axis, **settings)


def bar(name, start, end, *, width=0.02, **others):
    """A square bar from one point to another."""
    start, end = np.array(start, float), np.array(end, float)
    length = np.linalg.norm(end - start)
    turn = Rotation.align_vectors([(end - start) / length], [(1.0, 0.0, 0.0)])[0]
    return body(
        name,
        "box",
        (start + end) / 2,
        {"half_extents": (length / 2, width / 2, width / 2)},
        SMOOTH,
        quaternion=tuple(turn.as_quat(scalar_first=True).tolist()),
        **others,
    )


def ball(name, position, radius, **others):
    return body(name, "sphere", position, {"radius": radius}, others.pop("of", SMOOTH), **others)


def motions(spec, states):
    """Of all joints, that all hold."""
    found = [joint_motion(spec, joint, states.poses) for joint in spec.joints]
    assert max(motion.gap.max() for motion in found) < GAP
    assert max(motion.tilt.max() for motion in found) < TILT
    return found


def drift(states):
    """Largest change of energy less work, over the largest kinetic energy."""
    return np.ptp(states.total_energy - states.work) / states.kinetic_energy.max()


def crossings(times, values):
    """When values fall through zero."""
    at = np.flatnonzero((values[:-1] > 0) & (values[1:] <= 0))
    return times[at] + values[at] / (values[at] - values[at + 1]) * (times[1] - times[0])


def four_bar(**first_hinge):
    """Crank, coupler and rocker over a ground of 0.5 m."""
    pivot, far, crank = np.array((0, 0, 1.0)), np.array((0.5, 0, 1.0)), np.array((0, 0, 1.2))
    # The coupler's end is 0.5 from the crank's and 0.4 from the far pivot.
    apart = far - crank
    along = (apart @ apart + 0.5**2 - 0.4**2) / (2 * np.linalg.norm(apart))
    unit = apart / np.linalg.norm(apart)
    corner = crank + along * unit + np.sqrt(0.5**2 - along**2) * np.array((-unit[2], 0, unit[0]))
    bodies = [bar("crank", pivot, crank), bar("coupler", crank, corner), bar("rocker", corner, far)]
    joints = [
        hinge("1", "crank", pivot, **first_hinge),
        hinge("2", "coupler", crank, parent="crank"),
        hinge("3", "rocker", corner, parent="coupler"),
        hinge("4", "rocker", far),
    ]
    return bodies, joints


KEYS = tuple((np.arange(-10, 31) / 10).tolist())
"""Times of a steady path [s]; its ends stand still, a second away they are forgotten to 2e-6."""


def turntable(rate, *, distance=0.3, friction=0.5):
    """A box on a table that turns steadily, moving with it."""
    path = Path(times=KEYS, turns=tuple(rate * time for time in KEYS))
    table = {"radius": 0.6, "half_height": 0.02}
    return [
        body("table", "cylinder", (0, 0, 0.05), table, substance(friction=1.0), path=path),
        body(
            "box",
            "box",
            (distance, 0, 0.09),
            {"half_extents": (0.02,) * 3},
            substance(friction=friction),
            linear_velocity=(0.0, rate * distance, 0.0),
            angular_velocity=(0.0, 0.0, rate),
        ),
    ]
