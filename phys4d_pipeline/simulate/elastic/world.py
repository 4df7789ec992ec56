"""SceneSpec -> the arrays of an Elastic world at t = 0."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64

from ... import air
from ...motion import rubber
from ...motion import skins as rest
from ...motion import solids as soft
from ...motion.touching import skin_touching, soft_touching
from ...scene import Body, SceneSpec
from ...shapes import Solid, tetrahedra
from ..world.distance import Parts
from ..world.model import World
from ..world.start import Nodes, rows_of, start_speeds, world_of
from . import model
from .air import CLOSED, CLOSED_FRICTION, FRICTION, NORMAL
from .gas_world import gas_chambers
from .skins import ROW
from .solid_arrays import solids as solid_arrays
from .stability import damping_in_plane
from .touch_world import touching

WAVES = 24
"""Of a wind with eddies."""
SMALLEST_EDDY = 0.1
"""Over the largest [1]."""


def elastic_world(
    spec: SceneSpec,
    solids: list[Solid],
    masses: Float64[np.ndarray, " B"],
    step_s: float,
    frequency: float,
) -> tuple[model.Elastic, Parts, dict[int, np.ndarray]]:
    """Everything as it starts, the parts of rigid bodies, and the points of each body's states.

    Args:
        spec: The scene.
        solids: Of its bodies.
        masses: Of its bodies [kg].
        step_s: [s]
        frequency: Of contact springs [rad/s].
    """
    sheets = {k: rest.skin(body) for k, body in enumerate(spec.bodies) if rest.is_skin(body)}
    softs = {k: soft.soft(body) for k, body in enumerate(spec.bodies) if body.form == "soft"}
    nodes = [_vertices(spec, index, one) for index, one in sheets.items()]
    nodes += [_nodes(spec.bodies[index], index, one) for index, one in softs.items()]
    world, parts = world_of(spec, solids, masses, step_s, frequency, nodes)
    skins = _skins(spec, world, sheets)
    _mark_inner(spec, world, softs)
    elastic = model.Elastic(
        world=world,
        skins=skins,
        folds=_folds(world, sheets),
        air=_air(spec, len(skins.area)),
        solids=solid_arrays(
            [(one, first_point(world, index)) for index, one in softs.items()],
            world.points.place,
            step_s,
        ),
        chambers=gas_chambers(spec, sheets, skins.sheets, world.points),
        touch=touching(world, _surface(spec, world, skins, softs), _rest(world, sheets, softs)),
    )
    return elastic, parts, rows_of(world.points, nodes)


def first_point(world: World, index: int) -> int:
    """Row of the first point of a body."""
    return int(np.argmax(world.points.owner == index + 1))


def _surface(
    spec: SceneSpec, world: World, skins: model.Skins, softs: dict[int, soft.Soft]
) -> Int64[np.ndarray, "F 3"]:
    """Points of the triangles of all skins, and of the boundaries of all soft bodies."""
    faces = [skins.corners.T]
    for index in softs:
        own = tetrahedra(spec.bodies[index].shape).faces.astype(np.int64)
        faces.append(own + first_point(world, index))
    return np.concatenate(faces)


def _rest(
    world: World, sheets: dict[int, rest.Skin], softs: dict[int, soft.Soft]
) -> Float64[np.ndarray, "N 3"]:
    """Places of all points when their own body is at rest [m]."""
    places = world.points.place.copy()
    own = {index: one.places for index, one in sheets.items()}
    own |= {index: one.nodes for index, one in softs.items()}
    for index, at_rest in own.items():
        first = first_point(world, index)
        places[first : first + len(at_rest)] = at_rest
    return places


def _vertices(spec: SceneSpec, index: int, one: rest.Skin) -> Nodes:
    body = spec.bodies[index]
    place = rest.start(body)[one.kept]
    return Nodes(
        body=index,
        place=place,
        speed=start_speeds(body, place, one.masses),
        mass=one.masses,
        radius=np.full(len(place), skin_touching(body, one)),
        node_of=one.point_of,
    )


def _nodes(body: Body, index: int, one: soft.Soft) -> Nodes:
    place = soft.start(body)
    return Nodes(
        body=index,
        place=place,
        speed=start_speeds(body, place, one.masses),
        mass=one.masses,
        radius=np.full(len(place), soft_touching(one)),
        node_of=np.arange(len(place)),
    )


def _mark_inner(spec: SceneSpec, world: World, softs: dict[int, soft.Soft]) -> None:
    """Nodes within soft bodies push nothing: those of the boundary stand in its way."""
    for index, one in softs.items():
        is_inner = np.ones(len(one.nodes), bool)
        is_inner[tetrahedra(spec.bodies[index].shape).boundary] = False
        world.points.is_inside[first_point(world, index) + np.flatnonzero(is_inner)] = True


def _skins(spec: SceneSpec, world: World, sheets: dict[int, rest.Skin]) -> model.Skins:
    counts = np.array([len(one.faces) for one in sheets.values()], np.int64)
    F = int(counts.sum())
    moduli = np.array([one.moduli for one in sheets.values()]).reshape(-1, 4)
    corners = [one.faces.T + first_point(world, index) for index, one in sheets.items()]
    inverse = [one.inverse.reshape(-1, 4).T for one in sheets.values()]
    is_closed = np.array([spec.bodies[index].gas is not None for index in sheets], bool)
    return model.Skins(
        sheets=model.Sheets(
            first=np.cumsum(counts) - counts,
            last=np.cumsum(counts),
            warp=moduli[:, 0].copy(),
            cross=moduli[:, 1].copy(),
            weft=moduli[:, 2].copy(),
            shear=moduli[:, 3].copy(),
            damping=np.array([damping_in_plane(one) for one in sheets.values()]),
            rubber=np.array([rubber.constants(one.rubber) for one in sheets.values()])
            .reshape(-1, 2)
            .T.copy(),
            drag=np.where(is_closed, CLOSED, NORMAL),
            friction=np.where(is_closed, CLOSED_FRICTION, FRICTION),
        ),
        owner=np.repeat(np.array(list(sheets), np.int64) + 1, counts),
        corners=_joined(corners, np.zeros((3, 0), np.int64)),
        inverse=_joined(inverse, np.zeros((4, 0))),
        area=_joined([one.areas for one in sheets.values()], np.zeros(0)),
        normal=np.zeros((3, F)),
        doubled=np.zeros(F),
        swing=np.zeros((3, F)),
        edges=np.zeros((15, F)),
        pull=np.zeros((6, F)),
        push=np.zeros((3, F)),
    )


def _folds(world: World, sheets: dict[int, rest.Skin]) -> model.Folds:
    total = sum(len(one.angles) for one in sheets.values())
    ends, sides, near, stiffness, hinge_of = [], [], [], [], []
    triangles = hinges = 0
    for index, one in sheets.items():
        H = len(one.angles)
        ends.append(one.ends.T + first_point(world, index))
        sides.append(one.sides.T + triangles)
        own, beside, stiff = _couplings(one)
        near.append(np.where(beside < H, beside + hinges, total).T)
        stiffness.append(np.vstack([own, stiff.T]))
        hinge_of.append(np.where(one.hinge_of < H, one.hinge_of + hinges, total).T)
        triangles, hinges = triangles + len(one.faces), hinges + H
    lasting = [np.full(len(one.angles), one.damping) for one in sheets.values()]
    return model.Folds(
        ends=_joined(ends, np.zeros((2, 0), np.int64)),
        sides=_joined(sides, np.zeros((2, 0), np.int64)),
        rest=_joined([one.angles for one in sheets.values()], np.zeros(0)),
        near=_joined(near, np.zeros((4, 0), np.int64)),
        stiffness=_joined(stiffness, np.zeros((5, 0))),
        damping=_joined(lasting, np.zeros(0)),
        strain=np.zeros(total + 1),
        pull=np.zeros(total + 1),
        hinge_of=_joined(hinge_of, np.zeros((3, 0), np.int64)),
        room=np.zeros((12, ROW)),
        around=np.zeros((3, triangles)),
    )


def _couplings(one: rest.Skin) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of hinges: own stiffness (H,), the other hinges (H, 4) of both triangles, theirs (H, 4)."""
    H = len(one.angles)
    own, near, stiff = np.zeros(H), np.full((H, 4), H, np.int64), np.zeros((H, 4))
    for side in range(2):
        faces = one.sides[:, side]
        around = one.hinge_of[faces]
        for k in range(3):
            mine = np.flatnonzero(around[:, k] == np.arange(H))
            own[mine] += one.bending[faces[mine], k, k]
            for place, other in enumerate(((k + 1) % 3, (k + 2) % 3)):
                near[mine, 2 * side + place] = around[mine, other]
                stiff[mine, 2 * side + place] = one.bending[faces[mine], k, other]
    return own, near, stiff


