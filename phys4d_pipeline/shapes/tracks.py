"""Channel, and bodies that roll: hoop, wheel, hollow ball, egg.

A polygon that rolls loses speed at each of its corners: 6 % in a metre with 64 corners, 0.6 % with
512. So what touches a track collides as ROUND corners around, eight times as many as are drawn.
"""

from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Float64

from ..errors import SceneError
from .limits import check_range, check_sizes
from .solid import ConvexPart, Mesh, Solid
from .surface import SIDES, SPHERE_FREQUENCY, geodesic_sphere, revolved, unit_circle

ROUND = 8 * SIDES
EGG_RINGS = 24
SPOKES = (4, 8)
CHANNEL_FACETS = 7
"""Across a channel; an odd number has a flat bottom, on which marbles do not rock."""
CHANNEL_ANGLE = np.radians(80.0)
"""From the bottom of a channel to its rims."""
SHARPEST, STEEPEST = 30.0, 70.0
"""Turn of a channel's line from piece to piece, and its slope [deg]."""


def channel(points: tuple[float, ...], radius: float, thickness: float) -> Solid:
    """A gutter: most of the lower half of a pipe, open at both ends, along a line in space.

    Args:
        points: x, y, z of places along the middle of its floor [m]; straight between them, but
            shaded as a curve.
        radius: Inside, of the pipe [m].
        thickness: Of the wall [m].
    """
    check_sizes("channel", radius=radius, thickness=thickness)
    line = _line(points, radius + thickness)
    sections = _sections(line, radius, thickness)
    parts = [
        ConvexPart(kind="hull", points=np.concatenate([one, other])[:, k : k + 2].reshape(-1, 3))
        for one, other in pairwise(sections)
        for k in range(CHANNEL_FACETS)
    ]
    return Solid.centred(_channel_mesh(sections), parts)


def hoop(radius: float, half_width: float, thickness: float) -> Solid:
    """A ring or a tube about the z axis, `radius` outside."""
    check_sizes("hoop", radius=radius, half_width=half_width, thickness=thickness)
    _check_walls("hoop", radius, thickness)
    inside = radius - thickness
    mesh = revolved(
        np.array([radius, radius, inside, inside]),
        half_width * np.array([-1.0, 1.0, 1.0, -1.0]),
    )
    moments = _ring_moments([(inside, radius, 1.0)], half_width)
    return Solid.centred(mesh, _rim(inside, radius, half_width), exact=moments)


def wheel(radius: float, half_width: float, rim: float, hub: float, spokes: int) -> Solid:
    """A rim and a hub about the z axis with spokes that widen outward.

    Args:
        radius: Outside [m].
        half_width: Along z [m].
        rim: Thickness of the rim [m].
        hub: Radius of the hub [m].
        spokes: One of SPOKES, which keep the wheel balanced; together they fill a quarter of the
            ring between hub and rim.
    """
    check_sizes("wheel", radius=radius, half_width=half_width, rim=rim, hub=hub)
    if spokes not in SPOKES:
        raise SceneError(f"Shape 'wheel': spokes ({spokes}) must be one of {SPOKES}.")
    _check_walls("wheel", radius - hub, rim)
    inside, cells = radius - rim, SIDES // (4 * spokes)
    starts = np.arange(spokes) * SIDES // spokes
    is_spoke = np.zeros(SIDES, bool)
    is_spoke[(starts[:, None] + np.arange(cells)).ravel()] = True
    circle = unit_circle(SIDES)
    parts = [*_rim(inside, radius, half_width), _plate(hub * circle, half_width)]
    for start in starts:
        spoke = circle[np.arange(start, start + cells + 1) % SIDES]
        parts.append(_plate(np.concatenate([hub * spoke, inside * spoke]), half_width))
    bands = [(0.0, hub, 1.0), (hub, inside, 0.25), (inside, radius, 1.0)]
    return Solid.centred(
        _wheel_mesh(np.array([hub, inside, radius]), half_width, is_spoke),
        parts,
        exact=_ring_moments(bands, half_width),
    )


def hollow_ball(radius: float, thickness: float) -> Solid:
    """A sealed hollow ball about the origin, `radius` outside; it collides as a full one."""
    check_sizes("hollow_ball", radius=radius, thickness=thickness)
    _check_walls("hollow_ball", radius, thickness)
    unit, inside = geodesic_sphere(SPHERE_FREQUENCY), radius - thickness
    mesh = Mesh(
        vertices=np.concatenate([radius * unit.vertices, inside * unit.vertices]),
        faces=np.concatenate([unit.faces, unit.faces[:, ::-1] + len(unit.vertices)]),
        normals=np.concatenate([unit.normals, -unit.normals]),
    )
    volume = 4 / 3 * np.pi * (radius**3 - inside**3)
    moment = 8 / 15 * np.pi * (radius**5 - inside**5)
    part = ConvexPart(kind="sphere", sizes=(radius,))
    return Solid.centred(mesh, [part], exact=(volume, (moment, moment, moment)))


