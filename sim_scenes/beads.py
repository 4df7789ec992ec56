"""Beads by name: what they are made of and how they look -> bodies of grains."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from phys4d_pipeline.scene import Body, Shape, Substance, Surface, Vec3
from phys4d_pipeline.scene_catalog import Preset

from .draws import Range, draw, pick
from .materials import MATERIALS, substance
from .palette import PAINTS, TINT, tinted
from .staging import drawn_at

PER_GRAIN = 10
"""Particles of a preset for one grain: a rigid sphere costs as much as ten of a continuum."""


@dataclass(frozen=True, kw_only=True)
class Bead:
    """One sort of beads."""

    material: str
    """One of MATERIALS."""
    noun: str
    """In captions, in the plural."""
    colors: tuple[str, ...] = ()
    """Out of PAINTS; none: as the material is."""
    color: Vec3 = (0.5, 0.5, 0.5)
    """Linear RGB, without colours."""
    roughness: Range = (0.15, 0.35)


BRIGHT = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "white")
BEADS: tuple[Bead, ...] = (
    Bead(material="plastic", noun="plastic beads", colors=BRIGHT),
    Bead(material="glass", noun="glass beads", colors=BRIGHT, roughness=(0.04, 0.1)),
    Bead(material="ceramic", noun="ceramic beads", colors=BRIGHT, roughness=(0.08, 0.2)),
    Bead(material="painted wood", noun="painted wooden beads", colors=BRIGHT),
    Bead(material="pine", noun="wooden beads", color=(0.62, 0.40, 0.19), roughness=(0.5, 0.7)),
    Bead(material="steel", noun="steel balls", color=(0.56, 0.57, 0.58), roughness=(0.15, 0.3)),
    Bead(material="cork", noun="cork balls", color=(0.50, 0.32, 0.18), roughness=(0.8, 0.95)),
)


def how_many(preset: Preset, most: int, least: int) -> int:
    """Grains for a preset, within what a family can show and afford."""
    return int(np.clip(preset.particles // PER_GRAIN, least, most))


def colors_of(rng: np.random.Generator, bead: Bead, count: int) -> list[tuple[str, Vec3]]:
    """Names and linear RGB of so many different colours; of unpainted beads, one shade each."""
    if not bead.colors:
        shades = np.linspace(1.0, 0.45, count) if count > 1 else [1.0]
        return [("", tinted(bead.color, float(shade))) for shade in shades]
    names = [bead.colors[int(k)] for k in rng.permutation(len(bead.colors))[:count]]
    return [(name, tinted(PAINTS[name], draw(rng, TINT))) for name in names]


def heap(
    name: str,
    centres: Float64[np.ndarray, "N 3"],
    radii: Float64[np.ndarray, " N"],
    made_of: Substance,
    look: Surface,
) -> Body:
    """A body of grains whose centres are at points of the world [m]."""
    solid = Shape(
        kind="balls",
        parameters={
            "centres": tuple(np.round(centres, 6).ravel().tolist()),
            "radii": tuple(np.round(radii, 6).tolist()),
        },
    )
    at, rotation = drawn_at(solid, (0.0, 0.0, 0.0))
    w, x, y, z = (float(v) for v in rotation.as_quat(scalar_first=True))
    return Body(
        name=name,
        shape=solid,
        substance=made_of,
        surface=look,
        position=at,
        quaternion=(w, x, y, z),
        form="particles",
    )


def bead_surface(rng: np.random.Generator, bead: Bead, color: Vec3) -> Surface:
    """How beads of this sort and colour look."""
    return Surface(
        base_color=color,
        roughness=draw(rng, bead.roughness, 3),
        metallic=MATERIALS[bead.material].metallic,
    )


def bead_substance(bead: Bead) -> Substance:
    """How they behave in contact."""
    return substance(bead.material)


def sorted_by_color(
    rng: np.random.Generator,
    bead: Bead,
    centres: Float64[np.ndarray, "N 3"],
    radii: Float64[np.ndarray, " N"],
    group: np.ndarray,
) -> tuple[list[Body], list[str]]:
    """One body per group of grains, each in its own colour; and the colours' names.

    Args:
        rng: Draws the colours.
        bead: What they are.
        centres: Of all grains [m].
        radii: Of all grains [m].
        group: From 0 up, of every grain.
    """
    count = int(group.max()) + 1
    colors = colors_of(rng, bead, count)
    rough = draw(rng, bead.roughness, 3)
    bodies = []
    for k, (_, color) in enumerate(colors):
        look = Surface(
            base_color=color, roughness=rough, metallic=MATERIALS[bead.material].metallic
        )
        here = group == k
        bodies.append(
            heap(f"beads_{k + 1}", centres[here], radii[here], bead_substance(bead), look)
        )
    return bodies, [name for name, _ in colors]


def any_bead(rng: np.random.Generator) -> Bead:
    """One of the sorts."""
    return pick(rng, BEADS)
