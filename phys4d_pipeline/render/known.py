"""What is found out once about a clip and its meshes, however many runs and cameras draw them.

Kept as long as the states, or the mesh, are in use anywhere; neither is ever changed in place.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from jaxtyping import Int32

from ..scene import SceneSpec
from ..shapes import Mesh
from ..states import States
from .adjacency import faces_across
from .soft import is_closed, smooth_groups

T = TypeVar("T")


class MeshFacts(NamedTuple):
    """How the faces of a mesh hang together."""

    across: Int32[np.ndarray, "F 3"]
    """The face across the edge opposite each corner; see `adjacency`."""
    groups: Int32[np.ndarray, " F"]
    """Smooth surface each face belongs to."""
    closed: bool


_meshes: WeakKeyDictionary[Mesh, MeshFacts] = WeakKeyDictionary()
_clips: WeakKeyDictionary[States, tuple[Any, dict[str, Any]]] = WeakKeyDictionary()


def mesh_facts(mesh: Mesh) -> MeshFacts:
    """Of a mesh; many bodies share one."""
    if mesh not in _meshes:
        _meshes[mesh] = MeshFacts(
            across=faces_across(mesh),
            groups=smooth_groups(mesh.faces, len(mesh.vertices)),
            closed=is_closed(mesh.vertices, mesh.faces),
        )
    return _meshes[mesh]


def once(spec: SceneSpec, states: States, name: str, find: Callable[[], T]) -> T:
    """What `find` returns; called once for a clip, whatever camera looks at it.

    Args:
        spec: The scene.
        states: Its simulation.
        name: Of the fact; it must not depend on the camera or the size of the picture.
        find: Finds it out; must not return anything that holds the states.
    """
    scene = spec.bodies, spec.scenery, spec.ground, spec.sky, spec.num_frames
    known, facts = _clips.get(states, (None, {}))
    if known != scene:
        facts: dict[str, Any] = {}
        _clips[states] = scene, facts
    if name not in facts:
        facts[name] = find()
    return facts[name]
