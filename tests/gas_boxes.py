"""Boxes of gas without bodies, and small scenes of gas, for the tests of its solver and laws."""

from dataclasses import replace

import numpy as np
from rigid_scenes import scene

from phys4d_pipeline.continuum import SIDES, Grid, Thermal
from phys4d_pipeline.kernels import start
from phys4d_pipeline.scene import Body, Shape, Substance, Surface
from phys4d_pipeline.simulate.gas.flow import Flow
from phys4d_pipeline.simulate.gas.layout import Layout
from phys4d_pipeline.simulate.gas.medium import Medium
from phys4d_pipeline.simulate.gas.setting import Surroundings

AIR_TEMPERATURE = 293.15
LIGHT = {"density": 1.2, "friction": 0.0, "restitution": 0.0, "viscosity": 1.8e-5}


def medium(*, viscosity=0.0, diffusivity=1e-9, expansion=0.0):
    """Its heat capacity is 1000 J/m3/K."""
    return Medium(
        density=1.2,
        viscosity=viscosity,
        conductivity=1000.0 * diffusivity,
        diffusivity=diffusivity,
        expansion=expansion,
        saturation=0.0,
    )


def air(name, kind, parameters, position, *, temperature=AIR_TEMPERATURE, velocity=(0, 0, 0)):
    """A body of gas."""
    return Body(
        name=name,
        shape=Shape(kind=kind, parameters=parameters),
        substance=Substance(**LIGHT),
        surface=Surface(base_color=(0.8, 0.8, 0.8), roughness=1.0),
        position=_triple(position),
        linear_velocity=_triple(velocity),
        form="particles",
        thermal=Thermal(temperature=temperature, conductivity=0.026, heat_capacity=1006.0),
    )


def _triple(values):
    x, y, z = (float(value) for value in values)
    return x, y, z


def gas_scene(
    bodies, *, cells=(16, 16, 24), cell=0.02, frames=30, open_sides=SIDES, rate=60, **more
):
    """Bodies in a box that stands on the ground around the z axis."""
    low = (-cells[0] * cell / 2, -cells[1] * cell / 2, 0.0)
    grid = Grid(low=low, cell=cell, cells=cells, open_sides=tuple(open_sides), **more)
    return replace(scene(bodies, solver="gas", rate=rate, frames=frames), grid=grid)


def flow_in_box(cells, cell, gas, *, open_sides=(), gravity=9.81, bodies=()):
    """A Flow in an empty box, or in one with bodies."""
    start()
    bodies = bodies or (air("gas", "box", {"half_extents": (cell,) * 3}, (0, 0, 3 * cell)),)
    spec = gas_scene(list(bodies), cells=cells, cell=cell, open_sides=open_sides)
    around = Surroundings(spec, gas)
    is_open = [side in open_sides for side in SIDES]
    return Flow(Layout(*cells), cell, gas, (0.0, 0.0, -gravity), around.at(0.0), is_open)


def still(cells):
    """Speeds of all faces of gas at rest."""
    return [
        np.zeros([n + (d == axis) for d, n in enumerate(cells)], np.float32) for axis in range(3)
    ]


def vortex(n, depth=4):
    """Taylor and Green's, in the xz-plane of a unit square: tangential to all walls."""
    faces, middles, k = np.arange(n + 1) / n, (np.arange(n) + 0.5) / n, np.pi
    along_x = np.sin(k * faces)[:, None, None] * np.cos(k * middles) * np.ones((1, depth, 1))
    along_z = -np.cos(k * middles)[:, None, None] * np.sin(k * faces) * np.ones((1, depth, 1))
    across = np.zeros((n, depth + 1, n))
    return [array.astype(np.float32) for array in (along_x, across, along_z)]
