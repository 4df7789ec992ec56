"""Clips and their facts -> the HTML of the index page and of one page per clip.

Only text is made here; `build.py` makes the pictures and puts both together.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from jaxtyping import Float64

from ..states import States
from ..store.layers import LOW
from ..store.reader import Clip
from . import colors, legends, panels
from .sheet_video import COLUMNS

ASSETS = ("gallery.css", "index.js", "player.js", "plot.js")
TITLES = {
    "rgb": "RGB",
    "depth": "Depth",
    "flow": "Forward flow",
    "segmentation": "Segmentation",
    "normals": "Normals",
    "occlusion": "Occlusion",
    "temperature": "Temperature",
}
SHOWN_AT_FIRST = ("rgb", "depth", "flow", "segmentation", "temperature")


@dataclass(frozen=True, kw_only=True)
class ClipPage:
    """A stored clip as one camera sees it, and what was drawn of it."""

    clip: Clip
    scales: panels.Scales
    rgb_link: str
    """Where the full-size video lies, seen from this page."""

    @property
    def name(self) -> str:
        """The folder of the page."""
        return page_name(self.clip)

    @property
    def passed(self) -> int:
        """How many checks hold."""
        return sum(bool(check["pass"]) for check in self.clip.checks)


def page_name(clip: Clip) -> str:
    """The clip's id, and the camera if it is not the first."""
    return clip.clip_id + (f"-camera-{clip.camera_index}" if clip.camera_index else "")


def asset_text(name: str) -> str:
    """A page asset that is shipped with the package."""
    return Path(__file__).with_name(name).read_text("utf-8")


def index_html(title: str, pages: Sequence[ClipPage]) -> str:
    """The page of all clips."""
    categories = sorted({page.clip.manifest.category for page in pages})
    seconds = sum(page.clip.manifest.num_frames / page.clip.manifest.fps for page in pages)
    checks, passed = (
        sum(len(page.clip.checks) for page in pages),
        sum(page.passed for page in pages),
    )
    return Template(asset_text("index.html")).substitute(
        title=escape(title),
        summary=(
            f"{_count(len(pages), 'clip')}, {seconds:.4g} s of video, "
            f"{_count(len(categories), 'category', 'categories')}; "
            f"{passed} of {checks} physics and ground-truth checks passed"
        ),
        choices=_choices(categories),
        cards="\n".join(_card(page) for page in pages),
    )


def _choices(categories: Sequence[str]) -> str:
    if len(categories) < 2:
        return ""
    choices = [("", "All"), *((name, _words(name)) for name in categories)]
    return "\n".join(
        f'<button class="choice" type="button" data-category="{escape(value)}" '
        f'aria-pressed="{"false" if value else "true"}">{escape(text)}</button>'
        for value, text in choices
    )


def _card(page: ClipPage) -> str:
    manifest = page.clip.manifest
    words = f"{manifest.caption} {manifest.family} {manifest.category} {page.clip.clip_id}"
    folder = f"clips/{escape(page.name)}"
    caption = escape(manifest.caption)
    return (
        f'<li data-category="{escape(manifest.category)}" data-words="{escape(words.lower())}">'
        f'<a class="card clip-card" href="{folder}/index.html">'
        '<picture><source media="(prefers-reduced-motion: reduce)" '
        f'srcset="{folder}/poster.webp"><img src="{folder}/preview.webp" width="384" height="216" '
        'loading="lazy" alt=""></picture>'
        f'<span class="text"><span class="caption">{caption}</span>{_tags(page)}</span></a></li>'
    )


def _tags(page: ClipPage) -> str:
    manifest = page.clip.manifest
    tags = [_words(manifest.category), _words(manifest.family), _words(manifest.split)]
    whole = page.passed == len(page.clip.checks)
    result = f"{page.passed}/{len(page.clip.checks)} checks"
    return (
        '<span class="tags">'
        + "".join(f'<span class="tag">{escape(tag)}</span>' for tag in tags)
        + f'<span class="tag {"pass" if whole else "fail"}">{result}</span></span>'
    )


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Where the links of a clip's page lead: names of pages."""

    before: str | None
    after: str | None
    place: str
    """Reads like "2 of 9"."""
    cameras: Sequence[str]
    """The same clip from every camera, in their order."""


