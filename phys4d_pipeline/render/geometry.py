"""What the kernels see of one frame: a camera, triangles and spheres.

Objects that stand still during a whole run come first in every list.

A primitive's number is its place in `faces`, or, for spheres, the number of faces plus its place in
`radii`. Object numbers are rows of the material table: 0 the ground, then the bodies in order
(their segmentation ids), then scenery.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int32, UInt8, UInt16

NEAR = 0.05
"""Nearest drawn camera z [m]."""

BOTH, FRONT, BACK, NEITHER = 0, 1, 2, 3

# Columns of the material table.
BASE, ROUGH, METAL, KIND, REPEATS, SECOND = 0, 3, 4, 5, 6, 7
CLEAR, INDEX, THIN, EMISSION = 10, 11, 12, 13
NUM_COLUMNS = 16


class View(NamedTuple):
    """One camera at one frame, float32."""

    lens: Float32[np.ndarray, "4"]
    """fx, fy, cx, cy [px]"""
    pose: Float32[np.ndarray, "3 4"]
    """world_from_camera"""
    to_next: Float32[np.ndarray, "3 4"]
    """camera at frame + gap from camera at this frame, composed in float64"""
    to_previous: Float32[np.ndarray, "3 4"]


class Geometry(NamedTuple):
    """Everything drawn but the ground, with positions at three frames."""

    faces: Int32[np.ndarray, "F 3"]
    across: Int32[np.ndarray, "F 3"]
    """The face across the edge opposite each corner; -1 where there is none"""
    face_object: UInt16[np.ndarray, " F"]
    sides: UInt8[np.ndarray, " O"]
    """By object number: which faces are drawn, one of BOTH, FRONT, BACK, NEITHER"""
    rest: Float32[np.ndarray, "V 3"]
    """Where patterns are attached [m]"""
    normals: Float32[np.ndarray, "V 3"]
    """World frame, unit, at this frame"""
    heat: Float32[np.ndarray, " V"]
    """Temperature [K]; 0 where unknown"""
    now: Float32[np.ndarray, "V 3"]
    """Camera frame of this frame [m]"""
    next: Float32[np.ndarray, "V 3"]
    """Camera frame of frame + gap"""
    previous: Float32[np.ndarray, "V 3"]
    """Camera frame of frame - gap"""
    screen: Int32[np.ndarray, "V 2"]
    """Where vertices are drawn, as `raster.project` gives it"""
    inverse_z: Float32[np.ndarray, " V"]
    """[1/m]"""
    radii: Float32[np.ndarray, " S"]
    """Of the spheres [m]"""
    sphere_object: UInt16[np.ndarray, " S"]
    sphere_heat: Float32[np.ndarray, " S"]
    sphere_now: Float32[np.ndarray, "S 3"]
    sphere_next: Float32[np.ndarray, "S 3"]
    sphere_previous: Float32[np.ndarray, "S 3"]
