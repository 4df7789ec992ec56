"""Momentum of groups of bodies that touch, hold and hit each other but nothing fixed."""

import numpy as np
from jaxtyping import Float64

from ..checks import Check
from ..simulate.energy import spins
from ..simulate.spin import matrices, rotated
from .evidence import Evidence

SLOWEST = 0.05  # [m/s]; slower groups leave ratios to rounding


def momentum(evidence: Evidence) -> Check | None:
    """Change of a lone group's momentum that gravity does not explain."""
    off = []
    for group, frames in evidence.lone_groups:
        mass = evidence.masses[group]
        speeds = evidence.linear[frames][:, group]
        total = (mass[:, None] * speeds).sum(1) - mass.sum() * np.outer(
            evidence.states.times[frames], evidence.gravity
        )
        late = mass.sum() * evidence.weight_rate * evidence.step_s
        change = np.linalg.norm(total - total[0], axis=1).max() - late
        off.append(max(0.0, float(change)) / _exchanged(mass, speeds))
    if not off:
        return None
    return Check(
        name="momentum",
        value=max(off),
        bound=0.01,
        unit="1",
        source="Of bodies that touch only each other for 4 frames: only weight changes it, up to "
        "one solver step of it. Relative to the momentum within the group",
    )


def angular_momentum(evidence: Evidence) -> Check | None:
    """Change of a lone group's angular momentum about its own centre of mass."""
    off = []
    for group, frames in evidence.lone_groups:
        spin, scale = _angular_momentum(evidence, group, frames)
        off.append(float(np.linalg.norm(spin - spin[0], axis=1).max()) / scale)
    if not off:
        return None
    return Check(
        name="angular_momentum",
        value=max(off),
        bound=0.02,
        unit="1",
        source="Of bodies that touch only each other for 4 frames, about their centre of mass: "
        "constant. Relative to its parts; 2 % for contact points that differ by their overlap",
    )


def _exchanged(mass: Float64[np.ndarray, " G"], speeds: Float64[np.ndarray, "T G 3"]) -> float:
    """Momentum of the group's members about their common motion [N s]."""
    mean = (mass[:, None] * speeds).sum(1) / mass.sum()
    inner = (mass * np.linalg.norm(speeds - mean[:, None], axis=2)).sum(1).max()
    return float(inner + SLOWEST * mass.sum())


def _angular_momentum(
    evidence: Evidence, group: list[int], frames: slice
) -> tuple[Float64[np.ndarray, "W 3"], float]:
    """About the group's centre of mass [kg m2/s], and the sum of its parts."""
    mass = evidence.masses[group]
    places, speeds = evidence.poses[frames][:, group, :3], evidence.linear[frames][:, group]
    share = mass / mass.sum()
    centre, mean = np.einsum("g,tgk->tk", share, places), np.einsum("g,tgk->tk", share, speeds)
    orbital = mass[:, None] * np.cross(places - centre[:, None], speeds - mean[:, None])
    own = np.stack([_own_spin(evidence, body, frames) for body in group], 1)
    parts = np.linalg.norm(orbital, axis=2) + np.linalg.norm(own, axis=2)
    size = max(float(np.linalg.norm(places - centre[:, None], axis=2).max()), 1e-3)
    return (orbital + own).sum(1), float(parts.sum(1).max() + SLOWEST * mass.sum() * size)


def _own_spin(evidence: Evidence, body: int, frames: slice) -> Float64[np.ndarray, "W 3"]:
    """Angular momentum of one body about its centre of mass [kg m2/s]."""
    if body in evidence.ropes or body in evidence.softs:
        mass = (evidence.ropes | evidence.softs)[body].masses[:, None]
        places = (evidence.points | evidence.soft_places)[body][frames]
        speeds = (evidence.point_velocities | evidence.soft_speeds)[body][frames]
        centre, mean = ((mass * each).sum(1) / mass.sum() for each in (places, speeds))
        return (mass * np.cross(places - centre[:, None], speeds - mean[:, None])).sum(1)
    path, speed = evidence.poses[frames, body], evidence.states.velocities[frames, body]
    return rotated(matrices(path[:, 3:]), spins(path, speed) * evidence.moments[body])
