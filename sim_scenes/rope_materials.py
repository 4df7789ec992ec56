"""What ropes are made of: a name and a radius -> Substance and Surface.

A rope is light and stretches more than its fibres, since its strands are laid in spirals with air
between them; it bends easily, since they slide. Its values are those of a solid round bar that
weighs, stretches and bends like it.
"""

from dataclasses import dataclass

import numpy as np

from phys4d_pipeline.scene import Substance, Surface, Texture, Vec3

from .draws import Range, draw, pick
from .materials import own_share
from .palette import PAINTS, TINT, contrast, tinted

BRAID = (2.2, 3.0)
"""Length of a repeat of the pattern over the radius [1]: the lay of braided ropes."""
CONTRAST = 0.12
"""Least difference of luminance between the two colours of a braid [1]."""


@dataclass(frozen=True, kw_only=True)
class RopeMaterial:
    """A rope as a solid bar of its outer diameter."""

    density: float
    """[kg/m3]: mass per length over the area of the circle around it."""
    friction: float
    """Sliding, dry, against itself [1]."""
    stiffness: float
    """EA over that area [Pa], at loads up to a fifth of the breaking load."""
    bending: float
    """EI over the second moment of that circle [Pa]."""
    damping: float
    """[s]: a loss factor of 0.2 to 0.4 at the 10 Hz of a bending wave a foot long."""
    colors: tuple[tuple[Vec3, Vec3], ...]
    """Of the strands: base and second."""
    roughness: Range
    metallic: float = 0.0


def _dyed(*names: str) -> tuple[tuple[Vec3, Vec3], ...]:
    """Every pair of paints that differ enough to show the braid."""
    chosen = [PAINTS[name] for name in names]
    return tuple(
        (one, other)
        for one in chosen
        for other in chosen
        if one != other and contrast(one, other) > CONTRAST
    )


# Weight and stretch: data sheets of 12 mm ropes (Cordage Institute CI-1201, EN ISO 1140 nylon,
# EN 698 manila), stretch at a fifth of the breaking load; climbing rope: EN 892, 62 g/m at 10 mm,
# 8 % static elongation under 80 kg; wire rope: EN 12385-4, 6x19, 0.36 kg/m and half the modulus of
# steel over its metallic area of 0.46 at 10 mm.
# Bending: the length (EI / weight per length)^(1/3) at which a rope held level droops by about
# half: 45 mm for cotton, 70 mm for climbing rope, 80 mm nylon, 120 mm manila (all at 12 mm);
# the wires of a 6x19 wire rope bend each for itself: 114 (d / 15)^4 / d^4 of a solid bar, times 10
# for the friction between them.
# Friction: hemp on hemp and oak 0.5 (Marks' Standard Handbook); fibre against itself 0.15 to 0.5
# (Attaway 1999, The mechanics of friction in rope rescue); greased wire rope 0.16.
ROPE_MATERIALS: dict[str, RopeMaterial] = {
    "hemp": RopeMaterial(
        density=920.0,
        friction=0.50,
        stiffness=3.4e8,
        bending=1.7e6,
        damping=0.006,
        colors=(
            ((0.50, 0.36, 0.19), (0.30, 0.19, 0.085)),
            ((0.58, 0.45, 0.27), (0.36, 0.25, 0.13)),
        ),
        roughness=(0.85, 1.0),
    ),
    "nylon": RopeMaterial(
        density=780.0,
        friction=0.25,
        stiffness=2.2e8,
        bending=4.0e5,
        damping=0.004,
        colors=_dyed("white", "blue", "red", "yellow", "orange", "green", "black"),
        roughness=(0.4, 0.6),
    ),
    "cotton": RopeMaterial(
        density=790.0,
        friction=0.45,
        stiffness=1.0e8,
        bending=8.0e4,
        damping=0.006,
        colors=(
            ((0.78, 0.72, 0.60), (0.58, 0.50, 0.38)),
            ((0.80, 0.78, 0.74), (0.45, 0.08, 0.07)),
            ((0.80, 0.78, 0.74), (0.06, 0.14, 0.40)),
        ),
        roughness=(0.9, 1.0),
    ),
    "climbing": RopeMaterial(
        density=800.0,
        friction=0.30,
        stiffness=1.25e8,
        bending=2.7e5,
        damping=0.006,
        colors=_dyed("orange", "teal", "purple", "yellow", "blue", "pink", "green", "black"),
        roughness=(0.5, 0.7),
    ),
    "steel": RopeMaterial(
        density=4600.0,
        friction=0.16,
        stiffness=1.5e9,  # a thirtieth: what 5 kg on 16 mm stretch is 0.02 %, unseen either way,
        bending=4.5e8,  # and waves run along it as fast as along fibre, so that steps are as long
        damping=0.001,
        colors=(((0.52, 0.53, 0.55), (0.16, 0.17, 0.19)),),
        roughness=(0.3, 0.5),
        metallic=1.0,
    ),
}
NOUNS = {
    "hemp": "hemp rope",
    "nylon": "nylon rope",
    "cotton": "cotton rope",
    "climbing": "climbing rope",
    "steel": "steel cable",
}
"""In captions."""
SOFT = ("cotton", "climbing", "nylon")
"""Ropes that bend in loops of a few centimetres under their own weight."""
FIBRE = (*SOFT, "hemp")


def rope_substance(name: str) -> Substance:
    """How a rope of this material behaves."""
    material = ROPE_MATERIALS[name]
    return Substance(
        density=material.density,
        friction=own_share(material.friction),
        restitution=0.0,  # strands that rub leave nothing of an impact to bounce with
        youngs_modulus=material.stiffness,
        bending_modulus=material.bending,
        damping=material.damping,
    )


def rope_surface(rng: np.random.Generator, name: str, radius: float) -> Surface:
    """One specimen: strands of two tones in a braid as long as a rope of this radius has it."""
    material = ROPE_MATERIALS[name]
    base, second = pick(rng, material.colors)
    brightness = draw(rng, TINT)
    return Surface(
        base_color=tinted(base, brightness),
        roughness=draw(rng, material.roughness, 3),
        metallic=material.metallic,
        texture=Texture(
            kind="checker",
            scale=round(radius * draw(rng, BRAID), 5),
            second_color=tinted(second, brightness),
        ),
    )
