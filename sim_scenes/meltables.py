"""What melts, thickens or freezes, by name -> bodies of liquid with heat, and plates that hold it.

Things of some centimetres melt in minutes. A family whose heat runs faster than in reality says by
how much in its caption: conductivities and films are then so many times those of the table.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline.continuum import Thermal
from phys4d_pipeline.scene import Body, Shape, Substance, Surface, Vec3

from .draws import quat, vec
from .staging import UPRIGHT

STILL_AIR = 10.0
"""Film coefficient of air that hardly moves, without radiation [W/m2/K] (Incropera, table 1.1)."""
CELSIUS = 273.15


@dataclass(frozen=True, kw_only=True)
class Meltable:
    """One substance; temperatures in kelvin."""

    density: float
    """[kg/m3], kept while it melts."""
    viscosity: float
    """When melted, at `fluid_at` [Pa s]."""
    fluid_at: float
    """[K]"""
    thinning: float
    """Share by which viscosity falls per kelvin [1/K]."""
    heat_capacity: float
    """[J/kg/K]"""
    conductivity: float
    """[W/m/K]"""
    melting_point: float
    """Where it begins to melt; 0: it only softens [K]."""
    melting_range: float
    """[K]"""
    latent_heat: float
    """[J/kg]"""
    color: Vec3
    """Linear RGB: of a clear one, the light left after 0.1 m of it."""
    emissivity: float
    roughness: float = 0.3
    metallic: float = 0.0
    transmission: float = 0.0
    refractive_index: float = 1.45


# Paraffin, ice, tin, lead, soda-lime glass: CRC Handbook and Incropera, tables A.1 to A.3. Glass:
# 10^6.6 Pa s at its softening point, 1000 K, 10^3 at its working point, 1280 K (Scholze), joined
# by one exponential. Milk chocolate and butter: Rao, Rizvi and Datta, Engineering Properties of
# Foods (yield stress left out). Melting ranges: real for mixtures; of pure ice, tin and lead, which
# melt at one point, 1 K, so that the melted share can be read from the temperature.
MELTABLES: dict[str, Meltable] = {
    "paraffin wax": Meltable(
        density=900.0, viscosity=0.006, fluid_at=343.0, thinning=0.02, heat_capacity=2500.0,
        conductivity=0.25, melting_point=328.0, melting_range=5.0, latent_heat=200e3,
        color=(0.82, 0.78, 0.66), emissivity=0.9,
    ),
    "red wax": Meltable(
        density=900.0, viscosity=0.006, fluid_at=343.0, thinning=0.02, heat_capacity=2500.0,
        conductivity=0.25, melting_point=328.0, melting_range=5.0, latent_heat=200e3,
        color=(0.55, 0.02, 0.02), emissivity=0.9,
    ),
    "butter": Meltable(
        density=911.0, viscosity=0.045, fluid_at=313.0, thinning=0.03, heat_capacity=2500.0,
        conductivity=0.2, melting_point=302.0, melting_range=8.0, latent_heat=90e3,
        color=(0.87, 0.68, 0.22), emissivity=0.9, roughness=0.35,
    ),
    "chocolate": Meltable(
        density=1300.0, viscosity=4.0, fluid_at=313.0, thinning=0.04, heat_capacity=1900.0,
        conductivity=0.25, melting_point=300.0, melting_range=6.0, latent_heat=45e3,
        color=(0.09, 0.035, 0.02), emissivity=0.9, roughness=0.25,
    ),
    "blue ice": Meltable(
        density=917.0, viscosity=0.0018, fluid_at=273.15, thinning=0.02, heat_capacity=2100.0,
        conductivity=2.2, melting_point=273.15, melting_range=1.0, latent_heat=334e3,
        color=(0.0005, 0.03, 0.6), emissivity=0.96, roughness=0.0, transmission=1.0,
        refractive_index=1.32,
    ),
    "tin": Meltable(
        density=6990.0, viscosity=0.0018, fluid_at=515.0, thinning=0.002, heat_capacity=245.0,
        conductivity=32.0, melting_point=505.0, melting_range=1.0, latent_heat=59e3,
        color=(0.80, 0.79, 0.77), emissivity=0.07, roughness=0.22, metallic=1.0,
    ),
    "lead": Meltable(
        density=10660.0, viscosity=0.0026, fluid_at=610.0, thinning=0.002, heat_capacity=145.0,
        conductivity=18.0, melting_point=600.6, melting_range=1.0, latent_heat=23e3,
        color=(0.42, 0.43, 0.46), emissivity=0.2, roughness=0.35, metallic=1.0,
    ),
    "glass": Meltable(
        density=2450.0, viscosity=10**6.6, fluid_at=1000.0, thinning=0.0296, heat_capacity=1250.0,
        conductivity=1.5, melting_point=0.0, melting_range=0.0, latent_heat=0.0,
        color=(0.55, 0.78, 0.72), emissivity=0.9, roughness=0.05,
    ),
}  # fmt: skip


def viscosity_at(kind: Meltable, temperature: float) -> float:
    """Of what is melted [Pa s]."""
    return float(kind.viscosity * np.exp(-kind.thinning * (temperature - kind.fluid_at)))


def meltable_body(
    name: str,
    solid: Shape,
    kind: str,
    *,
    at: tuple[float, float, float] | np.ndarray,
    temperature: float,
    time_lapse: float = 1.0,
    rotation: Rotation = UPRIGHT,
    velocity: tuple[float, float, float] | np.ndarray = (0.0, 0.0, 0.0),
) -> Body:
    """A body of this substance at one temperature [K].

    Args:
        name: Of the body.
        solid: What it fills.
        kind: One of MELTABLES.
        at: Centre of mass [m].
        temperature: At t = 0 [K].
        time_lapse: By which heat runs faster than in reality [1].
        rotation: Of the solid.
        velocity: [m/s]
    """
    made = MELTABLES[kind]
    return Body(
        name=name,
        shape=solid,
        substance=Substance(
            density=made.density,
            friction=0.0,
            restitution=0.0,
            viscosity=float(f"{viscosity_at(made, temperature):.4g}"),
        ),
        surface=Surface(
            base_color=made.color,
            roughness=made.roughness,
            metallic=made.metallic,
            transmission=made.transmission,
            refractive_index=made.refractive_index,
        ),
        position=vec(at),
        quaternion=quat(rotation),
        linear_velocity=vec(velocity),
        form="liquid",
        thermal=Thermal(
            temperature=temperature,
            conductivity=round(made.conductivity * time_lapse, 6),
            heat_capacity=made.heat_capacity,
            film=STILL_AIR * time_lapse,
            emissivity=made.emissivity,
            melting_point=made.melting_point,
            melting_range=made.melting_range,
            latent_heat=made.latent_heat,
            thinning=made.thinning,
        ),
    )


def held_at(solid: Body, temperature: float) -> Body:
    """The same body, a plate that keeps its temperature [K]: of steel, in what a heater feels."""
    return replace(
        solid,
        thermal=Thermal(
            temperature=temperature, conductivity=45.0, heat_capacity=460.0, is_held=True
        ),
    )


def lumped_at(solid: Body, temperature: float, heat_capacity: float) -> Body:
    """The same body as one temperature [K] that follows the heat it gets [J/kg/K]."""
    return replace(
        solid,
        thermal=Thermal(
            temperature=temperature, conductivity=2.0, heat_capacity=heat_capacity, film=STILL_AIR
        ),
    )


def in_celsius(temperature: float) -> str:
    """`80 degrees`, for captions."""
    return f"{temperature - CELSIUS:.0f} degrees"
