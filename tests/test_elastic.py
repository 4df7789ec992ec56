"""Membranes by themselves: against closed forms of plane stress, plates, elasticas; refusals."""

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_bvp
from scipy.spatial.transform import Rotation

from phys4d_pipeline.errors import SceneError, SimulationError
from phys4d_pipeline.mechanism import Tie
from phys4d_pipeline.motion import skins
from phys4d_pipeline.scene import Body, Shape
from phys4d_pipeline.simulate import elastic, simulate
from phys4d_pipeline.simulate.elastic import Simulation
from phys4d_pipeline.simulate.elastic.folds import fold_forces
from phys4d_pipeline.simulate.elastic.skins import skin_forces, spread_forces
from phys4d_pipeline.simulate.recorder import Recorder
from tests.rigid_scenes import EARTH, body
from tests.sheet_scenes import (
    WEIGHT,
    disc,
    elastic_scene,
    grid,
    placed,
    sheet,
    simulate_in_vacuum,
    stood,
)


def forces_of(made: Body, places: np.ndarray) -> np.ndarray:
    """That stresses and hinges push these vertices with [N]."""
    spec = elastic_scene([placed(made, places)], gravity=0.0)
    begun = Simulation(spec, Recorder(spec, elastic.VERSION)).elastic
    skin_forces(begun.skins, begun.world.points)
    fold_forces(begun.folds, begun.skins, begun.world.points)
    spread_forces(begun.skins, begun.world.points)
    return begun.world.points.force.copy()


def rumpled(made: Body, size: float = 0.02) -> np.ndarray:
    """Its vertices, each moved by about `size` [m]."""
    rng = np.random.default_rng(1)
    return skins.start(made) + size * rng.normal(size=(len(skins.start(made)), 3))


FABRIC: dict[str, Any] = {"weft_modulus": 4e5, "shear_modulus": 2e5, "poissons_ratio": 0.3}


def test_forces_are_the_slope_of_the_energy_that_laws_count() -> None:
    made = sheet(grid((0.5, 0.4), (5, 4)), **FABRIC, thickness=5e-3, position=(0, 0, 2))
    places, one = rumpled(made), skins.skin(made)
    forces, small = forces_of(made, places), 1e-6
    for vertex, axis in ((0, 0), (7, 1), (12, 2), (29, 2), (17, 0)):
        ends = np.array([places, places])
        ends[0, vertex, axis] -= small
        ends[1, vertex, axis] += small
        before, after = skins.elastic_energy(one, ends)
        slope = (after - before) / (2 * small)
        # Differences of 1e-9 of some 10 J over 2e-6 m.
        assert forces[vertex, axis] == pytest.approx(-slope, rel=1e-6, abs=1e-5)


def test_forces_turn_with_the_sheet_and_neither_push_nor_turn_it() -> None:
    made = sheet(grid((0.5, 0.4), (5, 4)), **FABRIC, thickness=5e-3)
    places = rumpled(made)
    forces = forces_of(made, places)
    turn = Rotation.from_rotvec((0.3, -1.1, 0.7))
    scale = np.abs(forces).max()
    # Rounding of some hundred terms; strains of 1e-1 lose a digit.
    np.testing.assert_allclose(
        forces_of(made, turn.apply(places)), turn.apply(forces), atol=1e-12 * scale
    )
    np.testing.assert_allclose(forces.sum(0), 0.0, atol=1e-13 * scale)
    np.testing.assert_allclose(np.cross(places, forces).sum(0), 0.0, atol=1e-12 * scale)


def test_strain_along_warp_weft_and_shear_stores_what_plane_stress_says() -> None:
    made = sheet(grid((0.5, 0.4), (5, 4)), **FABRIC)
    one, drawn = skins.skin(made), skins.start(made) - made.position
    nu, thick, area = 0.3, 5e-4, 0.2
    for matrix, expected in (
        (np.diag([1.01, 1.0, 1.0]), 1e6 / (1 - nu**2) * (0.01 + 0.01**2 / 2) ** 2 / 2),
        (np.diag([1.0, 1.01, 1.0]), 4e5 / (1 - nu**2) * (0.01 + 0.01**2 / 2) ** 2 / 2),
        (np.array([[1, 1e-4, 0], [0, 1, 0], [0, 0, 1]]), 2e5 * 1e-4**2 / 2),
    ):
        stored = skins.elastic_energy(one, (drawn @ matrix.T)[None])[0]
        # A shear of 1e-4 also lengthens one way by its square.
        assert stored == pytest.approx(expected * area * thick, rel=1e-6)


CURVATURES = {"along x": (1, 0, 0), "along y": (0, 1, 0), "slanted": (0.5, 0.5, 0.5),
              "saddle": (1, -1, 0), "twist": (0, 0, 1), "bowl": (1, 1, 0)}  # fmt: skip


