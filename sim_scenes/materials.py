"""Real substances and how they look: a name and a size -> Substance and Surface.

A contact multiplies both bodies' values, so a Substance holds the square root of what the table
states for the material against itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from phys4d_pipeline.scene import Substance, Surface, Texture, Vec3

from .draws import Range, draw, pick
from .palette import (
    BRASS_LOOK,
    BRICK_LOOK,
    CORK_LOOK,
    FELT_LOOKS,
    GRANITE_LOOK,
    GREEN_MARBLE,
    LEATHER_LOOK,
    OAK_LOOK,
    PAINTS,
    PINE_LOOK,
    STEEL_LOOK,
    TINT,
    WHITE_MARBLE,
    Look,
    contrast,
    painted,
    tinted,
)

BOLD = ("stripes", "checker", "dots")
"""Patterns that show how a round body turns."""
BOLD_REPEATS = {"stripes": (0.8, 1.3), "checker": (0.9, 1.4), "dots": (0.55, 0.8)}
"""Size of a repeat as a multiple of the body's radius [1]: large enough to be seen."""
CONTRAST = 0.25
"""Least difference of luminance between the two colours of a bold pattern [1]."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """A substance against itself, and its looks."""

    density: float
    """[kg/m3]"""
    friction: float
    """Sliding, dry, against itself [1]."""
    restitution: float
    """Against itself, at about 1 m/s [1]."""
    rolling_friction: float = 0.0
    """Resisting moment per normal force [m]."""
    looks: tuple[Look, ...]
    roughness: Range
    metallic: float = 0.0


# Densities: CRC Handbook and the Wood Handbook (USDA FPL-GTR-282), at 12 % moisture for wood.
# Sliding friction: Marks' Standard Handbook, table of sliding friction, where it lists the pair
# (steel 0.42, oak along the grain 0.48, glass 0.40, leather on oak 0.52); engineering values else.
# Restitution: Newton, Principia, scholium to the laws (glass 15/16, cork a little under 5/9);
# billiards: Alciatore, billiards.colostate.edu (balls 0.92-0.98, friction 0.03-0.08, rolling
# resistance 0.01 of the weight, cloth 0.15-0.4); engineering values else.
MATERIALS: dict[str, Material] = {
    "steel": Material(
        density=7850.0,
        friction=0.42,
        restitution=0.80,
        rolling_friction=0.0001,
        looks=(STEEL_LOOK,),
        roughness=(0.18, 0.42),
        metallic=1.0,
    ),
    "brass": Material(
        density=8500.0,
        friction=0.38,
        restitution=0.60,
        rolling_friction=0.0001,
        looks=(BRASS_LOOK,),
        roughness=(0.16, 0.38),
        metallic=1.0,
    ),
    "oak": Material(
        density=720.0,
        friction=0.48,
        restitution=0.50,
        rolling_friction=0.0005,
        looks=(OAK_LOOK,),
        roughness=(0.45, 0.7),
    ),
    "pine": Material(
        density=510.0,
        friction=0.45,
        restitution=0.45,
        rolling_friction=0.0005,
        looks=(PINE_LOOK,),
        roughness=(0.5, 0.75),
    ),
    "painted wood": Material(
        density=640.0,
        friction=0.40,
        restitution=0.48,
        rolling_friction=0.0005,
        looks=painted("red", "orange", "yellow", "green", "blue", "teal", "purple", "white"),
        roughness=(0.25, 0.5),
    ),
    "rubber": Material(
        density=1100.0,
        friction=1.0,
        restitution=0.88,
        rolling_friction=0.0006,
        looks=painted("red", "orange", "yellow", "green", "blue", "purple", "pink", "black"),
        roughness=(0.5, 0.8),
    ),
    "marble": Material(
        density=2700.0,
        friction=0.50,
        restitution=0.65,
        rolling_friction=0.0001,
        looks=(WHITE_MARBLE, GREEN_MARBLE),
        roughness=(0.12, 0.3),
    ),
    "granite": Material(
        density=2650.0,
        friction=0.62,
        restitution=0.55,
        rolling_friction=0.0002,
        looks=(GRANITE_LOOK,),
        roughness=(0.5, 0.85),
    ),
    "glass": Material(
        density=2500.0,
        friction=0.40,
        restitution=0.93,
        rolling_friction=0.0001,
        looks=painted("teal", "blue", "green", "purple", "black"),
        roughness=(0.04, 0.1),
    ),
    "plastic": Material(  # ABS
        density=1050.0,
        friction=0.35,
        restitution=0.60,
        rolling_friction=0.0002,
        looks=painted("red", "orange", "yellow", "green", "teal", "blue", "pink", "white"),
        roughness=(0.12, 0.35),
    ),
    "brick": Material(
        density=1900.0,
        friction=0.65,
        restitution=0.30,
        rolling_friction=0.001,
        looks=(BRICK_LOOK,),
        roughness=(0.8, 0.95),
    ),
    "ceramic": Material(
        density=2400.0,
        friction=0.45,
        restitution=0.70,
        rolling_friction=0.0001,
        looks=painted("white", "cream", "teal", "blue", "green"),
        roughness=(0.08, 0.22),
    ),
    "leather": Material(
        density=860.0,
        friction=0.56,
        restitution=0.40,
        rolling_friction=0.002,
        looks=(LEATHER_LOOK,),
        roughness=(0.5, 0.7),
    ),
    "cork": Material(
        density=200.0,
        friction=0.60,
        restitution=0.52,
        rolling_friction=0.001,
        looks=(CORK_LOOK,),
        roughness=(0.75, 0.95),
    ),
    "phenolic resin": Material(  # billiard balls: 170 g at 57.2 mm
        density=1740.0,
        friction=0.06,
        restitution=0.95,
        rolling_friction=0.0003,
        looks=painted("red", "orange", "yellow", "green", "blue", "purple", "black"),
        roughness=(0.05, 0.1),
    ),
    "urethane": Material(  # bowling balls: 5.4 to 7.2 kg at 216 mm
        density=1200.0,
        friction=0.16,
        restitution=0.70,
        rolling_friction=0.0003,
        looks=painted("red", "blue", "purple", "green", "black", "orange"),
        roughness=(0.05, 0.15),
    ),
    "coated maple": Material(  # bowling pins: 1.5 to 1.6 kg
        density=700.0,
        friction=0.25,
        restitution=0.62,
        rolling_friction=0.0005,
        looks=painted("white"),
        roughness=(0.15, 0.3),
    ),
    "felt": Material(  # table cloth on slate; with phenolic balls 0.2 and 0.5
        density=2600.0,
        friction=0.67,
        restitution=0.27,
        rolling_friction=0.0002,
        looks=FELT_LOOKS,
        roughness=(0.9, 1.0),
    ),
    "cushion rubber": Material(  # with phenolic balls 0.15 and 0.8
        density=1100.0,
        friction=0.38,
        restitution=0.67,
        looks=FELT_LOOKS,
        roughness=(0.9, 1.0),
    ),
}


def substance(name: str) -> Substance:
    """How a body of this material behaves in contact."""
    material = MATERIALS[name]
    return Substance(
        density=material.density,
        friction=own_share(material.friction),
        restitution=own_share(material.restitution),
        rolling_friction=material.rolling_friction,
    )


def surface(rng: np.random.Generator, name: str, size: float) -> Surface:
    """How a specimen of this material, about `size` metres large, looks."""
    return _finished(rng, name, _plain_surface(rng, name, size))


def _finished(rng: np.random.Generator, name: str, plain: Surface) -> Surface:
    """Some specimens of some materials: clear, polished, brushed, woven or glowing.

    Drawn from a child of `rng`, which leaves the draws of the motion as they are.
    """
    finishes = FINISHES.get(name)
    if finishes is None:
        return plain
    own = rng.spawn(1)[0]
    level = own.random()
    for share, finish in finishes:
        if level < share:
            return finish(own, plain)
        level -= share
    return plain


def _clear(rng: np.random.Generator, plain: Surface) -> Surface:
    """Clear or tinted glass, without a pattern."""
    tint = pick(rng, GLASS_TINTS)
    return Surface(base_color=tint, roughness=0.02, transmission=1.0, refractive_index=1.5)


def _polished(rng: np.random.Generator, plain: Surface) -> Surface:
    """A mirror with a trace of haze; its pattern stays, fainter on steel than on a print."""
    return replace(plain, roughness=draw(rng, (0.03, 0.09), 3))


def _brushed(rng: np.random.Generator, plain: Surface) -> Surface:
    texture = replace(plain.texture, kind="metal")
    return replace(plain, roughness=draw(rng, (0.25, 0.4), 3), texture=texture)


def _glowing(rng: np.random.Generator, plain: Surface) -> Surface:
    """Lit from within in its own colour."""
    strength = draw(rng, (0.6, 1.6), 2)
    red, green, blue = (round(strength * channel, 4) for channel in plain.base_color)
    return replace(plain, emission=(red, green, blue))


GLASS_TINTS: tuple[Vec3, ...] = (
    (0.9, 0.9, 0.9),
    (0.82, 0.9, 0.87),
    (0.45, 0.75, 0.85),
    (0.4, 0.8, 0.5),
    (0.85, 0.55, 0.25),
)
"""Light left after 0.1 m: crown and window glass, blue, green, amber."""
Finish = Callable[[np.random.Generator, Surface], Surface]
FINISHES: dict[str, tuple[tuple[float, Finish], ...]] = {
    "glass": ((0.6, _clear),),
    "steel": ((0.3, _polished), (0.3, _brushed)),
    "brass": ((0.4, _polished),),
    "plastic": ((0.06, _glowing),),
}
"""Material -> share of its specimens and what happens to them."""


def _plain_surface(rng: np.random.Generator, name: str, size: float) -> Surface:
    material = MATERIALS[name]
    look = pick(rng, material.looks)
    brightness = draw(rng, TINT)
    return Surface(
        base_color=tinted(look.base_color, brightness),
        roughness=draw(rng, material.roughness, 3),
        metallic=material.metallic,
        texture=Texture(
            kind=pick(rng, look.textures),
            scale=round(size * draw(rng, look.repeat), 4),
            second_color=tinted(look.second_color, brightness),
        ),
    )


def bold_surface(rng: np.random.Generator, name: str, radius: float) -> Surface:
    """The same with a large two-colour pattern, for bodies that roll or spin."""
    plain = _plain_surface(rng, name, radius)
    kind = pick(rng, BOLD)
    partners = [color for color in PAINTS.values() if contrast(color, plain.base_color) > CONTRAST]
    texture = Texture(
        kind=kind,
        scale=round(radius * draw(rng, BOLD_REPEATS[kind]), 4),
        second_color=pick(rng, partners),
    )
    bold = replace(plain, texture=texture)
    finished = _finished(rng, name, bold)
    # A pattern shows how a body turns; only clear bodies have none.
    return finished if finished.transmission else replace(finished, texture=texture)


def ball_of_mass(
    rng: np.random.Generator, mass: float, names: Sequence[str], radii: Range
) -> tuple[str, float]:
    """Material and radius [m] of a ball of about this mass [kg], both within their choices."""
    radius_of = {
        name: float((mass / (4 / 3 * np.pi * MATERIALS[name].density)) ** (1 / 3)) for name in names
    }
    excess = {
        name: max(radii[0] - radius, radius - radii[1], 0.0) for name, radius in radius_of.items()
    }
    best = [name for name in names if excess[name] == min(excess.values())]
    material = pick(rng, best)
    return material, round(float(np.clip(radius_of[material], *radii)), 4)


def own_share(pair_value: float) -> float:
    """One body's factor of a value stated for a pair of the same material."""
    return round(pair_value**0.5, 6)
