"""Bodies in a liquid against closed forms: drafts, added mass, work; and walls that do not leak."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.mechanism import Joint, Path
from phys4d_pipeline.scene import Body, SceneSpec, Shape, Substance
from phys4d_pipeline.shapes import body_pose, build
from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.simulate.distance_grid import distance_grid, thinnest
from phys4d_pipeline.states import States
from tests.liquid_scenes import (
    CELL,
    GRAVITY,
    GREY,
    RAISED,
    WATER,
    filled,
    grid,
    liquid_scene,
    metres,
)

TANK = 18  # cells along x and y
HALF = (5, 5, 3)  # of the floating box [cells]
DEEP = 10  # where the floating box's lower face starts [cells]


def solid(
    name: str, shape: Shape, at: tuple[float, float, float], density: float, **more: object
) -> Body:
    """A body that moves, with its centre at a place [cells]."""
    return Body(
        name=name,
        shape=shape,
        substance=Substance(density=density, friction=0.3, restitution=0.2),
        surface=GREY,
        position=metres(at),
        **more,  # pyright: ignore[reportArgumentType]
    )


def block(half: tuple[float, float, float]) -> Shape:
    x, y, z = (CELL * length for length in half)
    return Shape(kind="box", parameters={"half_extents": (x, y, z)})


def floating(ratio: float, *, tilt: float = 0.0, seconds: float = 1.0) -> SceneSpec:
    """A box that starts in balance, water around and under it, turned after that [deg]."""
    draft = 2 * HALF[2] * ratio
    level = DEEP + draft
    low, high = TANK / 2 - HALF[0], TANK / 2 + HALF[0]
    water = [
        filled("below", (0, 0, 0), (TANK, TANK, DEEP)),
        filled("left", (0, 0, DEEP), (low, TANK, level)),
        filled("right", (high, 0, DEEP), (TANK, TANK, level)),
        filled("front", (low, 0, DEEP), (high, low, level)),
        filled("back", (low, high, DEEP), (high, TANK, level)),
    ]
    turn = Rotation.from_euler("y", tilt, degrees=True).as_quat(scalar_first=True)
    box = solid(
        "box",
        block(HALF),
        (TANK / 2, TANK / 2, DEEP + HALF[2]),
        1000.0 * ratio,
        quaternion=tuple(float(x) for x in turn),
    )
    return liquid_scene([box, *water], grid((TANK, TANK, 24)), seconds=seconds)


def drafts(spec: SceneSpec, states: States, ratio: float) -> np.ndarray:
    """Per frame, over the box's height; the level follows from the volumes of water and box."""
    water = DEEP * TANK**2 + 2 * HALF[2] * ratio * (TANK**2 - 4 * HALF[0] * HALF[1])
    heights = (states.poses[:, 0, 2] - RAISED) / CELL
    under = (water - TANK**2 * (heights - HALF[2])) / (TANK**2 - 4 * HALF[0] * HALF[1])
    return under / (2 * HALF[2])


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [0.3, 0.5, 0.7])
def test_a_box_floats_as_deep_as_archimedes_says(ratio):
    spec = floating(ratio)
    measured = drafts(spec, simulate(spec), ratio)[20:].mean()  # it bobs by a few per cent
    assert measured == pytest.approx(ratio, rel=0.05)  # asked for; a tenth of a cell is 1.7 % of 6


@pytest.mark.slow
def test_a_tilted_box_rights_itself():
    spec = floating(0.5, tilt=15.0, seconds=1.0)
    poses = simulate(spec).poses[:, 0, 3:]
    up = Rotation.from_quat(poses, scalar_first=True).as_matrix()[:, 2, 2]
    assert up[0] == pytest.approx(np.cos(np.radians(15.0)), abs=1e-5)
    assert up[30:].min() > np.cos(np.radians(12.0))


def stokes_speed(radius: float, side: float, deep: float, push: float, viscosity: float) -> float:
    """Of a sphere pushed slowly along z from the middle of a box whose walls let liquid slip [m/s].

    Mirrored at its walls the box fills space, periodically; a sphere's traction is uniform, so the
    flow is a sum over waves (Hasimoto 1959), each seen and pushed by the mean over the sphere.
    """
    most = 60
    across = 2 * np.pi / side * np.arange(-most, most + 1)
    up = np.pi / deep * np.arange(-2 * most, 2 * most + 1)
    x, y, z = np.meshgrid(across, across, up, indexing="ij", sparse=True)
    square = x**2 + y**2 + z**2
    square[most, most, 2 * most] = np.inf  # no mean flow
    mean = np.sinc(np.sqrt(np.where(np.isinf(square), 0.0, square)) * radius / np.pi)
    mirrored = 1 - np.cos(z * deep)  # in the bottom, with the opposite push
    waves = (1 - z**2 / square) / square * mean**2 * mirrored
    return push * float(waves.sum()) / (viscosity * side**2 * 2 * deep)


