"""What the colours of each layer mean -> the legend beside its panel, and the pictures in it."""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from ..store.manifest import Manifest
from . import colors
from .panels import Scales

PICTURE = 120
"""Size of the wheel and the ball, three times what the page shows [px]."""


def draw_legends(folder: Path) -> None:
    """The pictures that all clips share, made by the functions that colour the layers."""
    y, x = (np.mgrid[0:PICTURE, 0:PICTURE] + 0.5) * 2 / PICTURE - 1
    radius = np.hypot(x, y)
    inside = (255 * np.clip((1 - radius) * PICTURE / 2, 0, 1)).astype(np.uint8)
    x, y = x / np.maximum(radius, 1), y / np.maximum(radius, 1)
    wheel = colors.flow_colors(np.stack([x, y], -1) * (1 - 1e-6), 1.0)
    Image.fromarray(np.dstack([wheel, inside])).save(folder / "flow-wheel.png")
    z = -np.sqrt(np.clip(1 - x**2 - y**2, 0, 1))
    ball = colors.normal_colors(np.stack([x, y, z], -1))
    Image.fromarray(np.dstack([ball, inside])).save(folder / "normal-ball.png")
    Image.fromarray(colors.depth_map()[None]).save(folder / "depth-scale.png")
    Image.fromarray(colors.heat_map()[None]).save(folder / "heat-scale.png")


def swatch(color: Iterable[int]) -> str:
    """A small square of one colour."""
    red, green, blue = color
    return f'<i class="swatch" style="background:rgb({red} {green} {blue})"></i>'


def _rgb(manifest: Manifest, _: Scales, rgb_link: str) -> str:
    size = f"{manifest.width}&times;{manifest.height}, {manifest.fps} fps"
    return f'<a href="{escape(rgb_link)}">Original video<span class="words">, {size}</span></a>'


def _depth(_: Manifest, scales: Scales, __: str) -> str:
    scale = scales.depth
    marks = "".join(
        f'<i style="left:{100 * place:g}%">{sign}{metres(scale.depth_at(place))}</i>'
        for place, sign in ((0.0, "&ge;"), (1 / 3, ""), (2 / 3, ""), (1.0, "&le;"))
    )
    return (
        f'<span class="words">{swatch(colors.SKY)}sky</span>'
        '<span class="scale"><img src="../../depth-scale.png" alt="Depth colours, from '
        f'{metres(scale.far)}, dark, to {metres(scale.near)}, bright">{marks}</span>'
    )


def metres(length: float) -> str:
    """Two significant digits, never an exponent: 310 m, 4.5 m, 0.32 m."""
    return f"{float(f'{length:.2g}'):.6g} m"


def _flow(_: Manifest, scales: Scales, __: str) -> str:
    return (
        f'<span><span class="words">rim of the wheel </span>{scales.flow:.3g} px per frame</span>'
        '<img src="../../flow-wheel.png" width="40" height="40" alt="Colour wheel of flow: right '
        'is red, down yellow, left cyan, up violet, no motion white">'
    )


def _segmentation(_: Manifest, __: Scales, ___: str) -> str:
    return (
        f"<span>{swatch(colors.BACKGROUND)}ground and sky</span>"
        '<span class="words">one colour per body</span>'
    )


def _normals(_: Manifest, __: Scales, ___: str) -> str:
    return (
        '<span class="words">right red, up green, towards the camera blue</span>'
        '<img src="../../normal-ball.png" width="40" height="40" alt="A ball in the colours of its '
        'normals: right red, up green, towards the camera blue">'
    )


def _occlusion(_: Manifest, __: Scales, ___: str) -> str:
    names = ("visible in the next frame", "hidden", "out of frame")
    return "".join(
        f"<span{' class=words' if place == 0 else ''}>{swatch(color)}{name}</span>"
        for place, (color, name) in enumerate(
            zip(list(colors.OCCLUSION.values())[:3], names, strict=True)
        )
    )


def _temperature(_: Manifest, scales: Scales, __: str) -> str:
    scale = scales.heat
    assert scale is not None, "only clips with temperatures have this panel"
    marks = "".join(
        f'<i style="left:{100 * place:g}%">{sign}{kelvin(scale, place)}</i>'
        for place, sign in ((0.0, "&le;"), (0.5, ""), (1.0, "&ge;"))
    )
    return (
        f'<span class="words">{swatch(colors.BACKGROUND)}unknown</span>'
        '<span class="scale"><img src="../../heat-scale.png" alt="Colours of temperature, from '
        f'{kelvin(scale, 0.0)}, blue, to {kelvin(scale, 1.0)}, yellow">{marks}</span>'
    )


def kelvin(scale: colors.HeatScale, place: float) -> str:
    """Of a place of the colour map, as many digits as tell its marks apart: 1290 K, 293.4 K."""
    digits = 1 if scale.hot - scale.cold < 30 else 0
    return f"{scale.kelvin_at(place):.{digits}f} K"


LEGENDS: Mapping[str, Callable[[Manifest, Scales, str], str]] = {
    "rgb": _rgb,
    "depth": _depth,
    "flow": _flow,
    "segmentation": _segmentation,
    "normals": _normals,
    "occlusion": _occlusion,
    "temperature": _temperature,
}
