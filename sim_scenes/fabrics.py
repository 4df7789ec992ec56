"""A fabric's name -> Substance and Surface of cloth; a cut -> a Body that deforms.

A fabric is known by what a square metre weighs and by forces per width: stretching along warp and
weft, shear, bending. A Substance holds the same over the thickness of the cloth.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from phys4d_pipeline.scene import Body, Shape, Substance, Surface, Texture, Vec3
from phys4d_pipeline.scene_catalog import Preset
from phys4d_pipeline.shapes import build

from .draws import draw, pick, quat, vec
from .fabric_materials import DYES, FABRICS, PARTNERS, PRINTS
from .materials import own_share
from .palette import TINT, contrast, tinted

CONTRAST = 0.10
"""Least difference of luminance between the two colours of a print [1]."""
THINNEST = 0.0024
"""Least thickness of cloth in contact [m]. Finer fabrics keep as far from what they lie on, and
from themselves, as if they were so thick: flat triangles of 18 mm lie 1.2 mm inside the rail of
34 mm that their corners touch, and would let it show through."""
COVER = 0.09
"""Least thickness over the edges of triangles [1]: the solver's vertices keep half of it off."""
WIDEST = 1.5
"""Area of the largest cloth [m2]."""
DIGITS = 6  # of points [m]: rounding strains an edge of 15 mm by 1e-4
VERTICES = {30_000: 2200, 60_000: 4000, 1_000_000: 40_000}
"""About how many vertices a scene has, by the preset's particles."""
FEWEST = 420  # vertices of the coarsest scenes
PER_AREA = 2 / 3**0.5
"""Vertices of equilateral triangles per area over one edge squared [1]."""
POISSONS_RATIO = 0.15
"""Of woven fabrics at small strains: 0.1 to 0.3 (Lloyd and Hearle 1977)."""
DAMPING = 5e-3
"""[s]: a loss factor of 0.16 at the 5 Hz of a swaying fold; in Kawabata's tests the hysteresis of
bending takes a fifth and more of its energy. The solver damps stretching less, as steps allow."""

GRAVITY, AIR, PLATE = 9.81, 1.2, 1.17
"""[m/s2], density [kg/m3], drag coefficient of a square plate across a stream (Hoerner 1965)."""

WORN = 0.62  # brightness of the second colour of a weave over the first [1]


def fabric_thickness(name: str, preset: Preset, share: float = 1.0) -> float:
    """What cloth of this fabric keeps from what it lies on, twice [m].

    Coarse cloth keeps further off, or what it lies on would show through.

    Args:
        name: Of the fabric.
        preset: How fine.
        share: Of the scene's vertices that the cloth has [1].
    """
    coarse = COVER * edge_for(WIDEST, preset, share)
    return round(max(FABRICS[name].thickness, THINNEST, coarse), 5)


def sink_rate(name: str) -> float:
    """Speed at which a level cloth of this fabric falls, and at which wind would lift it [m/s]."""
    return float(np.sqrt(2 * FABRICS[name].weight * GRAVITY / (PLATE * AIR)))


def fabric_substance(name: str, thick: float) -> Substance:
    """How a cloth of this fabric behaves when it is drawn with this thickness [m]."""
    fabric = FABRICS[name]
    # Bending rigidity of a plate is E t^3 / 12 / (1 - nu^2).
    bending = 12 * (1 - POISSONS_RATIO**2) * fabric.bending / thick**3
    return Substance(
        density=round(fabric.weight / thick, 3),
        friction=own_share(fabric.friction),
        restitution=0.0,
        youngs_modulus=round(fabric.warp / thick, 1),
        weft_modulus=round(fabric.weft / thick, 1),
        shear_modulus=round(fabric.shear / thick, 2),
        bending_modulus=round(bending, 3),
        poissons_ratio=POISSONS_RATIO,
        damping=DAMPING,
    )


def fabric_surface(
    rng: np.random.Generator, name: str, prints: Sequence[str] | None = None
) -> Surface:
    """One bolt of it: dyed, woven or printed.

    Args:
        rng: Draws the colours and the size of the print.
        name: Of the fabric.
        prints: Of PRINTS, to choose from; those the fabric comes in by default.
    """
    fabric = FABRICS[name]
    base = DYES[pick(rng, fabric.colors)]
    kind, repeat = PRINTS[pick(rng, tuple(prints or fabric.prints))]
    partners = [DYES[dye] for dye in PARTNERS if contrast(DYES[dye], base) > CONTRAST]
    red, green, blue = base
    worn = (WORN * red, WORN * green, WORN * blue)
    brightness = draw(rng, TINT)
    return Surface(
        base_color=tinted(base, brightness),
        roughness=draw(rng, fabric.roughness, 3),
        texture=Texture(
            kind=kind,
            scale=draw(rng, repeat),
            second_color=tinted(worn if kind == "fabric" else pick(rng, partners), brightness),
        ),
    )


def vertices_of(preset: Preset) -> int:
    """About how many vertices the cloth of a scene has."""
    counts = sorted(VERTICES.items())
    known, numbers = zip((0, 0), *counts, strict=True)
    return max(FEWEST, round(float(np.interp(preset.particles, known, numbers))))


def edge_for(area: float, preset: Preset, share: float = 1.0) -> float:
    """Length of edges with which cloth of this area has its share of a scene's vertices [m]."""
    return round(float(np.sqrt(PER_AREA * area / (share * vertices_of(preset)))), 5)


def sagitta(preset: Preset, radius: float) -> float:
    """How far an edge of a triangle dips into a round thing of this radius [m]."""
    return edge_for(WIDEST, preset) ** 2 / (8 * radius)


def cloth(
    name: str,
    solid: Shape,
    fabric: str,
    look: Surface,
    *,
    at: tuple[float, float, float] | np.ndarray = (0.0, 0.0, 0.0),
    rotation: Rotation | None = None,
    points: Float[np.ndarray, "V 3"] | None = None,
    velocity: tuple[float, float, float] | np.ndarray = (0.0, 0.0, 0.0),
) -> Body:
    """A body of cloth, flat at a place, or where its vertices are given [m, m/s]."""
    if points is not None:
        at = points.mean(0)
    thick = build(solid).shell
    return Body(
        name=name,
        shape=solid,
        substance=fabric_substance(fabric, thick),
        surface=look,
        position=vec(at),
        quaternion=quat(rotation or Rotation.identity()),
        linear_velocity=vec(velocity),
        form="deforming",
        points=() if points is None else tuple(_rounded(point) for point in points),
    )


def rest_points(solid: Shape) -> Float[np.ndarray, "V 3"]:
    """Vertices of a cut as it is drawn, in its body frame [m]."""
    return build(solid).mesh.vertices.copy()


def _rounded(point: np.ndarray) -> Vec3:
    x, y, z = (round(float(value), DIGITS) + 0.0 for value in point)
    return x, y, z
