"""A size -> a random solid with a name, a material it could be made of, and its looks.

`size` is the radius of the sphere around the solid, to a fifth.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from phys4d_pipeline.scene import Shape, Surface
from phys4d_pipeline.shapes import build

from .draws import Range, chance, draw, draw_count, pick
from .materials import bold_surface, surface
from .scenery import shape

SMALLEST = 0.055
"""Size below which some parts are thinner than a collision engine's skin allows [m]."""
BOLD_SHARE = 0.3  # of the solids that could carry a pattern, beside the round ones, which all do
ROUND = ("ball", "ellipsoid", "cylinder")

WOOD = ("oak", "pine", "painted wood")
METAL = ("steel", "brass")
TOY = ("plastic", "painted wood", "rubber")
POTTERY = ("ceramic", "glass", "plastic", "marble")
STONE = ("granite", "marble", "brick")
ANY = (*WOOD, *METAL, "plastic", "rubber", "ceramic", "marble", "glass", "cork", "leather")


@dataclass(frozen=True, kw_only=True)
class Solid:
    """What a noun stands for."""

    draw: Callable[[np.random.Generator, float], Shape]
    materials: tuple[str, ...]
    is_convex: bool = False


def draw_solid(
    rng: np.random.Generator,
    size: float,
    nouns: Sequence[str] | None = None,
    *,
    without: Sequence[str] = (),
) -> tuple[str, Shape, str, Surface]:
    """Noun, shape, material and surface of one of SOLIDS.

    Args:
        rng: Source of all draws.
        size: At least SMALLEST for solids that are not convex [m].
        nouns: Of the solids to choose from; all if left out.
        without: Materials to leave out, unless a solid is made of no others.
    """
    noun = pick(rng, tuple(nouns or SOLIDS))
    solid = SOLIDS[noun]
    drawn = solid.draw(rng, size)
    material = pick(
        rng, [name for name in solid.materials if name not in without] or solid.materials
    )
    is_bold = noun in ROUND or chance(rng, BOLD_SHARE)
    look = (bold_surface if is_bold else surface)(rng, material, build(drawn).bounding_radius)
    return noun, drawn, material, look


def _scaled(kind: str, **ranges: Range | tuple[int, int] | float | int) -> Callable:
    """Lengths as multiples of the size; names in RATIOS are numbers of their own."""

    def drawn(rng: np.random.Generator, size: float) -> Shape:
        values = {}
        for name, given in ranges.items():
            unit = 1.0 if name in RATIOS else size
            if not isinstance(given, tuple):
                values[name] = given * unit if name not in RATIOS else given
            elif isinstance(given[0], int):
                values[name] = draw_count(rng, (int(given[0]), int(given[1])))
            else:
                values[name] = unit * draw(rng, given)
        return shape(kind, **values)

    return drawn


RATIOS = (
    "arm",
    "bar_share",
    "bore",
    "breadth",
    "neck",
    "points",
    "ridges",
    "roughness",
    "rungs",
    "seed",
    "sides",
    "steps",
    "teeth",
    "turns",
    "wall_share",
)


def _box(rng: np.random.Generator, size: float) -> Shape:
    ratios = np.array([1.0, draw(rng, (0.4, 1.0)), draw(rng, (0.25, 0.9))])
    return shape("box", half_extents=tuple(size * ratios / np.linalg.norm(ratios)))


def _wedge(rng: np.random.Generator, size: float) -> Shape:
    ratios = np.array([1.0, draw(rng, (0.5, 0.9)), draw(rng, (0.4, 0.8))])
    return shape("wedge", half_extents=tuple(size * ratios / np.linalg.norm(ratios)))


def _superquadric(rng: np.random.Generator, size: float) -> Shape:
    radii = tuple(size * draw(rng, (0.5, 0.8)) for _ in range(3))
    exponents = (draw(rng, (0.3, 1.2), 2), draw(rng, (0.3, 1.2), 2))
    return shape("superquadric", radii=radii, exponents=exponents)


