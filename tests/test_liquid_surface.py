"""Surfaces around particles against the bodies the particles fill, and the motion carried there."""

import numpy as np
import pytest
from points_scenes import make_body, points_states
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from phys4d_pipeline.continuum import Grid
from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.render.forms import drawable
from phys4d_pipeline.shapes.solid import mass_properties

RADIUS = 0.005
SPACING = 2 * RADIUS
OMEGA = np.array([0.4, -0.3, 1.2])  # [rad/s]
FPS = 60


def lattice(counts, rng, jitter):
    """One particle per cube of space, up to `jitter` half cubes from its middle; around 0."""
    grid = np.stack(np.meshgrid(*map(np.arange, counts), indexing="ij"), -1).reshape(-1, 3)
    points = grid + 0.5 + rng.uniform(-0.5, 0.5, grid.shape) * jitter
    return SPACING * (points - np.array(counts) / 2)


def make_ball(rng, radius, jitter=1.0):
    count = int(2 * radius / SPACING) + 4
    points = lattice((count,) * 3, rng, jitter)
    return points[np.linalg.norm(points, axis=1) < radius]


def make_liquid(frames, *, grid=None, **states):
    points = np.stack(frames).astype(np.float32)
    radii = np.full(points.shape[1], RADIUS, np.float32)
    body = make_body("liquid", "box", {"half_extents": (0.2, 0.2, 0.2)}, position=(0.0, 0.0, 0.1))
    return drawable(body, points_states({0: points}, radii={0: radii}, **states), 0, grid)


def surface_of(points):
    return make_liquid([points]).at(0, 0, 0)


def volume_of(piece):
    return mass_properties(piece.now[piece.faces])[0]


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_a_ball_of_particles_has_their_volume_and_place(rng, jitter):
    ball = make_ball(rng, 0.15, jitter)
    piece = surface_of(np.add(ball, (3.0, -2.0, 1.0)))
    full = len(ball) * SPACING**3
    assert volume_of(piece) == pytest.approx(full, rel=0.015)  # measured: 0.3 to 0.9 %
    away = piece.now - (3.0, -2.0, 1.0)
    distance = np.linalg.norm(away, axis=1)
    radius = (3 * full / (4 * np.pi)) ** (1 / 3)
    assert np.abs(distance - radius).max() < 1.2 * RADIUS
    cosine = (piece.normals * away).sum(1) / distance
    assert cosine.min() > np.cos(np.radians(20))


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_a_pool_is_flat_and_level(rng, jitter):
    pool = lattice((40, 40, 12), rng, jitter)
    piece = surface_of(pool)
    assert volume_of(piece) == pytest.approx(len(pool) * SPACING**3, rel=0.015)
    inner = (np.abs(piece.now[:, :2]) < 0.14).all(1) & (piece.now[:, 2] > 0.03)
    level = piece.now[inner, 2]
    assert level.mean() == pytest.approx(6 * SPACING, abs=0.25 * RADIUS)
    assert level.std() < 0.15 * RADIUS
    tilt = np.degrees(np.arccos(np.clip(piece.normals[inner, 2], -1, 1)))
    assert np.sqrt((tilt**2).mean()) < 2.5


