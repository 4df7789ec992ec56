"""SceneSpec: everything that decides a clip, checked on construction; canonical JSON in and out.

SI units; world right-handed with z up; quaternions wxyz, world-from-body; colours linear RGB.
Pure data: nothing here knows how a scene is simulated or drawn.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from .errors import SceneError

Vec3 = tuple[float, float, float]
Quat = tuple[float, float, float, float]
FORMS = ("rigid", "deforming", "rope", "particles", "liquid")
"""Where a body is at a frame: rigid: its pose; deforming: the vertices of its shape's mesh; rope:
points along its middle; particles: centres of spheres; liquid: particles inside its surface."""
MAX_BODIES = 65_535  # segmentation ids are uint16, 0 is the background


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A solid by name and parameters; `shapes.build` turns it into a mesh and convex parts."""

    kind: str
    """Name of a function in `phys4d_pipeline.shapes`."""
    parameters: dict[str, float | tuple[float, ...]]
    """Keyword arguments of that function [m, rad or 1]."""


@dataclass(frozen=True, kw_only=True)
class Substance:
    """What a body is made of, mechanically."""

    density: float
    """[kg/m3]"""
    friction: float
    """Coulomb coefficient; a contact uses the product of both bodies' values."""
    restitution: float
    """Normal coefficient; a contact uses the product of both bodies' values."""
    rolling_friction: float = 0.0
    """Resisting moment per normal force [m]."""


@dataclass(frozen=True, kw_only=True)
class Texture:
    """A procedural pattern over body coordinates (over world xy for the ground)."""

    kind: str = "plain"
    """One of `render.textures.KINDS`."""
    scale: float = 0.1
    """Size of one repeat [m]."""
    second_color: Vec3 = (0.5, 0.5, 0.5)
    """The pattern's other colour, linear RGB."""


@dataclass(frozen=True, kw_only=True)
class Surface:
    """What a body looks like (metallic-roughness model)."""

    base_color: Vec3
    """Linear RGB; of a clear body, the light left after 0.1 m of it."""
    roughness: float
    metallic: float = 0.0
    texture: Texture = Texture()
    transmission: float = 0.0
    """Share of the light entering the body that passes through it: 0 opaque, 1 glass or water."""
    refractive_index: float = 1.5
    """Of a clear body, over that of air [1]."""
    emission: Vec3 = (0.0, 0.0, 0.0)
    """Radiance given off, in units of a white sky's [1]; hot bodies glow by themselves."""


@dataclass(frozen=True, kw_only=True)
class Body:
    """One object. Its segmentation id is its place in `SceneSpec.bodies` plus 1."""

    name: str
    shape: Shape
    substance: Substance
    surface: Surface
    position: Vec3
    """Origin of the body frame, which is its centre of mass, at t = 0 [m]."""
    quaternion: Quat = (1.0, 0.0, 0.0, 0.0)
    linear_velocity: Vec3 = (0.0, 0.0, 0.0)
    """[m/s]"""
    angular_velocity: Vec3 = (0.0, 0.0, 0.0)
    """World frame [rad/s]."""
    is_static: bool = False
    is_fast: bool = False
    """Needs continuous collision detection: moves further than its own size in one solver step."""
    form: str = "rigid"
    """What its states hold, one of FORMS."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The plane z = 0, drawn and collided with, segmentation id 0."""

    substance: Substance
    surface: Surface


@dataclass(frozen=True, kw_only=True)
class Scenery:
    """Something drawn behind the scene that nothing touches: a wall, a house, a far table."""

    shape: Shape
    surface: Surface
    position: Vec3
    """Origin of the shape's body frame [m]."""
    quaternion: Quat = (1.0, 0.0, 0.0, 0.0)
    casts_shadow: bool = True


@dataclass(frozen=True, kw_only=True)
class Sky:
    """Sun and sky."""

    sun_azimuth: float
    """[rad], from world +x towards +y."""
    sun_elevation: float
    """[rad], above the horizon."""
    sun_color: Vec3
    """Irradiance on a surface facing the sun, in units of a white sky's irradiance [1]."""
    zenith_color: Vec3
    horizon_color: Vec3
    """Radiance straight up and at the horizon [1]."""
    sun_radius: float = 0.00465
    """Half the angle the sun (or lamp) fills [rad]: how soft shadows are; up to 0.2."""
    cloud_cover: float = 0.0
    """Share of the sky under drawn clouds [1]; decoration, light comes from the two colours."""


@dataclass(frozen=True, kw_only=True)
class CameraPath:
    """A pinhole camera moving through key positions at even times (natural cubic spline)."""

    vertical_fov: float
    """[rad]"""
    eye: tuple[Vec3, ...]
    """One key: the camera stands still [m]."""
    target: tuple[Vec3, ...]
    """Points looked at, as many as `eye` [m]."""
    aperture: float = 0.0
    """Radius of the lens opening [m]: blurs what is out of focus, in the picture only."""
    focus_distance: float = 1.0
    """Camera z that is in focus [m]."""
    shutter: float = 0.0
    """Share of the frame interval the shutter is open [1]: motion blur, in the picture only."""


