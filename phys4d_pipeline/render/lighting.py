"""Sun, sky and bodies -> the maps that say how much light arrives where."""

from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from .. import shapes
from ..scene import SceneSpec
from ..states import States
from .ambient import openness
from .bodies import Bodies
from .geometry import CLEAR
from .known import once
from .shade import Lighting
from .sun_depth import draw_sun_depth, draw_sun_spheres
from .sun_levels import COARSE, ground_plane
from .sun_map import Casters, SunMap
from .tiles import whole

SUN_TEXELS = 2048
OPEN_TEXELS = 320
LARGEST_REACH = 8.0
"""Half the width of the lit maps at most [m]: beyond it bodies cast no shadow."""
MARGIN = 0.25
"""Of the maps around everything that moves [m]."""
CLOSENESS_OFFSET = 64.0
"""Keeps the closeness to the sun positive, so that 0 can mean 'nothing' [m]."""
HAZE = 0.8
"""Share of the sun's light that arrives as such; the rest is lost, as shade looks too dark else."""
EXPOSURE = 0.84
"""What the film curve gets from a white surface under sun and sky, turned as is usual."""
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


Heights = tuple[Float32[np.ndarray, "G G"], Float32[np.ndarray, "G G"]]
"""Maps seen from above and from below."""


class Part(NamedTuple):
    """Some of a scene's faces and spheres."""

    faces: slice
    spheres: slice


