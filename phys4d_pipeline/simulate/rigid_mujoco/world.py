"""SceneSpec -> a compiled MuJoCo model, and where in it bodies, joints and motors are."""

import importlib
import math
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float64, Int
from scipy.spatial.transform import Rotation

from ...errors import SceneError
from ...mechanism import Joint, Path
from ...scene import SceneSpec
from ...shapes import ConvexPart
from ..recorder import Recorder
from .contact import CONTACT_STIFFNESS, IMPEDANCE, contact_damping, contact_law
from .tree import Link, link_name, links, rigid_groups

mujoco: Any = importlib.import_module("mujoco")  # its compiled half ships no types
HOLD = 0.5
"""Natural frequency times the step of what holds welds and couplings [1]: an error dies out in a
few steps, and every integrator is stable to 2."""
FASTEST = 2.0
"""Rate of decay or oscillation over the solver's [1]; Runge-Kutta 4 is stable to 2.78. The margin
is for inertias that shrink while a mechanism moves."""
LED_INERTIA = 1e6
"""Inertia of a led body over all that moves [1]: what it meets slows it by a millionth."""
LED_MASS = 1e-9  # [kg]; its own weight and spin must do no work, MuJoCo asks for 1e-15
LED_AXES = ("x", "y", "z", "turn")
JOINT_TYPES = {
    "hinge": mujoco.mjtJoint.mjJNT_HINGE,
    "slider": mujoco.mjtJoint.mjJNT_SLIDE,
    "ball": mujoco.mjtJoint.mjJNT_BALL,
}


