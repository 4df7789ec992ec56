"""Round cloth, poncho, skirts, pillowcase, T-shirt, trousers: cloth cut and sewn, drawn flat.

All lie in the xy-plane, the front up; what has two panels is sewn along its seams and open at its
hems. `edge` is how long the edges of triangles are, about; `thickness` gives them mass and
something to collide with: they are drawn without [m].
"""

import numpy as np
from jaxtyping import Float64, Int32

from ..errors import SceneError
from .limits import check_range, check_sizes
from .panels import Panel, Side, arc, panel, side
from .solid import Mesh, Solid, shell_properties

THICKNESS = (1e-5, 0.1)  # [m]; foil to mattress
FEWEST = 3.0
"""Edges along the least width of a piece, below which no inner points are left."""
GAP = 3.0
"""Between the two panels of a flat garment, over the thickness: they do not touch yet."""
TURN = 2 * np.pi


def round_cloth(radius: float, edge: float, thickness: float = 1e-3) -> Solid:
    """A disc about the origin."""
    _check("round_cloth", edge, thickness, radius=radius)
    return _one_layer(panel([[_circle(radius, edge)]], edge), thickness)


def poncho(width: float, depth: float, neck: float, edge: float, thickness: float = 1e-3) -> Solid:
    """A rectangle with a round hole in the middle.

    Args:
        width: Along x [m].
        depth: Along y [m].
        neck: Radius of the hole [m].
        edge: Of a triangle [m].
        thickness: [m]
    """
    _check("poncho", edge, thickness, width=width, depth=depth, neck=neck)
    if min(width, depth) < 2 * neck + FEWEST * edge:
        raise SceneError(
            f"Shape 'poncho': neck ({neck:g}) leaves no cloth in {width:g} x {depth:g} m."
        )
    corners = _rectangle(width / 2, depth / 2)
    hole = _circle(neck, edge, way=-1.0)
    return _one_layer(panel([corners, [hole]], edge), thickness)


def circle_skirt(waist: float, length: float, edge: float, thickness: float = 1e-3) -> Solid:
    """A ring of cloth: a full circle skirt lying flat.

    Args:
        waist: Radius of the hole [m].
        length: From waist to hem [m].
        edge: Of a triangle [m].
        thickness: [m]
    """
    _check("circle_skirt", edge, thickness, waist=waist, length=length)
    rings = [_circle(waist + length, edge)], [_circle(waist, edge, way=-1.0)]
    return _one_layer(panel(rings, edge), thickness)


def skirt(waist: float, hem: float, length: float, edge: float, thickness: float = 1e-3) -> Solid:
    """Two panels sewn at the sides; the waist is at the top, towards +y.

    Args:
        waist: Width of a panel at the top [m].
        hem: At the bottom [m].
        length: [m]
        edge: Of a triangle [m].
        thickness: [m]
    """
    _check("skirt", edge, thickness, waist=waist, hem=hem, length=length)
    low, high = (hem / 2, -length / 2), (waist / 2, length / 2)
    outline = [
        side(_left(low), low),
        side(low, high, is_sewn=True),
        side(high, _left(high)),
        side(_left(high), _left(low), is_sewn=True),
    ]
    piece = panel([outline], edge)
    return _two_layers(piece, piece, thickness)


def pillowcase(width: float, depth: float, edge: float, thickness: float = 1e-3) -> Solid:
    """Two rectangles sewn along three sides; the side at +x is open [m]."""
    _check("pillowcase", edge, thickness, width=width, depth=depth)
    x, y = width / 2, depth / 2
    outline = [
        side((-x, -y), (x, -y), is_sewn=True),
        side((x, -y), (x, y)),
        side((x, y), (-x, y), is_sewn=True),
        side((-x, y), (-x, -y), is_sewn=True),
    ]
    piece = panel([outline], edge)
    return _two_layers(piece, piece, thickness)


def t_shirt(
    chest: float, length: float, sleeve: float, edge: float, thickness: float = 1e-3
) -> Solid:
    """A T-shirt with its neck towards +y: hem, cuffs and neck are open.

    Args:
        chest: Width under the arms [m].
        length: From the shoulder at the neck to the hem [m].
        sleeve: Length of a sleeve along its top [m].
        edge: Of a triangle [m].
        thickness: [m]
    """
    _check("t_shirt", edge, thickness, chest=chest, length=length, sleeve=sleeve)
    front, back = (
        panel([_shirt_outline(chest, length, sleeve, dip, edge)], edge) for dip in NECKLINES
    )
    return _two_layers(front, back, thickness)


def trousers(
    waist: float, length: float, leg: float, edge: float, thickness: float = 1e-3
) -> Solid:
    """Trousers with the waist towards +y: waist and legs are open.

    Args:
        waist: Width at the top [m].
        length: From waist to the end of the legs [m].
        leg: Width of a leg at its end [m].
        edge: Of a triangle [m].
        thickness: [m]
    """
    _check("trousers", edge, thickness, waist=waist, length=length, leg=leg)
    top, hip = (waist / 2, length / 2), (HIP * waist / 2, length / 2 - RISE * length)
    crotch = (0.0, length / 2 - CROTCH * length)
    spread = SPREAD * length
    outer, inner = (leg + spread, -length / 2), (spread, -length / 2)
    outline = [
        side(_left(outer), _left(inner)),
        side(_left(inner), crotch, is_sewn=True),
        side(crotch, inner, is_sewn=True),
        side(inner, outer),
        side(outer, hip, top, is_sewn=True),
        side(top, _left(top)),
        side(_left(top), _left(hip), _left(outer), is_sewn=True),
    ]
    piece = panel([outline], edge)
    return _two_layers(piece, piece, thickness)


