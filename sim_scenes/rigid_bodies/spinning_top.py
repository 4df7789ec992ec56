"""Tops spin on their tips and precess, slow ones fall, and a gyroscope circles its stand."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline import shapes
from phys4d_pipeline.mechanism import Joint
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver
from phys4d_pipeline.scene_catalog import Preset

from ..draws import chance, draw, draw_count, draw_sign, in_words, pick, sentence, turned
from ..filming import Shot, around, corners
from ..linkage import ball_joint, fixed, pin
from ..linkage import turning as turning_together
from ..materials import bold_surface, substance, surface
from ..staging import body, drawn_at, mass, shape, stage

SPLIT = "train"
SOLVER = Solver(name="rigid_mujoco", rate=3840)  # [Hz]; a top turns by 2.4 degrees a step
CONVERGENCE = (0.4, 0.004)  # [s], [m]: landing included

GRAVITY = 9.81  # [m/s2]
NUM_TOPS = (2, 4)
RADIUS = (0.035, 0.055)  # of a top [m]
HEIGHT = (1.2, 1.6)  # of a top over its radius [1]
SPIN = (90.0, 160.0)  # about its axis [rad/s]: 14 to 25 turns a second, as by hand
SLOW_SPIN = (15.0, 35.0)  # of a top that falls over [rad/s]: it would sleep above about 60
SLOW_SHARE = 0.35  # of the tops after the first
LEAN = (4.0, 18.0)  # of the axis from the vertical [deg]
RELEASE = (0.004, 0.008)  # height of the tip when the fingers let go [m]
DRIFT = (0.0, 0.12)  # speed of the tip over the floor [m/s]
WANDER = 0.03  # room beyond the tops [m]
APART = (1.3, 2.0)  # from top to top, over the sum of the radii [1]
GYROSCOPE_SHARE = 0.4  # of the clips: it stands in the middle of the tops
WHEEL = (0.075, 0.095)  # radius of the gyroscope's wheel [m]
WHEEL_SPIN = (70.0, 130.0)  # [rad/s]
ARM = (0.9, 1.3)  # of the axle between stand and wheel, over the wheel's radius [1]
WHEEL_LEAN = (65.0, 95.0)  # of the axle from the vertical [deg]
NODDING = (0.3, 1.0)  # turning at the start over that of the steady circle [1]; 1 does not nod
AXLE, POST = 0.004, 0.012  # radii [m]
STAND = (2.3, 2.7)  # height of the stand over the wheel's radius [1]: it clears the tops
TOP_MATERIALS = ("brass", "steel", "oak", "plastic", "painted wood", "marble")
WHEEL_MATERIALS = ("brass", "steel", "painted wood")
STAND_MATERIALS = ("oak", "marble", "granite", "painted wood")
TABLE_SHARE = 0.6
FLOORS = ("wooden floor", "tiled floor", "concrete floor", "linoleum floor", "marble floor")


@dataclass(frozen=True, kw_only=True)
class Gyration:
    """A body of revolution held at a point of its axis."""

    along: float
    """Moment of inertia about the axis [kg m2]."""
    across: float
    """About the point, across the axis [kg m2]."""
    torque: float
    """Mass times gravity times the distance of the centre of mass from the point [N m]."""

    def precession(self, spin: float, lean: float) -> float:
        """Steady turning of the axis about the vertical [rad/s]; 0 if it has none.

        The slow root of across cos(lean) p^2 - along spin p + torque = 0 (Goldstein, Classical
        Mechanics, 3rd ed., eq. 5.73).

        Args:
            spin: Angular velocity along the axis, the precession's share included [rad/s].
            lean: Of the axis from the vertical [rad].
        """
        a, b = self.across * np.cos(lean), self.along * spin
        if b**2 < 4 * a * self.torque:
            return 0.0
        return float(2 * self.torque / (b + np.sign(b) * np.sqrt(b**2 - 4 * a * self.torque)))


def gyration(parts: list[tuple[Shape, str, float]]) -> Gyration:
    """Of shapes of some material at distances along their common z axis from the point [m]."""
    along = across = torque = 0.0
    for solid, material, distance in parts:
        inertia = np.diag(shapes.build(solid).inertia) * substance(material).density
        weight = mass(solid, material)
        along += inertia[2]
        across += inertia[0] + weight * distance**2
        torque += weight * GRAVITY * distance
    return Gyration(along=float(along), across=float(across), torque=float(torque))


def sample(rng: np.random.Generator, *, seed: int, preset: Preset) -> SceneSpec:
    """Tops in a row or a ring; if there is a gyroscope, it stands in the middle."""
    gyroscope, joints, fact = [], [], ""
    if chance(rng, GYROSCOPE_SHARE):
        gyroscope, joints, fact = _gyroscope(rng)
    count = draw_count(rng, NUM_TOPS)
    is_slow = [index > 0 and chance(rng, SLOW_SHARE) for index in range(count)]
    solids = [_solid(rng) for _ in range(count)]
    radii = [float(np.max(solid.parameters["radius"])) for solid in solids]
    pitch = draw(rng, APART, 2) * 2 * max(radii)
    around_it = max(POST + pitch / 2, pitch / (2 * np.sin(np.pi / count)))
    first = draw(rng, (0.0, 360.0), 1)
    tops = []
    for index, (solid, slow) in enumerate(zip(solids, is_slow, strict=True)):
        angle = np.radians(first + 360.0 * index / count)
        tip = around_it * np.array([np.cos(angle), np.sin(angle), 0.0])
        tops.append(
            _top(rng, f"top_{index + 1}", solid, tip, draw(rng, SLOW_SPIN if slow else SPIN))
        )
    slow = sum(is_slow)
    told = "they precess without falling"
    if slow:
        told = f"{in_words(slow, 'slow one')} {'topples' if slow == 1 else 'topple'}"
    wander = around_it + max(radii) + WANDER
    low = corners((-wander, -wander, 0.0), (wander, wander, max(radii)))
    seen = [around([*tops, *gyroscope]), low]
    if gyroscope:
        wheel = np.array(gyroscope[0].position)
        sweep = float(np.hypot(*wheel[:2])) + WHEEL[1]
        seen.append(
            corners((-sweep, -sweep, wheel[2] - WHEEL[1]), (sweep, sweep, wheel[2] + WHEEL[1]))
        )
    return stage(
        __name__,
        rng,
        seed=seed,
        preset=preset,
        split=SPLIT,
        solver=SOLVER,
        bodies=[*tops, *gyroscope],
        joints=joints,
        floor=pick(rng, FLOORS),
        table_share=TABLE_SHARE,
        shot=Shot(points=np.concatenate(seen), elevation=(14.0, 38.0)),
        caption=sentence(f"{in_words(count, 'spinning top')} land on {{floor}}{fact}; {told}."),
    )


def _solid(rng: np.random.Generator) -> Shape:
    radius = draw(rng, RADIUS)
    return shape("spinning_top", radius=radius, height=radius * draw(rng, HEIGHT))


def _top(rng: np.random.Generator, name: str, solid: Shape, tip: np.ndarray, spin: float) -> Body:
    """Let go just above the floor, its axis already turning at the rate that keeps its lean."""
    material, lean = pick(rng, TOP_MATERIALS), draw(rng, LEAN, 2)
    axis = turned("z", draw(rng, (0.0, 360.0), 1)) * turned("y", lean)
    place, rotation = drawn_at(solid, (tip[0], tip[1], draw(rng, RELEASE)), axis)
    along = rotation.apply((0.0, 0.0, 1.0))
    start = np.array((tip[0], tip[1], place[2] - along[2] * _above_tip(solid)))
    spin *= draw_sign(rng)
    held = gyration([(solid, material, _above_tip(solid))])
    turning = held.precession(spin, np.radians(lean))
    angular = turning * np.array([0.0, 0.0, 1.0]) + (spin - turning * along[2]) * along
    heading = turned("z", draw(rng, (0.0, 360.0), 1)).apply((1.0, 0.0, 0.0))
    return body(
        name,
        solid,
        material,
        bold_surface(rng, material, float(np.max(solid.parameters["radius"]))),
        at=place,
        rotation=rotation,
        velocity=np.cross(angular, np.array(place) - start) + draw(rng, DRIFT, 3) * heading,
        spin=angular,
    )


def _above_tip(solid: Shape) -> float:
    """Height of the centre of mass over the tip of an upright top [m]."""
    return -shapes.build(solid).drawing_position[2]


def _gyroscope(rng: np.random.Generator) -> tuple[list[Body], list[Joint], str]:
    """A wheel on an axle whose other end rests on a stand; what it is in words."""
    radius = draw(rng, WHEEL)
    solid = shape(
        "wheel",
        radius=radius,
        half_width=0.12 * radius,
        rim=0.14 * radius,
        hub=0.18 * radius,
        spokes=pick(rng, (4, 8)),
    )
    arm, lean = radius * draw(rng, ARM), np.radians(draw(rng, WHEEL_LEAN, 2))
    heading = turned("z", draw(rng, (0.0, 360.0), 1))
    along = heading.apply((np.sin(lean), 0.0, np.cos(lean)))
    anchor = np.array([0.0, 0.0, radius * draw(rng, STAND)])
    metal = surface(rng, "steel", 0.1)
    hub = anchor + (arm - 0.12 * radius) * along
    axle = pin("axle", "steel", metal, (anchor, hub), AXLE)
    material = pick(rng, WHEEL_MATERIALS)
    turn = heading * Rotation.from_euler("y", lean)
    wheel = body(
        "wheel",
        solid,
        material,
        bold_surface(rng, material, radius),
        at=anchor + arm * along,
        rotation=turn,
    )
    held = gyration(
        [(solid, material, arm), (axle.shape, "steel", float(np.linalg.norm(hub - anchor)) / 2)]
    )
    spin = draw(rng, WHEEL_SPIN) * draw_sign(rng)
    turning = held.precession(spin, lean) * draw(rng, NODDING)
    angular = turning * np.array([0.0, 0.0, 1.0]) + (spin - turning * np.cos(lean)) * along
    wood = pick(rng, STAND_MATERIALS)
    height = float(anchor[2]) - 2 * AXLE
    post = body(
        "stand",
        shape("prism", sides=24, radius=POST, half_height=height / 2),
        wood,
        surface(rng, wood, 0.1),
        at=(0.0, 0.0, height / 2),
        is_static=True,
    )
    moving = turning_together([wheel, axle], anchor, angular)
    joints = [ball_joint(moving[1], post, anchor), fixed(moving[0], moving[1])]
    rate = abs(spin) / (2 * np.pi)
    fact = f" around a gyroscope whose {material} wheel turns {rate:.0f} times a second"
    return [*moving, post], joints, fact
