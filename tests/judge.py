"""One rendered frame against the float64 ray caster: every pixel, every exact layer."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from phys4d_pipeline.camera import Camera
from phys4d_pipeline.render import GroundTruth
from phys4d_pipeline.scene import SceneSpec
from phys4d_pipeline.states import States
from tests import ray_cast
from tests.ray_cast import Hits, World

EDGE = 1 / 128
"""Silhouettes may move by this much [px]: vertices are snapped to 1/256 px, each way."""
DIRECTIONS = 32
FLOW_FORGIVEN, DEPTH_FORGIVEN, HEAT_FORGIVEN = 2e-3, 1e-5, 1e-3
"""Errors of flow [px], of depth [1] and of temperature [K] above these are looked at again, for
edges nearby."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Verdict:
    """Errors of one frame, one row per pixel; NaN where nothing is to be compared."""

    hits: Hits
    """What the ray caster sees."""
    agree: np.ndarray
    """Do both see the same surface?"""
    unexplained: int
    """Pixels where they do not, though no edge is within EDGE."""
    depth: np.ndarray
    """Relative."""
    turn: np.ndarray
    """Angle between the normals [rad]."""
    forward: np.ndarray
    """Length of the difference in flow [px]."""
    backward: np.ndarray
    dz: np.ndarray
    """[m]"""

    def on(self, *, ids=None, cosine: float = 0.1) -> np.ndarray:
        """Pixels of some bodies (of anything but sky by default) seen at a fair angle."""
        seen = self.agree & np.isfinite(self.hits.depth) & (self.hits.cosine > cosine)
        return seen if ids is None else seen & np.isin(self.hits.ids, ids)


