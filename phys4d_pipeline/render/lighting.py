"""Sun, sky and bodies -> the maps that say how much light arrives where."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, UInt8

from .. import shapes
from ..scene import SceneSpec
from ..states import States
from .ambient import openness
from .bodies import Bodies
from .geometry import CLEAR
from .shade import Lighting
from .sun_depth import draw_sun_depth, draw_sun_spheres
from .sun_levels import COARSE, bounds, build_levels, empty_levels, ground_plane
from .tiles import whole

SUN_TEXELS = 2048
OPEN_TEXELS = 320
LARGEST_REACH = 8.0
"""Half the width of the lit maps at most [m]: beyond it bodies cast no shadow."""
MARGIN = 0.25
"""Of the maps around everything that moves [m]."""
CLOSENESS_OFFSET = 64.0
"""Keeps the closeness to the sun positive, so that 0 can mean 'nothing' [m]."""
COMPARED = 16
"""Texels per side of the squares in which two maps are compared."""
HAZE = 0.8
"""Share of the sun's light that arrives as such; the rest is lost, as shade looks too dark else."""
EXPOSURE = 0.84
"""What the film curve gets from a white surface under sun and sky, turned as is usual."""
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


class Casters(NamedTuple):
    """What casts shadows at one moment, in some frame of coordinates."""

    vertices: Float32[np.ndarray, "V 3"]
    faces: Int32[np.ndarray, "F 3"]
    centres: Float32[np.ndarray, "S 3"]
    """Of the spheres"""
    radii: Float32[np.ndarray, " S"]
    """[m]"""


class Lights:
    """The lighting of a clip; maps keep their place so that shadows do not swim."""

    def __init__(self, spec: SceneSpec, states: States, bodies: Bodies) -> None:
        self._bodies, self.sun_texels = bodies, SUN_TEXELS
        sky, elevation = spec.sky, spec.sky.sun_elevation
        flat = np.cos(elevation)
        sun = np.array(
            [flat * np.cos(sky.sun_azimuth), flat * np.sin(sky.sun_azimuth), np.sin(elevation)]
        )
        centre, self._reach = _extent(spec, states, bodies)
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
        looked_at = np.unique(np.linspace(0, states.num_frames - 1, 5).astype(int))
        height = 1.1 * max(bodies.highest(int(frame)) for frame in looked_at) + 0.01
        self._rise = min(height / max(np.sin(elevation), 0.05), 2 * CLOSENESS_OFFSET)
        blank = np.zeros((1 << COARSE,) * 2, np.float32)
        self.dark = self._lighting(blank, blank[:4, :4], np.full((4, 4), np.inf, np.float32))
        """Maps without content, for frames that are drawn without colours."""

    def at(self, frame: int, *, still_only: bool = False) -> Lighting:
        """The maps of one frame, of everything or of what stands still."""
        depth = np.zeros((SUN_TEXELS,) * 2, np.float32)
        self._draw(frame, self._sun_map, SUN_TEXELS / (2 * self._reach), still_only, depth)
        return self._lighting(depth, *self._heights(frame, still_only))

    def seen_by_sun(self, frame: int) -> tuple[Casters, np.float32]:
        """What casts shadows at a frame, on the sun's map, and its texels per metre."""
        scale = np.float32(SUN_TEXELS / (2 * self._reach))
        return self._casters(frame, self._sun_map, False), scale

    def open_maps(
        self, frame: int
    ) -> tuple[Float32[np.ndarray, "4"], Float32[np.ndarray, "G G 4"], Float32[np.ndarray, "B B"]]:
        """Where the openness map of a frame lies, the map, and its blocks."""
        open_map, blocks = openness(*self._heights(frame, False), self._open_scale)
        return self._open_from_world(open_map), open_map, blocks

    @property
    def _open_scale(self) -> float:
        return OPEN_TEXELS / (2 * self._reach)

    def _open_from_world(self, open_map: Float32[np.ndarray, "G G 4"]) -> Float32[np.ndarray, "4"]:
        return np.array([*-self._corner, self._open_scale, len(open_map) - 2], np.float32)

    def _draw(
        self,
        frame: int,
        view: Float64[np.ndarray, "3 4"],
        texels_per_metre: float,
        still_only: bool,
        depth: Float32[np.ndarray, "S S"],
    ) -> None:
        casters, scale = self._casters(frame, view, still_only), np.float32(texels_per_metre)
        draw_sun_depth(casters.vertices, casters.faces, whole(depth), depth)
        draw_sun_spheres(casters.centres, casters.radii, scale, whole(depth), depth)

    def _casters(self, frame: int, view: Float64[np.ndarray, "3 4"], still_only: bool) -> Casters:
        placed, still = self._bodies.placed_by(frame, view), self._bodies.still
        first_face, radii = self._bodies.shadowless_faces, self._bodies.radii
        last_face = still.faces if still_only else len(placed.faces)
        last_sphere = still.spheres if still_only else len(radii)
        faces = placed.faces[first_face:last_face]
        rimmed = self._bodies.open_faces(frame)[first_face:last_face]
        centres, radii = placed.centres[:last_sphere], radii[:last_sphere]
        if self._clear.any():  # light passes through clear bodies: they cast no shadow
            solid = ~self._clear[self._bodies.face_object(frame)[first_face:last_face]]
            faces, rimmed = faces[solid], rimmed[solid]
            opaque = ~self._clear[self._bodies.sphere_object[:last_sphere]]
            centres, radii = centres[opaque], radii[opaque]
        # Only faces towards the sun are drawn: cloth takes part with either side.
        faces = np.ascontiguousarray(np.concatenate([faces, faces[rimmed][:, ::-1]]))
        return Casters(placed.vertices, faces, centres, radii)

    def penumbra(self) -> float:
        """The farthest that anything is searched for on the sun's map [texels]."""
        return np.tan(self._sky.sun_radius) * self._rise * SUN_TEXELS / (2 * self._reach) + 2.0

    def _heights(
        self, frame: int, still_only: bool
    ) -> tuple[Float32[np.ndarray, "G G"], Float32[np.ndarray, "G G"]]:
        """Height of the highest surface over every texel, and of the lowest that faces down [m]."""
        scale = OPEN_TEXELS / (2 * self._reach)
        x, y = -scale * self._corner
        size = (OPEN_TEXELS, OPEN_TEXELS)
        top, low = np.zeros(size, np.float32), np.zeros(size, np.float32)
        # A map is seen from where closeness grows; from above, its rows run the other way.
        above = [[scale, 0, 0, x], [0, -scale, 0, OPEN_TEXELS - y], [0, 0, 1, CLOSENESS_OFFSET]]
        below = [[scale, 0, 0, x], [0, scale, 0, y], [0, 0, -1, CLOSENESS_OFFSET]]
        self._draw(frame, np.array(above, np.float64), scale, still_only, top)
        self._draw(frame, np.array(below, np.float64), scale, still_only, low)
        offset = np.float32(CLOSENESS_OFFSET)
        top = np.where(top > 0, np.maximum(top - offset, 0), np.float32(0))[::-1]
        low = np.where(low > 0, np.maximum(offset - low, 0), np.float32(np.inf))
        return np.ascontiguousarray(top), low

    def _lighting(
        self,
        depth: Float32[np.ndarray, "S S"],
        top: Float32[np.ndarray, "G G"],
        low: Float32[np.ndarray, "G G"],
    ) -> Lighting:
        levels = empty_levels(len(depth))
        build_levels(depth, levels)
        open_map, open_blocks = openness(top, low, self._open_scale)
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
            sun_depth=depth,
            sun_levels=levels,
            sun_ground=self._ground,
            sun_bounds=bounds(depth, levels, self._ground, self.penumbra()),
            sun_rise=np.float32(self._rise),
            open_from_world=self._open_from_world(open_map),
            open_map=open_map,
            open_blocks=open_blocks,
        )


