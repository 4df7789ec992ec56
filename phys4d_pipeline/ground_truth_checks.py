"""A clip's decoded layers against each other: do depth, motion and poses tell the same story?

Points seen at sampled pixels are moved with their body and projected again, in float64 and without
the code that draws: rigid bodies by their recorded poses, others by the surface that the recorded
points give. Flow and `dz` must agree within what the codecs and float32 rendering lose; the bounds
say how much that is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from .checks import Check
from .motion.material_points import Carry, Seen, carry_points, carry_rigid
from .render.ground_truth import HIDDEN, OUT_OF_FRAME, UNDEFINED, VISIBLE
from .store.reader import Clip, Frames

MAX_FRAMES = 6
MAX_POINTS = 30_000
DEPTH_ERROR = 7.3e-5
"""Relative, of the depth codec."""
FLOW_ERROR = 1 / 64
"""Of the flow codec [px]."""
NEAR = 0.1
"""Nearest depth that is stored [m]; flow to a place behind it may be undefined."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a measured value may be."""

    bound: float
    unit: str
    source: str
    per_row: int = 0
    """Rows of the picture that the bound is for, if it grows with the width of a pixel."""

    def bound_at(self, rows: int) -> float:
        """In a picture of so many rows."""
        return self.bound * max(1.0, self.per_row / rows)


KELVIN_ERROR = 1 / 32
"""Of the temperature codec [K]."""
_COUNT = "exact by definition: docs/conventions.md"
RULES = {
    "flow_from_depth_and_poses": Rule(
        bound=FLOW_ERROR + 0.02,
        unit="px",
        source="flow codec 1/64 px + float32 rendering 0.02 px; after what depth's error moves",
    ),
    "dz_from_depth_and_poses": Rule(
        bound=3e-5,
        unit="1",
        source="share of the distance: float32 on triangles seen edge-on, 8e-6 measured; after "
        "what both codecs lose",
    ),
    "undefined_flow": Rule(bound=0.0, unit="px", source=f"{_COUNT}; depth below {NEAR} m excepted"),
    "occlusion_codes": Rule(bound=0.0, unit="px", source=_COUNT),
    "occlusion_out_of_frame": Rule(
        bound=0.0, unit="px", source=f"{_COUNT}; within 1/32 px of the border either is right"
    ),
    "occlusion_against_ids": Rule(
        bound=1e-3,
        unit="1",
        source="share of points that slivers below a pixel may cover in 1080 rows; in fewer, as "
        "many times more as pixels are wider",
        per_row=1080,
    ),
    "occlusion_of_liquids_against_ids": Rule(
        bound=0.02,
        unit="1",
        source="share of points on surfaces that are anew at every frame; 0.006 measured in spray",
    ),
    "bodies_where_their_points_are": Rule(
        bound=0.01,
        unit="1",
        source="share of pixels on bodies with points whose surface is not at the recorded depth; "
        "silhouettes, which a renderer may move by 1/64 px: 0.001 measured in 1080 rows, 0.06 on "
        "ropes of half a pixel in 96",
        per_row=800,
    ),
    "segmentation_ids": Rule(bound=0.0, unit="px", source="ids are 0 to the number of bodies"),
    "sky": Rule(bound=0.0, unit="px", source="depth +inf, normal 0 and id 0 go together"),
    "normal_length": Rule(bound=1e-5, unit="1", source="float32 normalisation"),
    "visible_pixels": Rule(bound=0.0, unit="px", source="objects.parquet against segmentation"),
}
HEAT_RULES = {
    "temperature_of_bodies": Rule(
        bound=KELVIN_ERROR + 1e-3,
        unit="K",
        source="codec 1/32 K + float32 interpolation: within what the body's states hold then",
    ),
    "temperature_where_known": Rule(
        bound=0.0, unit="px", source="a temperature on bodies whose states hold one, and only there"
    ),
}
"""Of clips whose states hold temperatures."""


def ground_truth_checks(clip: Clip, prefix: str = "ground_truth/") -> list[Check]:
    """Measure up to 6 frames of one camera at up to 30 000 pixels each.

    Args:
        clip: What to measure.
        prefix: Put before the name of every check.
    """
    rules = {**RULES, **HEAT_RULES} if clip.states.temperatures else RULES
    worst = dict.fromkeys(rules, 0.0)
    for frame in _sampled_frames(clip.states.num_frames):
        for name, value in _measure(clip, frame):
            worst[name] = float(np.maximum(worst[name], value))  # NaN stays and fails
    return [
        Check(
            name=prefix + name,
            value=worst[name],
            bound=rule.bound_at(clip.camera.height),
            unit=rule.unit,
            source=rule.source,
        )
        for name, rule in rules.items()
    ]


