"""Small scenes of liquids in a box, for tests: lengths in cells, from the grid's lowest corner."""

import numpy as np

from phys4d_pipeline.continuum import Grid
from phys4d_pipeline.scene import (
    Body,
    CameraPath,
    Ground,
    SceneSpec,
    Shape,
    Sky,
    Solver,
    Substance,
    Surface,
)

CELL = 1 / 64  # [m]
RAISED = 0.5  # of the grid's lowest corner over the ground [m]
GREY = Surface(base_color=(0.5, 0.5, 0.5), roughness=0.5)
WATER = Substance(density=1000.0, friction=0.0, restitution=0.0, viscosity=0.001)
GRAVITY = 9.81  # [m/s2]


def grid(cells: tuple[int, int, int], *, open_sides: tuple[str, ...] = ()) -> Grid:
    return Grid(low=(0.0, 0.0, RAISED), cell=CELL, cells=cells, open_sides=open_sides)


def metres(places: tuple[float, float, float]) -> tuple[float, float, float]:
    x, y, z = (CELL * place for place in places)
    return x, y, z + RAISED


def filled(
    name: str,
    low: tuple[float, float, float],
    high: tuple[float, float, float],
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0),
    substance: Substance = WATER,
) -> Body:
    """A block of liquid [cells, m/s]."""
    half = tuple(float(x) for x in (np.array(high) - low) * CELL / 2)
    return poured(
        name,
        Shape(kind="box", parameters={"half_extents": half}),
        tuple((np.array(high) + low) / 2),
        velocity,
        substance,
    )


def poured(
    name: str,
    shape: Shape,
    at: tuple[float, float, float],
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0),
    substance: Substance = WATER,
) -> Body:
    """Liquid in a shape with its middle at a place [cells, m/s]."""
    return Body(
        name=name,
        shape=shape,
        substance=substance,
        surface=GREY,
        position=metres(at),
        linear_velocity=velocity,
        form="liquid",
    )


def wall(name: str, low: tuple[float, float, float], high: tuple[float, float, float]) -> Body:
    """A block that never moves [cells]."""
    half = tuple(float(x) for x in (np.array(high) - low) * CELL / 2)
    return Body(
        name=name,
        shape=Shape(kind="box", parameters={"half_extents": half}),
        substance=Substance(density=2500.0, friction=0.5, restitution=0.5),
        surface=GREY,
        position=metres(tuple((np.array(high) + low) / 2)),
        is_static=True,
    )


def liquid_scene(
    bodies: list[Body],
    box: Grid | None,
    *,
    seconds: float = 0.5,
    rate: int = 60,
    gravity: float = GRAVITY,
    fps: int = 60,
) -> SceneSpec:
    """Bodies in a grid."""
    return SceneSpec(
        category="fluids",
        family="test",
        split="train",
        seed=1,
        caption="A test.",
        bodies=tuple(bodies),
        ground=Ground(
            substance=Substance(density=1000.0, friction=0.5, restitution=0.5), surface=GREY
        ),
        sky=Sky(
            sun_azimuth=1.0,
            sun_elevation=1.0,
            sun_color=(1.0, 1.0, 1.0),
            zenith_color=(1.0, 1.0, 1.0),
            horizon_color=(1.0, 1.0, 1.0),
        ),
        cameras=(CameraPath(vertical_fov=0.7, eye=((0.0, -2.0, 1.0),), target=((0.0, 0.0, 0.0),)),),
        solver=Solver(name="liquid", rate=rate),
        num_frames=round(seconds * fps) + 1,
        fps=fps,
        width=480,
        height=270,
        gravity=(0.0, 0.0, -gravity),
        grid=box,
    )