def clip_html(page: ClipPage, neighbours: Neighbours) -> str:
    """The page of one clip as one camera sees it."""
    manifest, bodies = page.clip.manifest, page.clip.scene.bodies
    layers = panels.layers_of(page.clip)
    return Template(asset_text("clip.html")).substitute(
        clip_id=escape(page.clip.clip_id),
        caption=escape(manifest.caption),
        tags=_tags(page),
        neighbours=_neighbours(neighbours),
        cameras=_cameras(page.name, neighbours.cameras),
        toggles="\n".join(_toggle(name) for name in layers),
        panels="\n".join(_panel(place, name, page) for place, name in enumerate(layers)),
        last_frame=manifest.num_frames - 1,
        energies="\n".join(_energy(name) for name in _energies(page.clip.states)),
        num_bodies=len(bodies),
        bodies="".join(_body(number, body.name) for number, body in enumerate(bodies, 1)),
        facts="".join(f"<dt>{escape(k)}</dt><dd>{v}</dd>" for k, v in _facts(page)),
        passed=page.passed,
        num_checks=len(page.clip.checks),
        checks="\n".join(_check(check) for check in page.clip.checks),
        layers="\n".join(_stored_layers(page.clip)),
        data=_script_json(_data(page)),
    )


def _neighbours(neighbours: Neighbours) -> str:
    before = _link(neighbours.before, "prev", "&larr; Previous")
    after = _link(neighbours.after, "next", "Next &rarr;")
    return f'{before}<span class="soft">{escape(neighbours.place)}</span>{after}'


def _link(name: str | None, relation: str, text: str) -> str:
    return f'<a rel="{relation}" href="../{escape(name)}/index.html">{text}</a>' if name else ""


def _cameras(name: str, cameras: Sequence[str]) -> str:
    """A choice of cameras, if there is one."""
    if len(cameras) < 2:
        return ""
    links = "".join(
        f'<a class="choice" href="../{escape(each)}/index.html"'
        f"{' aria-current=page' if each == name else ''}>camera {number}</a>"
        for number, each in enumerate(cameras)
    )
    return f'<nav class="tags" aria-label="Cameras">{links}</nav>'


def _toggle(name: str) -> str:
    checked = " checked" if name in SHOWN_AT_FIRST else ""
    return (
        f'<label class="toggle"><input type="checkbox" value="{name}"{checked}>'
        f"<span>{TITLES[name]}</span></label>"
    )


def _panel(place: int, name: str, page: ClipPage) -> str:
    height, width = panels.panel_size(page.clip)
    title = TITLES[name]
    legend = legends.LEGENDS[name](page.clip.manifest, page.scales, page.rgb_link)
    return (
        f'<figure data-layer="{name}" data-place="{place}"><div class="stage">'
        f'<canvas width="{width}" height="{height}" role="img" aria-label="{title}"></canvas>'
        f'<button class="enlarge" type="button" aria-label="Enlarge {title}" title="Enlarge (Esc '
        'to return)"><svg width="16" height="16" viewBox="0 0 24 24" fill="currentColor" '
        'aria-hidden="true"><path d="M4 4h7v2.5H6.5V11H4zM20 20h-7v-2.5h4.5V13H20z"/></svg>'
        f"</button></div><figcaption><b>{title}</b>"
        f'<span class="legend">{legend}</span></figcaption></figure>'
    )


def _body(number: int, name: str) -> str:
    color = colors.segmentation_colors(np.array([number], np.uint16))[0].tolist()
    label = f"{number} {_words(name)}"
    return f'<li title="{escape(label)}">{legends.swatch(color)}{escape(label)}</li>'