def _sampled_frames(num_frames: int) -> list[int]:
    return sorted(set(np.linspace(0, num_frames - 1, MAX_FRAMES).round().astype(int).tolist()))


def _measure(clip: Clip, frame: int) -> Iterator[tuple[str, float]]:
    """(name of a rule, value) pairs of one frame."""
    ids, depth, normals = clip.segmentation[frame], clip.depth[frame], clip.normals[frame]
    is_sky = np.isinf(depth)
    yield "segmentation_ids", int((ids > clip.states.poses.shape[1]).sum())
    lengths = np.sqrt((normals.astype(np.float64) ** 2).sum(-1))
    yield "sky", int((is_sky & ((lengths != 0) | (ids != 0))).sum())
    yield "normal_length", float(np.abs(lengths[~is_sky] - 1).max(initial=0.0))
    yield "visible_pixels", _miscounted_pixels(clip, frame, ids)
    if clip.states.temperatures:
        yield from _compare_heat(clip, frame, ids)
    here = _Points.seen(clip, frame)
    yield "bodies_where_their_points_are", here.lost
    directions: tuple[tuple[int, Frames, Frames], ...] = (
        (1, clip.flow_forward, clip.occluded_forward),
        (-1, clip.flow_backward, clip.occluded_backward),
    )
    for step, flows, codes in directions:
        other = frame + step
        flow, code = flows[frame], codes[frame]
        if not 0 <= other < clip.states.num_frames:
            yield "undefined_flow", int(np.isfinite(flow).sum())
            yield "occlusion_codes", int((code != UNDEFINED).sum())
            continue
        yield "occlusion_codes", int((~np.isin(code, (VISIBLE, HIDDEN, OUT_OF_FRAME))).sum())
        yield from _compare(clip, here, other, flow[here.at], code[here.at])
    if frame + 1 < clip.states.num_frames:
        yield from _compare_dz(clip, here, clip.flow_forward_dz[frame][here.at])


def _miscounted_pixels(clip: Clip, frame: int, ids: np.ndarray) -> int:
    table = clip.objects
    rows = table["frame"].to_numpy() == frame
    names = table["object_id"].to_numpy()[rows]
    counts = np.bincount(ids.reshape(-1), minlength=int(names.max(initial=0)) + 1)
    return int(np.abs(counts[names] - table["visible_pixels"].to_numpy()[rows]).sum())