def compare(
    truth: GroundTruth, world: World, camera: Camera, *, gap: int = 1, hits: Hits | None = None
) -> Verdict:
    """Judge all layers of one frame but colours and occlusion codes."""
    frame, last = truth.frame, len(camera.world_from_camera) - 1
    hits = ray_cast.cast_picture(world, camera, frame) if hits is None else hits
    depth, ids = truth.depth.ravel().astype(np.float64), truth.segmentation.ravel()
    normals = truth.normals.reshape(-1, 3).astype(np.float64)
    seen = (ids, depth, normals)
    agree = same_surface(hits, seen)
    errors = {}
    for name, other, flow in (
        ("forward", frame + gap, truth.flow_forward),
        ("backward", frame - gap, truth.flow_backward),
    ):
        flow = flow.reshape(-1, 2).astype(np.float64)
        if not 0 <= other <= last:
            assert np.isnan(flow).all(), f"{name} flow beyond the clip must be NaN"
            errors[name] = np.full(len(ids), np.nan)
            continue
        motion = ray_cast.carry(world, camera, hits, other)
        errors[name] = _undefined_alike(flow[:, 0], motion.flow[:, 0], agree, name)
        errors[name] *= np.linalg.norm(flow - motion.flow, axis=1)

        def apart(around: Hits, pixels: np.ndarray, flow=flow, other=other) -> np.ndarray:
            there = ray_cast.carry(world, camera, around, other).flow
            return np.linalg.norm(flow[pixels] - there, axis=1)

        _forgive_edges(errors[name], FLOW_FORGIVEN, hits, (world, camera), seen, apart)
        if name == "forward":
            dz = truth.flow_forward_dz.ravel().astype(np.float64)
            errors["dz"] = _undefined_alike(dz, motion.dz, agree, "dz") * np.abs(dz - motion.dz)
    sky = np.isinf(hits.depth)
    assert (normals[agree & sky] == 0).all(), "normals of sky must be zeros"
    with np.errstate(invalid="ignore"):
        relative = np.abs(depth / hits.depth - 1)

    def off(around: Hits, pixels: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return np.abs(depth[pixels] / around.depth - 1)

    _forgive_edges(relative, DEPTH_FORGIVEN, hits, (world, camera), seen, off)
    return Verdict(
        hits=hits,
        agree=agree,
        unexplained=_unexplained(world, camera, hits, seen, agree),
        depth=relative,
        turn=np.where(sky, np.nan, _angle(normals, hits.normals)),
        forward=errors["forward"],
        backward=errors["backward"],
        dz=errors.get("dz", np.full(len(ids), np.nan)),
    )


def temperature_errors(
    truth: GroundTruth, scene: tuple[SceneSpec, States], world: World, camera: Camera, hits: Hits
) -> np.ndarray:
    """(H W,) [K]; NaN where no temperature is seen, or another surface."""
    kelvin = truth.temperature.ravel().astype(np.float64)
    seen = (
        truth.segmentation.ravel(),
        truth.depth.ravel().astype(np.float64),
        truth.normals.reshape(-1, 3).astype(np.float64),
    )
    agree = same_surface(hits, seen)
    expected = ray_cast.temperature(*scene, hits)
    errors = _undefined_alike(kelvin, expected, agree, "temperature") * np.abs(kelvin - expected)

    def apart(around: Hits, pixels: np.ndarray) -> np.ndarray:
        return np.abs(kelvin[pixels] - ray_cast.temperature(*scene, around))

    errors[~agree] = np.nan
    _forgive_edges(errors, HEAT_FORGIVEN, hits, (world, camera), seen, apart)
    return errors


def same_surface(
    hits: Hits, seen: tuple[np.ndarray, np.ndarray, np.ndarray], relative: float = 5e-3
) -> np.ndarray:
    """Ids agree, depth to `relative` and normals to 0.2 rad: less is another face of the body."""
    ids, depth, normals = seen
    both = np.isfinite(depth) & np.isfinite(hits.depth)
    with np.errstate(invalid="ignore"):
        near = both & (np.abs(depth - hits.depth) <= relative * hits.depth)
    near &= _angle(normals, hits.normals) < 0.2
    return (ids == hits.ids) & (near | (np.isinf(depth) & np.isinf(hits.depth)))


def _unexplained(
    world: World, camera: Camera, hits: Hits, seen: tuple[np.ndarray, ...], agree: np.ndarray
) -> int:
    """Disagreements that no ray within EDGE of the pixel's centre shows either."""
    wrong = np.flatnonzero(~agree)
    around, steps = _around(world, camera, hits, wrong)
    ids, depth, normals = (np.repeat(values[wrong], steps, 0) for values in seen)
    # A plane seen edge-on is deep: continued by EDGE it may be 2 % nearer or further. What lies
    # beyond the fold of a sheet may be seen from its other side.
    found = same_surface(around, (ids, depth, normals), 2e-2)
    found |= same_surface(around, (ids, depth, -normals), 2e-2)
    return int((~found.reshape(len(wrong), steps).any(1)).sum())


def _forgive_edges(
    errors: np.ndarray,
    bound: float,
    hits: Hits,
    scene: tuple[World, Camera],
    seen: tuple[np.ndarray, ...],
    error_on: Callable[[Hits, np.ndarray], np.ndarray],
) -> None:
    """Where a face meets another within EDGE of the pixel's centre, either may be shown.

    Args:
        errors: (N,), lowered in place where they exceed `bound` and a face nearby explains them.
        bound: Errors below it stay as they are.
        hits: At the pixels' centres.
        scene: World and camera.
        seen: Ids, depth and normals of the renderer.
        error_on: Hits nearby and the pixels they stand for -> errors against those.
    """
    large = np.flatnonzero(errors > bound)
    around, steps = _around(*scene, hits, large)
    pixels = np.repeat(large, steps)
    alike = same_surface(around, tuple(values[pixels] for values in seen))
    away = np.where(alike, error_on(around, pixels), np.inf).reshape(len(large), steps)
    errors[large] = np.minimum(errors[large], away.min(1, initial=np.inf))


def _around(world: World, camera: Camera, hits: Hits, chosen: np.ndarray) -> tuple[Hits, int]:
    """What rays around some pixels' centres meet, and how many rays each of them has."""
    angles = np.linspace(0, 2 * np.pi, DIRECTIONS, endpoint=False)
    circle = EDGE * np.stack([np.cos(angles), np.sin(angles)], 1)
    steps = np.concatenate([circle, 0.5 * circle])
    places = (hits.pixels[chosen, None] + steps).reshape(-1, 2)
    return ray_cast.cast(world, camera, hits.frame, places), len(steps)


def _undefined_alike(
    ours: np.ndarray, expected: np.ndarray, agree: np.ndarray, what: str
) -> np.ndarray:
    """1 where both are numbers and NaN elsewhere; fails where only one is."""
    differs = agree & (np.isnan(ours) != np.isnan(expected))
    assert not differs.any(), f"{what} is NaN at {differs.sum()} pixels where it should not, or not"
    return np.where(np.isnan(expected), np.nan, 1.0)


def _angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Between rows, accurate for small angles too [rad]."""
    return np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), (a * b).sum(1))


def largest(errors: np.ndarray, chosen: np.ndarray, quantile: float = 1.0) -> float:
    """The largest error (or a quantile) over chosen pixels; fails when nothing was compared."""
    values = errors[chosen]
    values = values[~np.isnan(values)]
    assert len(values) > 100, f"only {len(values)} pixels compared"
    return float(np.quantile(values, quantile))
