"""Small scenes of membranes for the tests of the elastic solver."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.motion import skins
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Substance
from phys4d_pipeline.simulate import elastic
from phys4d_pipeline.simulate.elastic import Simulation
from phys4d_pipeline.simulate.recorder import Recorder
from phys4d_pipeline.states import States
from tests.rigid_scenes import EARTH, PLAIN, scene

RATE = 6000
WEIGHT = 0.15 * EARTH
"""Of the default sheet [N/m2]."""


def grid(size: tuple[float, float], cells: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and faces of a rectangle in the xy-plane, all diagonals one way.

    Vertex i * (cells[1] + 1) + j is the one at column i and row j.
    """
    axes = [np.linspace(-w / 2, w / 2, n + 1) for w, n in zip(size, cells, strict=True)]
    x, y = np.meshgrid(*axes, indexing="ij")
    vertices = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1)
    faces, row = [], cells[1] + 1
    for i in range(cells[0]):
        for j in range(cells[1]):
            a, b = i * row + j, (i + 1) * row + j
            c, d = b + 1, a + 1
            faces += [(a, b, c), (a, c, d)]
    return vertices, np.array(faces)


def disc(radius: float, rings: int) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and faces of a disc in the xy-plane: 6 k points on ring k."""
    vertices, first = [np.zeros((1, 3))], [0, 1]
    for k in range(1, rings + 1):
        turns = 2 * np.pi * np.arange(6 * k) / (6 * k)
        ring = np.stack([np.cos(turns), np.sin(turns), 0 * turns], axis=1)
        vertices.append(radius * k / rings * ring)
        first.append(first[-1] + 6 * k)
    faces = []
    for k in range(1, rings + 1):
        for side in range(6):
            for step in range(k):
                a = first[k] + side * k + step
                b = first[k] + (side * k + step + 1) % (6 * k)
                inner = max(6 * (k - 1), 1)
                c = first[k - 1] + (side * (k - 1) + step) % inner
                faces.append((a, b, c))
                if step < k - 1:
                    faces.append((c, b, first[k - 1] + (side * (k - 1) + step + 1) % inner))
    return np.concatenate(vertices), np.array(faces)


def sheet(
    drawn: tuple[np.ndarray, np.ndarray],
    *,
    name: str = "sheet",
    thickness: float = 5e-4,
    density: float = 300.0,
    friction: float = 0.3,
    youngs_modulus: float = 1e6,
    bending_modulus: float = 1e6,
    damping: float = 0.0,
    poissons_ratio: float = 0.0,
    weft_modulus: float = 0.0,
    shear_modulus: float = 0.0,
    position: tuple[float, float, float] = (0.0, 0.0, 1.0),
    **others,
) -> Body:
    """A membrane of drawn vertices and faces; 0.15 kg/m2 by default."""
    vertices, faces = drawn
    x, y, z = position
    parameters = {
        "vertices": tuple(vertices.ravel().tolist()),
        "faces": tuple(float(k) for k in faces.ravel()),
        "thickness": thickness,
    }
    return Body(
        name=name,
        form="deforming",
        shape=Shape(kind="triangles", parameters=parameters),
        substance=Substance(
            density=density,
            friction=friction,
            restitution=0.0,
            youngs_modulus=youngs_modulus,
            weft_modulus=weft_modulus,
            shear_modulus=shear_modulus,
            bending_modulus=bending_modulus,
            poissons_ratio=poissons_ratio,
            damping=damping,
        ),
        surface=PLAIN,
        position=(float(x), float(y), float(z)),
        **others,
    )


def placed(made: Body, points: np.ndarray) -> Body:
    """The same body, starting with its vertices there."""
    return replace(made, points=tuple(map(tuple, points.tolist())))


def stood(made: Body, height: float) -> Body:
    """With its x axis upright, about a place over the origin."""
    drawn = skins.start(made) - made.position
    return placed(made, drawn[:, [2, 1, 0]] + (0.0, 0.0, height))


def elastic_scene(bodies, *, ties=(), rate=RATE, **others):
    """Of the elastic solver."""
    return replace(scene(bodies, solver="elastic", rate=rate, **others), ties=tuple(ties))


def simulate_in_vacuum(spec: SceneSpec) -> States:
    """Without the air that every scene has."""
    made = Simulation(spec, Recorder(spec, elastic.VERSION))
    made.elastic.air.density[0] = 0.0
    return made.run()