def _compare_heat(clip: Clip, frame: int, ids: np.ndarray) -> Iterator[tuple[str, float]]:
    """Every pixel of a body must show a temperature between the coldest and the hottest it has."""
    kelvin, excess = clip.temperature[frame].astype(np.float64), 0.0
    known = np.isfinite(kelvin)
    warm = np.zeros(ids.shape, bool)
    for index, heat in clip.states.temperatures.items():
        mine = ids == index + 1
        warm |= mine
        low, high = float(heat[frame].min()), float(heat[frame].max())
        beyond = np.maximum(low - kelvin[mine & known], kelvin[mine & known] - high)
        excess = max(excess, float(beyond.max(initial=0.0)))
    yield "temperature_of_bodies", excess
    yield "temperature_where_known", int((known != warm).sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class _Points:
    """Surface points seen at sampled pixels of one frame."""

    frame: int
    at: tuple[slice, slice]
    pixels: Float64[np.ndarray, "h w 2"]
    ids: np.ndarray
    depth: Float64[np.ndarray, "h w"]
    carry: dict[int, Carry]
    """By object id."""
    lost: float
    """Share of the points on bodies with points that do not lie on their surface."""
    advected: tuple[int, ...]
    """Ids of the bodies whose surface is another at every frame."""

    @staticmethod
    def seen(clip: Clip, frame: int) -> "_Points":
        """A grid over the picture that never falls in step with powers of two."""
        step = int(np.ceil(np.sqrt(clip.camera.width * clip.camera.height / MAX_POINTS)))
        at = (slice(step // 2, None, step | 1), slice(step // 2, None, step | 1))
        ids, depth = clip.segmentation[frame][at], clip.depth[frame][at].astype(np.float64)
        carry, lost = {}, [np.zeros(1, bool)]
        for body in np.unique(ids[ids > 0]).tolist():
            carry[body] = carry_rigid(clip.states, body - 1, frame)
            if body - 1 in clip.states.points:
                seen = Seen(
                    camera=clip.camera,
                    frame=frame,
                    start=step // 2,
                    step=step | 1,
                    wanted=ids == body,
                    depth=depth,
                    error=DEPTH_ERROR,
                )
                carry[body], off = carry_points(clip.scene, clip.states, body - 1, seen)
                lost.append(off)
        return _Points(
            frame=frame,
            at=at,
            pixels=clip.camera.pixel_centres()[at],
            ids=ids,
            depth=depth,
            carry=carry,
            lost=float(np.concatenate(lost).mean()),
            advected=clip.manifest.advected_objects,
        )

    def moved(
        self, clip: Clip, other: int, scale: float = 1.0
    ) -> tuple[Float64[np.ndarray, "h w 2"], Float64[np.ndarray, "h w"]]:
        """Pixel position and camera z at another frame, had depth been `scale` times as large."""
        is_sky = np.isinf(self.depth)
        distance = np.where(is_sky, 1.0, self.depth) * scale
        points = clip.camera.unproject(self.pixels, distance, self.frame)
        for body in np.unique(self.ids[self.ids > 0]).tolist():
            mine = self.ids == body
            points[mine] = self.carry[body](other, points[mine])
        poses = clip.camera.world_from_camera
        # A point at infinity goes where the eye goes: only rotation is left.
        points[is_sky] += poses[other, :3, 3] - poses[self.frame, :3, 3]
        with np.errstate(divide="ignore", invalid="ignore"):
            to, z = clip.camera.project(points, other)
        return to, z


def _slack(measure: Callable[[float], np.ndarray], expected: np.ndarray) -> np.ndarray:
    """How far the error of the depth codec can move an expected value."""
    nearer, farther = measure(1 - DEPTH_ERROR), measure(1 + DEPTH_ERROR)
    return np.maximum(np.abs(nearer - expected), np.abs(farther - expected))


def _compare(
    clip: Clip, here: _Points, other: int, flow: np.ndarray, code: np.ndarray
) -> Iterator[tuple[str, float]]:
    to, z = here.moved(clip, other)
    known = np.isfinite(flow).all(-1)
    yield "undefined_flow", int((~known & (z > NEAR)).sum() + (~known & (code != 2)).sum())
    excess = np.abs(flow - (to - here.pixels)) - _slack(
        lambda scale: here.moved(clip, other, scale)[0], to
    )
    yield "flow_from_depth_and_poses", float(excess[known & (z > NEAR)].max(initial=0.0))
    size = np.array([clip.camera.width, clip.camera.height])
    landed = here.pixels + flow
    margin = np.minimum(landed, size - landed).min(-1)  # negative outside the picture
    wrong = np.where(code == OUT_OF_FRAME, margin > 1 / 32, margin < -1 / 32)
    yield "occlusion_out_of_frame", int((wrong & known & (z > NEAR)).sum())
    there = clip.segmentation[other]
    flows = np.isin(here.ids, here.advected)
    yield "occlusion_against_ids", _contradicted(there, here, landed, code, ~flows)
    yield "occlusion_of_liquids_against_ids", _contradicted(there, here, landed, code, flows)


def _contradicted(
    there: np.ndarray, here: _Points, landed: np.ndarray, code: np.ndarray, chosen: np.ndarray
) -> float:
    """Share of the chosen points that the 4 x 4 pixels around their new place speak against."""
    is_ground = (here.ids == 0) & np.isfinite(here.depth)
    asked = (code == VISIBLE) | ((code == HIDDEN) & is_ground)
    asked &= chosen & np.isfinite(landed).all(-1)
    if not asked.any():
        return 0.0
    x, y = (landed[asked] - 0.5).T
    around = [
        there[
            np.clip(np.floor(y).astype(int) + down, 0, there.shape[0] - 1),
            np.clip(np.floor(x).astype(int) + right, 0, there.shape[1] - 1),
        ]
        for down in (-1, 0, 1, 2)
        for right in (-1, 0, 1, 2)
    ]
    mine = np.stack(around) == here.ids[asked]
    # A visible point shows its own body; the ground is only ever hidden by something else.
    wrong = np.where(code[asked] == VISIBLE, ~mine.any(0), mine.all(0))
    return float(wrong.mean())


def _compare_dz(clip: Clip, here: _Points, dz: np.ndarray) -> Iterator[tuple[str, float]]:
    def change(scale: float) -> np.ndarray:
        return here.moved(clip, here.frame + 1, scale)[1] - here.depth * scale

    with np.errstate(invalid="ignore"):
        expected = change(1.0)
        allowed = 1.8e-4 * (np.abs(expected) + 1e-4) + _slack(change, expected)
        excess = (np.abs(dz - expected) - allowed) / here.depth
        should_be_known = here.depth + expected > NEAR  # inf - inf: never for sky
    known, is_sky = np.isfinite(dz), np.isinf(here.depth)
    yield "undefined_flow", int((should_be_known & ~known).sum() + (is_sky & known).sum())
    yield "dz_from_depth_and_poses", float(excess[should_be_known & known].max(initial=0.0))
