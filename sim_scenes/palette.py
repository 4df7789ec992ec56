"""Colours and looks of real things, linear RGB; a brightness makes one specimen of them."""

from dataclasses import dataclass

from phys4d_pipeline.scene import Vec3

from .draws import Range

TINT = (0.82, 1.12)
"""Brightness of one specimen against the table [1]."""
DARKEST, BRIGHTEST = 0.02, 0.9  # linear albedo of charcoal and of fresh snow

PAINTS: dict[str, Vec3] = {
    "red": (0.58, 0.04, 0.03),
    "orange": (0.76, 0.24, 0.03),
    "yellow": (0.80, 0.56, 0.06),
    "green": (0.05, 0.31, 0.08),
    "teal": (0.03, 0.31, 0.33),
    "blue": (0.03, 0.12, 0.56),
    "purple": (0.22, 0.06, 0.40),
    "pink": (0.76, 0.26, 0.36),
    "white": (0.84, 0.84, 0.80),
    "cream": (0.80, 0.70, 0.50),
    "black": (0.025, 0.025, 0.03),
}

WALL_PAINTS: tuple[Vec3, ...] = (
    (0.78, 0.76, 0.71),  # off-white
    (0.70, 0.64, 0.54),  # cream
    (0.56, 0.60, 0.60),  # light grey-blue
    (0.46, 0.53, 0.44),  # sage
    (0.34, 0.42, 0.48),  # dusty blue
    (0.62, 0.46, 0.36),  # terracotta, washed
    (0.24, 0.28, 0.32),  # slate
    (0.66, 0.62, 0.64),  # lilac grey
)
WOODWORK: tuple[Vec3, ...] = ((0.80, 0.79, 0.76), (0.42, 0.25, 0.12), (0.20, 0.11, 0.06))
"""Of skirting boards, doors and frames: white gloss, oak, walnut."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """Two colours and the patterns they come in."""

    base_color: Vec3
    second_color: Vec3
    textures: tuple[str, ...]
    repeat: Range = (0.5, 1.2)
    """Of the pattern, as a multiple of the body's size [1]."""


def painted(*names: str) -> tuple[Look, ...]:
    """One plain look per colour of PAINTS."""
    return tuple(
        Look(base_color=PAINTS[name], second_color=PAINTS[name], textures=("plain",))
        for name in names
    )


STEEL_LOOK = Look(
    base_color=(0.56, 0.57, 0.58), second_color=(0.09, 0.10, 0.12), textures=("plain",)
)
BRASS_LOOK = Look(
    base_color=(0.80, 0.60, 0.27), second_color=(0.20, 0.11, 0.04), textures=("plain",)
)
OAK_LOOK = Look(base_color=(0.43, 0.26, 0.12), second_color=(0.24, 0.12, 0.045), textures=("wood",))
PINE_LOOK = Look(base_color=(0.69, 0.47, 0.23), second_color=(0.47, 0.26, 0.09), textures=("wood",))
WHITE_MARBLE = Look(
    base_color=(0.79, 0.78, 0.75), second_color=(0.27, 0.28, 0.30), textures=("marble",)
)
GREEN_MARBLE = Look(
    base_color=(0.06, 0.17, 0.10), second_color=(0.60, 0.66, 0.56), textures=("marble",)
)
BRICK_LOOK = Look(
    base_color=(0.46, 0.15, 0.08), second_color=(0.30, 0.09, 0.05), textures=("noise",)
)
GRANITE_LOOK = Look(
    base_color=(0.42, 0.40, 0.38), second_color=(0.15, 0.14, 0.14), textures=("noise", "marble")
)
LEATHER_LOOK = Look(
    base_color=(0.36, 0.15, 0.06), second_color=(0.20, 0.08, 0.03), textures=("noise",)
)
CORK_LOOK = Look(
    base_color=(0.56, 0.37, 0.21), second_color=(0.30, 0.17, 0.08), textures=("noise",)
)
FELT_LOOKS = tuple(
    Look(base_color=color, second_color=color, textures=("plain",))
    for color in ((0.02, 0.19, 0.07), (0.03, 0.13, 0.30), (0.28, 0.03, 0.05), (0.03, 0.22, 0.24))
)

PAPER_LOOKS = tuple(
    Look(base_color=color, second_color=color, textures=("plain",), repeat=(1.0, 1.0))
    for color in (
        (0.72, 0.72, 0.71),  # white paper in studio light
        (0.42, 0.41, 0.40),
        (0.16, 0.17, 0.19),
        (0.40, 0.50, 0.60),
        (0.62, 0.42, 0.38),
        (0.58, 0.52, 0.40),
        (0.26, 0.36, 0.31),
    )
)
"""Rolls of background paper and the paint of studio floors."""


def tinted(color: Vec3, brightness: float) -> Vec3:
    """The colour of a lighter or darker specimen."""
    red, green, blue = (
        round(min(max(channel * brightness, DARKEST), BRIGHTEST), 4) for channel in color
    )
    return red, green, blue


def contrast(one: Vec3, other: Vec3) -> float:
    """Difference of relative luminance (Rec. 709 weights)."""
    weights = (0.2126, 0.7152, 0.0722)
    return abs(sum(w * (a - b) for w, a, b in zip(weights, one, other, strict=True)))
