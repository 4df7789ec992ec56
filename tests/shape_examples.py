"""One set of parameters for every kind of shape."""

import numpy as np

from phys4d_pipeline.scene import Shape
from phys4d_pipeline.shapes import Solid, build

TETRAHEDRON = {
    "vertices": (0.0, 0.0, 0.0, 0.3, 0.0, 0.0, 0.0, 0.3, 0.0, 0.0, 0.0, 0.3),
    "faces": (0.0, 2.0, 1.0, 0.0, 1.0, 3.0, 0.0, 3.0, 2.0, 1.0, 2.0, 3.0),
}
FACETED = {
    "vertices": tuple(
        number
        for corner in TETRAHEDRON["faces"]
        for number in TETRAHEDRON["vertices"][3 * int(corner) : 3 * int(corner) + 3]
    ),
    "faces": tuple(map(float, range(12))),
}
BEND = tuple(
    float(number)
    for angle in np.linspace(0.0, 1.5 * np.pi, 25)
    for number in (0.15 * np.cos(angle), 0.15 * np.sin(angle), 0.3 - 0.02 * angle)
)
EXAMPLES = {
    "air_ball": {"radius": 0.2, "edge": 0.03, "thickness": 2e-4},
    "air_mattress": {
        "width": 0.6,
        "depth": 0.9,
        "tubes": 4.0,
        "corner": 0.05,
        "edge": 0.025,
        "thickness": 4e-4,
    },
    "air_tube": {"length": 0.8, "radius": 0.06, "edge": 0.02, "thickness": 3e-4},
    "airship": {"length": 1.2, "radius": 0.16, "edge": 0.03, "thickness": 1e-4},
    "angle_beam": {"width": 0.06, "height": 0.08, "thickness": 0.012, "half_length": 0.06},
    "anvil": {"length": 0.2},
    "arrow": {"length": 0.12, "width": 0.08, "half_height": 0.01},
    "balloon": {
        "radius": 0.05,
        "length": 0.13,
        "neck": 0.008,
        "neck_length": 0.04,
        "edge": 0.006,
        "thickness": 3e-4,
    },
    "balls": {
        "centres": (0.0, 0.0, 0.0, 0.1, 0.0, 0.02, 0.0, 0.2, 0.0),
        "radii": (0.02, 0.03, 0.05),
    },
    "bell": {"radius": 0.05},
    "bench": {"width": 0.2, "depth": 0.08, "height": 0.08},
    "bolt": {"length": 0.12, "radius": 0.02},
    "bottle": {"height": 0.3, "radius": 0.04},
    "boulder": {"radius": 0.06, "roughness": 0.3, "seed": 3.0},
    "bowl": {"radius": 0.07},
    "bowling_pin": {"height": 0.381},
    "box": {"half_extents": (0.1, 0.2, 0.3)},
    "capsule": {"radius": 0.1, "half_length": 0.2},
    "chair": {"width": 0.1, "height": 0.2},
    "channel": {"points": BEND, "radius": 0.02, "thickness": 0.004},
    "channel_beam": {"width": 0.06, "height": 0.08, "thickness": 0.012, "half_length": 0.06},
    "circle_skirt": {"waist": 0.05, "length": 0.15, "edge": 0.03, "thickness": 0.001},
    "cone": {"radius": 0.1, "height": 0.3},
    "crate": {"width": 0.16, "depth": 0.12, "height": 0.1},
    "cross": {"radius": 0.06, "arm": 0.3, "half_height": 0.015},
    "cup": {"radius": 0.04, "height": 0.1},
    "cylinder": {"radius": 0.1, "half_height": 0.2},
    "dumbbell": {"radius": 0.1, "half_length": 0.2},
    "egg": {"length": 0.06, "radius": 0.022, "taper": 0.12},
    "ellipsoid": {"radii": (0.1, 0.2, 0.3)},
    "funnel": {"radius": 0.06, "height": 0.1},
    "gear": {"radius": 0.06, "teeth": 14.0, "half_height": 0.01},
    "goblet": {"radius": 0.035, "height": 0.13},
    "hammer": {"length": 0.25},
    "heart": {"width": 0.1, "half_height": 0.012},
    "hollow_ball": {"radius": 0.1, "thickness": 0.01},
    "hook": {"height": 0.16},
    "hoop": {"radius": 0.1, "half_width": 0.02, "thickness": 0.015},
    "horseshoe": {"radius": 0.06, "half_height": 0.008},
    "i_beam": {"width": 0.06, "height": 0.08, "thickness": 0.012, "half_length": 0.06},
    "jack": {"radius": 0.06},
    "key": {"length": 0.16, "half_height": 0.007},
    "knot": {"radius": 0.06, "bar": 0.008},
    "ladder": {"width": 0.08, "height": 0.2, "rungs": 5.0},
    "letter": {"code": 66.0, "height": 0.1, "half_depth": 0.012},
    "mug": {"radius": 0.045, "height": 0.1},
    "nut": {"radius": 0.05, "half_height": 0.018},
    "paddle_wheel": {
        "radius": 0.1,
        "half_width": 0.03,
        "hub": 0.02,
        "blades": 8.0,
        "thickness": 0.006,
        "axle": 0.05,
    },
    "parcels": {
        "lows": (0.0, 0.0, 0.0, 0.1, 0.0, 0.0),
        "highs": (0.1, 0.2, 0.1, 0.3, 0.2, 0.05),
        "centres": (0.2, 0.1, 0.2),
        "radii": (0.04,),
    },
    "pawn": {"height": 0.12},
    "pillow": {"width": 0.6, "depth": 0.4, "corner": 0.04, "edge": 0.03, "thickness": 3e-4},
    "pillowcase": {"width": 0.4, "depth": 0.3, "edge": 0.03, "thickness": 0.001},
    "pipe": {"radius": 0.04, "inner_radius": 0.03, "half_height": 0.05},
    "plate": {"radius": 0.1},
    "polyhedron": {"faces": 12.0, "radius": 0.1},
    "poncho": {"width": 0.4, "depth": 0.3, "neck": 0.06, "edge": 0.03, "thickness": 0.001},
    "prism": {"sides": 6.0, "radius": 0.1, "half_height": 0.1},
    "pudding": {"radius": 0.06, "height": 0.08},
    "pulley": {"radius": 0.1, "half_width": 0.02, "rim": 0.02, "rim_width": 0.01},
    "rock": {"radius": 0.1, "roughness": 0.3, "seed": 3.0},
    "rope": {"length": 0.4, "radius": 0.1, "segments": 3.0, "sides": 48.0},
    "round_cloth": {"radius": 0.2, "edge": 0.03, "thickness": 0.001},
    "screwdriver": {"length": 0.2},
    "sewn_panels": {
        "outline": (0.2, 0.0, 0.0, 0.2, -0.2, 0.0, 0.0, -0.2),
        "edge": 0.02,
        "thickness": 5e-5,
    },
    "sheet": {"width": 0.4, "depth": 0.2, "columns": 5.0, "rows": 4.0, "thickness": 0.002},
    "skirt": {"waist": 0.2, "hem": 0.3, "length": 0.25, "edge": 0.03, "thickness": 0.001},
    "soft_box": {"half_extents": (0.1, 0.2, 0.3), "cells": (2.0, 4.0, 5.0)},
    "sphere": {"radius": 0.1},
    "spinning_top": {"radius": 0.05, "height": 0.09},
    "spoon": {"length": 0.22},
    "spring": {"radius": 0.035, "bar": 0.006, "pitch": 0.022, "turns": 4.0},
    "stairs": {"steps": 5.0, "run": 0.03, "rise": 0.02, "width": 0.06},
    "star": {"points": 5.0, "radius": 0.06, "half_height": 0.01},
    "stellation": {"faces": 12.0, "radius": 0.06},
    "stool": {"radius": 0.06, "height": 0.12},
    "superquadric": {"radii": (0.1, 0.2, 0.3), "exponents": (0.3, 0.5)},
    "swim_ring": {"radius": 0.45, "inner_radius": 0.18, "edge": 0.03, "thickness": 3e-4},
    "t_shirt": {"chest": 0.5, "length": 0.7, "sleeve": 0.2, "edge": 0.03, "thickness": 0.001},
    "table": {"width": 0.2, "depth": 0.14, "height": 0.12},
    "tee_beam": {"width": 0.06, "height": 0.08, "thickness": 0.012, "half_length": 0.06},
    "torus": {"radius": 0.05, "tube_radius": 0.018},
    "tray": {"width": 0.16, "depth": 0.12, "height": 0.05, "wall": 0.01},
    "triangles": FACETED,
    "trousers": {"waist": 0.4, "length": 1.0, "leg": 0.2, "edge": 0.03, "thickness": 0.001},
    "vase": {"height": 0.16, "radius": 0.05},
    "wedge": {"half_extents": (0.1, 0.2, 0.3)},
    "wheel": {"radius": 0.1, "half_width": 0.02, "rim": 0.015, "hub": 0.02, "spokes": 8.0},
    "wrench": {"length": 0.2, "half_height": 0.01},
}


def example(kind: str) -> Solid:
    return build(Shape(kind=kind, parameters=EXAMPLES[kind]))
