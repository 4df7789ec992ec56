"""Sun, sky and bodies -> the maps that say how much light arrives where."""

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from ..scene import SceneSpec
from ..states import States
from .meshes import BodyMeshes
from .raster import draw_sun_depth
from .shade import BLOCK, Lighting, block_maxima

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

    def __init__(self, spec: SceneSpec, states: States, meshes: BodyMeshes) -> None:
        self._meshes = meshes
        azimuth, elevation = spec.sky.sun_azimuth, spec.sky.sun_elevation
        sun = np.array(
            [
                np.cos(elevation) * np.cos(azimuth),
                np.cos(elevation) * np.sin(azimuth),
                np.sin(elevation),
            ]
        )
        positions = states.poses[:, :, :3].reshape(-1, 3).astype(np.float64)
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
        self._sun_depth = np.zeros((SUN_TEXELS, SUN_TEXELS), np.uint32)
        blank = np.zeros((BLOCK, BLOCK), np.float32)
        self.dark = self._lighting(blank, np.ones((4, 4), np.float32))
        """Maps without content, for frames that are drawn without colours."""

    def at(self, frame: int) -> Lighting:
        """The maps of one frame."""
        self._sun_depth.fill(0)
        towards = self._meshes.transformed(frame, self._sun_map)
        draw_sun_depth(towards, self._meshes.faces, self._sun_depth)
        return self._lighting(self._sun_depth.view(np.float32), self._ground_open(frame))

    def _ground_open(self, frame: int) -> Float32[np.ndarray, "G G"]:
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
        low = np.zeros((GROUND_TEXELS, GROUND_TEXELS), np.uint32)
        draw_sun_depth(self._meshes.transformed(frame, view), self._meshes.faces, low)
        height = CLOSENESS_OFFSET - low.view(np.float32)
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
