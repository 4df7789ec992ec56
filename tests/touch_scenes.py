"""Small scenes of cloth for the tests of contact among soft things, and meshes without a scene."""

import numpy as np

from phys4d_pipeline.clearance.piercing import edges_of
from phys4d_pipeline.scene import Body, Shape, Substance
from phys4d_pipeline.simulate.elastic import model
from phys4d_pipeline.simulate.world.model import Laws, Points, Tally
from tests.rigid_scenes import PLAIN, scene

RATE = 6000
THICKNESS = 0.002


def fabric(*, friction=0.6, weight=0.2, stretch=400.0, bending=1e-5, damping=2e-3):
    """Of a cloth THICKNESS thick: weight [kg/m2], stretch [N/m], bending [N m]."""
    return Substance(
        density=weight / THICKNESS,
        friction=friction,
        restitution=0.0,
        youngs_modulus=stretch / THICKNESS,
        bending_modulus=12 * bending / THICKNESS**3,
        damping=damping,
        poissons_ratio=0.2,
    )


def cloth(name, size, counts, *, position=(0.0, 0.0, 0.0), points=None, made_of=None, **others):
    """A rectangle of `size`, (columns, rows) points, level about `position` or through `points`."""
    sizes = {"width": size[0], "depth": size[1], "thickness": THICKNESS}
    sizes |= {"columns": float(counts[0]), "rows": float(counts[1])}
    given = () if points is None else tuple(tuple(point) for point in points.tolist())
    return Body(
        name=name,
        form="deforming",
        shape=Shape(kind="sheet", parameters=sizes),
        substance=made_of or fabric(),
        surface=PLAIN,
        position=tuple(float(x) for x in position),
        points=given,
        **others,
    )


def film(bodies, *, frames=60, gravity=-9.81, rate=RATE, **others):
    """A scene for the elastic solver."""
    return scene(bodies, solver="elastic", rate=rate, frames=frames, gravity=gravity, **others)


def mesh(count, edge, *, jitter=0.0, rng=None, shift=(0.0, 0.0, 0.0)):
    """(places, faces) of a square of `count` by `count` points, moved at random by `jitter`."""
    i, j = np.meshgrid(np.arange(count), np.arange(count), indexing="ij")
    places = np.stack([edge * i, edge * j, 0.0 * i], -1).reshape(-1, 3) + shift
    if rng is not None:
        places = places + jitter * rng.normal(size=places.shape)
    k = np.arange(count * count).reshape(count, count)
    a, b, c, d = k[:-1, :-1].ravel(), k[1:, :-1].ravel(), k[1:, 1:].ravel(), k[:-1, 1:].ravel()
    return places, np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])


def touching(meshes, *, radius, mass, friction=0.5, skin=0.004):
    """(touch, points, laws, tally) of meshes that are not part of a scene."""
    counts = [len(places) for places, _ in meshes]
    place = np.concatenate([places for places, _ in meshes])
    offsets = np.cumsum(counts) - counts
    faces = np.concatenate([f + o for (_, f), o in zip(meshes, offsets, strict=True)])
    N, objects = len(place), len(meshes) + 1
    points = Points(
        place=place.copy(),
        speed=np.zeros((N, 3)),
        force=np.zeros((N, 3)),
        mass=np.broadcast_to(mass, N).astype(np.float64),
        radius=np.full(N, radius),
        chain=np.full(N, -1, np.int64),
        owner=np.repeat(np.arange(1, objects), counts),
        is_inside=np.zeros((N, objects), bool),
    )
    touch = model.Touch(
        vertices=np.arange(N),
        edges=edges_of(faces),
        faces=faces.astype(np.int64),
        rest=place.copy(),
        skin=np.array([skin]),
    )
    laws = Laws(
        friction=np.full((objects, objects), friction),
        rolling=np.zeros((objects, objects)),
        damping_ratio=np.full((objects, objects), 0.5),
        stiffening=np.zeros((objects, objects)),
        frequency=np.array([1e3]),
        gravity=np.zeros(3),
    )
    tally = Tally(touch=np.zeros((objects, objects, 8)), work=np.zeros(1), travelled=np.zeros(1))
    return touch, points, laws, tally