def egg(length: float, radius: float, taper: float) -> Solid:
    """An egg along z, its blunt end below: Huegelschaeffer's curve, turned about z.

    Args:
        length: From end to end [m].
        radius: About that of its widest circle [m].
        taper: 0 is an ellipsoid, 0.25 a pear-shaped egg; a hen's have 0.1 to 0.15 [1].
    """
    check_sizes("egg", length=length, radius=radius)
    check_range("egg", "taper", taper, 0.0, 0.25)
    half, shift = length / 2, taper * length / 2
    heights = -half * np.cos(np.linspace(0.0, np.pi, EGG_RINGS + 1))
    ratio = (half**2 - heights**2) / (half**2 + 2 * shift * heights + shift**2)
    radii = radius * np.sqrt(np.maximum(ratio, 0.0))
    radii[[0, -1]] = 0.0
    circle = unit_circle(ROUND // 2)
    rings = [
        np.column_stack([r * circle, np.full(len(circle), z)])
        for r, z in zip(radii[1:-1], heights[1:-1], strict=True)
    ]
    poles = np.array([[0.0, 0.0, -half], [0.0, 0.0, half]])
    part = ConvexPart(kind="hull", points=np.concatenate([*rings, poles]))
    return Solid.centred(revolved(radii, heights), [part])


def _check_walls(kind: str, radius: float, thickness: float) -> None:
    if thickness >= radius - 1e-3:
        raise SceneError(
            f"Shape {kind!r}: a wall of {thickness:g} m leaves no hole in {radius:g} m; make it "
            "thinner."
        )


def _line(points: tuple[float, ...], reach: float) -> Float64[np.ndarray, "S 3"]:
    """Places along a channel, if a channel can be built along them."""
    if len(points) % 3 or len(points) < 6:
        raise SceneError(f"Shape 'channel': {len(points)} numbers for points, need threes, 2 up.")
    line = np.array(points).reshape(-1, 3)
    steps = np.diff(line, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    if lengths.min() < 1e-3:
        raise SceneError(f"Shape 'channel': points {lengths.argmin()} and next are within 1 mm.")
    steps = steps / lengths[:, None]
    steepest = np.degrees(np.arcsin(np.abs(steps[:, 2]).max()))
    if steepest > STEEPEST:
        raise SceneError(f"Shape 'channel': {steepest:.0f} degrees steep; at most {STEEPEST:g}.")
    turns = np.degrees(np.arccos(np.clip((steps[1:] * steps[:-1]).sum(1), -1.0, 1.0)))
    if len(turns) and turns.max() > SHARPEST:
        raise SceneError(
            f"Shape 'channel': turns by {turns.max():.0f} degrees at point {turns.argmax() + 1}; "
            f"at most {SHARPEST:g}. Give more points."
        )
    bends = np.radians(turns) / np.minimum(lengths[1:], lengths[:-1])
    if len(turns) and bends.max() * reach > 1.0:
        raise SceneError(
            f"Shape 'channel': bent with a radius of {1 / bends.max():.3g} m at point "
            f"{bends.argmax() + 1}, less than its own {reach:.3g} m. Bend it wider."
        )
    return line


def _sections(
    line: Float64[np.ndarray, "S 3"], radius: float, thickness: float
) -> Float64[np.ndarray, "S 2 K 3"]:
    """Corners of every cross-section: inner and outer arc, from the right rim to the left one."""
    steps = np.diff(line, axis=0)
    steps = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    along = np.concatenate([steps[:1], steps[1:] + steps[:-1], steps[-1:]])
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    left = np.cross((0.0, 0.0, 1.0), along)
    left = left / np.linalg.norm(left, axis=1, keepdims=True)
    up = np.cross(along, left)
    angles = np.linspace(-CHANNEL_ANGLE, CHANNEL_ANGLE, CHANNEL_FACETS + 1)
    # The bottom facet, not the arc, lies on the line.
    floor = radius * np.cos(CHANNEL_ANGLE / CHANNEL_FACETS)
    arcs = []
    for distance in (radius, radius + thickness):
        across, height = distance * np.sin(angles), floor - distance * np.cos(angles)
        arcs.append(line[:, None] + left[:, None] * across[:, None] + up[:, None] * height[:, None])
    return np.stack(arcs, axis=1)


def _channel_mesh(sections: Float64[np.ndarray, "S 2 K 3"]) -> Mesh:
    """Inner and outer face, both rims, both ends."""
    inner, outer = sections[:, 0], sections[:, 1]
    into = (inner - outer) / np.linalg.norm(inner - outer, axis=-1, keepdims=True)
    grids = [
        _grid(inner, into),
        _grid(outer[:, ::-1], -into[:, ::-1]),
        _grid(np.stack([outer[:, 0], inner[:, 0]], 1)),
        _grid(np.stack([inner[:, -1], outer[:, -1]], 1)),
        _grid(np.stack([outer[0], inner[0]])),
        _grid(np.stack([inner[-1], outer[-1]])),
    ]
    return _joined(grids)


_Grid = tuple[np.ndarray, np.ndarray, np.ndarray]


def _grid(points: Float[np.ndarray, "S K 3"], normals: np.ndarray | None = None) -> _Grid:
    """Vertices, faces and normals of a patch; seen from outside, rows run right, columns up."""
    rows, columns = points.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    faces = np.concatenate([np.stack([a, b, c], axis=-1), np.stack([a, c, d], axis=-1)])
    outward = normals
    if outward is None:
        outward = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1))
        outward /= np.linalg.norm(outward, axis=-1, keepdims=True)
    return points.reshape(-1, 3), faces.reshape(-1, 3), outward.reshape(-1, 3)


