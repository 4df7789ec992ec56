"""Jelly, rubber, foam, clay: a name and a size -> Substance and Surface of a soft body."""

from dataclasses import dataclass

import numpy as np

from phys4d_pipeline.scene import Substance, Surface, Texture, Vec3

from .draws import Range, draw, pick
from .materials import BOLD, own_share
from .palette import PAINTS, TINT, contrast, tinted

ROUND = ("sphere", "cylinder", "ellipsoid")
"""Kinds of shapes that only a pattern shows turning."""
CONTRAST = 0.12
"""Least difference of luminance between the two colours of a pattern [1]."""
RESTITUTION = 0.1
"""Of the touching surface alone [1]: what makes a soft body bounce is its own elasticity."""


@dataclass(frozen=True, kw_only=True)
class SoftMaterial:
    """A soft substance and its looks."""

    density: float
    """[kg/m3]"""
    stiffness: float
    """Young's modulus at small strain [Pa]."""
    poisson: float
    """[1]"""
    friction: float
    """Sliding, against itself [1]."""
    damping: float
    """Viscous over elastic stress [s]: the loss factor over 2 pi times the frequency at which a
    body of 10 cm wobbles."""
    yield_stress: float = 0.0
    """Von Mises [Pa]; 0: it springs back from everything."""
    colors: tuple[Vec3, ...]
    """Linear RGB; of a clear one, the light left after 0.1 m of it."""
    second: tuple[Vec3, ...] = ()
    """Of patterns; empty: it has none."""
    patterns: tuple[str, ...] = ()
    repeat: Range = (0.3, 0.5)
    """Of the patterns, over the body's size [1]."""
    roughness: Range
    clear: float = 0.0
    """Share of light that goes through [1]."""
    index: float = 1.36


