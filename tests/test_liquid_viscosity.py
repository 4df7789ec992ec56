"""Viscosity on hand-made grids: closed forms of shear flows, rigid motion, momentum and spin."""

import numpy as np
import pytest

from phys4d_pipeline.errors import SimulationError
from phys4d_pipeline.kernels import start, ti
from phys4d_pipeline.simulate.liquid import viscosity
from phys4d_pipeline.simulate.liquid.viscosity import Viscosity

Arrays = dict[str, np.ndarray]


def still(cells: tuple[int, int, int]) -> Arrays:
    """A closed box full of liquid at rest."""
    faces = (3, *(count + 1 for count in cells))
    is_open = np.ones(faces)
    for d in range(3):
        ends = np.moveaxis(is_open[d], d, 0)
        ends[0] = ends[cells[d]] = 0.0
    return {
        "u": np.zeros(faces),
        "mass": np.ones(faces),
        "is_open": is_open,
        "us": np.zeros(faces),
        "rho": np.ones(cells),
        "solid": np.zeros(cells),
    }


def stepped(state: Arrays, viscosity: np.ndarray | float, dt: float, steps=1, **sticking):
    """Face velocities after some steps, and the faces that move freely."""
    start()
    cells = state["rho"].shape
    arrays = {name: ti.ndarray(ti.f32, array.shape) for name, array in state.items()}
    for name, array in state.items():
        arrays[name].from_numpy(array.astype(np.float32))
    nu = ti.ndarray(ti.f32, cells)
    nu.from_numpy(np.broadcast_to(viscosity, cells).astype(np.float32))
    solver, box = Viscosity(cells, **sticking), ti.ndarray(ti.i32, 6)
    box.from_numpy(np.array([0, 0, 0, *cells], np.int32))
    for _ in range(steps):
        solver.step(box, **arrays, nu=nu, dt=dt)
    return arrays["u"].to_numpy().astype(float), solver.weight.to_numpy() * (
        solver.kind.to_numpy() == 1
    )


def places(cells: tuple[int, int, int], d: int) -> np.ndarray:
    """(nx+1, ny+1, nz+1, 3) where the faces of direction d lie [cells]."""
    found = np.moveaxis(np.indices([count + 1 for count in cells]), 0, -1) + 0.5
    found[..., d] -= 0.5
    return found


def between_plates(low: float, high: float, velocity: np.ndarray, cells=(24, 4, 14)) -> Arrays:
    """Liquid between plates at z = low and high; both ends in x led with a profile of z."""
    state = still(cells)
    centre = np.arange(cells[2]) + 0.5
    outside = np.maximum(low - centre, centre - high)
    state["solid"][:] = np.clip(0.5 + outside, 0, 1)
    state["rho"][:] = state["solid"] < 0.5
    for d in range(3):
        z = places(cells, d)[..., 2]
        state["is_open"][d] *= np.clip(0.5 + np.minimum(z - low, high - z), 0, 1)
    state["us"][0, 0, :, :-1] = state["us"][0, -1, :, :-1] = velocity
    return state


@pytest.mark.parametrize("low", [2.0, 2.3, 1.6])
def test_couette_flow_is_a_straight_line_wherever_the_plates_lie(low):
    """Plates between grid planes are felt at their place, not at the next face."""
    high, speed, cells = 12.0, 3.0, (24, 4, 14)
    z = np.arange(cells[2]) + 0.5
    line = np.clip((z - low) / (high - low), 0, 1) * speed
    state = between_plates(low, high, line, cells)
    state["us"][0, 1:-1, :, 12:] = speed  # the upper plate
    u, moves = stepped(state, 5.0, 1e4)
    middle, inside = u[0, 12, 2, :-1], moves[0, 12, 2, :-1] > 0
    assert inside.sum() >= 9
    # 1 % of the speed: the ends, 12 cells away, are led with the same line
    np.testing.assert_allclose(middle[inside], line[inside], atol=0.01 * speed)


def test_poiseuille_flow_is_a_parabola():
    """Driven by a body force g: u = g (z - low) (high - z) / (2 nu)."""
    low, high, nu, force, cells = 2.0, 12.0, 5.0, 4.0, (24, 4, 14)
    z = np.arange(cells[2]) + 0.5
    parabola = np.maximum(force * (z - low) * (high - z) / (2 * nu), 0)
    state = between_plates(low, high, parabola, cells)
    dt = 1e4  # one implicit step this long is the steady state
    state["u"][0] = force * dt
    u, _ = stepped(state, nu, dt)
    # 1.5 %: half-cell distances to the plates are first-order in the outermost layer
    np.testing.assert_allclose(u[0, 12, 2, 2:12], parabola[2:12], atol=0.015 * parabola.max())


