"""A jointed dummy trips at the top of a flight of stairs and tumbles down."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline import shapes
from phys4d_pipeline.mechanism import Joint
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver, Surface
from phys4d_pipeline.scene_catalog import Preset

from ..draws import draw, draw_count, in_words, pick, quat, sentence, turned, vec, with_article
from ..filming import Shot, around, corners
from ..linkage import hinge, paints, rod, sliding
from ..materials import bold_surface, surface
from ..staging import body, shape, slab, stage

SPLIT = "held_out"
SOLVER = Solver(name="rigid_mujoco", rate=2400)  # [Hz]; the head moves 2.5 mm a step at 6 m/s
CONVERGENCE = (0.1, 0.004)  # [s], [m]; its feet slip on the landing from the start

HEIGHT = (0.6, 0.85)  # of the dummy [m]
NUM_STEPS = (5, 8)
RISE = (0.15, 0.18)  # of a step over the dummy's height [1]; 0.1 for a grown-up
TREAD = (0.19, 0.25)  # of a step over the dummy's height [1]; 0.16 for a grown-up
WIDTH = (0.9, 1.2)  # of the stairs over the dummy's height [1]
LANDING = (0.45, 0.6)  # depth of the top, over the dummy's height [1]
HEADING = (-35.0, 35.0)  # of the dummy from straight down the stairs [deg]
BACKWARDS_SHARE = 0.25  # of the clips: it falls backwards
LEAN = (10.0, 24.0)  # from upright [deg]: it has lost its balance
SPEED = (1.0, 2.0)  # of its centre of mass, down the stairs [m/s]
TURNING = (0.5, 2.0)  # about its feet [rad/s]
DAMPING = (0.05, 0.15)  # of its joints [N m s/rad]; stiffer ones look like wood
ANKLE_SHARE = 0.25  # of that damping at the ankles: feet are light [1]
POSTURE = (0.0, 0.6)  # springs that hold its posture [N m/rad]
ARMS = (8.0, 45.0)  # lifted sideways [deg]
CLEAR = 0.002  # of its lowest point above the landing at the start [m]
BALANCE = 0.16  # of the feet behind the edge, over the dummy's height [1]
DUMMY_MATERIALS = ("painted wood", "oak", "pine", "plastic")
STAIR_MATERIALS = ("pine", "oak", "marble", "painted wood", "steel")
FLOORS = ("wooden floor", "concrete floor", "tiled floor", "marble floor", "brick paving")

# Lengths over the height: Drillis and Contini 1966, in Winter, Biomechanics and Motor Control of
# Human Movement, fig. 4.1. Radii: engineering values of a slim mannequin.
HIP, KNEE, ANKLE = 0.530, 0.285, 0.039  # heights of joints
SHOULDER, ELBOW, WRIST = 0.818, 0.630, 0.440  # of a hanging arm; the hand is part of the forearm
WAIST, NECK = 0.60, 0.87
HIP_AT, SHOULDER_AT = 0.06, 0.125  # sideways
THIGH, SHIN, UPPER_ARM, FOREARM, HEAD = 0.042, 0.03, 0.026, 0.022, 0.062  # radii
CHEST, PELVIS = (0.055, 0.09, 0.115), (0.05, 0.085, 0.045)  # half extents
THIGH_BELOW, ARM_BELOW = 0.055, 0.035  # where limbs begin under their joints: clear of the trunk
FOOT = (0.065, 0.026, 0.016)  # half extents
ROUNDED = (0.6, 0.6)  # exponents of chest and pelvis: between box and ellipsoid


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A joint of the dummy in its upright posture."""

    child: str
    parent: str
    at: tuple[float, float, float]
    """Over the height [1]."""
    axis: tuple[float, float, float]
    limits: tuple[float, float]
    """From upright [deg]."""


