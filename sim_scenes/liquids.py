"""Liquids by name: how they flow and how they look -> bodies of liquid, and a grid around them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline import shapes
from phys4d_pipeline.continuum import Grid, Thermal
from phys4d_pipeline.scene import Body, Shape, Substance, Surface, Vec3

from .draws import quat, vec

PER_CELL = 8
"""Particles in a full cell of a liquid [1]."""


@dataclass(frozen=True, kw_only=True)
class Liquid:
    """One liquid."""

    density: float
    """[kg/m3]"""
    viscosity: float
    """[Pa s]"""
    color: Vec3
    """Linear RGB: of a clear one, the light left after 0.1 m of it."""
    transmission: float = 0.0
    refractive_index: float = 1.33
    roughness: float = 0.05


# Densities, viscosities and indices at 20 C: CRC Handbook (water, glycerol, ethanol); engineering
# values for foods (milk 2 mPa s, honey 6 Pa s, cream 20 mPa s, oil 70 mPa s, paint 0.3 Pa s).
LIQUIDS: dict[str, Liquid] = {
    "water": Liquid(
        density=998.0, viscosity=0.001, color=(0.5, 0.77, 0.85), transmission=1.0, roughness=0.0
    ),
    "blue water": Liquid(
        density=998.0, viscosity=0.001, color=(0.08, 0.32, 0.75), transmission=1.0, roughness=0.0
    ),
    "red juice": Liquid(
        density=1040.0, viscosity=0.0015, color=(0.62, 0.03, 0.05), transmission=1.0, roughness=0.0
    ),
    "tea": Liquid(
        density=1000.0, viscosity=0.001, color=(0.62, 0.26, 0.04), transmission=1.0, roughness=0.0
    ),
    "milk": Liquid(density=1030.0, viscosity=0.002, color=(0.86, 0.84, 0.78)),
    "orange juice": Liquid(density=1045.0, viscosity=0.002, color=(0.86, 0.38, 0.03)),
    "paint": Liquid(density=1200.0, viscosity=0.3, color=(0.05, 0.25, 0.62), roughness=0.2),
    "cooking oil": Liquid(
        density=920.0,
        viscosity=0.07,
        color=(0.85, 0.62, 0.08),
        transmission=1.0,
        refractive_index=1.47,
        roughness=0.0,
    ),
    "honey": Liquid(
        density=1420.0,
        viscosity=6.0,
        color=(0.72, 0.30, 0.02),
        transmission=1.0,
        refractive_index=1.49,
        roughness=0.0,
    ),
}


def liquid_body(
    name: str,
    solid: Shape,
    liquid: str,
    *,
    at: tuple[float, float, float] | np.ndarray,
    rotation: Rotation | None = None,
    velocity: tuple[float, float, float] | np.ndarray = (0.0, 0.0, 0.0),
    thermal: Thermal | None = None,
) -> Body:
    """A body of liquid that fills a solid at t = 0, its centre of mass at a point [m, m/s]."""
    kind = LIQUIDS[liquid]
    return Body(
        name=name,
        shape=solid,
        substance=Substance(
            density=kind.density, friction=0.0, restitution=0.0, viscosity=kind.viscosity
        ),
        surface=Surface(
            base_color=kind.color,
            roughness=kind.roughness,
            transmission=kind.transmission,
            refractive_index=kind.refractive_index,
        ),
        position=vec(at),
        quaternion=quat(rotation or Rotation.identity()),
        linear_velocity=vec(velocity),
        form="liquid",
        thermal=thermal,
    )


def cell_for(particles: int, *solids: Shape) -> float:
    """Edge of a cell at which these solids hold about so many particles [m], in half millimetres.

    Args:
        particles: Asked for by the preset.
        solids: What liquid fills at the start.
    """
    volume = sum(shapes.build(solid).volume for solid in solids)
    return max(round((PER_CELL * volume / particles) ** (1 / 3) * 2000), 1) / 2000


def whole(length: float, cell: float) -> float:
    """The length in whole half cells, one at least: particles fill those evenly [m]."""
    return max(round(2 * length / cell), 1) * cell / 2


def parcels(
    boxes: Sequence[tuple[Sequence[float], Sequence[float]]],
    balls: Sequence[tuple[Sequence[float], float]] = (),
) -> Shape:
    """What one liquid fills: boxes by two corners, and balls by middle and radius [m]."""
    parameters: dict[str, float | tuple[float, ...]] = {
        "lows": tuple(round(float(x), 6) for low, _ in boxes for x in low),
        "highs": tuple(round(float(x), 6) for _, high in boxes for x in high),
        "centres": tuple(round(float(x), 6) for middle, _ in balls for x in middle),
        "radii": tuple(round(float(radius), 6) for _, radius in balls),
    }
    return Shape(kind="parcels", parameters=parameters)


def liquid_in(
    name: str,
    solid: Shape,
    liquid: str,
    velocity: tuple[float, float, float] | np.ndarray = (0.0, 0.0, 0.0),
) -> Body:
    """A body of liquid whose shape is drawn in world coordinates [m]."""
    position, turn = shapes.body_pose(solid, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    return liquid_body(
        name,
        solid,
        liquid,
        at=position,
        rotation=Rotation.from_quat(turn, scalar_first=True),
        velocity=velocity,
    )


def grid_over(
    low: tuple[float, ...] | np.ndarray,
    high: tuple[float, ...] | np.ndarray,
    cell: float,
    *,
    open_sides: tuple[str, ...] = (),
) -> Grid:
    """The grid whose lowest corner is `low` and that reaches to `high` or a little beyond [m]."""
    counts = np.maximum(np.ceil((np.asarray(high) - low) / cell - 1e-6), 4).astype(int)
    x, y, z = (int(count) for count in counts)
    return Grid(low=vec(low), cell=cell, cells=(x, y, z), open_sides=open_sides)
