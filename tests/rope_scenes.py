"""Small scenes of ropes for the tests of their solver."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.mechanism import Joint, Path, Tie
from phys4d_pipeline.scene import Body, Shape, Substance
from tests.rigid_scenes import PLAIN, body, scene, substance

RATE = 24000
STRETCH = 0.01
"""What issue 4 allows in every scene [1]."""


def rope(
    points,
    *,
    name="rope",
    radius=0.006,
    density=1000.0,
    friction=0.5,
    youngs_modulus=5e7,
    bending_modulus=1e5,
    damping=0.0,
    **others,
):
    """A rope through these points, at rest at their mean distance."""
    points = np.asarray(points, np.float64)
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    sizes = {"length": length, "radius": radius, "segments": len(points) - 1.0, "sides": 8.0}
    return Body(
        name=name,
        form="rope",
        shape=Shape(kind="rope", parameters=sizes),
        substance=Substance(
            density=density,
            friction=friction,
            restitution=0.0,
            youngs_modulus=youngs_modulus,
            bending_modulus=bending_modulus,
            damping=damping,
        ),
        surface=PLAIN,
        position=(0.0, 0.0, 0.0),
        points=tuple(tuple(point) for point in points.tolist()),
        **others,
    )


def line(start, end, segments):
    return np.linspace(start, end, segments + 1)


def respaced(path, spacing):
    """Points on a finely drawn path whose neighbours are equally far apart."""
    along = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1)))
    count = round(along[-1] / spacing)
    for _ in range(20):  # chords of bends are shorter than arcs: even them out
        points = np.column_stack(
            [np.interp(np.linspace(0, along[-1], count + 1), along, axis) for axis in path.T]
        )
        chords = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1)))
        path, along = points, chords
    return points


def roped(bodies, *, ties=(), joints=(), rate=RATE, **others):
    return replace(
        scene(bodies, solver="rope", rate=rate, **others), ties=tuple(ties), joints=tuple(joints)
    )


def strain(states, spec, index=0):
    """Largest over all frames and segments [1]."""
    sizes = spec.bodies[index].shape.parameters
    points = states.points[index].astype(np.float64)
    lengths = np.linalg.norm(np.diff(points, axis=1), axis=2)
    return float(np.abs(lengths * sizes["segments"] / sizes["length"] - 1).max())


def over_wheel(*, radius=0.1, rope_radius=0.005, drops=(0.5, 0.5), height=1.5, spacing=0.016):
    """Points of a rope that hangs down on both sides of a wheel about the y axis."""
    around = radius + rope_radius
    angles = np.linspace(0, np.pi, 2000)
    arc = around * np.column_stack([-np.cos(angles), 0 * angles, np.sin(angles)])
    path = [(-around, 0, -drops[0]), *arc, (around, 0, -drops[1])]
    return respaced(np.add(path, (0, 0, height)), spacing)


def wheel_and_weights(
    masses, *, is_turning, drops=(0.5, 0.5), friction=0.3, frames=61, density=400.0
):
    """A rope over a wheel of 0.1 m with a cube on each end; the wheel turns freely or is fixed."""
    points = over_wheel(drops=drops)
    wheel = body(
        "wheel",
        "cylinder",
        (0, 0, 1.5),
        {"radius": 0.1, "half_height": 0.03},
        substance(friction=1.0, density=density),
        quaternion=(np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0),
        is_static=not is_turning,
    )
    half = 0.04
    cubes = [
        body(
            name,
            "box",
            end - (0, 0, half),
            {"half_extents": (half, half, half)},
            substance(density=mass / (2 * half) ** 3),
        )
        for name, end, mass in zip("ab", points[[0, -1]], masses, strict=True)
    ]
    made = rope(
        points,
        radius=0.005,
        density=600.0,
        friction=friction,
        youngs_modulus=1e8,
        damping=1e-3,
    )
    axle = Joint(
        name="axle", kind="hinge", child="wheel", anchor=(0.0, 0.0, 1.5), axis=(0.0, 1.0, 0.0)
    )
    return roped(
        [made, wheel, *cubes],
        ties=[Tie(body="rope", point=0, holder="a"), Tie(body="rope", point=-1, holder="b")],
        joints=[axle] if is_turning else [],
        frames=frames,
    )


def overhand(*, radius=0.008, size=0.03, tail=0.15):
    """Points of a loose overhand knot: a trefoil cut open where it is widest, with straight tails.

    Returns:
        The points; unit vectors along which the first and the last are pulled.
    """
    t = np.linspace(0, 2 * np.pi, 3000)

    def trefoil(t):
        return size * np.column_stack(
            [np.sin(t) + 2 * np.sin(2 * t), np.cos(t) - 2 * np.cos(2 * t), -np.sin(3 * t)]
        )

    widest = t[np.argmax(np.hypot(*trefoil(t).T[:2]))]
    loop = trefoil(widest + t)
    loop[:, 2] += np.linspace(1.0, -1.0, len(t)) * 1.5 * radius
    first, last = loop[0] - loop[1], loop[-1] - loop[-2]
    first[2] = last[2] = 0.0
    first, last = first / np.linalg.norm(first), last / np.linalg.norm(last)
    along = np.linspace(0, tail, 500)[:, None]
    path = np.concatenate([loop[0] + first * along[::-1], loop[1:-1], loop[-1] + last * along])
    return respaced(np.add(path, (0, 0, 0.5)), 1.5 * radius), first, last


def pulled_knot(pull, *, frames=121):
    """Two led balls pull an overhand knot tight, without weight."""
    points, first, last = overhand()
    hands = [
        body(
            name,
            "sphere",
            place,
            {"radius": 0.02},
            path=Path(times=(0.0, 1.6), shifts=((0.0, 0.0, 0.0), tuple((pull * way).tolist()))),
        )
        for name, place, way in (("left", points[0], first), ("right", points[-1], last))
    ]
    made = rope(
        points, radius=0.008, friction=0.3, bending_modulus=3e5, damping=5e-3, youngs_modulus=5e7
    )
    return roped(
        [made, *hands],
        ties=[Tie(body="rope", point=0, holder="left"), Tie(body="rope", point=-1, holder="right")],
        frames=frames,
        gravity=0.0,
    )


def falling_coil(segments, *, spacing=0.016, radius=0.008, frames=121):
    """A rope that hangs a little crooked above the ground and falls on it, end first."""
    k = np.arange(segments + 1)
    path = np.column_stack([0.004 * np.sin(0.3 * k), 0.004 * np.cos(0.37 * k), 0.05 + spacing * k])
    made = rope(
        respaced(path, spacing),
        radius=radius,
        bending_modulus=5e5,
        youngs_modulus=2e7,
        damping=5e-3,
        friction=0.6,
    )
    return roped([made], frames=frames)


def least_distance(points, apart):
    """Between segments of a rope whose numbers differ by `apart` or more [m]; dense, no kernels.

    Segments are sampled at 9 places each against the lines of the others, which is off by less
    than 0.2 % of a diameter for segments of two diameters.
    """
    start, step = points[:-1].astype(np.float64), np.diff(points.astype(np.float64), axis=0)
    places = start[:, None] + np.linspace(0, 1, 9)[:, None] * step[:, None]
    arm = places[:, :, None] - start
    share = np.clip((arm * step).sum(-1) / (step**2).sum(-1), 0, 1)
    far = np.linalg.norm(arm - share[..., None] * step, axis=-1).min(1)
    number = np.arange(len(start))
    return float(far[np.abs(number[:, None] - number) >= apart].min())


def ups(times, values):
    """When values pass zero upwards, between samples by straight lines."""
    k = np.flatnonzero((values[:-1] < 0) & (values[1:] >= 0))
    return times[k] - values[k] * (times[k + 1] - times[k]) / (values[k + 1] - values[k])


def double(array):
    return array.astype(np.float64)