class World:
    """One compiled model of a scene.

    Geoms keep out of MuJoCo's own choice of contacts: every pair that may meet has its own law.
    """

    def __init__(self, spec: SceneSpec, recorder: Recorder) -> None:
        self.spec, self.recorder = spec, recorder
        self.links = links(spec, recorder.masses.tolist())
        self.poses = recorder.initial()[0]
        self.is_led = np.array([body.path is not None for body in spec.bodies])
        self.led_inertia = LED_INERTIA * float(recorder.masses[recorder.is_moving].sum())
        builder = mujoco.MjSpec()
        self._set_options(builder)
        self.spheres: set[str] = set()
        places = {"": builder.worldbody}
        self.geoms: list[list[str]] = [_add_ground(builder), *([] for _ in spec.bodies)]
        for link in self.links:
            places[link.name] = self._add_link(builder, places[link.parent], link)
        self._add_welds(builder)
        self._add_couplings(builder)
        self._add_motors(builder)
        self._add_pairs(builder)
        self.model = builder.compile()
        self._raise_if_too_stiff()

    @property
    def object_of_geom(self) -> Int[np.ndarray, " G"]:
        """Segmentation ids."""
        objects = np.zeros(self.model.ngeom, int)
        for number, names in enumerate(self.geoms):
            for name in names:
                objects[self.model.geom(name).id] = number
        return objects

    def addresses(self, names: list[str]) -> tuple[Int[np.ndarray, " N"], Int[np.ndarray, " N"]]:
        """Where the coordinates and the rates of joints begin."""
        joints = [self.model.joint(name) for name in names]
        return (
            np.array([joint.qposadr[0] for joint in joints], int),
            np.array([joint.dofadr[0] for joint in joints], int),
        )

    def _raise_if_too_stiff(self) -> None:
        """Refuse springs and dampers of joints and motors that the steps cannot follow."""
        for joint in self.spec.joints:
            if joint.kind == "fixed":
                continue
            damping, stiffness = joint.damping, joint.stiffness
            if joint.motor:
                damping, stiffness = (
                    damping + joint.motor.damping,
                    stiffness + joint.motor.stiffness,
                )
            address = self.model.joint(joint_label(joint.name)).dofadr[0]
            inverse = float(self.model.dof_invweight0[address])  # 1 / what the joint moves
            fastest = max(damping * inverse, math.sqrt(stiffness * inverse)) / FASTEST
            if fastest > self.spec.solver.rate:
                needed = math.ceil(fastest / self.spec.fps) * self.spec.fps
                raise SceneError(
                    f"Scene {self.spec.category}/{self.spec.family} seed {self.spec.seed}: joint "
                    f"{joint.name!r} has damping {damping:g} and stiffness {stiffness:g} for an "
                    f"inertia of {1 / inverse:.3g}: too stiff for {self.spec.solver.rate} steps a "
                    f"second. Lower them, or set the solver rate to {needed} or more."
                )

    def _set_options(self, builder: Any) -> None:
        option = builder.option
        option.timestep = 1.0 / self.spec.solver.rate
        option.gravity = self.spec.gravity
        option.integrator = mujoco.mjtIntegrator.mjINT_RK4
        option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        option.solver = mujoco.mjtSolver.mjSOL_NEWTON
        option.iterations = 100
        option.tolerance = 1e-12
        # A failed step must end the run, not silently start it anew.
        option.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET
        # Our damping is given in steps on purpose; MuJoCo's own limit would change it.
        option.disableflags |= mujoco.mjtDisableBit.mjDSBL_REFSAFE
        # Springs must know the mass they move; the default is a guess that is off up to 3 times.
        option.enableflags |= mujoco.mjtEnableBit.mjENBL_DIAGEXACT
        builder.compiler.degree = False

    def _add_link(self, builder: Any, place: Any, link: Link) -> Any:
        position, turn = self._relative_pose(link)
        target = place.add_body(name=link.name, pos=position, quat=turn)
        body, recorder = self.spec.bodies[link.body], self.recorder
        if not body.is_static:
            target.explicitinertial = True
            # Left out, the compiler would put the centre of mass at the body's world position.
            target.ipos, target.iquat = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)
            target.mass = float(recorder.masses[link.body]) * link.mass_share
            target.inertia = recorder.moments[link.body] * link.mass_share
        if body.path:
            self._add_led_axes(target, link.body, body.path)
        elif link.joint is not None:
            self._add_joint(target, link, self.spec.joints[link.joint])
        elif body.is_free:
            target.add_freejoint(name=link.name)
        if not link.is_copy:
            self.geoms[link.body + 1] = self._add_geoms(builder, target, link.body)
        return target

    def _relative_pose(
        self, link: Link
    ) -> tuple[Float64[np.ndarray, "3"], Float64[np.ndarray, "4"]]:
        pose = self.poses[link.body]
        if not link.parent:
            return pose[:3], pose[3:]
        parent = self.poses[int(link.parent)]
        turn = _turn(parent).inv()
        quaternion = (turn * _turn(pose)).as_quat(scalar_first=True)
        return turn.apply(pose[:3] - parent[:3]), quaternion

    def _add_led_axes(self, target: Any, index: int, path: Path) -> None:
        """Three sliders and a hinge that are far too heavy to be disturbed; see LedBodies."""
        target.mass, target.inertia = LED_MASS, (LED_MASS,) * 3
        radius = self.recorder.solids[index].bounding_radius
        into_body = _turn(self.poses[index]).inv()
        for name, axis in zip(LED_AXES, (*np.eye(3), np.array(path.axis)), strict=True):
            is_turn = name == "turn"
            target.add_joint(
                name=f"{index} {name}",
                type=JOINT_TYPES["hinge" if is_turn else "slider"],
                axis=into_body.apply(axis),
                armature=self.led_inertia * (radius**2 if is_turn else 1.0),
            )

    def _add_joint(self, target: Any, link: Link, joint: Joint) -> None:
        if joint.kind == "fixed":
            return
        pose = self.poses[link.body]
        into_body = _turn(pose).inv()
        settings: dict[str, object] = {}
        if joint.kind != "ball":
            sign = -1.0 if link.is_reversed else 1.0
            settings["axis"] = into_body.apply(sign * np.array(joint.axis))
        target.add_joint(
            name=joint_label(joint.name),
            type=JOINT_TYPES[joint.kind],
            pos=into_body.apply(np.array(joint.anchor) - pose[:3]),
            damping=(joint.damping, 0.0, 0.0),
            **settings,
            **_scalar_settings(joint, self.spec.solver.rate),
        )

    def _add_geoms(self, builder: Any, target: Any, index: int) -> list[str]:
        names = []
        for number, part in enumerate(self.recorder.solids[index].parts):
            name = f"{index}/{number}"
            target.add_geom(
                name=name,
                pos=part.position,
                quat=part.quaternion,
                mass=0.0,
                contype=0,
                conaffinity=0,
                **_geometry(builder, part, name),
            )
            names.append(name)
            if part.kind == "sphere":
                self.spheres.add(name)
        return names

    def _add_welds(self, builder: Any) -> None:
        """Copies to the bodies they are copies of."""
        for link in self.links:
            if link.is_copy and link.joint is not None:
                joint, pose = self.spec.joints[link.joint], self.poses[link.body]
                weld = builder.add_equality(
                    type=mujoco.mjtEq.mjEQ_WELD,
                    objtype=mujoco.mjtObj.mjOBJ_BODY,
                    name1=link_name(link.body),
                    name2=link.name,
                    **_hold(self.spec.solver.rate),
                )
                anchor = _turn(pose).inv().apply(np.array(joint.anchor) - pose[:3])
                scale = self.recorder.solids[link.body].bounding_radius
                # Anchor in both frames, turn between them, weight of turning against moving [m].
                weld.data = (*anchor, *anchor, 1.0, 0.0, 0.0, 0.0, scale, 0.0)

    def _add_couplings(self, builder: Any) -> None:
        for coupling in self.spec.couplings:
            equality = builder.add_equality(
                type=mujoco.mjtEq.mjEQ_JOINT,
                objtype=mujoco.mjtObj.mjOBJ_JOINT,
                name1=joint_label(coupling.follower),
                name2=joint_label(coupling.driver),
                **_hold(self.spec.solver.rate),
            )
            equality.data = (0.0, coupling.ratio, *[0.0] * 10)

    def _add_motors(self, builder: Any) -> None:
        """A motor's force is its control - stiffness * place - damping * rate, within limits."""
        for joint in self.spec.joints:
            if joint.motor and joint.motor.limit > 0.0:
                motor = joint.motor
                builder.add_actuator(
                    target=joint_label(joint.name),
                    trntype=mujoco.mjtTrn.mjTRN_JOINT,
                    gaintype=mujoco.mjtGain.mjGAIN_FIXED,
                    gainprm=(1.0, *[0.0] * 9),
                    biastype=mujoco.mjtBias.mjBIAS_AFFINE,
                    biasprm=(0.0, -motor.stiffness, -motor.damping, *[0.0] * 7),
                    forcelimited=True,
                    forcerange=(-motor.limit, motor.limit),
                )

    def _add_pairs(self, builder: Any) -> None:
        """One explicit pair per two parts that may meet: only so can a pair have its own law."""
        bodies = self.spec.bodies
        substances = [self.spec.ground.substance, *(body.substance for body in bodies)]
        is_free = [False, *(body.is_free for body in bodies)]
        names = ["", *(body.name for body in bodies)]
        group = rigid_groups(self.spec)
        joined = {frozenset((joint.child, joint.parent)) for joint in self.spec.joints}
        for a in range(1, len(substances)):
            for b in range(a):
                if not (is_free[a] or is_free[b]) or group[a] == group[b]:
                    continue
                if b and frozenset((names[a], names[b])) in joined:
                    continue
                for one, other in product(self.geoms[b], self.geoms[a]):
                    law = contact_law(
                        substances[a],
                        substances[b],
                        self.spec.solver.rate,
                        is_point=bool({one, other} & self.spheres),
                    )
                    builder.add_pair(geomname1=one, geomname2=other, **law)


