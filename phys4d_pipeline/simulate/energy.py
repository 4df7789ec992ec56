"""Poses, points and their velocities -> kinetic and potential energy of a scene."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial.transform import Rotation

from ..air import PRESSURE, density
from ..motion import skins, solids
from ..motion.gas import chamber, gas_energy, lumps, volumes
from ..motion.joints import spring_energy
from ..motion.rods import elastic_energy, rod
from ..scene import Body, SceneSpec
from ..shapes import build

Points = dict[int, Float[np.ndarray, "T _ 3"]]
"""By the index of the body [m or m/s]."""
NO_RADII: Mapping[int, Float[np.ndarray, " _"]] = MappingProxyType({})
NO_GAS: Mapping[int, Float[np.ndarray, "_ 2"]] = MappingProxyType({})


def masses(spec: SceneSpec) -> Float64[np.ndarray, " B"]:
    """[kg], of static bodies too."""
    return np.array([body.substance.density * build(body.shape).volume for body in spec.bodies])


def moments(spec: SceneSpec) -> Float64[np.ndarray, "B 3"]:
    """Principal moments of inertia [kg m2]."""
    return np.array(
        [body.substance.density * np.diag(build(body.shape).inertia) for body in spec.bodies]
    )


def point_masses(
    body: Body, count: int, radii: Float[np.ndarray, " N"] | None = None
) -> Float64[np.ndarray, " N"]:
    """Of the points of a body that is not rigid [kg]: of its own model, or shares of its volume.

    Args:
        body: Its shape at the start holds all its mass.
        count: N, how many points it has.
        radii: Of its particles [m]; equal by default.
    """
    if body.form == "rope":
        return rod(body).masses
    if body.form == "soft":
        return solids.soft(body).masses
    if skins.is_skin(body) and count == len(build(body.shape).mesh.vertices):
        return skins.vertex_masses(skins.skin(body))
    volumes = np.ones(count) if radii is None else np.asarray(radii, np.float64) ** 3
    return body.substance.density * build(body.shape).volume * volumes / volumes.sum()


def spins(
    poses: Float[np.ndarray, "*N 7"], velocities: Float[np.ndarray, "*N 6"]
) -> Float64[np.ndarray, "*N 3"]:
    """Angular velocities in the body frames [rad/s]."""
    quaternions = np.asarray(poses[..., 3:], np.float64).reshape(-1, 4)
    turns = Rotation.from_quat(quaternions, scalar_first=True)
    angular = np.asarray(velocities[..., 3:], np.float64)
    return turns.inv().apply(angular.reshape(-1, 3)).reshape(angular.shape)


def rigid_energy(
    poses: Float[np.ndarray, "T B 7"],
    velocities: Float[np.ndarray, "T B 6"],
    mass: Float64[np.ndarray, " B"],
    moment: Float64[np.ndarray, "B 3"],
    gravity: Float64[np.ndarray, "3"],
) -> tuple[Float64[np.ndarray, " T"], Float64[np.ndarray, " T"]]:
    """Kinetic energy of rigid bodies, and that of their weight, zero at the origin [J].

    Args:
        poses: Of the bodies that count.
        velocities: [m/s, rad/s]
        mass: [kg]
        moment: Principal moments of inertia [kg m2].
        gravity: [m/s2]
    """
    linear = np.asarray(velocities[..., :3], np.float64)
    kinetic = 0.5 * (linear**2).sum(-1) @ mass
    kinetic += 0.5 * (spins(poses, velocities) ** 2 * moment).sum((1, 2))
    return kinetic, -(np.asarray(poses[..., :3], np.float64) @ gravity) @ mass


def mechanical_energy(
    spec: SceneSpec,
    poses: Float[np.ndarray, "T B 7"],
    velocities: Float[np.ndarray, "T B 6"],
    points: Points,
    point_velocities: Points,
    radii: Mapping[int, Float[np.ndarray, " _"]] = NO_RADII,
    gas: Mapping[int, Float[np.ndarray, "_ 2"]] = NO_GAS,
) -> tuple[Float64[np.ndarray, " T"], Float64[np.ndarray, " T"]]:
    """Kinetic and potential energy of what forces move [J].

    The potential is that of weight, zero at the origin, of springs, of stretched and bent ropes and
    skins, of strained soft bodies, of gas and of the air that it displaces.
    """
    is_moving = np.array([body.is_free and body.form == "rigid" for body in spec.bodies])
    mass, moment = masses(spec) * is_moving, moments(spec) * is_moving[:, None]
    gravity = np.asarray(spec.gravity)
    kinetic, potential = rigid_energy(poses, velocities, mass, moment, gravity)
    potential += spring_energy(spec, poses)
    for index, places in points.items():
        body = spec.bodies[index]
        weights = point_masses(body, places.shape[1], radii.get(index))
        speeds = np.asarray(point_velocities[index], np.float64)
        kinetic += 0.5 * (speeds**2).sum(-1) @ weights
        potential -= (np.asarray(places, np.float64) @ gravity) @ weights
        if body.form == "rope":
            potential += elastic_energy(rod(body), places)
        elif skins.is_skin(body):
            potential += skins.elastic_energy(skins.skin(body), places)
        elif body.form == "soft":
            potential += solids.elastic_energy(solids.soft(body), places)
        if index in gas:
            moving, stored = _energy_of_gas(spec, body, places, speeds, gas[index])
            kinetic, potential = kinetic + moving, potential + stored
    return kinetic, potential


def _energy_of_gas(
    spec: SceneSpec,
    body: Body,
    places: Float[np.ndarray, "T N 3"],
    speeds: Float64[np.ndarray, "T N 3"],
    gas_states: Float[np.ndarray, "T 2"],
) -> tuple[Float64[np.ndarray, " T"], Float64[np.ndarray, " T"]]:
    """Of what moves with a skin, spread like its mass; of pressure and weight [J]."""
    one = chamber(body)
    own = np.asarray(places, np.float64)[:, one.kept]
    air = density(PRESSURE, spec.air_temperature)
    lump = lumps(one.gas, gas_states[:, 0], volumes(own, one.faces), air)
    share = skins.skin(body).masses / skins.skin(body).masses.sum()
    moving = 0.5 * lump * ((speeds[:, one.kept] ** 2).sum(-1) @ share)
    gravity = np.asarray(spec.gravity)
    return moving, gas_energy(one, own, gas_states, gravity, spec.air_temperature)