@pytest.mark.slow
def test_a_sphere_sinks_at_the_speed_of_stokes():
    """At a Reynolds number of 0.1, three cells in radius, in a box of five times its width."""
    radius, side, deep, viscosity = 3, 16, 16, 40.0
    shape = Shape(kind="sphere", parameters={"radius": radius * CELL})
    ball = solid("ball", shape, (side / 2, side / 2, deep / 2), 2000.0)
    syrup = replace(WATER, viscosity=viscosity)
    pool = filled("pool", (0, 0, 0), (side, side, deep), substance=syrup)
    spec = liquid_scene([ball, pool], grid((side, side, deep + 4)), seconds=0.2)
    push = 1000.0 * build(shape).volume * GRAVITY
    expected = stokes_speed(radius * CELL, side * CELL, deep * CELL, push, viscosity)
    sinking = -simulate(spec).velocities[:, 0, 2]
    # A radius of three cells; what of the sum is left out is 1 %.
    assert sinking[-3:].mean() == pytest.approx(expected, rel=0.05)


@cache
def immersed(density: float) -> States:
    """A cube of 8 cells, released in the middle of a tank, 6 cells under the level."""
    cube = solid("cube", block((4, 4, 4)), (10, 10, 12), density)
    water = [
        filled("below", (0, 0, 0), (20, 20, 8)),
        filled("left", (0, 0, 8), (6, 20, 16)),
        filled("right", (14, 0, 8), (20, 20, 16)),
        filled("front", (6, 0, 8), (14, 6, 16)),
        filled("back", (6, 14, 8), (14, 20, 16)),
        filled("above", (0, 0, 16), (20, 20, 22)),
    ]
    return simulate(liquid_scene([cube, *water], grid((20, 20, 26)), seconds=0.15))


def test_a_heavy_cube_falls_with_its_added_mass():
    """Added mass is 0.67 of what a cube displaces far from walls (Brennen 1982, table II)."""
    height = immersed(3000.0).poses[:, 0, 2].astype(np.float64)
    squares = (np.arange(7) / 60) ** 2
    measured = -2 * np.polyfit(squares, height[:7], 1)[0]
    # Walls and the level six cells away add to it.
    free, bound = ((3.0 - 1.0) / (3.0 + added) * GRAVITY for added in (0.6, 1.2))
    assert bound < measured < free


def test_a_cube_as_dense_as_the_liquid_stays_where_it_is():
    states = immersed(1000.0)
    moved = np.linalg.norm(states.poses[-1, 0, :3] - states.poses[0, 0, :3])
    assert moved < 0.15 * CELL  # of the 11 cm that it would fall, 2.3 mm are 2 %


def test_what_the_liquid_does_to_a_cube_at_rest_is_its_weight():
    states = immersed(1000.0)
    contacts = states.contacts
    late = contacts.frame >= 3
    assert (contacts.object_b[late] == 1).all()
    lift = contacts.impulse[late] * -contacts.normal[late, 2]
    weight = states.masses[0] * GRAVITY * (states.num_frames - 3) / 60
    assert lift.sum() == pytest.approx(weight, rel=0.05)  # the liquid's own swaying


def test_a_hinged_bar_falls_as_its_inertia_lets_it():
    """3 g / (2 L) for a thin bar held at its end, times 1 / (1 + (d / L)^2) for its thickness d."""
    length, thick = 8 * CELL, 2.5 * CELL
    bar = solid("bar", block((4, 1.25, 1.25)), (12, 8, 12), 500.0)
    hinge = Joint(
        name="hinge",
        kind="hinge",
        child="bar",
        anchor=metres((8, 8, 12)),
        axis=(0.0, 1.0, 0.0),
    )
    spec = liquid_scene([bar, filled("water", (0, 0, 0), (4, 4, 2))], grid((20, 16, 20)))
    states = simulate(replace(spec, joints=(hinge,), num_frames=5))
    expected = 1.5 * GRAVITY / length / (1 + (thick / length) ** 2 / 4)
    turned = 2 * np.arctan2(states.poses[-1, 0, 5], states.poses[-1, 0, 3])
    time = 4 / 60
    # The torque falls with the cosine of the angle: 1.6 % at 0.18 rad, a third of that in sum.
    assert turned == pytest.approx(0.5 * expected * time**2, rel=0.02)
    assert states.poses[-1, 0, 0] < states.poses[0, 0, 0]


@pytest.mark.slow
def test_the_work_of_a_led_block_is_what_the_liquid_gains():
    pusher = solid(
        "pusher",
        block((4, 4, 3)),
        (8, 8, 14),
        2000.0,
        path=Path(times=(0.0, 0.3), shifts=((0.0, 0.0, 0.0), (0.0, 0.0, -5 * CELL))),
    )
    spec = liquid_scene(
        [pusher, filled("water", (0, 0, 0), (16, 16, 10))], grid((16, 16, 24)), seconds=0.35
    )
    states = simulate(spec)
    gained = states.total_energy - states.total_energy[0]
    assert states.work[-1] > 0.1 * gained.max() > 0.0
    # Splashes lose to the grid what they gain: the sum may fall behind, and never be ahead.
    assert gained[-1] == pytest.approx(states.work[-1], rel=0.1)
    assert (gained - states.work).max() < 0.03 * states.work[-1]