def _ellipsoid(rng: np.random.Generator, size: float) -> Shape:
    return shape("ellipsoid", radii=(size, *(size * draw(rng, (0.5, 0.9)) for _ in range(2))))


def _polyhedron(rng: np.random.Generator, size: float) -> Shape:
    return shape("polyhedron", faces=pick(rng, (4, 6, 8, 12, 20)), radius=size)


def _stellation(rng: np.random.Generator, size: float) -> Shape:
    faces, depth = pick(rng, ((6, 0.62), (8, 0.5), (12, 0.6), (20, 0.6)))
    return shape("stellation", faces=faces, radius=size, depth=depth)


def _dumbbell(rng: np.random.Generator, size: float) -> Shape:
    radius = size * draw(rng, (0.35, 0.42))
    return shape("dumbbell", radius=radius, half_length=size - radius)


def _capsule(rng: np.random.Generator, size: float) -> Shape:
    radius = size * draw(rng, (0.35, 0.6))
    return shape("capsule", radius=radius, half_length=size - radius)


def _pipe(rng: np.random.Generator, size: float) -> Shape:
    radius = size * draw(rng, (0.45, 0.8))
    half = float(np.sqrt(size**2 - radius**2))
    return shape(
        "pipe", radius=radius, inner_radius=radius * draw(rng, (0.6, 0.75)), half_height=half
    )


def _stone(kind: str) -> Callable[[np.random.Generator, float], Shape]:
    def drawn(rng: np.random.Generator, size: float) -> Shape:
        seed = rng.integers(2**31)
        return shape(kind, radius=size, roughness=draw(rng, (0.1, 0.35)), seed=seed)

    return drawn


def _stairs(rng: np.random.Generator, size: float) -> Shape:
    steps = draw_count(rng, (3, 5))
    run, rise = (size * draw(rng, share) / steps for share in ((1.25, 1.4), (0.85, 1.0)))
    return shape("stairs", steps=steps, run=run, rise=rise, width=size * draw(rng, (0.8, 1.0)))


def _letter(rng: np.random.Generator, size: float) -> Shape:
    code = draw_count(rng, (ord("A"), ord("Z")))
    return shape("letter", code=code, height=1.6 * size, half_depth=size * draw(rng, (0.14, 0.28)))


def _beam(kind: str) -> Callable[[np.random.Generator, float], Shape]:
    return _scaled(
        kind, width=(0.8, 1.1), height=(0.8, 1.1), thickness=(0.14, 0.24), half_length=(0.6, 0.75)
    )


