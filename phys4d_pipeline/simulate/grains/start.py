"""SceneSpec -> the spheres of its bodies of particles at t = 0, and how they meet everything."""

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from ...errors import SceneError
from ...scene import Body, SceneSpec
from ...shapes import Solid
from ..world.hinges import joint_faults
from ..world.model import Laws
from ..world.start import start_speeds
from .model import Grains

MOST_GRAINS = 200_000
"""At some 2 kB a grain with its neighbours and states, what a worker with 4 GiB can hold [1]."""
MOST_RATIO = 0.6
"""Damping ratio of a contact of a grain, at most [1]: rebounds at 0.3. A grain has up to a dozen
contacts at once, whose dampers together must not stop it in less than a step."""


def raise_unless_able(spec: SceneSpec, solids: list[Solid]) -> None:
    """Collect what the solver has no law for.

    Raises:
        SceneError: Naming every fault.
    """
    faults = joint_faults(spec)
    faults += ["ties"] if spec.ties else []
    for body, solid in zip(spec.bodies, solids, strict=True):
        if body.form not in ("rigid", "particles"):
            faults.append(f"a {body.form} body, {body.name!r}")
        elif body.form == "particles" and any(part.kind != "sphere" for part in solid.parts):
            faults.append(f"particles in the shape of a {body.shape.kind}, {body.name!r}")
        elif body.form == "particles" and len(body.points) not in (0, len(solid.parts)):
            faults.append(
                f"{len(body.points)} points for the {len(solid.parts)} balls of {body.name!r}"
            )
    if faults:
        raise SceneError(
            f"Solver 'grains' cannot take {'; '.join(faults)}. It has rigid bodies, free, led or "
            "on hinges to the world without limits and motors, one per body, and particles whose "
            "shape is 'balls' or 'sphere'."
        )
    count = sum(
        len(solid.parts)
        for body, solid in zip(spec.bodies, solids, strict=True)
        if body.form == "particles"
    )
    if count > MOST_GRAINS:
        raise SceneError(
            f"{count} grains do not fit in memory (most {MOST_GRAINS}); use fewer, larger ones, "
            "or a continuum."
        )


def grains_of(spec: SceneSpec, solids: list[Solid]) -> tuple[Grains, dict[int, slice]]:
    """All spheres, and which of them belong to the body of an index."""
    owners, spans, count = [np.zeros(0, np.int64)], {}, 0
    places, speeds, spins = [np.zeros((0, 3))], [np.zeros((0, 3))], [np.zeros((0, 3))]
    radii, masses = [np.zeros(0)], [np.zeros(0)]
    for index, (body, solid) in enumerate(zip(spec.bodies, solids, strict=True)):
        if body.form != "particles":
            continue
        place, radius = _spheres(body, solid)
        volume = radius**3 / (radius**3).sum() * solid.volume
        places.append(place)
        radii.append(radius)
        masses.append(body.substance.density * volume)
        speeds.append(start_speeds(body, place, volume))
        spins.append(np.tile(body.angular_velocity, (len(place), 1)))
        owners.append(np.full(len(place), index + 1, np.int64))
        spans[index] = slice(count, count + len(place))
        count += len(place)
    radius, mass = np.concatenate(radii), np.concatenate(masses)
    grains = Grains(
        place=np.concatenate(places),
        speed=np.concatenate(speeds),
        spin=np.concatenate(spins),
        force=np.zeros((count, 3)),
        torque=np.zeros((count, 3)),
        radius=radius,
        mass=mass,
        inertia=0.4 * mass * radius**2,
        owner=np.concatenate(owners),
    )
    return grains, spans


def _spheres(
    body: Body, solid: Solid
) -> tuple[Float64[np.ndarray, "N 3"], Float64[np.ndarray, " N"]]:
    """Centres in the world and radii [m]."""
    radius = np.array([part.sizes[0] for part in solid.parts])
    if body.points:
        return np.array(body.points, np.float64), radius
    turn = Rotation.from_quat(body.quaternion, scalar_first=True)
    own = np.array([part.position for part in solid.parts])
    return turn.apply(own) + body.position, radius


def softened(laws: Laws, is_grain: np.ndarray) -> Laws:
    """The laws, contacts of grains damped by no more than a dozen of them may be.

    Args:
        laws: Of all objects.
        is_grain: By object.
    """
    ratio, met = laws.damping_ratio.copy(), is_grain[:, None] | is_grain
    ratio[met] = np.minimum(ratio[met], MOST_RATIO)
    return laws._replace(damping_ratio=ratio)
