"""Closed skins that hold gas: balls and balloons; pillows, rings, mattresses of two flat panels.

A mesh is the skin without gas in it, which is what its triangles measure their stretch from; where
it starts is up to `Body.points`. Panels lie a small gap apart; along seams they have vertices of
their own at the same places, which `weld` makes one: a seam is a crease, but it is closed.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float64, Int64

from ..errors import SceneError
from .even import panel, turned_about_z
from .limits import check_range, check_sizes
from .solid import Mesh, Solid
from .surface import geodesic_sphere

THICKNESS = (1e-5, 0.02)  # [m]; foil to the wall of a rubber ball
FINEST = 150.0  # edges along the longest side of a skin [1]; 20,000 vertices and more are no skin
GAP = 0.1
"""Of two flat panels, over the edge of their triangles [1]: rims are longer by 0.1 %."""
ICOSAHEDRON_EDGE = 1.1827
"""Mean edge of a geodesic sphere times its frequency, over the radius [1]: 4 pi over 20 faces."""
POINTS_OF_ARC = 24  # of a quarter circle in an outline
FEWEST_ACROSS = 4  # edges across the narrowest part of a panel; fewer cannot bulge


def air_ball(radius: float, edge: float, thickness: float) -> Solid:
    """A spherical skin: beach ball, football, round balloon.

    Args:
        radius: [m]
        edge: Of its triangles, about [m].
        thickness: Of the skin [m].
    """
    _check("air_ball", edge, thickness, radius=radius)
    unit = geodesic_sphere(max(2, round(ICOSAHEDRON_EDGE * radius / edge)))
    return _skin(radius * unit.vertices, unit.faces.astype(np.int64), thickness)


def balloon(
    radius: float, length: float, neck: float, neck_length: float, edge: float, thickness: float
) -> Solid:
    """A pear-shaped skin with a neck downwards along z; the first vertex is the neck's end.

    Args:
        radius: Where it is widest [m].
        length: From the top to where the neck begins [m]; twice the radius or more.
        neck: Radius of the neck [m].
        neck_length: [m]
        edge: Of its triangles, about [m].
        thickness: Of the skin [m].
    """
    _check("balloon", edge, thickness, radius=radius, length=length, neck=neck)
    check_range("balloon", "length over radius", length / radius, 2.0, 8.0)
    check_range("balloon", "neck over radius", neck / radius, 0.02, 0.5)
    check_sizes("balloon", neck_length=neck_length)
    down = length - radius  # from the widest place to the neck
    turn = np.linspace(0.0, np.pi / 2, 4 * POINTS_OF_ARC)
    share = np.linspace(1.0, 0.0, 4 * POINTS_OF_ARC)[:-1]
    # A half ellipse that flattens out into the neck.
    taper = neck + (radius - neck) * np.cos(np.pi / 2 * share**1.35)
    radii = np.concatenate([[0.0, neck], taper, radius * np.cos(turn)])
    heights = np.concatenate(
        [[-down - neck_length, -down - neck_length], -down * share, radius * np.sin(turn)]
    )
    return _skin(*turned_about_z(radii, heights, edge), thickness)


def airship(length: float, radius: float, edge: float, thickness: float) -> Solid:
    """A long hull with its nose at +z and a slim tail.

    Args:
        length: [m]
        radius: Where it is widest, 40 % behind the nose [m].
        edge: Of its triangles, about [m].
        thickness: Of the skin [m].
    """
    _check("airship", edge, thickness, radius=radius)
    check_range("airship", "length over radius", length / radius, 2.5, 16.0)
    x = (1 - np.cos(np.linspace(0.0, np.pi, 8 * POINTS_OF_ARC))) / 2  # from the tail [1]
    profile = x**0.75 * np.sqrt(1 - x)  # round at the nose, slimmer at the tail
    radii = radius * profile / profile.max()
    radii[[0, -1]] = 0.0
    return _skin(*turned_about_z(radii, length * x, edge), thickness)


def air_tube(length: float, radius: float, edge: float, thickness: float) -> Solid:
    """A round tube along z with round ends, as long as `length` with them.

    Args:
        length: [m]
        radius: [m]
        edge: Of its triangles, about [m].
        thickness: Of the skin [m].
    """
    _check("air_tube", edge, thickness, radius=radius)
    check_range("air_tube", "length over radius", length / radius, 2.5, 80.0)
    turn = np.linspace(0.0, np.pi / 2, 2 * POINTS_OF_ARC)
    radii = np.concatenate([radius * np.sin(turn), radius * np.cos(turn)])
    middle = length / 2 - radius
    heights = np.concatenate([-middle - radius * np.cos(turn), middle + radius * np.sin(turn)])
    radii[[0, -1]] = 0.0
    return _skin(*turned_about_z(radii, heights, edge), thickness)


def pillow(width: float, depth: float, corner: float, edge: float, thickness: float) -> Solid:
    """Two rectangles with round corners, sewn along their edges.

    Args:
        width: Along x [m].
        depth: Along y [m].
        corner: Radius of its corners [m].
        edge: Of its triangles, about [m].
        thickness: Of the skin [m].
    """
    _check("pillow", edge, thickness, width=width, depth=depth, corner=corner)
    _check_across("pillow", edge, min(width, depth))
    if 2 * corner > min(width, depth):
        raise SceneError(f"Shape 'pillow': corner ({corner:g}) must fit twice into its sides.")
    return _sewn([_rounded(width, depth, corner)], edge, thickness)


def sewn_panels(outline: tuple[float, ...], edge: float, thickness: float) -> Solid:
    """Two panels of any outline sewn along it: foil balloons, airbags.

    Args:
        outline: x, y of points along it, counter-clockwise [m].
        edge: Of its triangles, about [m].
        thickness: Of the skin [m].
    """
    loop = np.array(outline).reshape(-1, 2) if len(outline) % 2 == 0 else np.zeros((0, 2))
    if len(loop) < 3:
        raise SceneError(f"Shape 'sewn_panels': outline has {len(outline)} numbers, not 3 pairs.")
    after = np.roll(loop, -1, axis=0)
    if (loop[:, 0] * after[:, 1] - loop[:, 1] * after[:, 0]).sum() <= 0:
        raise SceneError("Shape 'sewn_panels': outline must be counter-clockwise; turn it round.")
    size = np.ptp(loop, axis=0)
    _check("sewn_panels", edge, thickness, size=float(size.max()))
    _check_across("sewn_panels", edge, float(size.min()))
    return _sewn([loop], edge, thickness)


def swim_ring(radius: float, inner_radius: float, edge: float, thickness: float) -> Solid:
    """Two flat rings sewn along both edges.

    Args:
        radius: Of the outer seam [m].
        inner_radius: Of the inner seam [m].
        edge: Of its triangles, about [m].
        thickness: Of the skin [m].
    """
    _check("swim_ring", edge, thickness, radius=radius, inner_radius=inner_radius)
    check_range("swim_ring", "inner_radius over radius", inner_radius / radius, 0.1, 0.8)
    _check_across("swim_ring", edge, radius - inner_radius)
    turn = np.linspace(0.0, 2 * np.pi, 8 * POINTS_OF_ARC, endpoint=False)
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    return _sewn([radius * circle, inner_radius * circle[::-1]], edge, thickness)


def air_mattress(
    width: float, depth: float, tubes: int, corner: float, edge: float, thickness: float
) -> Solid:
    """Two rectangles sewn along their edges, and spot-welded in lines that part it into tubes.

    Args:
        width: Across the tubes, along x [m].
        depth: Along the tubes, along y [m].
        tubes: Side by side; air passes from one to the next at their ends, and between the spots.
        corner: Radius of its corners [m].
        edge: Of its triangles, about [m].
        thickness: Of the skin [m].
    """
    _check("air_mattress", edge, thickness, width=width, depth=depth, corner=corner)
    check_range("air_mattress", "tubes", tubes, 1, 40)
    _check_across("air_mattress", edge, width / tubes)
    if 2 * corner > min(width, depth):
        raise SceneError(f"Shape 'air_mattress': corner ({corner:g}) must fit twice into it.")
    passage = width / tubes / 2  # between the last spot and the end
    spots = max(1, round((depth / 2 - passage) / edge))
    along = np.linspace(-1.0, 1.0, 2 * spots + 1) * spots * edge
    lines = width * (np.arange(1, tubes) / tubes - 0.5)
    given = np.array([(x, y) for x in lines for y in along]).reshape(-1, 2)
    # Spots two edges apart: between them the panels part, so no edge has more than two faces.
    is_welded = np.tile(np.arange(2 * spots + 1) % 2 == 0, tubes - 1)
    return _sewn([_rounded(width, depth, corner)], edge, thickness, given, is_welded)


def _check(kind: str, edge: float, thickness: float, **sizes: float) -> None:
    check_sizes(kind, edge=edge, **sizes)
    check_range(kind, "thickness", thickness, *THICKNESS)
    check_range(kind, "longest side over edge", max(sizes.values()) / edge, 1.0, FINEST)


def _check_across(kind: str, edge: float, narrowest: float) -> None:
    if narrowest < FEWEST_ACROSS * edge * (1 - 1e-9):
        raise SceneError(
            f"Shape {kind!r}: edge ({edge:g}) must fit {FEWEST_ACROSS} times across its narrowest "
            f"part ({narrowest:g} m), so {narrowest / FEWEST_ACROSS:g} m at most."
        )


def _rounded(width: float, depth: float, corner: float) -> Float64[np.ndarray, "N 2"]:
    """A rectangle with round corners, counter-clockwise."""
    turn = np.linspace(0.0, np.pi / 2, POINTS_OF_ARC)
    arcs = []
    for k, (x, y) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        middle = np.array([x * (width / 2 - corner), y * (depth / 2 - corner)])
        angle = turn + k * np.pi / 2
        arcs.append(middle + corner * np.column_stack([np.cos(angle), np.sin(angle)]))
    loop = np.concatenate(arcs)
    apart = np.linalg.norm(loop - np.roll(loop, 1, axis=0), axis=1) > 1e-9
    return loop[apart]


def _sewn(
    loops: Sequence[Float[np.ndarray, "_ 2"]],
    edge: float,
    thickness: float,
    given: Float[np.ndarray, "K 2"] | None = None,
    is_welded: np.ndarray | None = None,
) -> Solid:
    """Two panels, one above the other, that share places along loops and at welded points."""
    flat, faces, on_rim = panel(loops, edge, given, is_welded)
    is_apart = np.ones(len(flat))
    is_apart[:on_rim] = 0.0
    if is_welded is not None:
        is_apart[on_rim : on_rim + len(is_welded)] = ~is_welded
    rise = GAP * edge / 2 * is_apart
    top, bottom = np.column_stack([flat, rise]), np.column_stack([flat, -rise])
    return _skin(
        np.concatenate([top, bottom]),
        np.concatenate([faces, len(flat) + faces[:, ::-1]]),
        thickness,
    )


def _skin(
    vertices: Float[np.ndarray, "V 3"], faces: Int64[np.ndarray, "F 3"], thickness: float
) -> Solid:
    mesh = Mesh(vertices=vertices, faces=faces.astype(np.int32), normals=_normals(vertices, faces))
    return Solid.centred(mesh, [], shell=thickness)


def _normals(vertices: np.ndarray, faces: np.ndarray) -> Float64[np.ndarray, "V 3"]:
    """Mean of the faces around each vertex, by area."""
    a, b, c = vertices[faces].transpose(1, 0, 2)
    sums = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(sums, faces[:, k], np.cross(b - a, c - a))
    return sums / np.linalg.norm(sums, axis=1, keepdims=True)