FLEX, SPREAD = (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)
"""Axes of the dummy, which faces +x: bending forwards is positive about +y."""


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """The stairs go down towards +x; the top step's edge lies at x = 0."""
    height, material = draw(rng, HEIGHT), pick(rng, DUMMY_MATERIALS)
    count = draw_count(rng, NUM_STEPS)
    rise, tread = height * draw(rng, RISE, 3), height * draw(rng, TREAD, 3)
    top = round(count * rise, 4)
    stairs = _stairs(rng, (count, top, tread), height)
    dummy, joints = _dummy(rng, height, material)
    yaw = draw(rng, HEADING, 1)
    backwards = rng.random() < BACKWARDS_SHARE
    turn = turned("z", yaw) * turned("y", draw(rng, LEAN, 1))
    if backwards:
        turn = turned("z", yaw) * turned("y", draw(rng, LEAN, 1)) * turned("z", 180.0)
    speed, spin = draw(rng, SPEED, 2), draw(rng, TURNING, 2)
    axis = turned("z", yaw).apply((0.0, 1.0, 0.0))
    dummy, joints = _thrown(
        dummy, joints, turn, (-BALANCE * height, 0.0, top), (speed, spin * axis)
    )
    run = count * tread
    landing = corners((0.0, -0.35 * height, 0.0), (run + 0.8 * height, 0.35 * height, 0.1))
    fall = corners((-0.3 * height, -0.3 * height, top), (0.3 * height, 0.3 * height, top + height))
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=sliding([*dummy, *stairs]),
        joints=joints,
        floor=pick(rng, FLOORS),
        shot=Shot(
            points=np.concatenate([around(dummy), landing, fall]),
            azimuth=pick(rng, ((25.0, 85.0), (-85.0, -25.0))),
            elevation=(6.0, 26.0),
        ),
        caption=sentence(
            f"{with_article(material)} dummy {100 * height:.0f} cm tall falls "
            f"{'backwards' if backwards else 'forwards'} down {in_words(count, 'step')} onto "
            f"{{floor}}."
        ),
    )


def _stairs(
    rng: np.random.Generator, flight: tuple[int, float, float], height: float
) -> list[Body]:
    """Blocks side by side, each from the floor to its tread; the landing comes last."""
    count, top, tread = flight
    material = pick(rng, STAIR_MATERIALS)
    look = surface(rng, material, 0.5)
    half = height * draw(rng, WIDTH, 3) / 2
    rise = top / count
    # The top step is the landing's edge.
    steps = [
        slab(
            f"step_{number}",
            material,
            look,
            ((number - 1) * tread, -half, 0.0),
            (number * tread, half, top - number * rise),
        )
        for number in range(1, count)
    ]
    depth = height * draw(rng, LANDING, 3)
    landing = slab(f"step_{count}", material, look, (-depth, -half, 0.0), (0.0, half, top))
    return [*steps, landing]


def _dummy(
    rng: np.random.Generator, height: float, material: str
) -> tuple[list[Body], list[Joint]]:
    """Upright on z = 0, facing +x, arms lifted a little."""
    trunk_look, limb_look = paints(rng, material, 2)
    if material in ("oak", "pine"):
        trunk_look, limb_look = (surface(rng, material, 0.2) for _ in range(2))
    head = shape("sphere", radius=height * HEAD)
    middle = NECK + 0.6 * HEAD
    parts = [
        _lump("pelvis", PELVIS, HIP + PELVIS[2] + 0.01, (height, material, trunk_look)),
        _lump("chest", CHEST, (WAIST + SHOULDER) / 2 + 0.02, (height, material, trunk_look)),
        body(
            "head",
            head,
            material,
            bold_surface(rng, "plastic", height * HEAD),
            at=(0.0, 0.0, height * middle),
        ),
    ]
    lifted = np.radians(draw(rng, ARMS, 1))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        parts += _limbs(side, sign, lifted, (height, material, limb_look))
    damping, posture = draw(rng, DAMPING, 4), draw(rng, POSTURE, 3)
    named = {part.name: part for part in parts}
    joints = [
        replace(
            hinge(
                named[one.child],
                named[one.parent],
                height * np.array(one.at),
                axis=one.axis,
                limits=(float(np.radians(one.limits[0])), float(np.radians(one.limits[1]))),
                damping=damping * (ANKLE_SHARE if one.child.startswith("foot") else 1.0),
            ),
            stiffness=posture,
        )
        for one in _holds(lifted)
    ]
    return parts, joints


def _lump(
    name: str,
    extents: tuple[float, float, float],
    middle: float,
    make: tuple[float, str, Surface],
) -> Body:
    height, material, look = make
    radii = (height * extents[0], height * extents[1], height * extents[2])
    solid: Shape = shape("superquadric", radii=radii, exponents=ROUNDED)
    return body(name, solid, material, look, at=(0.0, 0.0, height * middle))


def _arm(sign: float, lifted: float, down: float) -> tuple[float, float, float]:
    """A point of an arm, `down` from its shoulder, over the height."""
    return (0.0, sign * (SHOULDER_AT + down * np.sin(lifted)), SHOULDER - down * np.cos(lifted))


