"""How cloth lies or hangs at the start, and what it lies on: bends without stretch; rails, tables.

A flat piece that is bent along one axis only keeps its lengths: its x runs along a curve, its y
stays straight.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Float64

from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.scene import Body, Shape, Surface, Vec3
from phys4d_pipeline.scene_catalog import Preset

from .draws import quat
from .fabrics import edge_for
from .materials import substance
from .rigging import lying
from .scenery import shape
from .staging import body

Curve = Float64[np.ndarray, "P 2"]
FINE = 400
"""Points of a curved part: chords of a half circle of 0.3 m are 2 mm long, 2e-6 m off it."""
TIGHTEST = 1.5
"""Arc over chord, at most: that of half a circle is 1.57 [1]."""
LIFT = 2e-4  # between cloth and what it lies on at the start [m]


def sheet(
    size: tuple[float, float], preset: Preset, thickness: float, share: float = 1.0
) -> tuple[Shape, int, int]:
    """A rectangle of cloth with its share of a scene's vertices; its columns and rows.

    Args:
        size: Along x and y [m].
        preset: How fine.
        thickness: [m]
        share: Of the vertices [1].
    """
    # Squares of two triangles have one vertex per area of an edge squared.
    edge = edge_for(size[0] * size[1], preset, share) * (3**0.5 / 2) ** 0.5
    columns, rows = (max(3, round(length / edge) + 1) for length in size)
    solid = shape(
        "sheet", width=size[0], depth=size[1], columns=columns, rows=rows, thickness=thickness
    )
    return solid, columns, rows


def grid(columns: int, rows: int) -> Float[np.ndarray, "R C"]:
    """Numbers of a sheet's vertices: rows along y, columns along x."""
    return np.arange(columns * rows).reshape(rows, columns)


def bent(flat: Float[np.ndarray, "V 3"], curve: Curve, start: float) -> Float64[np.ndarray, "V 3"]:
    """A sheet bent along a curve in the xz-plane, y as it is: no edge is longer than it was [m].

    Args:
        flat: Vertices of a sheet, z = 0.
        curve: Points (x, z) close together; it goes on straight beyond its ends.
        start: Length along the curve at which the column of vertices nearest x = 0 lies.
    """
    far = float(np.ptp(flat[:, 0])) + abs(start) + 1.0
    first = curve[0] + far * _unit(curve[0] - curve[1])
    last = curve[-1] + far * _unit(curve[-1] - curve[-2])
    longer = np.concatenate([first[None], curve, last[None]])
    along = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(longer, axis=0), axis=1)))

    def at(place: float) -> np.ndarray:
        return np.array([np.interp(place, along, axis) for axis in longer.T])

    x, column = np.unique(flat[:, 0].round(9), return_inverse=True)
    middle = int(np.abs(x).argmin())
    places = np.zeros(len(x))
    places[middle] = far + start
    for order in (range(middle, len(x) - 1), range(middle, 0, -1)):
        step = 1 if order.step > 0 else -1
        for k in order:
            places[k + step] = _next(at, places[k], step, abs(x[k + step] - x[k]))
    bent_columns = np.array([at(place) for place in places])[column]
    return np.column_stack([bent_columns[:, 0], flat[:, 1], bent_columns[:, 1]])


def _next(at: Callable[[float], np.ndarray], place: float, step: int, chord: float) -> float:
    """The place along a curve whose point is a chord away, by halving."""
    here, low, high = at(place), 0.0, TIGHTEST * chord
    for _ in range(50):  # to below rounding
        middle = (low + high) / 2
        if np.linalg.norm(at(place + step * middle) - here) < chord:
            low = middle
        else:
            high = middle
    return place + step * low


def over(radius: float, height: float) -> Curve:
    """A half circle about (0, height), from -x over the top to +x, ends hanging down [m]."""
    angle = np.linspace(np.pi, 0.0, FINE)
    return np.column_stack([radius * np.cos(angle), height + radius * np.sin(angle)])


def round_corner(end: float, height: float, radius: float) -> Curve:
    """Level at a height up to x = `end` - `radius`, then round the corner and down [m]."""
    angle = np.linspace(np.pi / 2, 0.0, FINE)
    corner = np.column_stack(
        [end - radius + radius * np.cos(angle), height - radius + radius * np.sin(angle)]
    )
    return np.concatenate([[[end - radius - 0.01, height]], corner])


def pleats(width: float, gathered: float, count: int) -> Curve:
    """A wave of so many periods, `width` long when stretched, drawn together [m].

    Args:
        width: Of the cloth.
        gathered: Distance of its ends over its width [1].
        count: Of periods.
    """
    x = np.linspace(-0.5, 0.5, FINE * count) * gathered * width
    wave = np.sin(2 * np.pi * count * x / (gathered * width))
    return as_long(width, lambda depth: np.column_stack([x, depth * wave]))


def as_long(length: float, curve: Callable[[float], Curve]) -> Curve:
    """The one of a family of curves, longer with its parameter, that has a length [m]."""
    low, high = 0.0, length
    for _ in range(60):  # halves the interval to below rounding
        middle = (low + high) / 2
        if np.linalg.norm(np.diff(curve(middle), axis=0), axis=1).sum() < length:
            low = middle
        else:
            high = middle
    return curve(low)


def rail(
    name: str,
    ends: tuple[np.ndarray | Vec3, np.ndarray | Vec3],
    radius: float,
    material: str,
    look: Surface,
) -> Body:
    """A round bar between two points, with round ends beyond them [m]; it never moves."""
    start, end = (np.asarray(point, np.float64) for point in ends)
    half = float(np.linalg.norm(end - start)) / 2
    return Body(
        name=name,
        shape=shape("capsule", radius=radius, half_length=round(half, 5)),
        substance=substance(material),
        surface=look,
        position=_vec((start + end) / 2),
        quaternion=quat(lying(end - start)),
        is_static=True,
    )


def round_edged_table(
    half: tuple[float, float], height: float, edge: float, material: str, look: Surface
) -> list[Body]:
    """A table about the origin: a top with round edges on four legs, all static.

    Args:
        half: Half its length along x and y, edges included [m].
        height: Of its upper face [m].
        edge: Radius of its edges, half its thickness [m].
        material: [m]
        look: Of all parts.
    """
    x, y, z = half[0] - edge, half[1] - edge, height - edge
    ends = [((-x, -y), (x, -y)), ((x, -y), (x, y)), ((x, y), (-x, y)), ((-x, y), (-x, -y))]
    top = body(
        "table_top",
        shape("box", half_extents=(x, y, edge)),
        material,
        look,
        at=(0.0, 0.0, z),
        is_static=True,
    )
    rims = [
        rail(f"table_edge_{k + 1}", ((*a, z), (*b, z)), edge, material, look)
        for k, (a, b) in enumerate(ends)
    ]
    tall = (height - 2 * edge) / 2
    legs = [
        body(
            f"table_leg_{k + 1}",
            shape("cylinder", radius=0.8 * edge, half_height=tall),
            material,
            look,
            at=(*a, tall),
            is_static=True,
        )
        for k, (a, _) in enumerate(ends)
    ]
    return [top, *rims, *legs]


def tied(name: str, points: np.ndarray, holder: str = "", until: float | None = None) -> list[Tie]:
    """Ties of these points of a body to one holder."""
    return [Tie(body=name, point=int(point), holder=holder, until=until) for point in points]


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def _vec(point: np.ndarray) -> Vec3:
    x, y, z = (round(float(value), 6) for value in point)
    return x, y, z