def _facts(page: ClipPage) -> Iterable[tuple[str, str]]:
    manifest, solver = page.clip.manifest, page.clip.scene.solver
    seconds = manifest.num_frames / manifest.fps
    yield "Clip", f'<span class="mono">{escape(page.clip.clip_id)}</span>'
    yield "Length", f"{manifest.num_frames} frames at {manifest.fps} fps, {seconds:.3g} s"
    yield "Picture", f"{manifest.width}&times;{manifest.height} px"
    yield "Solver", f"{escape(manifest.solver_version)} at {solver.rate} Hz"
    yield "Seed", str(manifest.seed)
    yield "Gravity", f"{math.hypot(*page.clip.scene.gravity):.4g} m/s&sup2;"
    yield "Size", f"{manifest.num_bytes / 1e6:.3g} MB in the store"
    if manifest.timings:
        timings = manifest.timings.items()
        yield "Made in", ", ".join(f"{escape(name)} {time:.3g} s" for name, time in timings)
    yield "Code", escape(f"{manifest.code_version}, {manifest.renderer_version}")
    yield "Content", f'<span class="mono">{escape(manifest.content_sha256[:16])}</span>'


def _check(check: Mapping[str, Any]) -> str:
    passed, value, bound = bool(check["pass"]), check["value"], check["bound"]
    share = ""
    if 0 < bound < math.inf and value >= 0:
        share = (
            f'<meter min="0" max="1" low="0.8" high="0.95" optimum="0" '
            f'value="{min(value / bound, 1.0):.3f}">{value / bound:.0%}</meter>'
        )
    mark = "pass" if passed else "fail"
    note = "" if check.get("blocking", True) else ", advisory"
    return (
        f'<tr class="{"" if passed else "failed"}"><td>{escape(_words(check["name"]))}'
        f"<small>{escape(check.get('source', ''))}{note}</small></td>"
        f'<td class="number">{value:.4g}</td><td class="number">{bound:.4g}</td>'
        f"<td>{escape(check['unit'])}</td><td>{share}</td>"
        f'<td><span class="tag {mark}">{mark}</span></td></tr>'
    )


def _stored_layers(clip: Clip) -> Iterable[str]:
    """A row per layer of this camera; the quarter-size tier in one row."""
    low = 0
    for layer in clip.manifest.layers:
        name = layer.file.partition("/")[2].removesuffix(".parquet")
        if layer.camera != clip.camera_index:
            continue
        if name.startswith(LOW):
            low += layer.bytes
        else:
            yield _layer_row(name, f"largest error {layer.max_error}", layer.codec, layer.bytes)
    heat = ", temperature" if panels.HEAT in clip.layer_keys else ""
    yield _layer_row("low", f"depth, flow{heat} and segmentation at a quarter of the size", "", low)


def _layer_row(name: str, note: str, codec: str, num_bytes: int) -> str:
    return (
        f"<tr><td>{escape(_words(name))}<small>{escape(note)}</small></td>"
        f'<td>{escape(codec)}</td><td class="number">{num_bytes / 1e6:.3g} MB</td></tr>'
    )


def _data(page: ClipPage) -> dict[str, Any]:
    """What player.js and plot.js read."""
    manifest, states = page.clip.manifest, page.clip.states
    height, width = panels.panel_size(page.clip)
    contacts = states.contacts
    impulse = np.bincount(contacts.frame, weights=contacts.impulse, minlength=manifest.num_frames)
    return {
        "num_frames": manifest.num_frames,
        "fps": manifest.fps,
        "panel": {"width": width, "height": height},
        "columns": COLUMNS,
        "sheet": "sheet.mp4",
        "energy": {
            name: [float(f"{v:.6g}") for v in values] for name, values in _energies(states).items()
        },
        "impulse": [float(f"{v:.4g}") for v in impulse],
    }


def _energies(states: States) -> dict[str, Float64[np.ndarray, " T"]]:
    """The curves of the plot [J], by name."""
    lowest = states.potential_energy.min()  # a height above z = 0 would dwarf what moves
    curves = {
        "kinetic": states.kinetic_energy,
        "potential": states.potential_energy - lowest,
        "total": states.total_energy - lowest,
    }
    if states.work.any():  # by motors and hands: what the total may have risen by
        curves["work"] = states.work
    return curves


def _energy(name: str) -> str:
    return f'<div class="{name}"><dt>{name.capitalize()}</dt><dd id="{name}"></dd></div>'


def _script_json(data: Mapping[str, Any]) -> str:
    """JSON that cannot close the script element it stands in."""
    return json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