@pytest.mark.parametrize("name", CURVATURES)
def test_a_bent_sheet_stores_what_a_plate_does(name: str) -> None:
    xx, yy, xy = CURVATURES[name]
    thick, nu, small = 5e-3, 0.3, 1e-4
    for drawn, tolerance in (
        (grid((0.5, 0.5), (12, 12)), 1e-6),  # angles of 1e-3: sines and tangents differ by that
        (disc(0.25, 12), 0.05),  # corners of the hexagon that it is made of are uneven
    ):
        made = sheet(drawn, thickness=thick, poissons_ratio=nu)
        one, places = skins.skin(made), skins.start(made)
        x, y = places[:, 0], places[:, 1]
        places[:, 2] = small * (xx * x**2 / 2 + yy * y**2 / 2 + xy * x * y)
        padded = np.append(skins.hinge_angles(one, places), 0.0)[one.hinge_of]
        stored = 0.5 * np.einsum("fi,fij,fj->f", padded, one.bending, padded)
        inner = (one.hinge_of < len(one.angles)).all(1)  # no moment crosses free sides
        plate = 1e6 * thick**3 / 12 / (1 - nu**2)
        square = xx**2 + yy**2 + 2 * nu * xx * yy + 2 * (1 - nu) * xy**2
        expected = plate / 2 * square * small**2 * one.areas[inner].sum()
        assert stored[inner].sum() == pytest.approx(expected, rel=tolerance)


def test_a_strip_let_go_under_its_weight_doubles_its_static_stretch_at_two_passages() -> None:
    length, modulus, fps = 1.0, 1e6, 480
    made = sheet(grid((length, 0.04), (25, 1)), youngs_modulus=modulus, bending_modulus=1e3)
    made = stood(made, 1.5)
    ties = [Tie(body="sheet", point=k) for k in (50, 51)]
    passage = 2 * length / np.sqrt(modulus / 300)
    frames = int(fps * 1.2 * passage) + 1
    spec = elastic_scene([made], ties=ties, frames=frames, fps=fps, rate=12_000)
    states = simulate_in_vacuum(spec)
    height = states.points[0][:, :2, 2].astype(np.float64).mean(1)
    drop = height[0] - height
    # Twice rho g L^2 / (2 E). Strains of 0.6 % are stiffer by 3/2 of that at the top, half as much
    # on average; frames fall within 1 ms of the peak, which costs g (1 ms)^2 / 2.
    assert drop.max() == pytest.approx(300 * EARTH * length**2 / modulus, rel=0.015)
    assert states.times[drop.argmax()] == pytest.approx(passage, abs=2 / fps)


def elastica(length: float, plate: float, weight: float) -> np.ndarray:
    """(402, 2) places along a heavy strip that is clamped level at the origin (Bickley 1934)."""

    def slopes(s, y):
        return np.array([y[1], weight / plate * (length - s) * np.cos(y[0])])

    def ends(a, b):
        return np.array([a[0], b[1]])

    s = np.linspace(0, length, 411)
    found = solve_bvp(slopes, ends, s, np.stack([-s, 0 * s - 1]), tol=1e-8, max_nodes=10_000)
    assert found.success
    angles = found.sol((s[1:] + s[:-1]) / 2)[0]
    places = np.cumsum(np.stack([np.cos(angles), np.sin(angles)], 1) * length / 410, axis=0)
    return np.concatenate([np.zeros((1, 2)), places])


def test_a_cantilever_of_cloth_hangs_as_a_heavy_elastica() -> None:
    length, thick, cells = 0.12, 5e-4, 20
    plate = WEIGHT * 0.06**3  # a bending length of 6 cm: stiff cotton
    # A hinge stands for half a cell to both of its sides, so the strip is held half a cell before.
    cell = length / (cells + 0.5)
    made = sheet(
        grid(((cells + 1) * cell, 5 * cell), (cells + 1, 5)),
        bending_modulus=12 * plate / thick**3,
    )
    fine = np.diff(elastica(length, plate, WEIGHT), axis=0)
    middles = 20 * np.arange(1, cells + 1)
    angles = np.interp(middles, np.arange(410) + 0.5, np.arctan2(fine[:, 1], fine[:, 0]))
    chords = cell * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    curve = np.cumsum(np.concatenate([[(-cell / 2, 0.0), (cell, 0.0)], chords]), axis=0)
    rows = skins.start(made)[:, 1].reshape(-1, 6)
    points = np.stack(
        [np.repeat(curve[:, :1], 6, 1), rows, np.repeat(curve[:, 1:] + 1.0, 6, 1)], axis=2
    ).reshape(-1, 3)
    ties = [Tie(body="sheet", point=k) for k in range(12)]
    spec = elastic_scene([placed(made, points)], ties=ties, frames=13)
    states = simulate(spec)
    tip = states.points[0][:, -6:, 2].mean(1)
    sag = 1.0 - tip[0]
    assert sag > 0.3 * length  # far from small deflections
    # It starts at rest in the closed form's equilibrium; half a swing about its own shows up to
    # twice the distance between both.
    assert np.abs(tip - tip[0]).max() < 2 * 0.002 * sag