def _limbs(side: str, sign: float, lifted: float, make: tuple[float, str, Surface]) -> list[Body]:
    """Cap, upper arm, forearm; hip, thigh, shin, foot."""
    height, material, look = make

    def limb(name: str, start: tuple, end: tuple, radius: float) -> Body:
        ends = height * np.array(start), height * np.array(end)
        return rod(f"{name}_{side}", material, look, ends, height * radius)

    def lump(name: str, at: tuple, radius: float) -> Body:
        solid = shape("superquadric", radii=(height * radius,) * 3, exponents=(1.0, 1.0))
        return body(f"{name}_{side}", solid, material, look, at=height * np.array(at))

    hip, knee = (0.0, sign * HIP_AT, HIP), (0.0, sign * HIP_AT, KNEE)
    ankle = (0.0, sign * HIP_AT, ANKLE)
    elbow, wrist = SHOULDER - ELBOW, SHOULDER - WRIST
    foot = shape("box", half_extents=(height * FOOT[0], height * FOOT[1], height * FOOT[2]))
    sole = (0.35 * FOOT[0], sign * HIP_AT, FOOT[2])
    return [
        lump("shoulder", _arm(sign, lifted, 0.0), 1.25 * UPPER_ARM),
        limb("upper_arm", _arm(sign, lifted, ARM_BELOW), _arm(sign, lifted, elbow), UPPER_ARM),
        limb("forearm", _arm(sign, lifted, elbow), _arm(sign, lifted, wrist), FOREARM),
        lump("hip", hip, 1.1 * THIGH),
        limb("thigh", (0.0, sign * HIP_AT, HIP - THIGH_BELOW), knee, THIGH),
        limb("shin", knee, ankle, SHIN),
        body(f"foot_{side}", foot, material, look, at=height * np.array(sole)),
    ]


def _holds(lifted: float) -> Iterable[Hold]:
    """All joints: ranges of motion of an adult (AAOS 1965), from the upright posture."""
    yield Hold(child="chest", parent="pelvis", at=(0, 0, WAIST), axis=FLEX, limits=(-25, 70))
    yield Hold(child="head", parent="chest", at=(0, 0, NECK), axis=FLEX, limits=(-45, 45))
    spread = float(np.degrees(lifted))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        # Lifting an arm or a leg sideways is positive about +x on the left, negative on the right.
        arm, leg = (-spread, 150.0 - spread), (-20.0, 40.0)
        if sign < 0:
            arm, leg = (-arm[1], -arm[0]), (-leg[1], -leg[0])
        shoulder, hip = _arm(sign, lifted, 0.0), (0.0, sign * HIP_AT, HIP)
        elbow = _arm(sign, lifted, SHOULDER - ELBOW)
        knee, ankle = (0.0, sign * HIP_AT, KNEE), (0.0, sign * HIP_AT, ANKLE)
        for child, parent, at, axis, limits in (
            ("shoulder", "chest", shoulder, FLEX, (-160.0, 50.0)),
            ("upper_arm", f"shoulder_{side}", shoulder, SPREAD, arm),
            ("forearm", f"upper_arm_{side}", elbow, FLEX, (-140.0, 0.0)),
            ("hip", "pelvis", hip, FLEX, (-110.0, 20.0)),
            ("thigh", f"hip_{side}", hip, SPREAD, leg),
            ("shin", f"thigh_{side}", knee, FLEX, (0.0, 130.0)),
            ("foot", f"shin_{side}", ankle, FLEX, (-25.0, 45.0)),
        ):
            yield Hold(child=f"{child}_{side}", parent=parent, at=at, axis=axis, limits=limits)


def _thrown(
    dummy: list[Body],
    joints: list[Joint],
    turn: Rotation,
    feet: tuple[float, float, float],
    motion: tuple[float, np.ndarray],
) -> tuple[list[Body], list[Joint]]:
    """The upright dummy leaning over a place, its lowest point just above it, and moving."""
    speed, spin = motion
    leaning = [
        replace(
            one,
            position=vec(turn.apply(one.position)),
            quaternion=quat(turn * Rotation.from_quat(one.quaternion, scalar_first=True)),
        )
        for one in dummy
    ]
    lift = np.add(feet, (0.0, 0.0, CLEAR - min(_lowest(one) for one in leaning)))
    placed = [
        replace(
            one,
            position=vec(lift + one.position),
            # About its feet, which slip forwards.
            linear_velocity=vec(np.add((speed, 0.0, 0.0), np.cross(spin, one.position))),
            angular_velocity=vec(spin),
        )
        for one in leaning
    ]
    moved = [
        replace(one, anchor=vec(lift + turn.apply(one.anchor)), axis=_unit(turn.apply(one.axis)))
        for one in joints
    ]
    return placed, moved


def _lowest(one: Body) -> float:
    turn = Rotation.from_quat(one.quaternion, scalar_first=True)
    heights = shapes.mesh(one.shape).vertices @ turn.as_matrix()[2]
    return float(heights.min()) + one.position[2]


def _unit(axis: np.ndarray) -> tuple[float, float, float]:
    """Of length 1 to 1e-9."""
    x, y, z = (round(float(value), 9) + 0.0 for value in axis)
    return x, y, z