def _patterned(spec: SceneSpec) -> bool:
    return spec.ground.surface.texture.kind != "plain"


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


def lit_differently(
    boxes: Float32[np.ndarray, "R C 6"], one: Lighting, other: Lighting
) -> UInt8[np.ndarray, "R C"]:
    """Does any lookup from points in a world box (low xyz, high xyz) differ between two lightings?

    A box with low > high holds no points.
    """
    corners = boxes[..., [[0, 1, 2], [3, 1, 2], [0, 4, 2], [3, 4, 2], [0, 1, 5], [3, 1, 5],
                          [0, 4, 5], [3, 4, 5]]].astype(np.float64)  # fmt: skip
    texels = corners @ one.sun_from_world[:2, :3].T + one.sun_from_world[:2, 3]
    # How far the search for casters reaches, rounded up to whole squares of a level.
    scale = float(np.linalg.norm(one.sun_from_world[0, :3]))
    reach = np.tan(float(one.sun_radius)) * scale * float(one.sun_rise)
    found = _differs(one.sun_depth, other.sun_depth, texels, 24.0 + 3.0 * reach)
    G = one.open_from_world
    around = (corners[..., :2] + G[:2]) * G[2]
    found |= _differs(one.open_map, other.open_map, around, 5.0)
    return (found & (boxes[..., 0] <= boxes[..., 3])).astype(np.uint8)


def _differs(
    a: np.ndarray,
    b: np.ndarray,
    texels: Float64[np.ndarray, "R C 8 2"],
    margin: float,
) -> Bool[np.ndarray, "R C"]:
    """Do two maps differ in the squares around the boxes that hold the given texels?"""
    count = len(a) // COMPARED
    size = count * COMPARED
    changed = (a[:size, :size] != b[:size, :size]).reshape(count, COMPARED, count, -1).any((1, 3))
    sums = np.zeros((count + 1, count + 1), np.int64)
    sums[1:, 1:] = changed.cumsum(0).cumsum(1)
    low = np.clip((texels.min(2) - margin) // COMPARED, 0, count).astype(np.int64)
    high = np.clip((texels.max(2) + margin) // COMPARED + 1, 0, count).astype(np.int64)
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