def _joined(grids: list[_Grid]) -> Mesh:
    starts = np.cumsum([0, *(len(vertices) for vertices, _, _ in grids)])
    return Mesh(
        vertices=np.concatenate([vertices for vertices, _, _ in grids]),
        faces=np.concatenate(
            [faces + start for (_, faces, _), start in zip(grids, starts, strict=False)]
        ).astype(np.int32),
        normals=np.concatenate([normals for _, _, normals in grids]),
    )


def _rim(inside: float, outside: float, half_width: float) -> list[ConvexPart]:
    """One hull per side of the drawn ring; each is rounder outside than it is drawn."""
    step = ROUND // SIDES
    circle = unit_circle(ROUND)
    parts = []
    for side in range(SIDES):
        arc = circle[np.arange(side * step, (side + 1) * step + 1) % ROUND]
        parts.append(_plate(np.concatenate([outside * arc, inside * arc[[0, -1]]]), half_width))
    return parts


def _plate(outline: Float[np.ndarray, "P 2"], half_width: float) -> ConvexPart:
    """The hull of a flat outline, `half_width` to both sides of z = 0."""
    sides = [np.column_stack([outline, np.full(len(outline), z)]) for z in (-1.0, 1.0)]
    return ConvexPart(kind="hull", points=np.concatenate(sides) * (1.0, 1.0, half_width))


def _ring_moments(
    bands: list[tuple[float, float, float]], half_width: float
) -> tuple[float, tuple[float, float, float]]:
    """Volume and principal moments of rings: inner and outer radius, share of the circle."""
    volume = sum(2 * half_width * np.pi * share * (b**2 - a**2) for a, b, share in bands)
    polar = sum(half_width * np.pi * share * (b**4 - a**4) for a, b, share in bands)
    across = polar / 2 + volume * half_width**2 / 3
    return volume, (across, across, polar)


def _wheel_mesh(
    radii: Float[np.ndarray, "3"], half_width: float, is_spoke: Bool[np.ndarray, " S"]
) -> Mesh:
    """Radii of the hub and of the rim's two faces; sides with a spoke behind them."""
    circle = unit_circle(SIDES)
    rings = radii[:, None, None] * np.append(circle, circle[:1], axis=0)
    hub, inside, outside = rings
    grids = [*_hub_caps(hub, half_width), _wall(outside, half_width)]
    for side in range(SIDES):
        here = slice(side, side + 2)
        grids += _caps(inside[here], outside[here], half_width)
        if is_spoke[side]:
            grids += _caps(hub[here], inside[here], half_width)
            if not is_spoke[side - 1]:
                grids.append(_wall(np.stack([hub[side], inside[side]]), half_width))
            if not is_spoke[(side + 1) % SIDES]:
                grids.append(_wall(np.stack([inside[side + 1], hub[side + 1]]), half_width))
        else:
            grids.append(_wall(hub[here], half_width))
            grids.append(_wall(inside[here][::-1], half_width))
    return _joined(grids)


def _hub_caps(ring: Float[np.ndarray, "S 2"], half_width: float) -> list[_Grid]:
    """Fans on both planes."""
    fans = []
    for sign in (1, -1):
        points = _lifted(np.append(ring[:-1], [(0.0, 0.0)], axis=0), sign * half_width)
        side = np.arange(SIDES)
        faces = np.stack([side, (side + 1) % SIDES, np.full(SIDES, SIDES)], -1)[:, ::sign]
        fans.append((points, faces, np.tile([0.0, 0.0, float(sign)], (len(points), 1))))
    return fans


def _caps(inner: np.ndarray, outer: np.ndarray, half_width: float) -> list[_Grid]:
    """Faces of a ring between two arcs, on both planes."""
    return [
        _grid(np.stack([_lifted(outer, half_width), _lifted(inner, half_width)], 1)),
        _grid(np.stack([_lifted(inner, -half_width), _lifted(outer, -half_width)], 1)),
    ]


def _wall(outline: Float[np.ndarray, "P 2"], half_width: float) -> _Grid:
    """Between both planes; its outside lies on the right of the outline."""
    return _grid(np.stack([_lifted(outline, -half_width), _lifted(outline, half_width)], 1))


def _lifted(outline: Float[np.ndarray, "P 2"], height: float) -> Float64[np.ndarray, "P 3"]:
    return np.column_stack([outline, np.full(len(outline), height)])