CLEAR_COLORS: tuple[Vec3, ...] = (
    (0.72, 0.035, 0.045),
    (0.85, 0.23, 0.02),
    (0.80, 0.62, 0.03),
    (0.12, 0.62, 0.08),
    (0.10, 0.40, 0.72),
    (0.42, 0.06, 0.55),
)
"""Strawberry, orange, lemon, lime, blueberry, grape."""
BRIGHT = tuple(
    PAINTS[name] for name in ("red", "orange", "yellow", "green", "teal", "blue", "pink")
)
PASTEL: tuple[Vec3, ...] = (
    (0.75, 0.42, 0.46),
    (0.78, 0.70, 0.42),
    (0.42, 0.66, 0.55),
    (0.45, 0.55, 0.75),
    (0.72, 0.68, 0.62),
)
CREAM: tuple[Vec3, ...] = ((0.80, 0.74, 0.60), (0.82, 0.80, 0.74))
# Gelatine gels of 3 to 6 %: E 2 to 8 kPa, loss factor 0.05 to 0.1 (Kwon and Subhash 2010; Markidou
# et al. 2005); panna cotta and flan 2 to 6 kPa; tofu, silken 4 to 6 kPa (Yuan and Chang 2007).
# Platinum silicones by their data sheets (Smooth-On): Ecoflex 00-10 Shore 00-10, 55 kPa at 100 %;
# 00-30 Shore 00-30, 69 kPa; Dragon Skin 10 Shore 10A, 151 kPa; 1040 to 1070 kg/m3. Marshmallow:
# 20 to 30 kPa, 300 to 500 kg/m3 (Kaletunc et al. 1992). Gummies of 7 % gelatine: 30 to 60 kPa.
# Foams: viscoelastic and upholstery polyurethane of 40 to 85 kg/m3, 5 to 40 kPa at small strain,
# Poisson's ratio 0.1 to 0.3 (Gibson and Ashby 1997). Fibre fill in plush: bulk density 60 to 100.
# Modelling dough: 1200 to 1300 kg/m3, yields at 3 to 8 kPa, modulus some 30 times that.
SOFT_MATERIALS: dict[str, SoftMaterial] = {
    "jelly": SoftMaterial(
        density=1050.0, stiffness=5.0e3, poisson=0.46, friction=0.35, damping=0.003,
        colors=CLEAR_COLORS, roughness=(0.0, 0.03), clear=0.55,
    ),
    "firm jelly": SoftMaterial(
        density=1080.0, stiffness=1.2e4, poisson=0.46, friction=0.35, damping=0.002,
        colors=CLEAR_COLORS, roughness=(0.0, 0.03), clear=0.55,
    ),
    "gummy": SoftMaterial(
        density=1250.0, stiffness=4.0e4, poisson=0.45, friction=0.5, damping=0.003,
        colors=CLEAR_COLORS, roughness=(0.04, 0.1), clear=0.5, index=1.45,
    ),
    "panna cotta": SoftMaterial(
        density=1060.0, stiffness=4.0e3, poisson=0.46, friction=0.3, damping=0.004,
        colors=CREAM, roughness=(0.15, 0.3),
    ),
    "silicone gel": SoftMaterial(
        density=1040.0, stiffness=3.0e4, poisson=0.46, friction=0.8, damping=0.001,
        colors=BRIGHT, roughness=(0.12, 0.3),
        second=PASTEL, patterns=("plain", "dots", "stripes"),
    ),
    "silicone rubber": SoftMaterial(
        density=1070.0, stiffness=1.0e5, poisson=0.45, friction=0.9, damping=0.0005,
        colors=BRIGHT, roughness=(0.25, 0.5),
        second=BRIGHT, patterns=("dots", "stripes", "checker"),
    ),
    "marshmallow": SoftMaterial(
        density=450.0, stiffness=1.5e4, poisson=0.3, friction=0.6, damping=0.004,
        colors=(*CREAM, PASTEL[0], PASTEL[3]), roughness=(0.8, 0.95),
    ),
    "foam": SoftMaterial(
        density=85.0, stiffness=8.0e3, poisson=0.2, friction=0.7, damping=0.003,
        colors=(*PASTEL, *BRIGHT), roughness=(0.9, 1.0),
        second=PASTEL, patterns=("noise",), repeat=(0.06, 0.1),
    ),
    "sponge": SoftMaterial(
        density=120.0, stiffness=8.0e3, poisson=0.15, friction=0.7, damping=0.006,
        colors=((0.72, 0.50, 0.10), (0.75, 0.62, 0.18), (0.16, 0.42, 0.62)), roughness=(0.95, 1.0),
        second=((0.40, 0.25, 0.05), (0.30, 0.22, 0.06)), patterns=("noise",), repeat=(0.05, 0.08),
    ),
    "plush": SoftMaterial(
        density=90.0, stiffness=5.0e3, poisson=0.2, friction=0.8, damping=0.008,
        colors=(*PASTEL, *BRIGHT), roughness=(0.95, 1.0),
        second=(*CREAM, *PASTEL), patterns=("dots", "stripes", "checker", "plain"),
    ),
    "modelling dough": SoftMaterial(
        density=1250.0, stiffness=1.5e5, poisson=0.42, friction=0.7, damping=0.002,
        yield_stress=5.0e3,
        colors=BRIGHT, roughness=(0.55, 0.75),
    ),
}  # fmt: skip
CLEAR = ("jelly", "firm jelly", "gummy")


def soft_substance(name: str) -> Substance:
    """How a body of this material behaves."""
    made = SOFT_MATERIALS[name]
    return Substance(
        density=made.density,
        friction=own_share(made.friction),
        restitution=RESTITUTION,
        youngs_modulus=made.stiffness,
        poissons_ratio=made.poisson,
        damping=made.damping,
        yield_stress=made.yield_stress,
    )


def soft_surface(rng: np.random.Generator, name: str, size: float, kind: str = "") -> Surface:
    """One specimen, about `size` metres large; of a round kind of shape, so that its turns show."""
    made = SOFT_MATERIALS[name]
    brightness = 1.0 if made.clear else draw(rng, TINT)
    base = tinted(pick(rng, made.colors), brightness)
    partners = [color for color in made.second if contrast(color, base) > CONTRAST]
    pattern = pick(rng, made.patterns) if made.patterns and partners else "plain"
    if kind in ROUND and not made.clear and pattern not in BOLD:
        pattern = pick(rng, BOLD)
        partners = [color for color in PAINTS.values() if contrast(color, base) > CONTRAST]
    return Surface(
        base_color=base,
        roughness=draw(rng, made.roughness, 3),
        texture=Texture(
            kind=pattern,
            scale=round(size * draw(rng, made.repeat), 4),
            second_color=tinted(pick(rng, partners), brightness) if partners else base,
        ),
        transmission=made.clear,
        refractive_index=made.index,
    )