class Lights:
    """The lighting of a clip; maps keep their place so that shadows do not swim."""

    def __init__(self, spec: SceneSpec, states: States, bodies: Bodies) -> None:
        self._bodies, self.sun_texels = bodies, SUN_TEXELS
        self._latest: tuple[int, Lighting] | None = None
        self._once = partial(once, spec, states)
        sky, elevation = spec.sky, spec.sky.sun_elevation
        flat = np.cos(elevation)
        sun = np.array(
            [flat * np.cos(sky.sun_azimuth), flat * np.sin(sky.sun_azimuth), np.sin(elevation)]
        )
        extent = once(spec, states, "extent", lambda: _extent(spec, states, bodies))
        centre, self._reach = extent
        self._sun, self._sky = sun, sky
        self._clear = bodies.materials[:, CLEAR] > 0.5
        self._sun_map = _sun_map(sun, centre, self._reach)
        self._ground = ground_plane(self._sun_map)
        self._corner = centre[:2] - self._reach
        zenith, horizon = np.asarray(sky.zenith_color), np.asarray(sky.horizon_color)
        beam, surface = HAZE * np.asarray(sky.sun_color), spec.ground.surface
        on_ground = 0.8 * zenith + 0.2 * horizon + beam * np.sin(elevation)
        albedo = 0.6 * np.asarray(surface.base_color)
        albedo = albedo + 0.4 * np.asarray(surface.texture.second_color if _patterned(spec) else
                                           surface.base_color)  # fmt: skip
        # Around the scene a part of the ground lies in shadow.
        self._bounce = 0.75 * albedo * on_ground
        around = 0.6 * zenith + 0.4 * horizon
        turned = 0.35 + 0.5 * np.sin(elevation)  # surfaces lean towards the sun, or away
        self._exposure = EXPOSURE / float((around + beam * turned) @ LUMINANCE)
        height = once(spec, states, "height", lambda: _height(states, bodies))
        self._rise = min(height / max(np.sin(elevation), 0.05), 2 * CLOSENESS_OFFSET)
        first, still = bodies.shadowless_faces, bodies.still
        self._still = Part(slice(first, still.faces), slice(0, still.spheres))
        self._moving = Part(slice(still.faces, None), slice(still.spheres, None))
        self._all = Part(slice(first, None), slice(0, None))
        flat = np.zeros((4, 4), np.float32)
        self.dark = self._lighting(SunMap(1 << COARSE, self._ground), (flat, flat))
        """Maps without content, for frames that are drawn without colours."""

    def at(self, frame: int) -> Lighting:
        """The maps of one frame; the first call for another one draws over the sun's."""
        if self._latest is None or self._latest[0] != frame:  # all cameras ask
            self._maps.draw(self._casters(frame, self._sun_map, self._moving), self._sun_scale)
            heights = self._heights(frame, self._moving, self._still_heights)
            self._latest = frame, self._lighting(self._maps, heights)
        return self._latest[1]

    def kept(self, frame: int) -> Lighting:
        """The maps of one frame, which stay as they are while others are asked for."""
        lighting = self.at(frame)
        return lighting._replace(
            sun_depth=lighting.sun_depth.copy(), sun_levels=lighting.sun_levels.copy()
        )

    @property
    def reached(self) -> UInt8[np.ndarray, "N N"]:
        """Squares of the sun's map of the latest frame that moving bodies may reach."""
        return self._maps.reached

    @property
    def _still_map(self) -> SunMap:
        def draw() -> SunMap:
            still = SunMap(SUN_TEXELS, self._ground)
            still.draw(self._casters(0, self._sun_map, self._still), self._sun_scale)
            return still

        return self._once("sun map at rest", draw)

    @property
    def _still_heights(self) -> Heights:
        nothing = np.zeros((OPEN_TEXELS,) * 2, np.float32)
        return self._once(
            "heights at rest", lambda: self._heights(0, self._still, (nothing, nothing))
        )

    @cached_property
    def _maps(self) -> SunMap:
        return SunMap(SUN_TEXELS, self._ground, self._still_map)

    def seen_by_sun(self, frame: int) -> tuple[Casters, np.float32]:
        """What casts shadows at a frame, on the sun's map, and its texels per metre."""
        return self._casters(frame, self._sun_map, self._all), self._sun_scale

    def open_maps(
        self, frame: int
    ) -> tuple[Float32[np.ndarray, "4"], Float32[np.ndarray, "G G 4"], Float32[np.ndarray, "B B"]]:
        """Where the openness map of a frame lies, the map, and its blocks."""
        heights = self._heights(frame, self._moving, self._still_heights)
        open_map, blocks = openness(*self._over_ground(heights), self._open_scale)
        return self._open_from_world(open_map), open_map, blocks

    @property
    def _sun_scale(self) -> np.float32:
        return np.float32(SUN_TEXELS / (2 * self._reach))

    @property
    def _open_scale(self) -> float:
        return OPEN_TEXELS / (2 * self._reach)

    def _open_from_world(self, open_map: Float32[np.ndarray, "G G 4"]) -> Float32[np.ndarray, "4"]:
        return np.array([*-self._corner, self._open_scale, len(open_map) - 2], np.float32)

    def _casters(self, frame: int, view: Float64[np.ndarray, "3 4"], part: Part) -> Casters:
        placed, bodies = self._bodies.placed_by(frame, view), self._bodies
        faces, rimmed = placed.faces[part.faces], bodies.open_faces(frame)[part.faces]
        centres, radii = placed.centres[part.spheres], bodies.radii[part.spheres]
        if self._clear.any():  # light passes through clear bodies: they cast no shadow
            solid = ~self._clear[bodies.face_object(frame)[part.faces]]
            faces, rimmed = faces[solid], rimmed[solid]
            opaque = ~self._clear[bodies.sphere_object[part.spheres]]
            centres, radii = centres[opaque], radii[opaque]
        # Only faces towards the sun are drawn: cloth takes part with either side.
        faces = np.ascontiguousarray(np.concatenate([faces, faces[rimmed][:, ::-1]]))
        return Casters(placed.vertices, faces, centres, radii)

    def penumbra(self) -> float:
        """The farthest that anything is searched for on the sun's map [texels]."""
        return np.tan(self._sky.sun_radius) * self._rise * SUN_TEXELS / (2 * self._reach) + 2.0

    def _heights(self, frame: int, part: Part, under: Heights) -> Heights:
        """Draw what casts shadows, seen from above and from below, over what is there."""
        scale = np.float32(self._open_scale)
        x, y = -scale * self._corner
        # A map is seen from where closeness grows; from above, its rows run the other way.
        above = [[scale, 0, 0, x], [0, -scale, 0, OPEN_TEXELS - y], [0, 0, 1, CLOSENESS_OFFSET]]
        below = [[scale, 0, 0, x], [0, scale, 0, y], [0, 0, -1, CLOSENESS_OFFSET]]
        drawn = []
        for view, depth in zip((above, below), under, strict=True):
            casters, depth = self._casters(frame, np.array(view, np.float64), part), depth.copy()
            draw_sun_depth(casters.vertices, casters.faces, whole(depth), depth)
            draw_sun_spheres(casters.centres, casters.radii, scale, whole(depth), depth)
            drawn.append(depth)
        return drawn[0], drawn[1]

    def _over_ground(self, heights: Heights) -> Heights:
        """Height of the highest surface over every texel, and of the lowest that faces down [m]."""
        (top, low), offset = heights, np.float32(CLOSENESS_OFFSET)
        top = np.where(top > 0, np.maximum(top - offset, 0), np.float32(0))[::-1]
        low = np.where(low > 0, np.maximum(offset - low, 0), np.float32(np.inf))
        return np.ascontiguousarray(top), low

    def _lighting(self, maps: SunMap, heights: Heights) -> Lighting:
        open_map, open_blocks = openness(*self._over_ground(heights), self._open_scale)
        return Lighting(
            sun=self._sun.astype(np.float32),
            sun_radius=np.float32(self._sky.sun_radius),
            sun_color=(HAZE * np.array(self._sky.sun_color)).astype(np.float32),
            zenith=np.array(self._sky.zenith_color, np.float32),
            horizon=np.array(self._sky.horizon_color, np.float32),
            bounce=self._bounce.astype(np.float32),
            cloud_cover=np.float32(self._sky.cloud_cover),
            exposure=np.float32(self._exposure),
            sun_from_world=np.ascontiguousarray(self._sun_map, np.float32),
            sun_depth=maps.depth,
            sun_levels=maps.levels,
            sun_ground=self._ground,
            sun_bounds=maps.bounds(self.penumbra()),
            sun_rise=np.float32(self._rise),
            open_from_world=self._open_from_world(open_map),
            open_map=open_map,
            open_blocks=open_blocks,
        )


