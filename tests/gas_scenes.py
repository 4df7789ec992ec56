"""Small scenes of skins full of gas for the tests of the elastic solver and of the laws."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline import shapes
from phys4d_pipeline.air import GAS_CONSTANT, PRESSURE, Gas
from phys4d_pipeline.motion.gas import volumes
from phys4d_pipeline.motion.rubber import balloon_pressure
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Substance
from phys4d_pipeline.simulate import elastic
from phys4d_pipeline.simulate.elastic import Simulation
from phys4d_pipeline.simulate.recorder import Recorder
from phys4d_pipeline.states import States
from tests.rigid_scenes import PLAIN, scene

LATEX = Substance(
    density=950.0,
    friction=0.8,
    restitution=0.5,
    youngs_modulus=1e6,
    poissons_ratio=0.495,
    damping=2e-4,
)
RADIUS, THICKNESS, EDGE = 0.06, 2.5e-4, 0.02
"""At rest [m]; 162 vertices."""
STRETCH = 2.4
WARM = 293.15  # [K]
RATE = 6000
HELIUM = 0.0040026  # [kg/mol]


def balloon(
    *,
    stretch: float = STRETCH,
    start: float = 0.0,
    height: float = 1.0,
    made_of: Substance = LATEX,
    edge: float = EDGE,
    deformed: np.ndarray | None = None,
    gas: dict | None = None,
    **fields,
) -> Body:
    """A ball of rubber whose gas is in balance when it is `stretch` times its size.

    Args:
        stretch: [1]
        start: Stretch at t = 0; 0: in balance.
        height: Of its middle [m].
        made_of: Its skin.
        edge: Of its triangles at rest [m].
        deformed: Vertices at t = 0 from its middle [m], in place of a sphere.
        gas: Further fields of it.
        fields: Of the body.
    """
    drawn = Shape(
        kind="air_ball", parameters={"radius": RADIUS, "edge": edge, "thickness": THICKNESS}
    )
    mesh = shapes.mesh(drawn)
    inside = float(volumes(mesh.vertices, mesh.faces.astype(np.int64)))
    pressure = PRESSURE + balloon_pressure(stretch, RADIUS, THICKNESS, made_of.youngs_modulus)
    amount = pressure * inside * stretch**3 / GAS_CONSTANT / WARM
    places = mesh.vertices * (start or stretch) if deformed is None else deformed
    places = places + np.array((0.0, 0.0, height))
    body = Body(
        name="balloon",
        shape=drawn,
        substance=made_of,
        surface=PLAIN,
        position=(0.0, 0.0, height),
        form="deforming",
        points=tuple((float(x), float(y), float(z)) for x, y, z in places),
        gas=Gas(**{"amount": amount, **(gas or {})}),
    )
    return replace(body, **fields)


def blown(
    bodies: list[Body],
    *,
    frames: int = 30,
    gravity: float = 0.0,
    fps: int = 60,
    rate: int = RATE,
    **fields,
) -> SceneSpec:
    """A scene of the elastic solver, without gravity."""
    spec = scene(bodies, solver="elastic", rate=rate, frames=frames, gravity=gravity, fps=fps)
    return replace(spec, **fields)


def in_vacuum(spec: SceneSpec) -> States:
    """Air that presses, but is neither heavy nor in the way."""
    simulation = Simulation(spec, Recorder(spec, elastic.VERSION))
    simulation.elastic.air.density[0] = 0.0
    return simulation.run()


def double(array: np.ndarray) -> np.ndarray:
    """In float64."""
    return array.astype(np.float64)


def radii(states: States) -> np.ndarray:
    """Mean distance of the points of the first body from their middle [m]."""
    places = double(states.points[0])
    return np.linalg.norm(places - places.mean(1, keepdims=True), axis=2).mean(1)