def test_a_free_sheet_keeps_momentum_angular_momentum_and_energy() -> None:
    made = sheet(
        grid((0.4, 0.3), (8, 6)),
        **FABRIC,
        bending_modulus=1e8,
        position=(0, 0, 3),
        linear_velocity=(0.3, -0.2, 0.5),
        angular_velocity=(4.0, 6.0, 2.0),
    )
    points = skins.start(made)
    points[:, 0] *= 1.03
    points[:, 2] += 0.03 * np.sin(8 * points[:, 0]) * np.cos(9 * points[:, 1])
    spec = elastic_scene([placed(made, points)], gravity=0.0, frames=61)
    begun = Simulation(spec, Recorder(spec, elastic.VERSION))
    begun.elastic.air.density[0] = 0.0
    mass, place, speed = (getattr(begun.world.points, name) for name in ("mass", "place", "speed"))

    def momenta() -> np.ndarray:
        whole = mass[:, None] * speed
        return np.concatenate([whole.sum(0), np.cross(place, whole).sum(0)])

    before, scale = momenta(), (mass[:, None] * np.abs(speed)).sum() * 3
    states = begun.run()
    # Rounding: 63 x 10,000 kicks of 1e-16 each, at random.
    np.testing.assert_allclose(momenta(), before, atol=1e-12 * scale)
    # Elastic energy went to and fro; steps of second order let the sum tremble.
    assert np.ptp(states.potential_energy) > 0.1 * states.total_energy[0]
    assert np.ptp(states.total_energy) < 6e-3 * states.total_energy[0]
    early, late = states.total_energy[1:31].mean(), states.total_energy[31:].mean()
    assert late == pytest.approx(early, rel=1e-3)  # it does not drift


def test_what_cannot_be_simulated_is_refused_with_value_bound_and_remedy() -> None:
    ball = body("ball", "sphere", (0, 0, 1.1), {"radius": 0.12}, is_static=True)
    drawn = grid((0.4, 0.4), (8, 8))
    with pytest.raises(SceneError, match=r"'sheet' starts .* mm inside 'ball', at most .* tie"):
        simulate(elastic_scene([sheet(drawn), ball]))
    with pytest.raises(SceneError, match=r"'sheet' asks for \d+ steps .* 120000 .* youngs_modulus"):
        simulate(elastic_scene([sheet(drawn, youngs_modulus=1e11)]))
    with pytest.raises(SceneError, match="static deforming body, 'sheet'"):
        simulate(elastic_scene([sheet(drawn, is_static=True)]))
    with pytest.raises(SceneError, match="youngs_modulus must be positive"):
        simulate(elastic_scene([sheet(drawn, youngs_modulus=0.0)]))
    solid = Body(
        **{**vars(sheet(drawn)), "shape": Shape(kind="sphere", parameters={"radius": 1.0})}
    )
    with pytest.raises(SceneError, match="no shell"):
        simulate(elastic_scene([solid]))
    torn = (drawn[0], np.concatenate([drawn[1][:9, ::-1], drawn[1][9:]]))
    with pytest.raises(SceneError, match="run the same way along their edge"):
        simulate(elastic_scene([sheet(torn)]))


def test_a_sheet_that_flies_to_pieces_is_reported_not_recorded() -> None:
    made = sheet(grid((0.4, 0.4), (8, 8)), position=(0, 0, 3), angular_velocity=(0.0, 0.0, 4000.0))
    with pytest.raises(SimulationError, match=r"'sheet' .* stretched .* at most 2 .* rate"):
        simulate(elastic_scene([made], frames=10))
    wild = skins.start(made)
    wild[:, 0] *= 1.3
    with pytest.raises(SceneError, match=r"'sheet' starts stretched by 30 %, at most 10 %"):
        simulate(elastic_scene([placed(made, wild)], frames=10))


def test_both_vertices_at_a_seam_are_one_point() -> None:
    vertices, faces = grid((0.4, 0.2), (4, 2))
    doubled = (
        np.concatenate([vertices, vertices[6:9]]),
        np.where((faces >= 6) & (faces < 9) & (np.arange(len(faces)) >= 8)[:, None],
                 faces - 6 + len(vertices), faces),
    )  # fmt: skip
    one, other = (
        simulate(elastic_scene([sheet(drawn)], frames=5)) for drawn in ((vertices, faces), doubled)
    )
    np.testing.assert_array_equal(one.points[0], other.points[0][:, : len(vertices)])
    np.testing.assert_allclose(one.total_energy, other.total_energy, rtol=1e-12)