def _patterned(spec: SceneSpec) -> bool:
    return spec.ground.surface.texture.kind != "plain"


def _height(states: States, bodies: Bodies) -> float:
    """A little more than anything that casts a shadow reaches [m]."""
    looked_at = np.unique(np.linspace(0, states.num_frames - 1, 5).astype(int))
    return 1.1 * max(bodies.highest(int(frame)) for frame in looked_at) + 0.01


def _extent(
    spec: SceneSpec, states: States, bodies: Bodies
) -> tuple[Float64[np.ndarray, "3"], float]:
    """Centre, and half the width, of a cube around where things happen in the clip [m]."""
    frames = np.unique(np.linspace(0, states.num_frames - 1, 9).astype(int))
    points, sizes = [], []
    for index, body in enumerate(spec.bodies):
        if index in states.points:
            part = states.points[index][frames].astype(np.float64)
            low, high = np.quantile(part, 0.01, (0, 1)), np.quantile(part, 0.99, (0, 1))
            points.append((low + high) / 2)
            sizes.append(float(np.max(high - low)) / 2)
        else:
            points.extend(states.poses[frames, index, :3].astype(np.float64))
            sizes.extend([shapes.build(body.shape).bounding_radius] * len(frames))
    around, size = np.array(points) - bodies.origin, np.array(sizes)
    centre = np.median(around, 0)
    reach = np.percentile(np.abs(around - centre).max(1) + np.minimum(size, 2.0), 98) + MARGIN
    return centre, float(min(reach, LARGEST_REACH))


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