def tank(counts, jitter, rng, **fields):
    """A pool that fills a grid of these particles along x and y, up to half of z."""
    size = SPACING * np.array(counts)
    low = np.array([0.0103, -0.3041, 0.0207])
    cells = tuple(int(n) for n in np.array(counts) // 2)
    grid = Grid(low=tuple(low.tolist()), cell=2 * SPACING, cells=cells, **fields)
    full = np.array([counts[0], counts[1], counts[2] // 2])
    pool = lattice(full, rng, jitter) + low + SPACING * full / 2
    return pool, grid, low, low + size * (1, 1, 0.5)


@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_liquid_in_a_tank_is_a_box_with_flat_sides(rng, jitter):
    pool, grid, low, high = tank((32, 24, 24), jitter, rng)
    piece = make_liquid([pool], grid=grid).at(0, 0, 0)
    sides = np.isclose(piece.now, low, atol=1e-9) | np.isclose(piece.now, high, atol=1e-9)
    on_walls = sides[:, :2].any(1) | np.isclose(piece.now[:, 2], low[2], atol=1e-9)
    assert (piece.now > low - 1e-9).all() and (piece.now[:, :2] < high[:2] + 1e-9).all()
    # What is on no wall is the free surface: level up to the walls, not rounded off there.
    level = piece.now[~on_walls, 2]
    assert len(level) > 500 and np.abs(level - high[2]).max() < 0.45 * RADIUS
    up = piece.normals[~on_walls, 2]
    assert np.degrees(np.arccos(up.min())) < 12
    # A tenth of a radius of level would be 0.8 %.
    assert volume_of(piece) == pytest.approx(len(pool) * SPACING**3, rel=0.01)


def test_sides_of_a_tank_have_the_normals_of_its_walls_and_hard_edges(rng):
    pool, grid, low, high = tank((24, 24, 20), 1.0, rng)
    piece = make_liquid([pool], grid=grid).at(0, 0, 0)
    corners, flat = piece.now[piece.faces], 0
    for axis, plane, outward in (
        (0, low[0], -1),
        (0, high[0], 1),
        (1, low[1], -1),
        (2, low[2], -1),
    ):
        mine = np.isclose(corners[:, :, axis], plane, atol=1e-9).all(1)
        flat += mine.sum()
        expected = np.zeros(3)
        expected[axis] = outward
        # A sliver in an edge of the tank lies on two walls.
        wrong = (piece.normals[piece.faces[mine]] != expected).any((1, 2))
        assert mine.sum() > 300 and wrong.mean() < 0.01
    assert flat > 0.5 * len(corners)
    edges = piece.place[piece.faces]
    pairs = np.concatenate([edges[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    forth, back = np.unique(pairs, axis=0), np.unique(pairs[:, ::-1], axis=0)
    np.testing.assert_array_equal(forth, back)  # closed, once hard edges are welded


def test_an_open_side_is_no_wall(rng):
    pool, grid, low, _ = tank((24, 24, 20), 1.0, rng, open_sides=("-x",))
    piece = make_liquid([pool], grid=grid).at(0, 0, 0)
    assert piece.now[:, 0].min() < low[0] - 0.1 * RADIUS  # not cut there
    assert not np.isclose(piece.now[:, 0], low[0], atol=1e-9).any()
    assert np.isclose(piece.now[:, 1], low[1], atol=1e-9).any()


def test_the_surface_is_closed_and_its_normals_are_unit_vectors(rng):
    drops = np.add(rng.uniform(-0.2, 0.2, (60, 3)), (0, 0, 0.6))
    piece = surface_of(np.concatenate([make_ball(rng, 0.08), drops]))
    edges = np.concatenate([piece.faces[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    forth, back = np.unique(edges, axis=0), np.unique(edges[:, ::-1], axis=0)
    np.testing.assert_array_equal(forth, back)
    np.testing.assert_allclose(np.linalg.norm(piece.normals, axis=1), 1.0, atol=1e-5)


def test_every_particle_that_flies_alone_is_a_drop(rng):
    places = lattice((5, 5, 5), rng, 0.3) * 8
    piece = surface_of(places)
    _, drop = cKDTree(places).query(piece.now)
    assert len(np.unique(drop)) == len(places)
    distance = np.linalg.norm(piece.now - places[drop], axis=1)
    assert distance.max() < 1.9 * RADIUS  # of a ball of their volume: 1.24; of few faces
    assert volume_of(piece) == pytest.approx(len(places) * SPACING**3, rel=1e-5)  # float32


@pytest.mark.parametrize("count", [2, 5, 12])
def test_a_drop_of_some_particles_has_their_volume(rng, count):
    """Whatever the fields of particles that crowd add up to."""
    middles = lattice((3, 3, 3), rng, 0.3) * 25
    around = rng.normal(size=(27, count, 3)) * 0.8 * RADIUS * count ** (1 / 3)
    piece = surface_of((middles[:, None] + around).reshape(-1, 3))
    assert volume_of(piece) == pytest.approx(27 * count * SPACING**3, rel=0.02)


def test_a_liquid_ball_that_turns_moves_as_omega_cross_r(rng):
    ball = make_ball(rng, 0.15)
    turn = Rotation.from_rotvec(OMEGA / FPS)
    piece = make_liquid([turn.inv().apply(ball), ball, turn.apply(ball)]).at(1, 2, 0)
    speed = np.linalg.norm(OMEGA) * 0.15
    velocity = FPS * (piece.after - piece.before) / 2
    error = np.linalg.norm(velocity - np.cross(OMEGA, piece.now), axis=1)
    assert error.max() < 0.01 * speed  # worst vertex; the fit is linear, rotation nearly
    assert np.sqrt((error**2).mean()) < 2e-3 * speed
    # The mean of the particles beside a vertex, without the fit, would be 5 % off.
    near = cKDTree(ball).query_ball_point(piece.now[:50], 5 * RADIUS)
    mean = np.array([np.cross(OMEGA, ball[list(some)].mean(0)) for some in near])
    plain = np.linalg.norm(mean - np.cross(OMEGA, piece.now[:50]), axis=1)
    assert error[:50].mean() < 0.1 * plain.mean()


def test_rest_positions_and_temperature_are_carried(rng):
    ball = make_ball(rng, 0.1)
    frames = [np.add(ball, (0, 0, 0.1)), np.add(ball, (0.3, 0, 0.1))]
    heat = np.stack([300 + 100 * ball[:, 0]] * 2).astype(np.float32)
    piece = make_liquid(frames, temperatures={0: heat}).at(1, 1, 0)
    place = piece.now - (0.3, 0, 0.1)
    np.testing.assert_allclose(piece.rest, place, atol=4e-5)  # the stiffness of the fit
    # Continued to the surface, but never beyond the coldest and the hottest particle.
    expected = np.clip(300 + 100 * place[:, 0], heat.min(), heat.max())
    np.testing.assert_allclose(piece.heat, expected, atol=4e-3)
    assert (make_liquid(frames).at(1, 1, 0).heat == 0).all()


def test_the_same_particles_give_the_same_bytes(rng):
    ball = make_ball(rng, 0.08)
    one, two = surface_of(ball), surface_of(ball)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one, two, strict=True))


def test_a_surface_far_from_the_origin_is_as_good(rng):
    ball = make_ball(rng, 0.08)
    here, there = surface_of(ball), surface_of(ball + 20.0)
    assert volume_of(there) == pytest.approx(volume_of(here), rel=2e-3)


def test_a_liquid_that_spreads_without_end_is_one_clear_line():
    with pytest.raises(SceneError, match="keep it in a container"):
        surface_of(np.array([[0.0, 0.0, 0.0], [9e3, 9e3, 9e3]]))
