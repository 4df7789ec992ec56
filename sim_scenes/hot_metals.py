"""Metals by name, hot: how they hold, pass on and give off heat -> warm bodies, and how they turn.

A time-lapse of heat divides heat capacities by a factor: conduction, film, radiation and power all
run that many times faster then, in the same proportions, and temperatures are as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline.continuum import Thermal
from phys4d_pipeline.mechanism import Path
from phys4d_pipeline.scene import Body, Shape, Substance, Surface, Texture, Vec3

from .draws import draw, quat, vec
from .palette import TINT, tinted

AIR_FILM = 12.0
"""Free convection around a hot body of a few centimetres [W/m2/K], Incropera 9.3."""
FROZEN = 293.15
"""Room temperature [K]."""
KEY_ANGLE = 0.1
"""Between the keys of a turning path [rad]: its splines are 1e-6 of the radius off the circle."""
RUN_UP = 0.5
"""Turning starts this long before the clip, and ends as long after [s]."""


@dataclass(frozen=True, kw_only=True)
class Metal:
    """A metal at the temperatures at which it glows."""

    density: float
    """[kg/m3]"""
    conductivity: float
    """[W/m/K]"""
    heat_capacity: float
    """[J/kg/K]"""
    emissivity: float
    """Of its oxidised surface [1]."""
    melting: float
    """[K]"""
    expansion: float
    """Linear, 300 to 700 K [1/K]."""
    modulus: float
    """Young's, at 500 K [Pa]."""
    color: Vec3
    """Linear RGB."""
    scale_color: Vec3
    """Of its scale and tarnish."""


# Densities, conductivities and heat capacities: Incropera, Fundamentals of Heat and Mass Transfer,
# 7th ed., table A.1, at 800 K (invar at 400 K: ASM Handbook 2). Emissivities, oxidised: table A.11
# and Siegel and Howell, appendix B. Expansion and moduli: ASM Handbook 2, CRC Handbook.
METALS: dict[str, Metal] = {
    "copper": Metal(
        density=8933.0,
        conductivity=366.0,
        heat_capacity=433.0,
        emissivity=0.7,
        melting=1358.0,
        expansion=17.6e-6,
        modulus=1.15e11,
        color=(0.62, 0.26, 0.13),
        scale_color=(0.20, 0.09, 0.06),
    ),
    "silver": Metal(
        density=10500.0,
        conductivity=396.0,
        heat_capacity=262.0,
        emissivity=0.1,
        melting=1235.0,
        expansion=20.0e-6,
        modulus=7.4e10,
        color=(0.80, 0.78, 0.74),
        scale_color=(0.45, 0.43, 0.40),
    ),
    "nickel": Metal(
        density=8900.0,
        conductivity=67.6,
        heat_capacity=530.0,
        emissivity=0.5,
        melting=1728.0,
        expansion=14.0e-6,
        modulus=1.9e11,
        color=(0.52, 0.48, 0.42),
        scale_color=(0.16, 0.16, 0.14),
    ),
    "iron": Metal(
        density=7870.0,
        conductivity=43.3,
        heat_capacity=680.0,
        emissivity=0.78,
        melting=1810.0,
        expansion=13.5e-6,
        modulus=2.0e11,
        color=(0.22, 0.21, 0.21),
        scale_color=(0.06, 0.055, 0.055),
    ),
    "steel": Metal(
        density=7832.0,
        conductivity=39.2,
        heat_capacity=685.0,
        emissivity=0.8,
        melting=1750.0,
        expansion=13.0e-6,
        modulus=1.9e11,
        color=(0.30, 0.30, 0.32),
        scale_color=(0.08, 0.085, 0.10),
    ),
    "stainless steel": Metal(
        density=7900.0,
        conductivity=22.6,
        heat_capacity=582.0,
        emissivity=0.6,
        melting=1670.0,
        expansion=17.5e-6,
        modulus=1.8e11,
        color=(0.46, 0.45, 0.44),
        scale_color=(0.24, 0.18, 0.11),
    ),
    "titanium": Metal(
        density=4500.0,
        conductivity=19.7,
        heat_capacity=633.0,
        emissivity=0.55,
        melting=1953.0,
        expansion=9.5e-6,
        modulus=9.5e10,
        color=(0.38, 0.36, 0.36),
        scale_color=(0.16, 0.14, 0.22),
    ),
    "molybdenum": Metal(
        density=10240.0,
        conductivity=118.0,
        heat_capacity=275.0,
        emissivity=0.4,
        melting=2894.0,
        expansion=5.2e-6,
        modulus=3.1e11,
        color=(0.42, 0.42, 0.44),
        scale_color=(0.12, 0.12, 0.14),
    ),
    "brass": Metal(
        density=8530.0,
        conductivity=137.0,
        heat_capacity=395.0,
        emissivity=0.6,
        melting=1188.0,
        expansion=20.0e-6,
        modulus=1.0e11,
        color=(0.66, 0.45, 0.14),
        scale_color=(0.40, 0.25, 0.07),
    ),
    "aluminium": Metal(
        density=2702.0,
        conductivity=231.0,
        heat_capacity=1000.0,
        emissivity=0.15,
        melting=933.0,
        expansion=25.0e-6,
        modulus=6.5e10,
        color=(0.74, 0.75, 0.76),
        scale_color=(0.50, 0.50, 0.52),
    ),
    "invar": Metal(
        density=8055.0,
        conductivity=12.0,
        heat_capacity=515.0,
        emissivity=0.3,
        melting=1700.0,
        expansion=2.0e-6,
        modulus=1.41e11,
        color=(0.40, 0.39, 0.38),
        scale_color=(0.22, 0.21, 0.20),
    ),
}


