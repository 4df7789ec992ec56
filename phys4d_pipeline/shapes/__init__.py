"""Shape (name and parameters) -> Solid: mesh, convex parts, volume and inertia.

A kind is a public function, returning a Solid, in any module of this package; it is found by name.
Every kind takes `longest_edge` [m] too: its mesh is then cut finer, for fields that vary on it.
Every closed kind takes `cell` [m]: what a soft body of that shape is divided into.
"""

import difflib
import importlib
import inspect
import math
import pkgutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from scipy.spatial.transform import Rotation

from ..errors import SceneError
from ..scene import Quat, Shape, Vec3
from .bending import rope
from .limits import check_sizes
from .refine import refined
from .solid import ConvexPart, Mesh, Solid, mesh_fault, open_edge, weld
from .tetrahedra import Tetrahedra, filled, raise_if_unfit
from .tube import Tube

__all__ = [
    "ConvexPart",
    "Mesh",
    "Solid",
    "Tetrahedra",
    "Tube",
    "body_pose",
    "build",
    "kinds",
    "mesh",
    "tetrahedra",
    "tube",
    "weld",
]


LONGEST_EDGE = "longest_edge"
"""Parameter of every kind: no edge of its mesh is longer [m]."""
CELL = "cell"
"""Parameter of every closed kind: side of the cells that a soft body is divided into [m]. Unless
`longest_edge` says otherwise, no edge of the drawn mesh is longer: it has to bend with them."""


def build(shape: Shape) -> Solid:
    """The solid a shape describes; built once per process and set of parameters.

    Raises:
        SceneError: If the kind or a parameter is unknown, missing or out of range.
    """
    function = _kind(shape.kind)
    return _built(shape.kind, tuple(sorted(_arguments(shape, function).items())))


def mesh(shape: Shape) -> Mesh:
    """The surface a shape describes, in its body frame, at rest."""
    return build(shape).mesh


def tetrahedra(shape: Shape) -> Tetrahedra:
    """What a soft body of a shape is made of; made once per process and set of parameters.

    Raises:
        SceneError: If `cell` is missing or too coarse, or the shape is open.
    """
    arguments = _arguments(shape, _kind(shape.kind))
    if CELL not in arguments:
        raise SceneError(
            f"Shape {shape.kind!r} needs {CELL} [m]: the size of the tetrahedra of a soft body."
        )
    return _filled(shape.kind, tuple(sorted(arguments.items())))


def tube(shape: Shape) -> Tube:
    """How the mesh of a shape of kind `rope` is laid out.

    Raises:
        SceneError: If it is of another kind.
    """
    if shape.kind != "rope":
        raise SceneError(f"Shape {shape.kind!r} has no middle line; a rope has kind 'rope'.")
    return Tube(**_arguments(shape, rope))


def body_pose(shape: Shape, position: Vec3, quaternion: Quat) -> tuple[Vec3, Quat]:
    """Where to put a body so that the shape's drawing frame gets this pose (world, wxyz).

    The two differ for shapes whose centre of mass is not their drawing's origin (cone, wedge...).
    """
    solid = build(shape)
    world_from_drawing = Rotation.from_quat(quaternion, scalar_first=True)
    body_from_drawing = Rotation.from_quat(solid.drawing_quaternion, scalar_first=True)
    turn = world_from_drawing * body_from_drawing.inv()
    x, y, z = (float(v) for v in position - turn.apply(solid.drawing_position))
    w, i, j, k = (float(v) for v in turn.as_quat(scalar_first=True))
    return (x, y, z), (w, i, j, k)


@cache
def kinds() -> dict[str, Callable[..., Solid]]:
    """Name -> function of every kind of shape, in alphabetical order."""
    found = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            own = function.__module__ == module.__name__ and not name.startswith("_")
            if own and inspect.signature(function).return_annotation is Solid:
                found[name] = function
    return dict(sorted(found.items()))


@lru_cache(maxsize=1024)
def _built(kind: str, arguments: tuple[tuple[str, Any], ...]) -> Solid:
    given = dict(arguments)
    cell = given.pop(CELL, None)
    longest = given.pop(LONGEST_EDGE, cell)
    solid = kinds()[kind](**given)
    if cell is not None:
        check_sizes(kind, **{CELL: cell})
        raise_if_unfit(kind, solid, cell)
    if longest is not None:
        check_sizes(kind, **{LONGEST_EDGE: longest})
        solid = replace(solid, mesh=refined(solid.mesh, longest))
    if fault := mesh_fault(solid.mesh):
        raise SceneError(f"Shape {kind!r}: {fault}.")
    if solid.mesh.is_closed and (fault := open_edge(solid.mesh)):
        raise SceneError(f"Shape {kind!r}: {fault}, so its mass is unknown; close it there.")
    return solid


@lru_cache(maxsize=64)
def _filled(kind: str, arguments: tuple[tuple[str, Any], ...]) -> Tetrahedra:
    coarse = tuple(item for item in arguments if item[0] not in (CELL, LONGEST_EDGE))
    drawn = _built(kind, arguments).mesh
    return filled(kind, _built(kind, coarse), drawn, dict(arguments)[CELL])


def _kind(name: str) -> Callable[..., Solid]:
    if name not in kinds():
        raise SceneError(f"Unknown shape kind {name!r}. {_hint(name, list(kinds()))}")
    return kinds()[name]


def _hint(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."


def _arguments(shape: Shape, function: Callable[..., Solid]) -> dict[str, Any]:
    """The parameters, in the types that the kind's signature asks for."""
    own = inspect.signature(function).parameters
    wanted = {
        LONGEST_EDGE: float,
        CELL: float,
        **{name: one.annotation for name, one in own.items()},
    }
    for name in shape.parameters:
        if name not in wanted:
            raise SceneError(
                f"Shape {shape.kind!r} has no parameter {name!r}. {_hint(name, list(own))}"
            )
    required = [name for name, one in own.items() if one.default is one.empty]
    if missing := [name for name in required if name not in shape.parameters]:
        raise SceneError(f"Shape {shape.kind!r} needs {', '.join(missing)} as well.")
    return {name: _converted(shape, name, wanted[name]) for name in sorted(shape.parameters)}


def _converted(shape: Shape, name: str, kind: Any) -> float | int | tuple[float, ...]:
    value = shape.parameters[name]
    where = f"Shape {shape.kind!r}: {name} ({value!r})"
    numbers = value if isinstance(value, tuple) else (value,)
    if not all(isinstance(n, int | float) and math.isfinite(n) for n in numbers):
        raise SceneError(f"{where} must be made of finite numbers.")
    if kind in (int, float):
        if isinstance(value, tuple) or kind(value) != value:
            raise SceneError(f"{where} must be one {kind.__name__} number.")
        return kind(value)
    if isinstance(value, tuple) and ... in kind.__args__:
        return value
    if not isinstance(value, tuple) or len(value) != len(kind.__args__):
        count = "a list of" if ... in kind.__args__ else len(kind.__args__)
        raise SceneError(f"{where} must be {count} numbers.")
    return tuple(float(n) for n in value)