def test_a_vortex_decays_at_the_rate_of_its_wave_number():
    """u = (sin kx cos kz, 0, -cos kx sin kz) between smooth walls decays as exp(-2 nu k^2 t)."""
    cells, nu, dt, steps = (24, 4, 24), 6.0, 0.05, 20
    k = np.pi / 24
    state = still(cells)
    x, z = places(cells, 0)[..., 0], places(cells, 0)[..., 2]
    state["u"][0] = np.sin(k * x) * np.cos(k * z)
    x, z = places(cells, 2)[..., 0], places(cells, 2)[..., 2]
    state["u"][2] = -np.cos(k * x) * np.sin(k * z)
    before = state["u"].copy()
    u, moves = stepped(state, nu, dt, steps)
    kept = (u * before * moves).sum() / (before**2 * moves).sum()
    rate = -np.log(kept) / (dt * steps)
    # 0.6 %: half of rate * dt of an implicit step, and k^2 / 12 of the grid
    assert rate == pytest.approx(2 * nu * k**2, rel=0.012)


def blob(cells=(20, 20, 20)) -> Arrays:
    """A ragged ellipsoid in the air, turning and flying."""
    state = still(cells)
    offset = np.moveaxis(np.indices(cells), 0, -1) + 0.5 - 10
    state["rho"] = np.clip(7.0 - np.linalg.norm(offset * (1.0, 0.8, 1.2), axis=-1), 0, 1)
    padded = np.pad(state["rho"], 1)
    for d in range(3):
        low = np.roll(padded, 1, axis=d)
        state["mass"][d] = 0.5 * (padded + low)[1:, 1:, 1:]
        turning = np.cross((3.0, 6.0, -9.0), places(cells, d) - 10)
        state["u"][d] = turning[..., d] + (5.0, -2.0, 1.0)[d]
    return state


def momenta(cells, u, moves):
    """Momentum and angular momentum about the middle of the grid, and the size of their parts."""
    parts = [
        np.concatenate([f[:, None] * axis, np.cross(r, f[:, None] * axis)], 1)
        for axis, f, r in (
            (np.eye(3)[d], (u * moves)[d].ravel(), places(cells, d).reshape(-1, 3) - 10)
            for d in range(3)
        )
    ]
    rows = np.concatenate(parts)
    return rows.sum(0), np.abs(rows).sum(0)


@pytest.mark.parametrize("nu", [1.0, 1e3, 1e6])
def test_a_free_blob_keeps_turning_whatever_its_viscosity(nu):
    state = blob()
    uneven = nu * np.exp(np.random.default_rng(0).normal(size=state["rho"].shape))
    u, moves = stepped(state, uneven, 1 / 60)
    assert (moves > 0).sum() > 1000
    # exact but for float32 of velocities up to 100 cells/s
    np.testing.assert_allclose(u[moves > 0], state["u"][moves > 0], atol=1e-4)


@pytest.mark.parametrize("nu", [1.0, 1e4])
def test_viscosity_keeps_momentum_and_spin(nu):
    state = blob()
    state["u"] += np.random.default_rng(1).normal(size=state["u"].shape) * 20
    u, moves = stepped(state, nu, 1 / 60)
    before, size = momenta(state["rho"].shape, state["u"], moves)
    after, _ = momenta(state["rho"].shape, u, moves)
    # 1e-5 of the sizes of all parts: the tolerance of the solve
    np.testing.assert_array_less(np.abs(after - before), 1e-5 * size)
    assert (u**2 * moves).sum() < (state["u"] ** 2 * moves).sum()


def test_air_and_solids_keep_what_they_have():
    state = between_plates(2.0, 12.0, np.zeros(14))
    state["u"][:] = 7.0
    state["us"][0, 1:-1, :, :2] = 2.5
    state["rho"][:, :, 9:] = 0.0
    state["mass"][..., 9:] = 0.0
    u, moves = stepped(state, 3.0, 0.1)
    assert (u[0, 1:-1, :-1, 10:13] == 7.0).all()  # air
    assert (u[0, 2:-2, :-1, 1] == 2.5).all()  # the plate's surface
    assert moves[..., 10:].max() == 0.0


def test_smooth_solids_do_not_drag():
    state = between_plates(2.0, 12.0, np.full(14, 3.0))
    state["u"][0, :, :, :] = 3.0
    slipping, moves = stepped(state, 50.0, 1.0, sticks=False)
    sticking, _ = stepped(state, 50.0, 1.0)
    assert np.abs(slipping[0][moves[0] > 0] - 3.0).max() < 1e-5
    assert sticking[0, 12, 2, 2] < 1.0


@pytest.mark.parametrize("speed", [1.0, np.nan])
def test_a_solve_that_stalls_or_diverges_is_refused(speed, monkeypatch):
    monkeypatch.setattr(viscosity, "MOST_ITERATIONS", 10)
    state = blob()
    state["u"] += np.random.default_rng(1).normal(size=state["u"].shape) * speed
    with pytest.raises(SimulationError, match=r"residual .* iterations, bound"):
        stepped(state, 1e6, 1 / 60)


def test_the_same_bytes_twice():
    state = blob()
    state["u"] += np.random.default_rng(2).normal(size=state["u"].shape)
    first, _ = stepped(state, 100.0, 1 / 60)
    assert first.tobytes() == stepped(state, 100.0, 1 / 60)[0].tobytes()