def thermal(
    metal: str, temperature: float, *, lapse: float, power: float = 0.0, is_held: bool = False
) -> Thermal:
    """Heat of a body of a metal, run `lapse` times as fast as in nature [K, W]."""
    made = METALS[metal]
    return Thermal(
        temperature=temperature,
        conductivity=made.conductivity,
        heat_capacity=round(made.heat_capacity / lapse, 6),
        film=AIR_FILM,
        emissivity=made.emissivity,
        expansion=made.expansion,
        power=power,
        is_held=is_held,
    )


def metal_substance(metal: str) -> Substance:
    """Scaled metal in contact: friction of steel; red hot and soft it hardly bounces."""
    made = METALS[metal]
    return Substance(
        density=made.density,
        friction=0.65,
        restitution=0.25,
        rolling_friction=0.0003,
        youngs_modulus=made.modulus,
    )


def metal_surface(
    rng: np.random.Generator, metal: str, size: float, kind: str = "noise"
) -> Surface:
    """A specimen about `size` metres large, blotched (or patterned) by its scale."""
    made, brightness = METALS[metal], draw(rng, TINT)
    return Surface(
        base_color=tinted(made.color, brightness),
        roughness=draw(rng, (0.35, 0.6), 3),
        metallic=0.7,
        texture=Texture(
            kind=kind, scale=round(size, 4), second_color=tinted(made.scale_color, brightness)
        ),
    )


def hot(
    name: str,
    solid: Shape,
    metal: str,
    look: Surface,
    heat: Thermal | None,
    *,
    at: Sequence[float] | np.ndarray,
    rotation: Rotation | None = None,
    path: Path | None = None,
    is_static: bool = False,
    form: str = "rigid",
    velocity: Sequence[float] | np.ndarray = (0.0, 0.0, 0.0),
    spin: Sequence[float] | np.ndarray = (0.0, 0.0, 0.0),
) -> Body:
    """A body of a metal with its centre of mass at a point [m]."""
    return Body(
        name=name,
        shape=solid,
        substance=metal_substance(metal),
        surface=look,
        position=vec(at),
        quaternion=quat(rotation or Rotation.identity()),
        linear_velocity=vec(velocity),
        angular_velocity=vec(spin),
        path=path,
        is_static=is_static,
        form=form,
        thermal=heat,
    )


def carousel(at: Sequence[float] | np.ndarray, rate: float, seconds: float) -> Path:
    """The path of a body that turns with a disc about the z axis.

    Args:
        at: Where it starts [m].
        rate: Of the disc [rad/s].
        seconds: How long the clip is [s].
    """
    count = int(np.ceil(abs(rate) * (seconds + 2 * RUN_UP) / KEY_ANGLE)) + 1
    times = np.linspace(-RUN_UP, seconds + RUN_UP, max(count, 5))
    turns = Rotation.from_euler("z", (rate * times)[:, None])
    start = np.array([at[0], at[1], 0.0])
    return Path(
        times=tuple(round(float(time), 6) for time in times),
        shifts=tuple(vec(turn.apply(start) - start) for turn in turns) if start.any() else (),
        turns=tuple(round(float(rate * time), 6) for time in times),
    )


def celsius(kelvin: float) -> str:
    """`1010 degrees Celsius`, to ten degrees."""
    return f"{round((kelvin - 273.15) / 10) * 10:.0f} degrees Celsius"
