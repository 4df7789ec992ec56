"""Sun, sky and bodies -> the maps that say how much light arrives where."""

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64, UInt8

from ..scene import SceneSpec
from ..states import States
from .bodies import Bodies
from .shade import BLOCK, Lighting, block_maxima
from .sun_depth import draw_sun_depth, draw_sun_spheres

SUN_TEXELS = 2048
GROUND_TEXELS = 384
LARGEST_REACH = 8.0
"""Half the width of the lit maps at most [m]: beyond it bodies cast no shadow."""
CONTACT_HEIGHT = 0.12
"""Height over the ground at which a body's darkening of it has fallen to 1/e [m]."""
CLOSENESS_OFFSET = 64.0
"""Keeps the closeness to the sun positive, so that its bits sort like its value [m]."""


class Lights:
    """The lighting of a clip; maps keep their place so that shadows do not swim."""

    def __init__(self, spec: SceneSpec, states: States, bodies: Bodies) -> None:
        self._bodies = bodies
        azimuth, elevation = spec.sky.sun_azimuth, spec.sky.sun_elevation
        sun = np.array(
            [
                np.cos(elevation) * np.cos(azimuth),
                np.cos(elevation) * np.sin(azimuth),
                np.sin(elevation),
            ]
        )
        positions = states.poses[:, :, :3].reshape(-1, 3).astype(np.float64) - bodies.origin
        centre = np.median(positions, 0)
        reach = np.percentile(np.linalg.norm(positions - centre, axis=1), 99) + 0.5
        self._reach = float(min(reach, LARGEST_REACH))
        self._sun_map = _sun_map(sun, centre, self._reach)
        self._corner = centre[:2] - self._reach
        self._sky = np.asarray(spec.sky.zenith_color), np.asarray(spec.sky.horizon_color)
        albedo = np.asarray(spec.ground.surface.base_color)
        sky_light = 0.5 * self._sky[0] + 0.5 * self._sky[1]
        beam = np.asarray(spec.sky.sun_color)
        self._bounce = albedo * (sky_light + beam * np.sin(elevation) / np.pi) * 0.6
        self._sun, self._beam = sun, beam
        # Two texels: a 3x3 filter reaches that far, so flat surfaces never shade themselves.
        texel = 2 * self._reach / SUN_TEXELS
        self._bias = np.array([2.0 * texel, 0.5 * texel], np.float32)
        blank = np.zeros((BLOCK, BLOCK), np.float32)
        self.dark = self._lighting(blank, np.ones((4, 4), np.float32))
        """Maps without content, for frames that are drawn without colours."""

    def at(self, frame: int, *, still_only: bool = False) -> Lighting:
        """The maps of one frame, of everything or of what stands still."""
        depth = np.zeros((SUN_TEXELS, SUN_TEXELS), np.float32)
        self._draw(frame, self._sun_map, SUN_TEXELS / (2 * self._reach), still_only, depth)
        return self._lighting(depth, self._ground_open(frame, still_only))

    def _draw(
        self,
        frame: int,
        view: Float64[np.ndarray, "3 4"],
        texels_per_metre: float,
        still_only: bool,
        depth: Float32[np.ndarray, "S S"],
    ) -> None:
        placed, still = self._bodies.placed_by(frame, view), self._bodies.still
        faces, radii = self._bodies.faces, self._bodies.radii
        last_face = still.faces if still_only else len(faces)
        last_sphere = still.spheres if still_only else len(radii)
        casting = faces[self._bodies.shadowless_faces : last_face]
        draw_sun_depth(placed.vertices, casting, depth)
        centres = placed.centres[:last_sphere]
        draw_sun_spheres(centres, radii[:last_sphere], np.float32(texels_per_metre), depth)

    def _ground_open(self, frame: int, still_only: bool) -> Float32[np.ndarray, "G G"]:
        """How much of the sky the ground sees, from the lowest surface above every texel."""
        scale = GROUND_TEXELS / (2 * self._reach)
        # Looking up from below: low surfaces are close, and faces turned down are drawn.
        view = np.array(
            [
                [scale, 0, 0, -scale * self._corner[0]],
                [0, scale, 0, -scale * self._corner[1]],
                [0, 0, -1, CLOSENESS_OFFSET],
            ]
        )
        low = np.zeros((GROUND_TEXELS, GROUND_TEXELS), np.float32)
        self._draw(frame, view, scale, still_only, low)
        height = CLOSENESS_OFFSET - low
        cover = np.where(low > 0, np.exp(-np.maximum(height, 0.0) / CONTACT_HEIGHT), 0.0)
        near = cv2.GaussianBlur(cover.astype(np.float32), (0, 0), 0.02 * scale + 0.5)
        far = cv2.GaussianBlur(cover.astype(np.float32), (0, 0), 0.09 * scale + 0.5)
        return 1.0 - np.minimum(0.45 * near + 0.5 * far, 0.9).astype(np.float32)

    def _lighting(
        self, depth: Float32[np.ndarray, "S S"], opened: Float32[np.ndarray, "G G"]
    ) -> Lighting:
        scale = GROUND_TEXELS / (2 * self._reach)
        zenith, horizon = self._sky
        blocks = np.empty((len(depth) // BLOCK,) * 2, np.float32)
        block_maxima(depth, blocks)
        return Lighting(
            sun=self._sun.astype(np.float32),
            sun_color=self._beam.astype(np.float32),
            zenith=zenith.astype(np.float32),
            horizon=horizon.astype(np.float32),
            bounce=self._bounce.astype(np.float32),
            sun_from_world=np.ascontiguousarray(self._sun_map, np.float32),
            sun_bias=self._bias,
            sun_depth=depth,
            sun_blocks=blocks,
            ground_from_world=np.array([*-self._corner, scale, len(opened) - 2], np.float32),
            ground_open=opened,
        )


def lit_differently(
    boxes: Float32[np.ndarray, "R C 6"], one: Lighting, other: Lighting
) -> UInt8[np.ndarray, "R C"]:
    """Does any lookup from points in a world box (low xyz, high xyz) differ between two lightings?

    A box with low > high holds no points.
    """
    corners = boxes[..., [[0, 1, 2], [3, 1, 2], [0, 4, 2], [3, 4, 2], [0, 1, 5], [3, 1, 5],
                          [0, 4, 5], [3, 4, 5]]].astype(np.float64)  # fmt: skip
    texels = corners @ one.sun_from_world[:2, :3].T + one.sun_from_world[:2, 3]
    found = _differs(one.sun_depth, other.sun_depth, texels, 6.0)
    G = one.ground_from_world
    found |= _differs(one.ground_open, other.ground_open, (corners[..., :2] + G[:2]) * G[2], 3.0)
    return (found & (boxes[..., 0] <= boxes[..., 3])).astype(np.uint8)


def _differs(
    a: Float32[np.ndarray, "S S"],
    b: Float32[np.ndarray, "S S"],
    texels: Float64[np.ndarray, "R C 8 2"],
    margin: float,
) -> Bool[np.ndarray, "R C"]:
    """Do two maps differ in the blocks around the boxes that hold the given texels?"""
    count = len(a) // BLOCK
    size = count * BLOCK
    changed = (a[:size, :size] != b[:size, :size]).reshape(count, BLOCK, count, BLOCK).any((1, 3))
    sums = np.zeros((count + 1, count + 1), np.int64)
    sums[1:, 1:] = changed.cumsum(0).cumsum(1)
    low = np.clip((texels.min(2) - margin) // BLOCK, 0, count).astype(np.int64)
    high = np.clip((texels.max(2) + margin) // BLOCK + 1, 0, count).astype(np.int64)
    (x0, y0), (x1, y1) = np.moveaxis(low, -1, 0), np.moveaxis(high, -1, 0)
    return sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0] > 0


def _sun_map(
    sun: Float64[np.ndarray, "3"], centre: Float64[np.ndarray, "3"], reach: float
) -> Float64[np.ndarray, "3 4"]:
    """World -> texel x, texel y, closeness to the sun [m]; front faces have negative area."""
    right = np.cross([0.0, 0.0, 1.0], sun)
    right = right / np.linalg.norm(right) if np.linalg.norm(right) > 1e-6 else np.eye(3)[0]
    down = -np.cross(sun, right)
    scale = SUN_TEXELS / (2 * reach)
    rows = np.stack([right * scale, down * scale, sun])
    offset = np.array([SUN_TEXELS / 2, SUN_TEXELS / 2, CLOSENESS_OFFSET])
    return np.concatenate([rows, (offset - rows @ centre)[:, None]], 1)