def _air(spec: SceneSpec, triangles: int) -> model.Air:
    """Of the scene; eddies are waves across their own direction, so that no air piles up.

    Their energy falls with the wave number to the power -5/3 (Kolmogorov 1941).
    """
    wind = spec.wind or air.Wind(velocity=(0.0, 0.0, 0.0))
    count = WAVES if wind.gusts > 0.0 else 0
    rng = np.random.default_rng(spec.seed)
    ways = rng.normal(size=(count, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    swirls = np.cross(ways, rng.normal(size=(count, 3)))
    swirls /= np.linalg.norm(swirls, axis=1, keepdims=True)
    sizes = wind.eddy * np.geomspace(1.0, SMALLEST_EDDY, count)
    # Even steps of the logarithm of the wave number k hold k times as much of the spectrum.
    strength = sizes ** (1 / 3)
    strength *= wind.gusts * np.sqrt(6 / max((strength**2).sum(), 1e-300))
    stream = np.array(wind.velocity, np.float64)
    return model.Air(
        density=np.array([air.density(air.PRESSURE, spec.air_temperature)]),
        stream=stream,
        waves=2 * np.pi / sizes[:, None] * ways,
        swirls=strength[:, None] * swirls,
        phases=rng.uniform(0.0, 2 * np.pi, count),
        wind=np.tile(stream[:, None], (1, triangles)),
    )


def _joined(blocks: Sequence[np.ndarray], empty: np.ndarray) -> np.ndarray:
    """Side by side along the last axis, in C order."""
    return np.ascontiguousarray(np.concatenate([empty, *blocks], axis=-1))