# Proportions of ready-made clothes (ISO 8559 sizes M, measured flat).
NECK = 0.18  # half the width of the neck over the chest
NECKLINES = (0.16, 0.04)  # depth of the neck in front and at the back over the chest
SHOULDER = (0.46, 0.09)  # half the width of the shoulders, and their fall, over the chest
ARMHOLE = 0.46  # depth of the armhole over the chest
DROOP = 0.5  # of a sleeve: fall over length along its top
CUFF = 0.75  # width of a cuff over the depth of the armhole
HIP, RISE, CROTCH = 1.12, 0.2, 0.29  # width at the hip; its depth, and that of the crotch
SPREAD = 0.05  # of the legs at their ends over the length


def _shirt_outline(
    chest: float, length: float, sleeve: float, dip: float, edge: float
) -> list[Side]:
    """Counter-clockwise from the hem; the neck's highest point at y = length / 2."""
    top, across = length / 2, chest / 2
    neck = (NECK * chest, top)
    shoulder = (SHOULDER[0] * chest, top - SHOULDER[1] * chest)
    way = np.array([1.0, -DROOP]) / np.hypot(1.0, DROOP)
    cuff_top = np.add(shoulder, sleeve * way)
    cuff_low = cuff_top + CUFF * ARMHOLE * chest * np.array([way[1], -way[0]])
    armpit = (across, top - ARMHOLE * chest)
    hem = (across, -length / 2)
    high, low = (float(cuff_top[0]), float(cuff_top[1])), (float(cuff_low[0]), float(cuff_low[1]))
    neckline = arc((0.0, top), (NECK * chest, dip * chest), (0.0, -np.pi), edge)
    return [
        side(_left(hem), hem),
        side(hem, armpit, is_sewn=True),
        side(armpit, low, is_sewn=True),
        side(low, high),
        side(high, shoulder, neck, is_sewn=True),
        neckline,
        side(_left(neck), _left(shoulder), _left(high), is_sewn=True),
        side(_left(high), _left(low)),
        side(_left(low), _left(armpit), is_sewn=True),
        side(_left(armpit), _left(hem), is_sewn=True),
    ]


def _one_layer(piece: Panel, thickness: float) -> Solid:
    """A piece in the xy-plane that faces up."""
    vertices = np.column_stack([piece.vertices, np.zeros(len(piece.vertices))])
    return _cloth(vertices, piece.faces, np.tile([0.0, 0.0, 1.0], (len(vertices), 1)), thickness)


def _two_layers(front: Panel, back: Panel, thickness: float) -> Solid:
    """Two pieces sewn along the sides they share, flat, the front one up.

    Vertices of a seam are at one place but there twice, so that the seam shows as an edge.
    """
    vertices, faces, normals = [], [], []
    start = 0
    for piece, up in ((front, 1.0), (back, -1.0)):
        height = np.where(piece.is_seam, 0.0, up * GAP / 2 * thickness)
        vertices.append(np.column_stack([piece.vertices, height]))
        faces.append(start + piece.faces[:, :: int(up)])
        normals.append(np.tile([0.0, 0.0, up], (len(height), 1)))
        start += len(height)
    return _cloth(
        np.concatenate(vertices),
        np.concatenate(faces).astype(np.int32),
        np.concatenate(normals),
        thickness,
    )


def _cloth(
    vertices: Float64[np.ndarray, "V 3"],
    faces: Int32[np.ndarray, "F 3"],
    normals: Float64[np.ndarray, "V 3"],
    thickness: float,
) -> Solid:
    """An open surface of even thickness whose body axes are those it is drawn in.

    Fabrics have directions, so that the body frame must not turn with the triangles; the products
    of inertia that this leaves out come from their unevenness alone.
    """
    volume, centre, inertia = shell_properties(vertices[faces], thickness)
    x, y, z = (float(moment) for moment in np.diag(inertia))
    mesh = Mesh(vertices=vertices - centre, faces=faces, normals=normals, is_closed=False)
    return Solid.centred(mesh, [], exact=(volume, (x, y, z)), shell=thickness)


def _left(point: tuple[float, float]) -> tuple[float, float]:
    return -point[0], point[1]


def _circle(radius: float, edge: float, way: float = 1.0) -> Side:
    return arc((0.0, 0.0), (radius, radius), (0.0, way * TURN), edge)


def _rectangle(x: float, y: float) -> list[Side]:
    ends = ((-x, -y), (x, -y), (x, y), (-x, y))
    return [side(a, b) for a, b in zip(ends, (*ends[1:], ends[0]), strict=True)]


def _check(kind: str, edge: float, thickness: float, **sizes: float) -> None:
    check_sizes(kind, edge=edge, **sizes)
    check_range(kind, "thickness", thickness, *THICKNESS)
    least = min(sizes.values())
    if kind not in ("round_cloth", "circle_skirt", "poncho") and FEWEST * edge > least:
        raise SceneError(f"Shape {kind!r}: edge ({edge:g}) must be at most {least / FEWEST:.3g} m.")
