"""Small scenes of liquids with heat, on grids whose cells they fill."""

from dataclasses import replace

from phys4d_pipeline.continuum import Grid, Thermal
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Solver, Substance, Surface, Vec3
from tests.rigid_scenes import scene as rigid_scene

PLAIN = Surface(base_color=(0.5, 0.5, 0.5), roughness=0.5)
WEIGHTLESS = (0.0, 0.0, 0.0)
EARTH = (0.0, 0.0, -9.81)


def box(low: Vec3, high: Vec3) -> tuple[Shape, Vec3]:
    """Shape and place of an upright box between two corners [m]."""
    half = tuple((b - a) / 2 for a, b in zip(low, high, strict=True))
    x, y, z = ((b + a) / 2 for a, b in zip(low, high, strict=True))
    return Shape(kind="box", parameters={"half_extents": half}), (x, y, z)


def liquid(name, low, high, thermal, *, density=1000.0, viscosity=1000.0) -> Body:
    """A block of liquid, so thick that it stands still, unless told otherwise."""
    shape, middle = box(low, high)
    substance = Substance(density=density, friction=0.0, restitution=0.0, viscosity=viscosity)
    return Body(
        name=name,
        shape=shape,
        substance=substance,
        surface=PLAIN,
        position=middle,
        form="liquid",
        thermal=thermal,
    )


def slab(name, low, high, thermal=None, *, density=2000.0) -> Body:
    """A box that never moves."""
    shape, middle = box(low, high)
    substance = Substance(density=density, friction=0.5, restitution=0.1)
    return Body(
        name=name,
        shape=shape,
        substance=substance,
        surface=PLAIN,
        position=middle,
        is_static=True,
        thermal=thermal,
    )


def scene(bodies, cells, cell, *, frames=61, gravity=WEIGHTLESS, air=293.15) -> SceneSpec:
    """Bodies in a closed grid whose lowest corner is the origin."""
    return replace(
        rigid_scene(bodies, frames=frames),
        gravity=gravity,
        solver=Solver(name="liquid", rate=60),
        grid=Grid(low=(0.0, 0.0, 0.0), cell=cell, cells=cells),
        air_temperature=air,
    )


def still(temperature: float, **changes: float) -> Thermal:
    """Water's capacity, and a conductivity that crosses cells of 2.5 mm in a second."""
    plain = Thermal(temperature=temperature, conductivity=60.0, heat_capacity=4000.0)
    return replace(plain, **changes)
