"""Velocities of bodies as a scene describes them -> rates of a MuJoCo world's coordinates."""

from typing import Any

import numpy as np
from jaxtyping import Float64

from ...errors import SceneError
from ..spin import matrices, unrotated
from .tree import Link
from .world import World, joint_label, mujoco

START_SPEED = 1e-3
"""Part of the largest speed by which a body's may differ from what its joints allow [1]."""


def start_rates(world: World, data: Any) -> Float64[np.ndarray, " V"]:
    """Rates at which all bodies move as described.

    Raises:
        SceneError: If joints or couplings forbid that.
    """
    mujoco.mj_forward(world.model, data)
    rates = np.zeros(world.model.nv)
    hung = {link.parent for link in world.links if link.joint is not None}
    alone = [link for link in world.links if link.joint is None and link.name not in hung]
    poses, velocities = world.recorder.initial()
    for link in alone:
        if world.recorder.is_moving[link.body]:
            address = world.model.joint(link.name).dofadr[0]
            linear, angular = velocities[link.body, None, :3], velocities[link.body, None, 3:]
            # A free joint has its angular velocity in the body frame.
            spin = unrotated(matrices(poses[link.body, None, 3:]), angular)
            rates[address : address + 6] = np.concatenate([linear, spin], axis=1)[0]
    names = {link.name for link in alone}
    linked = [link for link in world.links if link.name not in names]
    if linked:
        _fit(world, data, linked, velocities, rates)
    return rates


def _fit(
    world: World,
    data: Any,
    linked: list[Link],
    velocities: Float64[np.ndarray, "B 6"],
    rates: Float64[np.ndarray, " V"],
) -> None:
    """Fill in the rates that move bodies which hang together."""
    model, spec = world.model, world.spec
    rows, goals, owners = [], [], []
    for link in linked:
        linear, angular = np.zeros((2, 3, model.nv))
        mujoco.mj_jacBody(model, data, linear, angular, model.body(link.name).id)
        reach = world.recorder.solids[link.body].bounding_radius
        rows.append(np.concatenate([linear, angular * reach]))
        goals.append(velocities[link.body] * np.repeat((1.0, reach), 3))
        owners.append(spec.bodies[link.body].name)
    for coupling in spec.couplings:
        row = np.zeros((6, model.nv))
        row[0, model.joint(joint_label(coupling.follower)).dofadr[0]] = 1.0
        row[0, model.joint(joint_label(coupling.driver)).dofadr[0]] = -coupling.ratio
        rows.append(row)
        goals.append(np.zeros(6))
        owners.append(coupling.follower)
    matrix, goal = np.concatenate(rows), np.concatenate(goals)
    used = np.flatnonzero(np.abs(matrix).max(0) > 0.0)
    rates[used] = np.linalg.lstsq(matrix[:, used], goal, rcond=None)[0]
    off = np.linalg.norm((matrix @ rates - goal).reshape(-1, 6), axis=1)
    worst = int(off.argmax())
    if off[worst] > START_SPEED * np.abs(goal).max():
        raise SceneError(
            f"Scene {spec.category}/{spec.family} seed {spec.seed}: {owners[worst]!r} starts "
            f"{off[worst]:.3g} m/s off what its joints allow. Give all bodies that hang together "
            "velocities of one motion."
        )
