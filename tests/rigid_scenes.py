"""Small scenes of rigid bodies for the tests of the solvers and of their checks."""

import numpy as np

from phys4d_pipeline.scene import Body, Ground, Shape, Solver, Substance, Surface
from tests import toys

PLAIN = Surface(base_color=(0.5, 0.5, 0.5), roughness=0.5)
EARTH = 9.81


def substance(*, density=1000.0, friction=0.7, restitution=0.0, rolling=0.0):
    return Substance(
        density=density, friction=friction, restitution=restitution, rolling_friction=rolling
    )


def body(name, kind, position, parameters, made_of=None, **others):
    return Body(
        name=name,
        shape=Shape(kind=kind, parameters=parameters),
        substance=made_of or substance(),
        surface=PLAIN,
        position=tuple(float(x) for x in position),
        **others,
    )


def scene(
    bodies, *, solver="rigid_pybullet", rate=1920, frames=120, ground=None, gravity=-EARTH, fps=60
):
    """On a ground of friction 1 and restitution 1: products are the body's own values."""
    return toys.scene(
        list(bodies),
        eye=((1.0, 0.0, 1.0),),
        target=((0.0, 0.0, 0.0),),
        num_frames=frames,
        size=(64, 64),
        family="test",
        ground=Ground(substance=ground or substance(friction=1.0, restitution=1.0), surface=PLAIN),
        solver=Solver(name=solver, rate=rate),
        fps=fps,
        gravity=(0.0, 0.0, gravity),
    )


def ball(*, height=1.0, radius=0.06, restitution=0.0, **others):
    """A sphere whose lowest point is `height` above the ground."""
    made_of = substance(restitution=restitution)
    return body("ball", "sphere", (0, 0, height + radius), {"radius": radius}, made_of, **others)


def stack(count, half=0.1):
    shape = {"half_extents": (half, half, half)}
    return [body(f"box {i}", "box", (0, 0, half * (1 + 2 * i)), shape) for i in range(count)]


def dominoes(count):
    """The first one has been pushed: it turns about its lower edge at 1.5 rad/s."""
    pushed = {"angular_velocity": (0.0, 1.5, 0.0), "linear_velocity": (0.15, 0.0, 0.0)}
    made_of = substance(friction=0.5, restitution=0.1)
    shape = {"half_extents": (0.01, 0.05, 0.1)}
    return [
        body(f"domino {i}", "box", (0.1 * i, 0, 0.1), shape, made_of, **({} if i else pushed))
        for i in range(count)
    ]


SHAPES = {
    "box": {"half_extents": (0.05, 0.06, 0.04)},
    "sphere": {"radius": 0.06},
    "cylinder": {"radius": 0.05, "half_height": 0.06},
    "cone": {"radius": 0.06, "height": 0.15},
    "polyhedron": {"faces": 12.0, "radius": 0.07},
    "bottle": {"height": 0.25, "radius": 0.04},
    "dumbbell": {"radius": 0.04, "half_length": 0.08},
    "ellipsoid": {"radii": (0.05, 0.08, 0.05)},
    "rock": {"radius": 0.06, "roughness": 0.3, "seed": 1.0},
    "wedge": {"half_extents": (0.06, 0.05, 0.04)},
}


def shower(count, restitution, seed=0):
    """Shapes of every kind in turn, spinning, that fall from up to `0.2 * count` metres."""
    rng = np.random.default_rng(seed)
    bodies = []
    for index in range(count):
        kind = list(SHAPES)[index % len(SHAPES)]
        quaternion = rng.normal(size=4)
        place = (*rng.uniform(-0.15, 0.15, 2), 0.2 + 0.2 * index)
        bodies.append(
            body(
                f"{kind} {index}",
                kind,
                place,
                SHAPES[kind],
                substance(restitution=restitution),
                quaternion=tuple((quaternion / np.linalg.norm(quaternion)).tolist()),
                angular_velocity=tuple((10 * rng.normal(size=3)).tolist()),
            )
        )
    return bodies
