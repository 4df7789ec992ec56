"""Sand, sugar, snow by name: how they pile and look -> bodies of grains for the solver `sand`."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline.scene import Body, Shape, Substance, Surface, Texture, Vec3

from .draws import Range, draw, quat, vec

GRIP = 0.85
"""Own share of the friction against walls: sand on wood or steel 0.5 to 0.6, Potyondy 1961 [1]."""


@dataclass(frozen=True, kw_only=True)
class Grain:
    """One granular material, as a continuum."""

    density: float
    """With the voids between the grains [kg/m3]."""
    repose: Range
    """Angle of repose [deg]."""
    color: Vec3
    """Linear RGB."""
    second_color: Vec3
    """Of some of the grains."""
    cohesion: Range = (0.0, 0.0)
    """Shear stress borne without pressure [Pa]."""


# Bulk densities and angles of repose of dry goods: Perry's Chemical Engineers' Handbook, 8th ed.,
# and Glover, Pocket Ref. Snow: density 250 to 350 kg/m3 after packing by hand, cohesion of 1 kPa
# (Mellor 1975, "A review of basic snow mechanics"), internal friction 30 to 40 degrees.
GRAINS: dict[str, Grain] = {
    "sand": Grain(
        density=1600.0,
        repose=(31.0, 35.0),
        color=(0.60, 0.42, 0.23),
        second_color=(0.42, 0.27, 0.13),
    ),
    "dark sand": Grain(
        density=1700.0,
        repose=(31.0, 35.0),
        color=(0.14, 0.12, 0.11),
        second_color=(0.07, 0.06, 0.06),
    ),
    "white sand": Grain(
        density=1550.0,
        repose=(30.0, 34.0),
        color=(0.66, 0.60, 0.50),
        second_color=(0.52, 0.45, 0.35),
    ),
    "grit": Grain(
        density=1500.0,
        repose=(35.0, 39.0),
        color=(0.34, 0.32, 0.30),
        second_color=(0.18, 0.17, 0.16),
    ),
    "sugar": Grain(
        density=850.0,
        repose=(34.0, 37.0),
        color=(0.70, 0.69, 0.66),
        second_color=(0.58, 0.57, 0.54),
    ),
    "salt": Grain(
        density=1200.0,
        repose=(31.0, 34.0),
        color=(0.66, 0.67, 0.68),
        second_color=(0.55, 0.56, 0.58),
    ),
    "millet": Grain(
        density=750.0,
        repose=(25.0, 28.0),
        color=(0.74, 0.52, 0.14),
        second_color=(0.58, 0.36, 0.08),
    ),
    "red sand": Grain(
        density=1600.0,
        repose=(31.0, 35.0),
        color=(0.52, 0.08, 0.05),
        second_color=(0.36, 0.04, 0.03),
    ),
    "blue sand": Grain(
        density=1600.0,
        repose=(31.0, 35.0),
        color=(0.05, 0.16, 0.48),
        second_color=(0.03, 0.09, 0.32),
    ),
    "green sand": Grain(
        density=1600.0,
        repose=(31.0, 35.0),
        color=(0.08, 0.34, 0.14),
        second_color=(0.04, 0.22, 0.08),
    ),
    "snow": Grain(
        density=300.0,
        repose=(32.0, 38.0),
        color=(0.68, 0.71, 0.75),
        second_color=(0.60, 0.64, 0.70),
        cohesion=(150.0, 600.0),
    ),
}
DRY = tuple(name for name, grain in GRAINS.items() if not grain.cohesion[1])
"""Those without cohesion."""


def grain_body(
    rng: np.random.Generator,
    name: str,
    solid: Shape,
    grain: str,
    *,
    at: tuple[float, float, float] | np.ndarray,
    rotation: Rotation | None = None,
    velocity: tuple[float, float, float] | np.ndarray = (0.0, 0.0, 0.0),
    spin: tuple[float, float, float] | np.ndarray = (0.0, 0.0, 0.0),
) -> Body:
    """Grains that fill a solid at t = 0, its centre of mass at a point [m, m/s, rad/s]."""
    kind = GRAINS[grain]
    angle = np.radians(draw(rng, kind.repose, 1))
    return Body(
        name=name,
        shape=solid,
        substance=Substance(
            density=kind.density,
            friction=GRIP,
            restitution=0.0,
            internal_friction=round(float(np.tan(angle)), 4),
            cohesion=draw(rng, kind.cohesion, 0),
        ),
        surface=Surface(
            base_color=kind.color,
            roughness=0.9,
            texture=Texture(kind="noise", scale=0.004, second_color=kind.second_color),
        ),
        position=vec(at),
        quaternion=quat(rotation or Rotation.identity()),
        linear_velocity=vec(velocity),
        angular_velocity=vec(spin),
        form="particles",
    )
