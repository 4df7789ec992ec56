"""SceneSpec -> what is wrong with it, one phrase per fault; empty for a scene that can be made.

What needs the geometry of bodies (do two of them start inside each other?) is in `overlap`.
"""

import math
from collections import Counter
from collections.abc import Iterator

from .air import gas_faults, wind_faults
from .continuum import grid_faults, thermal_faults
from .mechanism import Tie, joint_faults, path_faults
from .scene import FORMS, MAX_BODIES, Body, CameraPath, Quat, SceneSpec, Substance, Surface, Vec3

NOT_NEGATIVE = (
    "friction",
    "rolling_friction",
    "youngs_modulus",
    "bending_modulus",
    "damping",
    "viscosity",
    "internal_friction",
    "cohesion",
    "weft_modulus",
    "shear_modulus",
    "yield_stress",
)
"""Numbers of a substance that may be 0."""


def scene_faults(spec: SceneSpec) -> Iterator[str]:
    """Every fault that can be told from the numbers alone."""
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
    rigid = {body.name: body.is_free for body in spec.bodies if body.form == "rigid"}
    yield from joint_faults(spec.joints, spec.couplings, rigid)
    for tie in spec.ties:
        yield from _tie_faults(spec, tie)
    if len(spec.space) not in (0, 2):
        yield f"space has {len(spec.space)} corners, need the lowest and the highest, or none"
    if spec.grid:
        yield from grid_faults(spec.grid)
    if spec.wind:
        yield from wind_faults(spec.wind)
    if not 0.0 < spec.air_temperature < math.inf:
        yield f"air_temperature ({spec.air_temperature}) must be positive"
    if not 0.0 <= spec.sky.sun_radius <= 0.2:
        yield f"sky: sun_radius ({spec.sky.sun_radius}) must lie in 0 to 0.2 rad"
    if not 0.0 <= spec.sky.cloud_cover <= 1.0:
        yield f"sky: cloud_cover ({spec.sky.cloud_cover}) must lie in 0 to 1"


def _camera_faults(index: int, camera: CameraPath) -> Iterator[str]:
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


def _pose_faults(where: str, position: Vec3, quaternion: Quat) -> Iterator[str]:
    if not all(math.isfinite(number) for number in (*position, *quaternion)):
        yield f"{where}: pose is not finite"
    elif abs(math.hypot(*quaternion) - 1.0) > 1e-6:
        yield f"{where}: quaternion {quaternion} is not of length 1"


def _body_faults(body: Body) -> Iterator[str]:
    yield from _pose_faults(f"body {body.name!r}", body.position, body.quaternion)
    if not all(math.isfinite(v) for v in (*body.linear_velocity, *body.angular_velocity)):
        yield f"body {body.name!r}: velocity is not finite"
    if body.form not in FORMS:
        yield f"body {body.name!r}: form ({body.form!r}) must be one of {', '.join(FORMS)}"
    if not body.is_free and any((*body.linear_velocity, *body.angular_velocity)):
        yield f"body {body.name!r}: static or on a path, but has a velocity of its own"
    if body.path and body.is_static:
        yield f"body {body.name!r}: static, but has a path"
    if body.path and body.form != "rigid":
        yield f"body {body.name!r}: only rigid bodies follow a path; tie its points to one"
    for fault in path_faults(body.path) if body.path else ():
        yield f"body {body.name!r}: {fault}"
    if body.points and body.form == "rigid":
        yield f"body {body.name!r}: has points, but is rigid"
    if not all(math.isfinite(number) for point in body.points for number in point):
        yield f"body {body.name!r}: points are not finite"
    if body.thermal:
        yield from thermal_faults(f"body {body.name!r}", body.thermal)
    for fault in gas_faults(body.gas) if body.gas else ():
        yield f"body {body.name!r}: {fault}"
    if body.gas and body.form != "deforming":
        yield f"body {body.name!r}: holds gas, but is {body.form}; only a deforming skin can"
    yield from _substance_faults(f"body {body.name!r}", body.substance)
    yield from _surface_faults(f"body {body.name!r}", body.surface)


def _tie_faults(spec: SceneSpec, tie: Tie) -> Iterator[str]:
    bodies = {body.name: body for body in spec.bodies}
    tied, holder = bodies.get(tie.body), bodies.get(tie.holder)
    if tied is None or tied.form == "rigid":
        yield f"tie: {tie.body!r} is no body with points"
    elif tied.points and not -len(tied.points) <= tie.point < len(tied.points):
        yield f"tie: {tie.body!r} has {len(tied.points)} points, none is {tie.point}"
    if tie.holder and (holder is None or holder.form != "rigid"):
        yield f"tie: {tie.holder!r} is no rigid body of the scene"
    if tie.until is not None and not 0.0 < tie.until < math.inf:
        yield f"tie of {tie.body!r}: until ({tie.until}) must be a time after the start"


def _substance_faults(where: str, substance: Substance) -> Iterator[str]:
    if not 0.0 < substance.density < math.inf:
        yield f"{where}: density ({substance.density}) must be positive"
    if not 0.0 <= substance.restitution <= 1.0:
        yield f"{where}: restitution ({substance.restitution}) must lie in 0 to 1"
    for name in NOT_NEGATIVE:
        if not 0.0 <= getattr(substance, name) < math.inf:
            yield f"{where}: {name} ({getattr(substance, name)}) must not be negative"
    if not 0.0 <= substance.poissons_ratio < 0.5:
        yield f"{where}: poissons_ratio ({substance.poissons_ratio}) must lie in 0 to below 0.5"


def _surface_faults(where: str, surface: Surface) -> Iterator[str]:
    for name in ("roughness", "metallic"):
        if not 0.0 <= getattr(surface, name) <= 1.0:
            yield f"{where}: {name} ({getattr(surface, name)}) must lie in 0 to 1"
    if not 0.0 <= surface.transmission <= 1.0:
        yield f"{where}: transmission ({surface.transmission}) must lie in 0 to 1"
    if surface.thin_walled and surface.transmission == 0.0:
        yield f"{where}: thin_walled panes are clear: transmission must be above 0"
    if not 1.0 <= surface.refractive_index <= 3.0:
        yield f"{where}: refractive_index ({surface.refractive_index}) must lie in 1 to 3"
    if not all(0.0 <= channel < math.inf for channel in surface.emission):
        yield f"{where}: emission ({surface.emission}) must not be negative"
    if not all(
        0.0 <= channel <= 1.0 for channel in (*surface.base_color, *surface.texture.second_color)
    ):
        yield f"{where}: colours must lie in 0 to 1"
