"""Air, steam, smoke and dyed water: bodies of tracers, and the grid that they rise in."""

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline.continuum import Grid, Thermal
from phys4d_pipeline.scene import Body, Shape, Substance, Surface, Vec3

from .draws import quat, vec

CELLS_A_TRACER = 12
"""Of a grid [1]; what solver `gas` fills it with."""
BLOCK = 4
"""Counts of cells are multiples of it: the pressure is solved on halved grids."""
AIR = Substance(density=1.2, friction=0.0, restitution=0.0, viscosity=1.82e-5)
"""Dry, 293 K, sea level: CRC Handbook, 97th ed., 6-1."""
WATER = Substance(density=998.0, friction=0.0, restitution=0.0, viscosity=8.9e-4)
"""Viscosity at 298 K: CRC Handbook, 97th ed., 6-7."""
WATER_EXPANSION = 3.6e-4 / 3
"""Linear [1/K]: water is 2.2 % lighter at 343 K than at 283 K (CRC Handbook, 97th ed., 6-8)."""

SMOKES: dict[str, Vec3] = {
    "white": (0.82, 0.82, 0.84),
    "grey": (0.42, 0.42, 0.44),
    "red": (0.72, 0.06, 0.05),
    "orange": (0.85, 0.32, 0.04),
    "yellow": (0.86, 0.66, 0.08),
    "green": (0.08, 0.46, 0.14),
    "blue": (0.06, 0.22, 0.72),
    "purple": (0.36, 0.08, 0.56),
}
"""Linear RGB; coloured ones are dyes that evaporate, as of signal smoke."""


def in_air(temperature: float) -> Thermal:
    """Of smoke or steam in air [K]."""
    return Thermal(temperature=temperature, conductivity=0.0262, heat_capacity=1006.0)


def in_water(temperature: float) -> Thermal:
    """Of dyed water in water [K]."""
    return Thermal(
        temperature=temperature, conductivity=0.6, heat_capacity=4180.0, expansion=WATER_EXPANSION
    )


def gas_body(
    name: str,
    solid: Shape,
    color: Vec3,
    thermal: Thermal,
    *,
    at: tuple[float, float, float] | np.ndarray,
    rotation: Rotation | None = None,
    velocity: tuple[float, float, float] | np.ndarray = (0.0, 0.0, 0.0),
    substance: Substance = AIR,
) -> Body:
    """Tracers that fill a solid at t = 0 or, with a velocity [m/s], stream out of it."""
    return Body(
        name=name,
        shape=solid,
        substance=substance,
        surface=Surface(base_color=color, roughness=1.0),
        position=vec(at),
        quaternion=quat(rotation or Rotation.identity()),
        linear_velocity=vec(velocity),
        form="particles",
        thermal=thermal,
    )


def air_box(
    low: tuple[float, ...] | np.ndarray,
    high: tuple[float, ...] | np.ndarray,
    particles: int,
    *,
    open_sides: tuple[str, ...],
    wind: tuple[float, float, float] = (0.0, 0.0, 0.0),
    unrest: float = 0.0,
) -> Grid:
    """A grid from `low` to `high` or a little beyond [m] with CELLS_A_TRACER cells a tracer.

    It grows evenly along x and y, and upwards.
    """
    extents = np.subtract(high, low)
    cell = round(float((extents.prod() / (CELLS_A_TRACER * particles)) ** (1 / 3)), 5)
    counts = BLOCK * np.maximum(np.ceil(extents / (BLOCK * cell) - 1e-6), 2).astype(int)
    grown = counts * cell - extents
    x, y, z = (int(count) for count in counts)
    return Grid(
        low=vec(np.asarray(low) - grown * (0.5, 0.5, 0.0)),
        cell=cell,
        cells=(x, y, z),
        open_sides=open_sides,
        wind=vec(wind),
        unrest=unrest,
    )
