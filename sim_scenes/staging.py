"""What a family has drawn (bodies, floor, shot, caption) -> the finished SceneSpec."""

from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from phys4d_pipeline import shapes
from phys4d_pipeline.air import Wind
from phys4d_pipeline.continuum import Grid
from phys4d_pipeline.mechanism import Coupling, Joint, Tie
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver, Surface, Vec3
from phys4d_pipeline.scene_catalog import Preset

from .backgrounds import cover, space_of, surroundings
from .draws import chance, quat, vec, with_article
from .filming import Shot, film
from .floors import OUTDOORS, ROOM, STUDIO
from .floors import ground as lay
from .materials import substance
from .scenery import shape
from .tables import table

PLACES = (ROOM, OUTDOORS, STUDIO)
UPRIGHT = Rotation.identity()
AIR_TEMPERATURE = 293.15  # [K]


def body(
    name: str,
    solid: Shape,
    material: str,
    surface: Surface,
    *,
    at: tuple[float, float, float] | np.ndarray,
    rotation: Rotation = UPRIGHT,
    velocity: tuple[float, float, float] | np.ndarray = (0.0, 0.0, 0.0),
    spin: tuple[float, float, float] | np.ndarray = (0.0, 0.0, 0.0),
    is_static: bool = False,
    is_fast: bool = False,
) -> Body:
    """A Body with its centre of mass at a point [m, m/s, rad/s]."""
    return Body(
        name=name,
        shape=solid,
        substance=substance(material),
        surface=surface,
        position=vec(at),
        quaternion=quat(rotation),
        linear_velocity=vec(velocity),
        angular_velocity=vec(spin),
        is_static=is_static,
        is_fast=is_fast,
    )


def slab(
    name: str,
    material: str,
    surface: Surface,
    corner: tuple[float, float, float] | np.ndarray,
    opposite: tuple[float, float, float] | np.ndarray,
) -> Body:
    """A box that never moves, between two opposite corners [m]."""
    extents = np.abs(np.subtract(opposite, corner))
    middle = np.add(opposite, corner) / 2
    solid = shape("box", half_extents=vec(extents / 2))
    return body(name, solid, material, surface, at=middle, is_static=True)


def walls_round(
    inside: tuple[tuple[float, float], tuple[float, float]], thick: float, low: float, high: float
) -> dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]]:
    """Opposite corners of four walls that touch and do not overlap, for `slab` [m].

    Args:
        inside: Ends of the room between them along x and y [m].
        thick: Thickness of the walls [m].
        low: Where they begin [m].
        high: Where they end [m].
    """
    (x0, x1), (y0, y1) = inside
    return {
        "left": ((x0 - thick, y0 - thick, low), (x0, y1 + thick, high)),
        "right": ((x1, y0 - thick, low), (x1 + thick, y1 + thick, high)),
        "front": ((x0, y0 - thick, low), (x1, y0, high)),
        "back": ((x0, y1, low), (x1, y1 + thick, high)),
    }


def height_above_base(solid: Shape, rotation: Rotation = UPRIGHT) -> float:
    """How far the centre of mass lies above the lowest point that collides [m]."""
    return -min(_lowest(part, rotation) for part in shapes.build(solid).parts)


def reach(solid: Shape) -> float:
    """Radius of the sphere around the centre of mass that holds the solid [m]."""
    return shapes.build(solid).bounding_radius


def drawn_at(
    solid: Shape, origin: tuple[float, float, float], rotation: Rotation = UPRIGHT
) -> tuple[Vec3, Rotation]:
    """Centre of mass and rotation of a body whose drawing has this pose (wedge, cone, pin)."""
    position, quaternion = shapes.body_pose(solid, vec(origin), quat(rotation))
    return position, Rotation.from_quat(quaternion, scalar_first=True)


def mass(solid: Shape, material: str) -> float:
    """Of the whole solid [kg]."""
    return substance(material).density * shapes.build(solid).volume


def stage(
    module: str,
    rng: np.random.Generator,
    *,
    seed: int,
    preset: Preset,
    split: str,
    solver: Solver,
    bodies: list[Body],
    floor: str,
    shot: Shot,
    caption: str,
    places: tuple[str, ...] = PLACES,
    table_share: float = 0.0,
    joints: Sequence[Joint] = (),
    couplings: Sequence[Coupling] = (),
    ties: Sequence[Tie] = (),
    grid: Grid | None = None,
    air_temperature: float = AIR_TEMPERATURE,
    wind: Wind | None = None,
) -> SceneSpec:
    """Find a place for what moves, film it, and name the scene after its module.

    Args:
        module: `__name__` of the family.
        rng: Has drawn the motion; looks and places are drawn after it and leave it as it is.
        seed: Of the scene.
        preset: Length and size of the clip.
        split: `train` or `held_out`.
        solver: Which engine, at which rate.
        bodies: All of them.
        floor: One of FLOORS: what the bodies touch, as floor or table top.
        shot: What has to be seen.
        caption: `{floor}` in it stands for the floor as it looks here, with its article.
        places: Where the family may happen.
        table_share: Of the clips whose bodies fit on a table and whose floor is one, too; bodies
            that joints or ties hold stay on the floor.
        joints: What holds and drives the bodies.
        couplings: Between joints.
        ties: Of ropes to what holds them.
        grid: Of solvers that need one; what is in it stays on the floor.
        air_temperature: [K]
        wind: None: the air is still.
    """
    _, category, family = module.rsplit(".", 2)
    ground_floor, top = floor, None
    may_be_lifted = chance(rng, table_share) and not joints and not ties and not grid
    if may_be_lifted and (top := table(rng, floor, bodies, shot)) is not None:
        bodies, shot, ground_floor = top.bodies, top.shot, top.stands_on
        places = (ROOM,)
    chosen = cover(rng, ground_floor, places)
    ground = lay(rng, ground_floor, chosen)
    camera, azimuth = film(rng, shot, preset=preset)
    space = space_of(
        shot, (camera, azimuth), ground=ground, cover=chosen, aspect=preset.width / preset.height
    )
    setting = surroundings(rng, chosen.place, space)
    return SceneSpec(
        category=category,
        family=family,
        split=split,
        seed=seed,
        caption=caption.format(floor=with_article(top.name if top else chosen.name)),
        bodies=tuple(bodies),
        ground=ground,
        sky=setting.sky,
        cameras=(camera,),
        solver=solver,
        num_frames=preset.num_frames,
        fps=preset.fps,
        width=preset.width,
        height=preset.height,
        scenery=setting.scenery,
        space=(vec(shot.points.min(0)), vec(shot.points.max(0))),
        joints=tuple(joints),
        couplings=tuple(couplings),
        ties=tuple(ties),
        grid=grid,
        air_temperature=air_temperature,
        wind=wind,
    )


def _lowest(part: shapes.ConvexPart, rotation: Rotation) -> float:
    """World z of a part's lowest point, the centre of mass at z = 0 [m]."""
    own = rotation * Rotation.from_quat(part.quaternion, scalar_first=True)
    up = own.as_matrix()[2]  # world z in the part's frame
    middle = rotation.apply(part.position)[2]
    if part.kind == "hull":
        return middle + (part.points @ up).min()
    row = np.abs(up)
    if part.kind == "box":
        return middle - row @ np.array(part.sizes)
    if part.kind == "sphere":
        return middle - part.sizes[0]
    radius, half_length = part.sizes
    sideways = np.hypot(row[0], row[1]) if part.kind == "cylinder" else 1.0
    return middle - row[2] * half_length - sideways * radius
