"""SceneSpec: everything that decides a clip, checked on construction; canonical JSON in and out.

SI units; world right-handed with z up; quaternions wxyz, world-from-body; colours linear RGB.
Pure data: nothing here knows how a scene is simulated or drawn.
"""

import hashlib
import json
from dataclasses import dataclass, replace

from .air import Gas, Wind
from .continuum import Grid, Thermal
from .errors import SceneError
from .mechanism import Coupling, Joint, Path, Tie
from .plain import Quat, Vec3, canonical, from_plain, to_plain

FORMS = ("rigid", "deforming", "soft", "rope", "particles", "liquid")
"""Where a body is at a frame: rigid: its pose; deforming: the vertices of its shape's mesh; soft:
the nodes of the tetrahedra in its shape; rope: points along its middle; particles: centres of
spheres; liquid: particles inside its surface."""
MEDIA = ("particles", "liquid")
"""Forms of bodies of particles, whose count their solver decides."""
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
    youngs_modulus: float = 0.0
    """Against stretching, of a body that is not rigid [Pa]."""
    bending_modulus: float = 0.0
    """Against bending of a rope [Pa]: below `youngs_modulus`, since its strands slide."""
    damping: float = 0.0
    """Of stretching and bending: viscous over elastic stress [s]."""
    poissons_ratio: float = 0.0
    """Of a body that is not rigid [1]."""
    viscosity: float = 0.0
    """Of a liquid or gas, dynamic [Pa s]."""
    internal_friction: float = 0.0
    """Of grains among themselves: tangent of the angle at which a slope of them slides [1]."""
    cohesion: float = 0.0
    """Shear stress that grains bear without pressure [Pa]."""
    weft_modulus: float = 0.0
    """Of a fabric, against stretching across its warp, which `youngs_modulus` is along [Pa]; 0: as
    along it."""
    shear_modulus: float = 0.0
    """Of a fabric, against turning warp against weft [Pa]; 0: that of an isotropic material."""
    yield_stress: float = 0.0
    """Of a soft body: von Mises stress from which it keeps its new shape [Pa]; 0: never."""


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
    """Linear RGB; of a clear body, the light left after 0.1 m of it; of a pane, the light left."""
    roughness: float
    metallic: float = 0.0
    texture: Texture = Texture()
    transmission: float = 0.0
    """Share of the light entering the body that passes through it: 0 opaque, 1 glass or water."""
    refractive_index: float = 1.5
    """Of a clear body, over that of air [1]."""
    thin_walled: bool = False
    """A clear pane: light goes straight through it, and every layer but the picture describes
    what lies behind it."""
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
    points: tuple[Vec3, ...] = ()
    """Where the points of a body that is not rigid start [m], world; empty: as its shape is drawn
    at `position` and `quaternion`."""
    path: Path | None = None
    """Leads a body that forces do not move; None: forces move it, unless it is static."""
    thermal: Thermal | None = None
    """None: its temperature does not matter."""
    gas: Gas | None = None
    """Inside a closed skin; None: nothing presses on it from inside."""

    @property
    def is_free(self) -> bool:
        """Do forces move it?"""
        return not self.is_static and self.path is None


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
    joints: tuple[Joint, ...] = ()
    couplings: tuple[Coupling, ...] = ()
    ties: tuple[Tie, ...] = ()
    grid: Grid | None = None
    """Of solvers that need one."""
    air_temperature: float = 293.15
    """[K]"""
    wind: Wind | None = None
    """None: the air is still."""

    def __post_init__(self) -> None:
        """Collect every fault before raising."""
        from .scene_faults import scene_faults  # it reads what is defined here

        faults = list(scene_faults(self))
        if faults:
            raise SceneError(
                f"Scene {self.category}/{self.family} seed {self.seed}: {'; '.join(faults)}."
            )

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces, shortest floats that read back the same."""
        return canonical(to_plain(self))

    @staticmethod
    def from_json(text: str) -> "SceneSpec":
        """Read what `to_json` wrote; unknown or missing fields raise SceneError."""
        try:
            return from_plain(SceneSpec, json.loads(text), "scene")
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
        plain = to_plain(self)
        for key in ("cameras", "sky", "scenery", "space", "width", "height", "caption", "split"):
            del plain[key]
        for part in (plain["ground"], *plain["bodies"]):
            del part["surface"]
        text = f"{canonical(plain)}\n{solver_version}"
        return f"{self.category}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def with_frames(self, num_frames: int) -> "SceneSpec":
        """The same scene, shorter or longer."""
        return replace(self, num_frames=num_frames)
