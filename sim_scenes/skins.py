"""Skins that hold gas, as materials: a name -> Substance and thickness; a size -> Surface.

Each is a homogeneous sheet of its thickness that weighs, stretches and bends like the real one.
"""

from dataclasses import dataclass

import numpy as np

from phys4d_pipeline.scene import Substance, Surface, Texture, Vec3

from .draws import Range, draw, pick, shuffled
from .materials import own_share
from .palette import PAINTS, TINT, contrast, tinted

CONTRAST = 0.15
"""Least difference of luminance between the two colours of a pattern [1]."""


@dataclass(frozen=True, kw_only=True)
class SkinMaterial:
    """A sheet, and its looks."""

    density: float
    """[kg/m3]"""
    thickness: Range
    """[m]"""
    stiffness: float
    """Young's modulus at the stretches of use [Pa]."""
    bending: float
    """Against bending [Pa]; 0: the same."""
    poissons_ratio: float
    damping: float
    """Viscous over elastic stress [s]."""
    friction: float
    """Sliding, dry, against itself [1]."""
    restitution: float
    """Of the sheet pressed flat against itself [1]; what bounces is the gas."""
    colors: tuple[str, ...]
    """Of PAINTS."""
    roughness: Range
    metallic: float = 0.0


# Latex: c1 = 0.15 MPa and c2 a tenth of it (Mueller and Strehlow 2004, Rubber and Rubber Balloons,
# sect. 3), 6 (c1 + c2) as Young's modulus; density 920 of natural rubber (CRC Handbook); a 12 inch
# balloon weighs 3.2 g, so 0.25 to 0.3 mm unstretched; loss tangent 0.05 at 50 Hz (Ferry 1980).
# Rubber: of playground balls and inner tubes, 60 Shore A: 3.6 MPa (Gent 1958).
# Vinyl: plasticised PVC film, 50 parts of plasticiser: 1230 kg/m3, secant modulus 10 to 20 MPa,
# loss tangent 0.3 at room temperature, which is near its glass transition (Titow 1984).
# Tarpaulin: polyester fabric coated with PVC, 550 to 650 g/m2 at 0.5 mm; biaxial modulus times
# thickness 100 to 600 kN/m once its crimp is pulled out, a tenth of that before (Galliot and
# Luchsinger 2009): bouncy castles, at 2 kPa, stay where it is soft.
# Nylon: pillow fabric, 235 dtex: 170 g/m2 at 0.28 mm, 5 to 20 kN/m at the first 2 % (KES-F tensile
# tests of woven fabrics); bends like a cloth, far more easily than a solid sheet.
# Foil: nylon or polyester of foil balloons with a metal film, 1400 kg/m3, about 20 um: 10 g for one
# of 18 inches. Its own modulus of 3 GPa is never reached: creases left from folding take up the
# first 1 to 2 %, which under the 40 N/m of 0.2 m at 200 Pa are some 2 kN/m.
SKINS: dict[str, SkinMaterial] = {
    "latex": SkinMaterial(
        density=920.0,
        thickness=(2.2e-4, 3.0e-4),
        stiffness=1.0e6,
        bending=0.0,
        poissons_ratio=0.49,
        damping=1.5e-4,
        friction=0.9,
        restitution=0.6,
        colors=("red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "teal"),
        roughness=(0.08, 0.2),
    ),
    "rubber": SkinMaterial(
        density=1120.0,
        thickness=(2.0e-3, 4.0e-3),
        stiffness=3.6e6,
        bending=0.0,
        poissons_ratio=0.49,
        damping=3e-4,
        friction=0.9,
        restitution=0.8,
        colors=("red", "orange", "yellow", "green", "blue", "purple", "pink"),
        roughness=(0.35, 0.6),
    ),
    "vinyl": SkinMaterial(
        density=1230.0,
        thickness=(2.2e-4, 3.2e-4),
        stiffness=1.5e7,
        bending=0.0,
        poissons_ratio=0.4,
        damping=4e-4,
        friction=0.45,
        restitution=0.4,
        colors=("red", "orange", "yellow", "green", "blue", "teal", "pink", "purple"),
        roughness=(0.08, 0.22),
    ),
    "tarpaulin": SkinMaterial(
        density=1200.0,
        thickness=(4.5e-4, 5.5e-4),
        stiffness=3.0e7,
        bending=1.0e7,
        poissons_ratio=0.3,
        damping=3e-4,
        friction=0.45,
        restitution=0.3,
        colors=("red", "yellow", "blue", "green", "orange", "purple"),
        roughness=(0.3, 0.45),
    ),
    "nylon": SkinMaterial(
        density=620.0,
        thickness=(2.6e-4, 3.0e-4),
        stiffness=2.0e7,
        bending=2.0e5,
        poissons_ratio=0.2,
        damping=3e-4,
        friction=0.35,
        restitution=0.2,
        colors=("white", "cream", "teal", "blue", "purple", "pink", "green", "orange"),
        roughness=(0.6, 0.85),
    ),
    "foil": SkinMaterial(
        density=1400.0,
        thickness=(1.8e-5, 2.3e-5),
        stiffness=1.0e8,
        bending=1.5e9,
        poissons_ratio=0.3,
        damping=2e-4,
        friction=0.25,
        restitution=0.2,
        colors=("red", "yellow", "blue", "pink", "purple", "green"),
        roughness=(0.12, 0.25),
        metallic=1.0,
    ),
}
SILVER_AND_GOLD: tuple[Vec3, ...] = ((0.80, 0.80, 0.81), (0.80, 0.60, 0.27))


def skin_substance(name: str) -> Substance:
    """How a sheet of this material behaves."""
    material = SKINS[name]
    return Substance(
        density=material.density,
        friction=own_share(material.friction),
        restitution=own_share(material.restitution),
        youngs_modulus=material.stiffness,
        bending_modulus=material.bending,
        poissons_ratio=material.poissons_ratio,
        damping=material.damping,
    )


def thickness(rng: np.random.Generator, name: str) -> float:
    """Of a specimen [m]."""
    return draw(rng, SKINS[name].thickness, 6)


def skin_colors(rng: np.random.Generator, name: str, count: int) -> list[str]:
    """Colours of several specimens, different ones as long as there are some left."""
    order = shuffled(rng, SKINS[name].colors)
    return [order[k % len(order)] for k in range(count)]


def skin_surface(
    rng: np.random.Generator,
    name: str,
    size: float,
    *patterns: str,
    color: str = "",
    repeat: Range = (0.3, 0.5),
) -> Surface:
    """How a specimen looks.

    Args:
        rng: Draws colours and pattern.
        name: Of the material.
        size: Of the body at rest, which `repeat` is a share of [m].
        patterns: Of `render.textures.KINDS`, one of which it gets; plain by default.
        color: Of PAINTS; one of the material's by default.
        repeat: Of the pattern [1].
    """
    material = SKINS[name]
    brightness = draw(rng, TINT)
    base = PAINTS[color or pick(rng, material.colors)]
    if material.metallic and draw(rng, (0.0, 1.0)) < 0.5:
        base = pick(rng, SILVER_AND_GOLD)
    partners = [color for color in PAINTS.values() if contrast(color, base) > CONTRAST]
    return Surface(
        base_color=tinted(base, brightness),
        roughness=draw(rng, material.roughness, 3),
        metallic=material.metallic,
        texture=Texture(
            kind=pick(rng, patterns) if patterns else "plain",
            scale=round(size * draw(rng, repeat), 4),
            second_color=tinted(pick(rng, partners), brightness),
        ),
    )
