"""A convex outline in the plane of x and z -> a board drawn out along y, as a body that stays."""

import numpy as np
from jaxtyping import Float64

from phys4d_pipeline.scene import Body, Shape, Surface
from phys4d_pipeline.shapes.surface import hull_faces

from .staging import body, drawn_at


def prism(outline: Float64[np.ndarray, "K 2"], low: float, high: float) -> Shape:
    """Its outline (x, z) between y = `low` and y = `high` [m], with hard edges."""
    ends = [np.insert(outline, 1, y, axis=1) for y in (low, high)]
    points = np.concatenate(ends).round(6)
    corners = points[hull_faces(points)].reshape(-1, 3)
    return Shape(
        kind="triangles",
        parameters={
            "vertices": tuple(corners.ravel().tolist()),
            "faces": tuple(float(k) for k in range(len(corners))),
        },
    )


def plank(
    name: str,
    material: str,
    look: Surface,
    outline: Float64[np.ndarray, "K 2"],
    low: float,
    high: float,
) -> Body:
    """A static board with this outline (x, z) between y = `low` and y = `high` [m]."""
    solid = prism(outline, low, high)
    at, rotation = drawn_at(solid, (0.0, 0.0, 0.0))
    return body(name, solid, material, look, at=at, rotation=rotation, is_static=True)
