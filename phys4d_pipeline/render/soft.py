"""Bodies that are not rigid -> one list of triangles per frame, with the same points elsewhen."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, UInt16
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .. import shapes
from ..scene import SceneSpec
from ..states import States
from .adjacency import faces_across, faces_across_welded, shifted
from .forms import Drawable, Piece, drawable


class Soft(NamedTuple):
    """The surfaces of all bodies that are not rigid, at one frame."""

    faces: Int32[np.ndarray, "F 3"]
    across: Int32[np.ndarray, "F 3"]
    """The face across the edge opposite each corner; -1 where there is none"""
    face_object: UInt16[np.ndarray, " F"]
    face_group: Int32[np.ndarray, " F"]
    """Smooth surface each face belongs to, from 0"""
    face_open: Bool[np.ndarray, " F"]
    """Of a surface with two sides and a rim, such as cloth"""
    rest: Float32[np.ndarray, "V 3"]
    normals: Float32[np.ndarray, "V 3"]
    heat: Float32[np.ndarray, " V"]
    now: Float64[np.ndarray, "V 3"]
    """World [m]"""
    after: Float64[np.ndarray, "V 3"]
    """The same points `gap` frames later"""
    before: Float64[np.ndarray, "V 3"]


class SoftBodies:
    """All deforming bodies, ropes and liquids of a clip."""

    def __init__(self, spec: SceneSpec, states: States, gap: int) -> None:
        self._drawables: list[tuple[int, Drawable]] = []
        for index, body in enumerate(spec.bodies):
            found = drawable(body, states, index, spec.grid)
            if found is not None:
                self._drawables.append((index + 1, found))
        self._gap, self._last = gap, spec.num_frames - 1
        self._bodies = spec.bodies
        self._rims: dict[int, bool] = {}
        self._groups: dict[int, Int32[np.ndarray, " F"]] = {}
        self._across: dict[int, Int32[np.ndarray, "F 3"]] = {}
        self._latest: tuple[int, Soft] | None = None

    def __len__(self) -> int:
        return len(self._drawables)

    def at(self, frame: int) -> Soft:
        """Everything at a frame; the ends of the clip stand for what lies beyond."""
        if self._latest is None or self._latest[0] != frame:  # light and camera both ask
            self._latest = frame, self._joined(frame)
        return self._latest[1]

    def _joined(self, frame: int) -> Soft:
        after, before = min(frame + self._gap, self._last), max(frame - self._gap, 0)
        pieces = [item.at(frame, after, before) for _, item in self._drawables]
        numbers = [number for number, _ in self._drawables]
        starts = np.cumsum([0, *(len(piece.now) for piece in pieces)])
        groups, num_groups = [], 0
        across, num_faces = [], 0
        for (number, item), piece in zip(self._drawables, pieces, strict=True):
            own = self._group(number, item, piece)
            groups.append(own + num_groups)
            num_groups += int(own.max(initial=-1)) + 1
            across.append(shifted(self._faces_across(number, item, piece), num_faces))
            num_faces += len(piece.faces)

        def joined(name: str, kind: type) -> np.ndarray:
            return np.concatenate([getattr(piece, name) for piece in pieces]).astype(kind)

        return Soft(
            faces=np.concatenate(
                [piece.faces + start for piece, start in zip(pieces, starts, strict=False)]
            ).astype(np.int32),
            across=np.concatenate(across),
            face_object=np.repeat(
                np.array(numbers, np.uint16), [len(piece.faces) for piece in pieces]
            ),
            face_group=np.concatenate(groups),
            face_open=np.concatenate(
                [
                    np.full(len(piece.faces), self._open(number, item, piece))
                    for (number, item), piece in zip(self._drawables, pieces, strict=True)
                ]
            ),
            rest=joined("rest", np.float32),
            normals=joined("normals", np.float32),
            heat=joined("heat", np.float32),
            now=joined("now", np.float64),
            after=joined("after", np.float64),
            before=joined("before", np.float64),
        )

    def _open(self, number: int, item: Drawable, piece: Piece) -> bool:
        if not item.fixed:  # a liquid has no rim
            return False
        if number not in self._rims:
            self._rims[number] = not is_closed(np.asarray(piece.now, np.float64), piece.faces)
        return self._rims[number]

    def _group(self, number: int, item: Drawable, piece: Piece) -> Int32[np.ndarray, " F"]:
        if not item.fixed:  # a liquid is smooth all over, but for where it meets walls
            first = piece.faces[:, 0]
            split = np.zeros(len(first), bool)
            if piece.place is not None:
                split = piece.place[first] != first
            return split.astype(np.int32)
        if number not in self._groups:
            self._groups[number] = smooth_groups(piece.faces, len(piece.now))
        return self._groups[number]

    def _faces_across(self, number: int, item: Drawable, piece: Piece) -> Int32[np.ndarray, "F 3"]:
        if not item.fixed:
            whole = piece.faces if piece.place is None else piece.place[piece.faces]
            return faces_across_welded(whole)
        if number not in self._across:
            self._across[number] = faces_across(shapes.mesh(self._bodies[number - 1].shape))
        return self._across[number]


def smooth_groups(faces: Int32[np.ndarray, "F 3"], num_vertices: int) -> Int32[np.ndarray, " F"]:
    """Faces that share vertices, and so normals, are one smooth surface."""
    starts, ends = faces[:, [0, 1]].ravel(), faces[:, [1, 2]].ravel()
    links = coo_array((np.ones(len(starts), np.int8), (starts, ends)), (num_vertices,) * 2)
    _, group = connected_components(links, directed=False)
    return group[faces[:, 0]].astype(np.int32)


def is_closed(vertices: Float64[np.ndarray, "V 3"], faces: Int32[np.ndarray, "F 3"]) -> bool:
    """The area vectors of a closed surface add up to nothing."""
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    areas = np.cross(b - a, c - a)
    return bool(np.abs(areas.sum(0)).max() < 1e-5 * np.linalg.norm(areas, axis=1).sum())