def cup_scene(wall_cells: float, *, seconds: float) -> SceneSpec:
    """A cup of 11 cells with water up to half its height; its walls are so many cells thick."""
    radius, height = 5.5 * CELL, 9 * CELL
    shape = Shape(
        kind="cup",
        parameters={"radius": radius, "height": height, "wall_share": wall_cells / 5.5},
    )
    position, turn = body_pose(shape, metres((8, 8, 1.3)), (1.0, 0.0, 0.0, 0.0))
    cup = replace(
        solid("cup", shape, (0, 0, 0), 2500.0), position=position, quaternion=turn, is_static=True
    )
    water = Shape(
        kind="cylinder",
        parameters={"radius": (4.3 - wall_cells) * CELL, "half_height": 2 * CELL},
    )
    poured = Body(
        name="water",
        shape=water,
        substance=WATER,
        surface=GREY,
        position=metres((8, 8, 1.3 + wall_cells + 2.05)),
        form="liquid",
    )
    return liquid_scene([cup, poured], grid((16, 16, 14)), seconds=seconds)


@pytest.mark.slow
@pytest.mark.parametrize("wall_cells", [0.4, 1.1])
def test_a_cup_holds_its_water_however_thin_it_is(wall_cells):
    spec = cup_scene(wall_cells, seconds=1.0)
    states, shape = simulate(spec), spec.bodies[0].shape
    assert thinnest(build(shape)) < 1.15 * wall_cells * CELL
    places = states.points[1][:: spec.fps // 4].astype(np.float64)
    floor = metres((8, 8, 1.3 + 0.5 * wall_cells))
    away = np.hypot(places[..., 0] - floor[0], places[..., 1] - floor[1])
    height = places[..., 2] - floor[2]
    assert (height > 0.0).all()
    assert (away < (4.4 + 1.1 * np.clip(height / (9 * CELL), 0, 1)) * CELL).all()
    # And the volume is kept: the middle of the settled water is that of a frustum as large. Cells
    # half in the thinnest wall hold less than they could: 0.23 cells measured, of 3.5.
    inside = (4.4 - wall_cells) * CELL
    slope = 1.1 / (9 - wall_cells)
    levels = np.linspace(0.0, 6 * CELL, 2000)
    areas = np.pi * (inside + slope * levels) ** 2
    volumes = np.cumsum(areas) * (levels[1] - levels[0])
    level = int(np.searchsorted(volumes, build(spec.bodies[1].shape).volume))
    middle = np.average(levels[:level], weights=areas[:level]) + metres((0, 0, 1.3 + wall_cells))[2]
    assert places[-1, :, 2].mean() - middle == pytest.approx(0.0, abs=0.3 * CELL)


def test_no_particle_is_inside_a_body():
    spec = cup_scene(0.7, seconds=0.2)
    states, solid_ = simulate(spec), build(spec.bodies[0].shape)
    lattice = distance_grid(solid_, 0.1 * CELL, CELL)
    turn = Rotation.from_quat(spec.bodies[0].quaternion, scalar_first=True)
    for frame in (4, 8, 12):
        local = turn.inv().apply(states.points[1][frame] - np.array(spec.bodies[0].position))
        assert lattice.at(local).min() > -0.02 * CELL  # the two lattices differ by that much


def test_the_same_bodies_give_the_same_bytes():
    spec = floating(0.5).with_frames(4)
    assert simulate(spec).digest() == simulate(spec).digest()


@pytest.mark.parametrize(
    ("joint", "message"),
    [
        ({"kind": "slider"}, "hinges to the world"),
        ({"kind": "hinge", "limits": (-1.0, 1.0)}, "without limits"),
    ],
)
def test_joints_that_it_has_no_law_for_are_refused(joint, message):
    spec = floating(0.5).with_frames(2)
    held = Joint(name="held", child="box", anchor=(0.0, 0.0, 0.0), **joint)
    with pytest.raises(SceneError, match=message):
        simulate(replace(spec, joints=(held,)))


def test_a_wall_too_thin_to_be_sampled_is_refused():
    sheet = solid("sheet", Shape(kind="tray", parameters={
        "width": 0.24, "depth": 0.24, "height": 0.2, "wall": 0.001
    }), (8, 8, 8), 1000.0)  # fmt: skip
    spec = liquid_scene([sheet, filled("water", (0, 0, 0), (4, 4, 2))], grid((20, 20, 20)))
    with pytest.raises(SceneError, match=r"'sheet'.*nodes, at most"):
        simulate(spec.with_frames(2))