@dataclass(frozen=True, kw_only=True)
class Solver:
    """Which engine, at which rate."""

    name: str
    """A module of `phys4d_pipeline.simulate`."""
    rate: int
    """Solver steps per second [Hz], a multiple of the frame rate."""


@dataclass(frozen=True, kw_only=True)
class SceneSpec:
    """A complete scene: same spec and same code give the same clip, byte for byte."""

    category: str
    family: str
    split: str
    """`train` or `held_out`."""
    seed: int
    caption: str
    bodies: tuple[Body, ...]
    ground: Ground
    sky: Sky
    cameras: tuple[CameraPath, ...]
    solver: Solver
    num_frames: int
    fps: int
    width: int
    height: int
    gravity: Vec3 = (0.0, 0.0, -9.81)
    """[m/s2]"""
    scenery: tuple[Scenery, ...] = ()
    """Segmentation id 0, like the ground."""
    space: tuple[Vec3, ...] = ()
    """Lowest and highest corner of the box in which the motion is expected [m]: what further
    cameras must see. Empty: unknown."""

    def __post_init__(self) -> None:
        """Collect every fault before raising."""
        faults = list(_faults(self))
        if faults:
            raise SceneError(
                f"Scene {self.category}/{self.family} seed {self.seed}: {'; '.join(faults)}."
            )

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces, shortest floats that read back the same."""
        return _canonical(_plain(self))

    @staticmethod
    def from_json(text: str) -> "SceneSpec":
        """Read what `to_json` wrote; unknown or missing fields raise SceneError."""
        try:
            return _build(SceneSpec, json.loads(text), "scene")
        except (json.JSONDecodeError, TypeError) as error:
            raise SceneError(f"Not a scene description: {error}.") from error

    def digest(self, solver_version: str) -> str:
        """64 hex digits naming this scene as simulated by this solver version."""
        return hashlib.sha256(f"{self.to_json()}\n{solver_version}".encode()).hexdigest()

    def clip_id(self, solver_version: str) -> str:
        """`<category>-<12 hex>`, the name of the clip in a store."""
        return f"{self.category}-{self.digest(solver_version)[:12]}"

    def states_id(self, solver_version: str) -> str:
        """`<category>-<12 hex>` over what the solver sees only: new looks keep old states."""
        plain = _plain(self)
        for key in ("cameras", "sky", "scenery", "space", "width", "height", "caption", "split"):
            del plain[key]
        for part in (plain["ground"], *plain["bodies"]):
            del part["surface"]
        text = f"{_canonical(plain)}\n{solver_version}"
        return f"{self.category}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def with_frames(self, num_frames: int) -> "SceneSpec":
        """The same scene, shorter or longer."""
        return replace(self, num_frames=num_frames)


def _canonical(plain: Mapping[str, Any]) -> str:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(value: Any) -> Any:
    """Dataclasses, tuples and numpy scalars -> dicts, lists and Python numbers."""
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def _build(kind: Any, plain: Any, where: str) -> Any:
    """The inverse of `_plain`, led by the type annotations."""
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        if unknown := set(plain) - set(hints):
            raise SceneError(f"{where} has unknown fields {sorted(unknown)}.")
        return kind(
            **{key: _build(hints[key], item, f"{where}.{key}") for key, item in plain.items()}
        )
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        inner = arguments[0]
        return tuple(_build(inner, item, where) for item in plain)
    if origin is dict:
        return {key: _build(arguments[1], item, where) for key, item in plain.items()}
    if origin in (Union, UnionType):
        if isinstance(plain, list):
            return tuple(plain)
        return None if plain is None and NoneType in arguments else plain
    return kind(plain) if kind is float else plain


def _faults(spec: SceneSpec) -> Any:
    for name in ("num_frames", "fps", "width", "height"):
        if getattr(spec, name) < 1:
            yield f"{name} ({getattr(spec, name)}) must be at least 1"
    if spec.width % 2 or spec.height % 2:
        yield f"picture size {spec.width}x{spec.height} must be even (H.264 4:2:0)"
    if spec.seed < 0:
        yield f"seed ({spec.seed}) must not be negative"
    if spec.split not in ("train", "held_out"):
        yield f"split ({spec.split!r}) must be 'train' or 'held_out'"
    if spec.fps >= 1 and spec.solver.rate % spec.fps:
        nearest = max(1, round(spec.solver.rate / spec.fps)) * spec.fps
        yield f"solver rate ({spec.solver.rate}) must be a multiple of fps: nearest {nearest}"
    if not 1 <= len(spec.bodies) <= MAX_BODIES:
        yield f"{len(spec.bodies)} bodies, need 1 to {MAX_BODIES}"
    names = [body.name for body in spec.bodies]
    if repeated := sorted(name for name, count in Counter(names).items() if count > 1):
        yield f"body names used twice: {repeated}"
    if not spec.cameras:
        yield "no camera"
    for index, camera in enumerate(spec.cameras):
        yield from _camera_faults(index, camera)
    for body in spec.bodies:
        yield from _body_faults(body)
    yield from _substance_faults("ground", spec.ground.substance)
    yield from _surface_faults("ground", spec.ground.surface)
    for index, item in enumerate(spec.scenery):
        yield from _pose_faults(f"scenery {index}", item.position, item.quaternion)
        yield from _surface_faults(f"scenery {index}", item.surface)
    if len(spec.space) not in (0, 2):
        yield f"space has {len(spec.space)} corners, need the lowest and the highest, or none"
    if not 0.0 <= spec.sky.sun_radius <= 0.2:
        yield f"sky: sun_radius ({spec.sky.sun_radius}) must lie in 0 to 0.2 rad"
    if not 0.0 <= spec.sky.cloud_cover <= 1.0:
        yield f"sky: cloud_cover ({spec.sky.cloud_cover}) must lie in 0 to 1"


def _camera_faults(index: int, camera: CameraPath) -> Any:
    if not 0.05 < camera.vertical_fov < 2.8:
        yield f"camera {index}: vertical_fov ({camera.vertical_fov}) must lie in 0.05 to 2.8 rad"
    if not camera.eye or len(camera.eye) != len(camera.target):
        yield f"camera {index}: {len(camera.eye)} eye keys, {len(camera.target)} target keys"
    for eye, target in zip(camera.eye, camera.target, strict=False):
        if not all(math.isfinite(number) for number in (*eye, *target)):
            yield f"camera {index}: eye {eye} or target {target} is not finite"
        if math.dist(eye, target) < 1e-6:
            yield f"camera {index}: eye and target are both {eye}"
    if not 0.0 <= camera.aperture <= 1.0:
        yield f"camera {index}: aperture ({camera.aperture}) must lie in 0 to 1 m"
    if not 0.05 < camera.focus_distance < math.inf:
        yield f"camera {index}: focus_distance ({camera.focus_distance}) must exceed 0.05 m"
    if not 0.0 <= camera.shutter <= 1.0:
        yield f"camera {index}: shutter ({camera.shutter}) must lie in 0 to 1"


def _pose_faults(where: str, position: Vec3, quaternion: Quat) -> Any:
    if not all(math.isfinite(number) for number in (*position, *quaternion)):
        yield f"{where}: pose is not finite"
    elif abs(math.hypot(*quaternion) - 1.0) > 1e-6:
        yield f"{where}: quaternion {quaternion} is not of length 1"


def _body_faults(body: Body) -> Any:
    yield from _pose_faults(f"body {body.name!r}", body.position, body.quaternion)
    if not all(math.isfinite(v) for v in (*body.linear_velocity, *body.angular_velocity)):
        yield f"body {body.name!r}: velocity is not finite"
    if body.form not in FORMS:
        yield f"body {body.name!r}: form ({body.form!r}) must be one of {', '.join(FORMS)}"
    if body.is_static and any((*body.linear_velocity, *body.angular_velocity)):
        yield f"body {body.name!r}: static, but has a velocity"
    yield from _substance_faults(f"body {body.name!r}", body.substance)
    yield from _surface_faults(f"body {body.name!r}", body.surface)


def _substance_faults(where: str, substance: Substance) -> Any:
    if not 0.0 < substance.density < math.inf:
        yield f"{where}: density ({substance.density}) must be positive"
    if not 0.0 <= substance.restitution <= 1.0:
        yield f"{where}: restitution ({substance.restitution}) must lie in 0 to 1"
    for name in ("friction", "rolling_friction"):
        if not 0.0 <= getattr(substance, name) < math.inf:
            yield f"{where}: {name} ({getattr(substance, name)}) must not be negative"


def _surface_faults(where: str, surface: Surface) -> Any:
    for name in ("roughness", "metallic"):
        if not 0.0 <= getattr(surface, name) <= 1.0:
            yield f"{where}: {name} ({getattr(surface, name)}) must lie in 0 to 1"
    if not 0.0 <= surface.transmission <= 1.0:
        yield f"{where}: transmission ({surface.transmission}) must lie in 0 to 1"
    if not 1.0 <= surface.refractive_index <= 3.0:
        yield f"{where}: refractive_index ({surface.refractive_index}) must lie in 1 to 3"
    if not all(0.0 <= channel < math.inf for channel in surface.emission):
        yield f"{where}: emission ({surface.emission}) must not be negative"
    if not all(
        0.0 <= channel <= 1.0 for channel in (*surface.base_color, *surface.texture.second_color)
    ):
        yield f"{where}: colours must lie in 0 to 1"
