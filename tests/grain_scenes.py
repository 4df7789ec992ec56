"""Small scenes of grains for the tests of their solver and of its laws."""

from dataclasses import replace

import numpy as np
from rigid_scenes import PLAIN, scene, substance

from phys4d_pipeline.scene import Body, SceneSpec, Shape
from phys4d_pipeline.shapes import body_pose

RATE = 24000
RADIUS = 0.005
GLASS = substance(density=2500.0, friction=0.5, restitution=0.6)


def grains(name, centres, radii: float | np.ndarray = RADIUS, made_of=GLASS, **others) -> Body:
    """Balls with their centres at points of the world."""
    centres = np.asarray(centres, float).reshape(-1, 3)
    sizes = np.broadcast_to(radii, len(centres))
    shape = Shape(
        kind="balls",
        parameters={"centres": tuple(centres.ravel().tolist()), "radii": tuple(sizes.tolist())},
    )
    position, quaternion = body_pose(shape, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    return Body(
        name=name,
        shape=shape,
        substance=made_of,
        surface=PLAIN,
        position=position,
        quaternion=quaternion,
        form="particles",
        **others,
    )


def grain_scene(bodies, *, frames=30, rate=RATE, fps=60, **others) -> SceneSpec:
    return scene(list(bodies), solver="grains", rate=rate, frames=frames, fps=fps, **others)


def lattice(counts, pitch, low=(0.0, 0.0, 0.0), jitter=0.0, seed=0):
    """(N, 3) places of a cubic lattice, shifted at random."""
    axes = [np.arange(count) * pitch + start for count, start in zip(counts, low, strict=True)]
    places = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    return places + jitter * np.random.default_rng(seed).uniform(-1, 1, places.shape)


def weightless(spec) -> SceneSpec:
    return replace(spec, gravity=(0.0, 0.0, 0.0))