def joint_label(name: str) -> str:
    """What the model calls a joint of the scene; the joints of free and led bodies begin so not."""
    return f"joint {name}"


def _scalar_settings(joint: Joint, rate: int) -> dict[str, object]:
    """Of hinges and sliders. MuJoCo stops dry friction within a step, and at limits as contacts."""
    settings: dict[str, object] = {
        "stiffness": (joint.stiffness, 0.0, 0.0),
        "springref": joint.rest,
        "frictionloss": joint.friction,
        "solref_friction": (-1.0, -float(rate)),
        "solimp_friction": IMPEDANCE,
    }
    if joint.limits:
        settings |= {
            "limited": True,
            "range": joint.limits,
            "solref_limit": (
                -CONTACT_STIFFNESS * rate**2,
                -contact_damping(0.0) * rate,
            ),
            "solimp_limit": IMPEDANCE,
        }
    return settings


def _hold(rate: int) -> dict[str, object]:
    return {"solref": (-((HOLD * rate) ** 2), -2.0 * HOLD * rate), "solimp": IMPEDANCE}


def _turn(pose: Float64[np.ndarray, "7"]) -> Rotation:
    return Rotation.from_quat(pose[3:], scalar_first=True)


def _add_ground(builder: Any) -> list[str]:
    builder.worldbody.add_geom(
        name="ground",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=(0.0, 0.0, 1.0),
        contype=0,
        conaffinity=0,
    )
    return ["ground"]


def _geometry(builder: Any, part: ConvexPart, name: str) -> dict[str, object]:
    """MuJoCo's arguments for a part: its primitives take the same sizes in the same order."""
    if part.kind == "hull":
        builder.add_mesh(name=name, uservert=part.points.ravel())
        return {"type": mujoco.mjtGeom.mjGEOM_MESH, "meshname": name}
    size = (*part.sizes, 0.0, 0.0)[:3]
    return {"type": _TYPES[part.kind], "size": size}


_TYPES = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
}
