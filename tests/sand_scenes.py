"""Small scenes of sand for the tests of its solver and laws."""

from dataclasses import replace

import numpy as np
from rigid_scenes import PLAIN, scene, substance

from phys4d_pipeline import shapes
from phys4d_pipeline.continuum import Grid
from phys4d_pipeline.scene import Body, Shape, Substance

DENSITY = 1600.0  # [kg/m3]


def sand(kind, parameters, position=None, *, tangent=0.6, cohesion=0.0, friction=1.0, **others):
    """Grains in a shape; by default it stands on the ground."""
    solid = Shape(kind=kind, parameters=parameters)
    if position is None:
        position = (0.0, 0.0, -float(shapes.mesh(solid).vertices[:, 2].min()))
    return Body(
        name="sand",
        shape=solid,
        substance=Substance(
            density=DENSITY,
            friction=friction,
            restitution=0.0,
            internal_friction=tangent,
            cohesion=cohesion,
        ),
        surface=PLAIN,
        position=tuple(position),
        form="particles",
        **others,
    )


def sand_scene(bodies, grid, *, frames, gravity=(0.0, 0.0, -9.81), ground=1.0):
    """On a ground of this friction."""
    spec = scene(bodies, solver="sand", rate=60, frames=frames, ground=substance(friction=ground))
    return replace(spec, grid=grid, gravity=gravity)


def round_grid(half, height, cell, **others):
    """A grid around the z axis, from the ground up."""
    count = int(np.ceil(half / cell))
    return Grid(
        low=(-count * cell, -count * cell, 0.0),
        cell=cell,
        cells=(2 * count, 2 * count, int(np.ceil(height / cell))),
        **others,
    )
