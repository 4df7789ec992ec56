"""Thick liquids by name -> bodies that flow slowly and hold the shape of folds for a while."""

import numpy as np

from phys4d_pipeline.scene import Body, Shape, Substance, Surface

from .draws import vec
from .liquids import Liquid

# Viscosities: honey 10 Pa s at 20 C, 70 Pa s at 5 C (Yanniotis et al. 2006); treacle, golden syrup
# 20 to 60 Pa s at 20 C; silicone oils are sold at 30 and 60 Pa s.
SYRUPS: dict[str, Liquid] = {
    "cold honey": Liquid(
        density=1420.0, viscosity=70.0, color=(0.45, 0.04, 0.0005), transmission=1.0,
        refractive_index=1.49, roughness=0.0,
    ),
    "golden syrup": Liquid(
        density=1430.0, viscosity=50.0, color=(0.65, 0.15, 0.002), transmission=1.0,
        refractive_index=1.49, roughness=0.0,
    ),
    "treacle": Liquid(density=1420.0, viscosity=40.0, color=(0.045, 0.022, 0.02)),
    "white silicone": Liquid(density=980.0, viscosity=60.0, color=(0.8, 0.79, 0.76), roughness=0.2),
    "caramel": Liquid(density=1380.0, viscosity=40.0, color=(0.42, 0.17, 0.03), roughness=0.12),
}  # fmt: skip


def syrup_body(
    name: str,
    solid: Shape,
    kind: str,
    *,
    at: tuple[float, float, float] | np.ndarray,
    velocity: tuple[float, float, float] | np.ndarray = (0.0, 0.0, 0.0),
) -> Body:
    """A body of one of SYRUPS that fills a solid at t = 0, centred at a point [m, m/s]."""
    made = SYRUPS[kind]
    return Body(
        name=name,
        shape=solid,
        substance=Substance(
            density=made.density, friction=0.0, restitution=0.0, viscosity=made.viscosity
        ),
        surface=Surface(
            base_color=made.color,
            roughness=made.roughness,
            transmission=made.transmission,
            refractive_index=made.refractive_index,
        ),
        position=vec(at),
        linear_velocity=vec(velocity),
        form="liquid",
    )
