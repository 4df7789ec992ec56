"""Bodies and liquid, step by step: both move each other in one system of pressures.

A step first tries how contacts, hinges and weight would move the bodies if the liquid pushed as in
the last step; the pressure then sees what that leaves of their velocities without the liquid's
push, so that a body that rests on a floor stirs nothing. Then bodies move from where they were
under the pressure that was found.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from ...continuum import Grid
from ...errors import SceneError
from ...kernels import ti
from ...motion.paths import led_rows
from ...scene import SceneSpec
from ...shapes import Solid
from ..energy import masses
from ..recorder import RawContact
from ..world.hinges import joint_faults
from ..world.model import FREE, HINGED, LED, Pairs
from ..world.moves import lead
from ..world.neighbours import no_pairs, probe_pairs
from ..world.pair_laws import CONTACT_SHARE
from ..world.recording import taken_contacts
from ..world.rigid_steps import advance_bodies
from ..world.snapshot import restore, snapshot
from ..world.start import world_of
from . import links
from .fields import MOST_LINKED, Fields
from .filling import Start
from .solids import Solids
from .viscosity import Viscosity

CONTACT_STEPS = 100
"""Steps of contacts in one of `Solver.rate`: 6000 Hz at 60 Hz, which a blow at 2 m/s enters by
2 mm."""
CONTACT_STIFFNESS = (CONTACT_SHARE * CONTACT_STEPS) ** 2
"""Twice the energy a contact stores per overlap squared, moved mass and rate squared [1]."""
OVERLAP_STEPS = 1 / (CONTACT_SHARE * CONTACT_STEPS)
"""A body sinks in by what it travels in this many steps of `Solver.rate`."""
SKIN = 0.004
"""What comes nearer to a body than this, besides the ways of a step, may touch it [m]."""
FARTHEST = 3.0
"""By which a particle moves in a step at most [cells]: the fastest ones by one, more by blows."""
DRAGGED = 0.03
"""Of the time in which momentum spreads across a body, what a step may last [1]: bodies take on the
drag of a step after it. A sphere that sinks slowly then has 0.99 of Stokes' speed; with twice as
long a step 0.94, with eight times 0.46, and with eighty times it is thrown about."""
BLOCK = 6
"""Velocities of a body."""


class Coupling:
    """The bodies of a scene in a liquid; O objects, the ground first, B of them in the grid."""

    def __init__(
        self, spec: SceneSpec, grid: Grid, solids: Sequence[Solid], fields: Fields, start: Start
    ) -> None:
        _raise_unless_able(spec)
        self.spec, self.fields = spec, fields
        self.cell, self.low = grid.cell, np.array(grid.low)
        self.solids = Solids(spec, grid, solids, fields, start)
        self.liquids = list(start.bodies)
        self.volumes = [solid.volume for solid in solids]
        self.density = spec.bodies[self.liquids[0]].substance.density
        rate = CONTACT_STEPS * spec.solver.rate
        self.longest_step = 1 / rate
        self.world, self.parts = world_of(
            spec, list(solids), masses(spec), self.longest_step, CONTACT_SHARE * rate
        )
        self.pairs = no_pairs()
        self.objects = np.array(self.solids.indices, np.int64) + 1
        kinds = self.world.bodies.kind[self.objects]
        self.free = np.flatnonzero((kinds == FREE) | (kinds == HINGED))
        self.led = np.flatnonzero(self.world.bodies.kind == LED).astype(np.int64)
        if BLOCK * len(self.free) > MOST_LINKED:
            raise SceneError(
                f"{len(self.free)} bodies that liquid moves, at most {MOST_LINKED // BLOCK}: "
                "leave some out, or make them static."
            )
        count = len(spec.bodies) + 1
        self.force, self.torque = np.zeros((count, 3)), np.zeros((count, 3))
        self.velocities = np.zeros((self.solids.count, BLOCK))
        self.sums = ti.ndarray(ti.i64, (max(self.solids.count, 1), links.SUMS))
        self.early = np.zeros((self.solids.count, links.SUMS))
        self.impulse = np.zeros((self.solids.count, 3))
        self.pressed, self.pressed_at = np.zeros(self.solids.count), np.zeros_like(self.impulse)
        self.liquid_share = self.solids.shares()
        self.led_work = 0.0

    @property
    def has_links(self) -> bool:
        """Does the liquid move any body?"""
        return len(self.free) > 0

    @property
    def work(self) -> float:
        """Done so far by led bodies on all they meet [J]."""
        return float(self.world.tally.work[0]) + self.led_work

    def fastest(self) -> float:
        """Speed that no point of a moving body exceeds [cells/s]."""
        bodies, most = self.world.bodies, 0.0
        for o in self.objects[self.solids.is_moving]:
            speed = np.linalg.norm(bodies.speed[o])
            spin = np.linalg.norm(bodies.spin[o])
            most = max(most, float(speed + self.world.bodies.reach[o] * spin))
        return most / self.cell

    def longest_drag(self, viscosity: float) -> float:
        """Longest step in which liquid drags the bodies that it moves as it should [s].

        Args:
            viscosity: Kinematic [cells2/s].
        """
        longest = math.inf
        for b in self.free:
            index = self.solids.indices[b]
            radius = (3 * self.volumes[index] / (4 * math.pi)) ** (1 / 3) / self.cell
            lightest = min(1.0, self.spec.bodies[index].substance.density / self.density)
            longest = min(longest, DRAGGED * lightest * radius**2 / viscosity)
        return longest

    def begin(self, time_s: float, dt: float) -> None:
        """Before a step: put bodies into the grid, with their velocities but for its push."""
        if not self.solids.is_moving.any():
            return
        bodies = self.world.bodies
        self.led_rows = self._led(time_s, dt)
        self.led_end = self._led_at(np.array([time_s + dt]))[0]
        self.poses = self._poses()
        if self.has_links:
            self.pairs = self._near(dt)
            before = snapshot(self.world, self.pairs)
            self._advance(dt)
            for o in self.objects[self.free]:
                change = (
                    self._lightness(int(o)) @ np.concatenate([self.force[o], self.torque[o]]) * dt
                )
                bodies.speed[o] -= change[:3]
                bodies.spin[o] -= change[3:]
            self.velocities = self._velocities()
            restore(self.world, self.pairs, before)
        else:
            self._lead(self.led_rows[len(self.led_rows) // 2])
            self.velocities = self._velocities()
        self.solids.pose_at(self.poses, self.poses, self.velocities)
        self.solids.place(self.poses)

    def link(self) -> None:
        """Enter the bodies that the liquid moves into the numbered rows."""
        if not self.has_links:
            return
        f, solids = self.fields, self.solids
        mobility = np.zeros((MOST_LINKED, MOST_LINKED), np.float32)
        links.start_links(f.counts, BLOCK * len(self.free))
        to_cells = np.repeat([self.density * self.cell**3, self.density * self.cell**4], 3)
        from_metres = np.repeat([1.0, self.cell], 3)
        for number, b in enumerate(self.free):
            span = slice(BLOCK * number, BLOCK * (number + 1))
            light = self._lightness(int(self.objects[b]))
            mobility[span, span] = light * from_metres[:, None] * to_cells[None, :]
            links.link(
                int(b),
                number,
                *solids.boxes[b],
                solids.pose,
                f.open,
                solids.owner,
                f.solid,
                f.number,
                f.columns,
                f.counts,
                f.link_row,
                f.link_body,
                f.link_arm,
            )
        f.mobility.from_numpy(mobility)

    def yield_to(self, found: Any) -> None:
        """Let the bodies move under a pressure that is not a step's last."""
        if self.solids.count:
            f, solids = self.fields, self.solids
            links.push(
                f.box, f.open, solids.owner, f.solid, f.number, found, solids.pose, self.sums
            )
            self._yield(self._found_sums())

    def yield_to_drag(self, viscosity: Viscosity) -> None:
        """The same under the viscous stresses that were found."""
        if self.solids.count:
            viscosity.drag(self.fields.box, self.solids.owner, self.solids.pose, self.sums)
            self._yield(self._found_sums())

    def push(self, dt: float) -> None:
        """After the pressure is known: push the bodies and move them through the step."""
        solids, f = self.solids, self.fields
        if not solids.count:
            return
        links.push(
            f.box, f.open, solids.owner, f.solid, f.number, f.pressure, solids.pose, self.sums
        )
        self._yield(self._found_sums())
        sums, self.early[:] = self.early.copy(), 0.0
        impulses = self._impulses(sums)
        self._tally(impulses, sums)
        if not solids.is_moving.any():
            return
        for b, o in enumerate(self.objects):
            self.force[o], self.torque[o] = impulses[b, :3] / dt, impulses[b, 3:] / dt
        self._advance(dt)
        self._lead(self.led_end)

    def _found_sums(self) -> Float64[np.ndarray, "B 10"]:
        """What was just found to act on the bodies [SI, places in cells]."""
        unit = self.density * self.cell**4
        return (
            self.sums.to_numpy()[: self.solids.count].astype(np.float64) / links.FIXED_POINT * unit
        )

    def _impulses(self, sums: Float64[np.ndarray, "B 10"]) -> Float64[np.ndarray, "B 6"]:
        """Impulses and their moments [N s, N m s]."""
        return np.concatenate([sums[:, :3], sums[:, 3:6] * self.cell], 1)

    def _yield(self, sums: Float64[np.ndarray, "B 10"]) -> None:
        """Note impulses of this step; bodies that the liquid moves take their velocities on."""
        self.early += sums
        if not self.solids.is_moving.any():
            return
        impulses = self._impulses(sums)
        for b in self.free:
            self.velocities[b] += self._lightness(int(self.objects[b])) @ impulses[b]
        self.solids.pose_at(self.poses, self.poses, self.velocities)
        self.solids.set_speeds()

    def keep_out(self, dt: float) -> None:
        """After particles have moved: hold them back at where the bodies are now."""
        if not self.solids.count:
            return
        farthest = 0.0
        if self.solids.is_moving.any():
            now = self._poses()
            self.solids.pose_at(now, self.poses, self._velocities())
            farthest = self.fastest() * dt
        self.solids.keep_out(FARTHEST + farthest)
        self.liquid_share = self.solids.shares()

    def contacts(self) -> list[RawContact]:
        """Since the last call: what bodies did to each other, and the liquids to them."""
        rows = taken_contacts(self.world.tally)
        for b, o in enumerate(self.objects):
            size = float(np.linalg.norm(self.impulse[b]))
            if size > 0.0 and self.pressed[b] > 0.0:
                place, normal = self.pressed_at[b] / self.pressed[b], -self.impulse[b] / size
                for share, index in zip(self.liquid_share[b], self.liquids, strict=True):
                    if share > 0.0:
                        rows.append((index + 1, int(o), *place, *normal, share * size, 0.0))
        self.impulse[:], self.pressed[:], self.pressed_at[:] = 0.0, 0.0, 0.0
        return rows

    def states(
        self, poses: Float64[np.ndarray, "_ 7"], velocities: Float64[np.ndarray, "_ 6"]
    ) -> None:
        """Fill in where the bodies that forces move are, and how they move."""
        bodies = self.world.bodies
        for index, body in enumerate(self.spec.bodies):
            if body.form == "rigid" and body.is_free:
                o = index + 1
                poses[index] = (*bodies.place[o], *bodies.quaternion[o])
                velocities[index] = (*bodies.speed[o], *bodies.spin[o])

    def _led(self, time_s: float, dt: float) -> Float64[np.ndarray, "M L 13"]:
        """Pose and velocity of every led body in the middle of each step of contacts."""
        steps = math.ceil(dt / self.longest_step)
        return self._led_at(time_s + dt * (np.arange(steps) + 0.5) / steps)

    def _led_at(self, times: Float64[np.ndarray, " M"]) -> Float64[np.ndarray, "M L 13"]:
        return led_rows([self.spec.bodies[o - 1] for o in self.led], times)

    def _lead(self, rows: Float64[np.ndarray, "L 13"]) -> None:
        for o, row in zip(self.led, rows, strict=True):
            lead(self.world.bodies, o, row)

    def _advance(self, dt: float) -> None:
        """All bodies by contacts, weight, hinges, paths and the liquid's last push."""
        advance_bodies(
            self.world,
            self.parts,
            self.pairs,
            dt / len(self.led_rows),
            self.force,
            self.torque,
            self.led_rows,
            self.led,
        )

    def _near(self, dt: float) -> Pairs:
        """Probes and parts that may touch in a step."""
        world = self.world
        fall = float(np.linalg.norm(self.spec.gravity)) * dt**2
        skin = SKIN + 2 * (self.fastest() * self.cell * dt + fall)
        return probe_pairs(world.points, world.probes, world.bodies, self.parts, skin, self.pairs)

    def _poses(self) -> Float64[np.ndarray, "B 7"]:
        bodies = self.world.bodies
        return np.concatenate([bodies.place, bodies.quaternion], 1)[self.objects]

    def _velocities(self) -> Float64[np.ndarray, "B 6"]:
        bodies = self.world.bodies
        return np.concatenate([bodies.speed, bodies.spin], 1)[self.objects]

    def _lightness(self, o: int) -> Float64[np.ndarray, "6 6"]:
        """Change of velocity and spin per impulse and its moment [1/kg, 1/(kg m), 1/(kg m2)]."""
        bodies, hinges = self.world.bodies, self.world.hinges
        if bodies.kind[o] == HINGED:
            axis = hinges.axis[o]
            way = np.concatenate([np.cross(axis, bodies.place[o] - hinges.anchor[o]), axis])
            return np.outer(way, way) / hinges.inertia[o]
        light = np.zeros((BLOCK, BLOCK))
        light[:3, :3] = np.eye(3) / bodies.mass[o]
        turn = Rotation.from_quat(bodies.quaternion[o], scalar_first=True).as_matrix()
        light[3:, 3:] = turn @ (turn / bodies.moments[o]).T
        return light

    def _tally(
        self, impulses: Float64[np.ndarray, "B 6"], sums: Float64[np.ndarray, "_ 10"]
    ) -> None:
        """Add a step's impulses of the liquid to what is told about them."""
        for b, o in enumerate(self.objects):
            self.impulse[b] += impulses[b, :3]
            self.pressed[b] += sums[b, 6]
            self.pressed_at[b] += sums[b, 7:] * self.cell + sums[b, 6] * self.low
            if self.world.bodies.kind[o] == LED:
                self.led_work -= float(impulses[b] @ self.velocities[b])


def _raise_unless_able(spec: SceneSpec) -> None:
    if faults := joint_faults(spec):
        raise SceneError(
            f"Solver 'liquid' cannot take {'; '.join(faults)}. It has hinges to the world without "
            "limits and motors, one per body; lead a body along a path instead."
        )
