"""Piece, Drawable: what a body that is not rigid gives the renderer at one frame."""

from typing import NamedTuple, Protocol, runtime_checkable

from jaxtyping import Float, Float32, Int32
from numpy import ndarray


class Piece(NamedTuple):
    """The surface of a body at a frame, and where the same material was and will be."""

    faces: Int32[ndarray, "F 3"]
    """Counter-clockwise seen from outside."""
    rest: Float32[ndarray, "V 3"]
    """Where patterns are attached: the material's place at rest, in the body's own frame [m]."""
    now: Float[ndarray, "V 3"]
    """World [m]."""
    after: Float[ndarray, "V 3"]
    """The same material at the later frame [m]."""
    before: Float[ndarray, "V 3"]
    """The same material at the earlier frame [m]."""
    normals: Float32[ndarray, "V 3"]
    """World, unit vectors, outward."""
    heat: Float32[ndarray, " V"]
    """Temperature [K]; 0 where unknown."""
    place: Int32[ndarray, " V"] | None = None
    """The same number for vertices at one place, if there are such; the hard edge between them
    is where smooth surfaces meet."""


@runtime_checkable
class Drawable(Protocol):
    """A body that gives its surface frame by frame."""

    fixed: bool
    """Are `faces` and `rest` the same at every frame?"""
    exactness: str
    """Of motion: `exact`, or `advected` where the surface is not made of the body's points."""

    def at(self, frame: int, after: int, before: int) -> Piece:
        """The surface at a frame, and where it is at two others of the clip."""
        ...