SOLIDS: dict[str, Solid] = {
    "ball": Solid(draw=_scaled("sphere", radius=0.85), materials=ANY, is_convex=True),
    "block": Solid(draw=_box, materials=ANY, is_convex=True),
    "wedge": Solid(draw=_wedge, materials=(*WOOD, "plastic", "cork"), is_convex=True),
    "cylinder": Solid(
        draw=_scaled("cylinder", radius=(0.55, 0.7), half_height=(0.6, 0.75)),
        materials=ANY,
        is_convex=True,
    ),
    "capsule": Solid(draw=_capsule, materials=TOY, is_convex=True),
    "cone": Solid(
        draw=_scaled("cone", radius=(0.5, 0.8), height=1.3), materials=ANY, is_convex=True
    ),
    "ellipsoid": Solid(draw=_ellipsoid, materials=ANY, is_convex=True),
    "superquadric": Solid(draw=_superquadric, materials=ANY, is_convex=True),
    "polyhedron": Solid(draw=_polyhedron, materials=ANY, is_convex=True),
    "prism": Solid(
        draw=_scaled("prism", sides=(3, 8), radius=0.75, half_height=(0.35, 0.7)),
        materials=ANY,
        is_convex=True,
    ),
    "rock": Solid(draw=_stone("rock"), materials=STONE, is_convex=True),
    "boulder": Solid(draw=_stone("boulder"), materials=STONE),
    "spiky star": Solid(draw=_stellation, materials=(*TOY, "brass", "glass")),
    "dumbbell": Solid(draw=_dumbbell, materials=(*METAL, "rubber", "plastic")),
    "bottle": Solid(
        draw=_scaled("bottle", height=1.6, radius=(0.4, 0.5)), materials=("glass", "plastic")
    ),
    "bowling pin": Solid(
        draw=_scaled("bowling_pin", height=1.7), materials=("coated maple", "plastic")
    ),
    "spinning top": Solid(
        draw=_scaled("spinning_top", radius=(0.85, 0.95), height=(1.1, 1.4)),
        materials=(*WOOD, "brass"),
    ),
    "pawn": Solid(draw=_scaled("pawn", height=1.6), materials=("oak", "pine", "marble", "ceramic")),
    "cup": Solid(
        draw=_scaled("cup", radius=(0.55, 0.68), height=(1.35, 1.6), wall_share=(0.13, 0.18)),
        materials=(*POTTERY, "steel"),
    ),
    "mug": Solid(
        draw=_scaled("mug", radius=(0.52, 0.6), height=(1.15, 1.3)), materials=("ceramic", "steel")
    ),
    "bowl": Solid(
        draw=_scaled("bowl", radius=(0.9, 0.98), wall_share=(0.1, 0.14)),
        materials=(*POTTERY, "oak"),
    ),
    "plate": Solid(
        draw=_scaled("plate", radius=(0.92, 0.99), wall_share=(0.09, 0.12)), materials=POTTERY
    ),
    "goblet": Solid(
        draw=_scaled("goblet", radius=(0.45, 0.52), height=(1.45, 1.6), wall_share=(0.16, 0.2)),
        materials=("glass", "brass", "steel"),
    ),
    "vase": Solid(
        draw=_scaled(
            "vase", radius=(0.5, 0.62), height=(1.5, 1.7), neck=(0.4, 0.7), wall_share=(0.15, 0.2)
        ),
        materials=("ceramic", "glass", "marble"),
    ),
    "bell": Solid(
        draw=_scaled("bell", radius=(0.75, 0.85), wall_share=(0.13, 0.17)), materials=METAL
    ),
    "funnel": Solid(
        draw=_scaled("funnel", radius=(0.75, 0.85), height=(1.1, 1.3), wall_share=(0.14, 0.18)),
        materials=("steel", "plastic"),
    ),
    "pipe": Solid(draw=_pipe, materials=(*METAL, "plastic")),
    "ring": Solid(
        draw=_scaled("torus", radius=(0.68, 0.76), tube_radius=(0.18, 0.28)),
        materials=(*TOY, "brass", "pine"),
    ),
    "gear": Solid(
        draw=_scaled("gear", radius=0.96, teeth=(8, 16), half_height=(0.12, 0.25), bore=(0.2, 0.4)),
        materials=(*METAL, "plastic", "pine"),
    ),
    "star": Solid(
        draw=_scaled("star", points=(5, 7), radius=0.96, half_height=(0.14, 0.26)),
        materials=(*TOY, "brass"),
    ),
    "heart": Solid(
        draw=_scaled("heart", width=1.75, half_height=(0.18, 0.3)), materials=(*TOY, "ceramic")
    ),
    "cross": Solid(
        draw=_scaled("cross", radius=0.92, arm=(0.25, 0.4), half_height=(0.18, 0.3)), materials=TOY
    ),
    "arrow": Solid(
        draw=_scaled("arrow", length=1.75, width=(1.0, 1.3), half_height=(0.14, 0.24)),
        materials=(*TOY, "steel"),
    ),
    "horseshoe": Solid(
        draw=_scaled(
            "horseshoe", radius=(0.72, 0.8), half_height=(0.1, 0.16), breadth=(0.25, 0.35)
        ),
        materials=METAL,
    ),
    "nut": Solid(
        draw=_scaled("nut", radius=(0.85, 0.92), half_height=(0.28, 0.4), bore=(0.45, 0.6)),
        materials=METAL,
    ),
    "bolt": Solid(
        draw=_scaled("bolt", length=(1.6, 1.75), radius=(0.24, 0.3), ridges=(4, 6)), materials=METAL
    ),
    "wrench": Solid(
        draw=_scaled("wrench", length=1.9, half_height=(0.1, 0.14)), materials=("steel", "brass")
    ),
    "key": Solid(draw=_scaled("key", length=1.85, half_height=(0.1, 0.15)), materials=METAL),
    "letter": Solid(draw=_letter, materials=TOY),
    "angle beam": Solid(draw=_beam("angle_beam"), materials=(*METAL, "pine")),
    "tee beam": Solid(draw=_beam("tee_beam"), materials=(*METAL, "pine")),
    "channel beam": Solid(draw=_beam("channel_beam"), materials=METAL),
    "girder": Solid(draw=_beam("i_beam"), materials=("steel", "brass", "plastic")),
    "staircase": Solid(
        draw=_stairs,
        materials=(*WOOD, "marble"),
    ),
    "hammer": Solid(draw=_scaled("hammer", length=1.55), materials=("steel", "plastic", "pine")),
    "screwdriver": Solid(draw=_scaled("screwdriver", length=1.4), materials=("steel", "plastic")),
    "hook": Solid(
        draw=_scaled("hook", height=(1.7, 1.85), bar_share=(0.15, 0.19)), materials=METAL
    ),
    "spoon": Solid(draw=_scaled("spoon", length=1.5), materials=("steel", "pine", "ceramic")),
    "jack": Solid(draw=_scaled("jack", radius=0.98), materials=(*METAL, "plastic")),
    "anvil": Solid(draw=_scaled("anvil", length=(1.5, 1.65)), materials=("steel", "plastic")),
    "chair": Solid(
        draw=_scaled("chair", width=(0.75, 0.85), height=(1.5, 1.65)), materials=(*WOOD, "plastic")
    ),
    "stool": Solid(
        draw=_scaled("stool", radius=(0.5, 0.62), height=(0.95, 1.1)), materials=(*WOOD, "plastic")
    ),
    "table": Solid(
        draw=_scaled("table", width=(1.3, 1.5), depth=(1.0, 1.1), height=(0.75, 0.95)),
        materials=WOOD,
    ),
    "bench": Solid(
        draw=_scaled("bench", width=(1.5, 1.7), depth=(0.6, 0.8), height=(0.6, 0.8)), materials=WOOD
    ),
    "ladder": Solid(
        draw=_scaled("ladder", width=(0.65, 0.8), height=(1.6, 1.75), rungs=(4, 5)),
        materials=(*WOOD, "brass"),
    ),
    "crate": Solid(
        draw=_scaled("crate", width=(1.2, 1.4), depth=(1.0, 1.1), height=(0.6, 0.85)),
        materials=WOOD,
    ),
    "open box": Solid(
        draw=_scaled(
            "tray", width=(1.2, 1.4), depth=(0.9, 1.1), height=(0.45, 0.7), wall=(0.1, 0.14)
        ),
        materials=(*WOOD, "plastic"),
    ),
    "spring": Solid(
        draw=_scaled(
            "spring", radius=(0.5, 0.6), bar=(0.09, 0.11), pitch=(0.34, 0.38), turns=(3, 4)
        ),
        materials=METAL,
    ),
    "knot": Solid(
        draw=_scaled("knot", radius=0.84, bar=(0.1, 0.13)), materials=(*TOY, "brass", "ceramic")
    ),
}
CONVEX = tuple(noun for noun, solid in SOLIDS.items() if solid.is_convex)
CONCAVE = tuple(noun for noun, solid in SOLIDS.items() if not solid.is_convex)
