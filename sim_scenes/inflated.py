"""A skin and what it is filled with -> a Body that starts full, at rest in itself."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial.transform import Rotation

from phys4d_pipeline import shapes
from phys4d_pipeline.air import MOLAR_MASS, PRESSURE, Gas, Valve, density
from phys4d_pipeline.motion.gas import volumes
from phys4d_pipeline.motion.skins import skin
from phys4d_pipeline.scene import Body, Shape, Surface, Vec3
from phys4d_pipeline.scene_catalog import Preset
from phys4d_pipeline.simulate.elastic.filled import Filled, filled

from .draws import quat, vec
from .skins import skin_substance
from .staging import UPRIGHT

WARMTH = 293.15  # of the gas [K]
HELIUM = 0.0040026  # [kg/mol]
PLAIN = Surface(base_color=(0.5, 0.5, 0.5), roughness=0.5)
DIGITS = 7  # of the points of a skin [m]
DENSITY = 1.155  # points of an even skin times its edge squared, over its area: 2 over root 3 [1]
CLEAR = 0.06  # of a skin from what it lies on, over its edges: it touches from 0.04 on [1]
REFERENCE = 30_000  # particles of the preset that a family states its number of points for
GROWTH = 0.5  # power of the preset's particles with which points grow: steps shorten, too


def edge_for(preset: Preset, area: float, points: int) -> float:
    """Edge of a skin's triangles [m].

    Args:
        preset: Says how fine everything is.
        area: Of all skins [m2].
        points: Of all skins together at the demo's preset.
    """
    wanted = points * (preset.particles / REFERENCE) ** GROWTH
    return round(float(np.sqrt(DENSITY * area / wanted)), 5)


@dataclass(frozen=True, kw_only=True, eq=False)
class Inflated:
    """A full skin, not yet put anywhere: its centre of mass is the origin."""

    shape: Shape
    material: str
    full: Filled

    def turned(self, rotation: Rotation = UPRIGHT) -> Float64[np.ndarray, "V 3"]:
        """Its vertices, turned about the origin [m]."""
        return rotation.apply(self.full.vertices.copy())

    def below(self, rotation: Rotation = UPRIGHT) -> float:
        """How far its middle lies above its lowest point, with what keeps it off a floor [m]."""
        points = self.turned(rotation)
        return float(-points[:, 2].min() + margin(self))

    def reach(self) -> float:
        """Radius of the sphere around its middle that holds it [m]."""
        return float(np.linalg.norm(self.full.vertices, axis=1).max())

    @property
    def edge(self) -> float:
        """Of its triangles as it starts, about [m]."""
        corners = self.full.vertices[shapes.mesh(self.shape).faces]
        sides = corners[:, 1:] - corners[:, :1]
        areas = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1) / 2
        return float(np.sqrt(2 * DENSITY * np.median(areas)))

    @property
    def mass(self) -> float:
        """Of the skin alone [kg]."""
        return skin_substance(self.material).density * shapes.build(self.shape).volume


def flat(shape: Shape, material: str) -> Inflated:
    """A skin without pressure, as it is drawn."""
    mesh, one = shapes.mesh(shape), skin_substance(material)
    whole = Body(
        name="flat", shape=shape, substance=one, surface=PLAIN, position=(0.0, 0.0, 0.0),
        form="deforming",
    )  # fmt: skip
    rest = skin(whole)
    volume = float(volumes(mesh.vertices[rest.kept], rest.faces))
    return Inflated(
        shape=shape,
        material=material,
        full=Filled(vertices=mesh.vertices, volume=volume, pressure=0.0),
    )


def filling_area(volume: float, supply: float, seconds: float) -> float:
    """Of a valve that lets a volume in within a time [m2].

    Args:
        volume: At the pressure of the air [m3].
        supply: Pressure above that of the air [Pa].
        seconds: How long it takes while next to nothing presses back.
    """
    speed = (2 * supply / density(PRESSURE, WARMTH)) ** 0.5
    return float(f"{volume / speed / seconds:.4g}")


def margin(one: Inflated) -> float:
    """What keeps a skin that lies on something clear of it at the start [m]."""
    return CLEAR * one.edge + 1e-3


def blown(shape: Shape, material: str, gauge: float) -> Inflated:
    """A skin at a pressure above that of the air [Pa]."""
    return Inflated(
        shape=shape, material=material, full=filled(shape, skin_substance(material), pressure=gauge)
    )


def blown_up(shape: Shape, material: str, volume: float) -> Inflated:
    """A skin of rubber around a volume of gas that had the pressure of the air [m3]."""
    return Inflated(
        shape=shape, material=material, full=filled(shape, skin_substance(material), volume=volume)
    )


def inflated_body(
    name: str,
    one: Inflated,
    surface: Surface,
    *,
    at: Vec3 | Float[np.ndarray, "3"],
    rotation: Rotation = UPRIGHT,
    velocity: Vec3 | Float[np.ndarray, "3"] = (0.0, 0.0, 0.0),
    spin: Vec3 | Float[np.ndarray, "3"] = (0.0, 0.0, 0.0),
    valve: Valve | None = None,
    molar_mass: float = MOLAR_MASS,
    exponent: float = 1.0,
) -> Body:
    """A Body with the centre of its skin at a point [m, m/s, rad/s].

    Args:
        name: Of the body.
        one: The skin.
        surface: Its look.
        at: Centre of its skin's mass.
        rotation: About it.
        velocity: [m/s]
        spin: [rad/s]
        valve: Through which gas flows.
        molar_mass: Of the gas [kg/mol].
        exponent: Of the gas: 1 where it keeps its temperature, 1.4 where it is pressed fast.
    """
    places = one.turned(rotation) + np.asarray(at, np.float64)
    return Body(
        name=name,
        shape=one.shape,
        substance=skin_substance(one.material),
        surface=surface,
        position=vec(at),
        quaternion=quat(rotation),
        linear_velocity=vec(velocity),
        angular_velocity=vec(spin),
        form="deforming",
        points=tuple((x, y, z) for x, y, z in (places.round(DIGITS) + 0.0).tolist()),
        gas=Gas(
            amount=round(one.full.amount(WARMTH), 9),
            temperature=WARMTH,
            molar_mass=molar_mass,
            adiabatic_exponent=exponent,
            valve=valve,
        ),
    )
