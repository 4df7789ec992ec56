# pyright: reportInvalidTypeForm=false
"""The yield surface of sand against Matsuoka and Nakai 1974, whose closed forms are known."""

from typing import no_type_check

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from phys4d_pipeline.kernels import start, ti
from phys4d_pipeline.simulate.sand.grid import Vec8
from phys4d_pipeline.simulate.sand.stress import VOLUME, yielded

BULK, SHEAR = 3.0e4, 1.4e4
"""Of grains over their density, in the ratio of Poisson's 0.3."""
SQUEEZED = -0.005
"""Change of volume: the pressure over density is BULK times this."""
PLACES = ((0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2))
"""Of a strain's first six numbers in its matrix."""
Strains = ti.types.ndarray(dtype=Vec8, ndim=1)


@no_type_check
@ti.kernel
def give_way(strains: Strains, friction: ti.f32, cohesion: ti.f32):
    """Each strain on the yield surface, if it lies beyond."""
    for row in range(strains.shape[0]):
        strains[row] = yielded(strains[row], BULK, SHEAR, friction, cohesion, 0.0)


def at_yield(deviators, friction, cohesion=0.0):
    """Stresses over density, pressure positive, that sand bears of these deviators of strain."""
    start()
    rows = np.zeros((len(deviators), 8), np.float32)
    rows[:, VOLUME], rows[:, 7] = SQUEEZED, 1.0
    for column, (i, j) in enumerate(PLACES):
        rows[:, column] = deviators[:, i, j]
    strains = ti.ndarray(Vec8, len(rows))
    strains.from_numpy(rows)
    give_way(strains, friction, cohesion)
    found = strains.to_numpy().astype(np.float64)
    stress = np.zeros((len(rows), 3, 3))
    for column, (i, j) in enumerate(PLACES):
        stress[:, i, j] = stress[:, j, i] = -2 * SHEAR * found[:, column]
    return stress + -BULK * found[:, VOLUME, None, None] * np.eye(3)


def ratio(stress):
    """sqrt(J2) over the pressure."""
    pressure = np.trace(stress, axis1=-2, axis2=-1) / 3
    deviator = stress - pressure[..., None, None] * np.eye(3)
    return np.sqrt(0.5 * (deviator**2).sum((-2, -1))) / pressure


def one(*diagonal):
    """A large deviator of strain; positive lengthens."""
    return 0.1 * np.diag(diagonal)[None]


@pytest.mark.parametrize("friction", [0.2, 0.45, 0.6, 0.9])
def test_axial_load_and_axial_pull_yield_at_one_angle_of_mohr_and_coulomb(friction):
    """9 + 8 tan(phi)^2 = I1 I2 / I3, which is 3 (3 - mu^2) / (1 - mu^2) in simple shear."""
    sine = np.sin(np.arctan(np.sqrt(0.75 * friction**2 / (1 - friction**2))))
    pressed = ratio(at_yield(one(1.0, 1.0, -2.0), friction))[0]
    pulled = ratio(at_yield(one(-1.0, -1.0, 2.0), friction))[0]
    # Four steps of Newton leave 1e-4 of the root.
    assert pressed == pytest.approx(2 * np.sqrt(3) * sine / (3 - sine), rel=2e-4)
    assert pulled == pytest.approx(2 * np.sqrt(3) * sine / (3 + sine), rel=2e-4)


@pytest.mark.parametrize("friction", [0.2, 0.6, 0.9])
def test_in_simple_shear_the_shear_stress_is_friction_times_pressure(friction):
    deviator = np.zeros((1, 3, 3))
    deviator[0, 0, 2] = deviator[0, 2, 0] = 0.1
    stress = at_yield(deviator, friction)[0]
    assert stress[0, 2] / stress[2, 2] == pytest.approx(-friction, rel=1e-5)  # f32
    assert np.diag(stress) == pytest.approx(stress[2, 2], rel=1e-5)


def test_in_any_direction_the_invariants_are_those_of_matsuoka_and_nakai():
    rng, friction = np.random.default_rng(3), 0.6
    angle = np.linspace(0.0, 2 * np.pi, 60)
    shares = np.stack([np.cos(angle), np.cos(angle + 2.1), np.cos(angle + 4.2)], 1)
    shares -= shares.mean(1, keepdims=True)
    turns = Rotation.random(len(angle), rng=rng).as_matrix()
    deviators = 0.1 * np.einsum("nij,nj,nkj->nik", turns, shares, turns)
    roots = np.linalg.eigvalsh(at_yield(deviators, friction))
    first, third = roots.sum(1), roots.prod(1)
    second = 0.5 * (first**2 - (roots**2).sum(1))
    wanted = 3 * (3 - friction**2) / (1 - friction**2)
    # The product of the roots is small where one of them is: 1e-4 of the root is 6e-4 of it.
    assert first * second / third == pytest.approx(wanted, rel=1e-3)


def test_cohesion_adds_to_what_friction_bears_in_simple_shear():
    deviator = np.zeros((1, 3, 3))
    deviator[0, 0, 1] = deviator[0, 1, 0] = 0.1
    stress = at_yield(deviator, 0.6, cohesion=40.0)[0]
    assert -stress[0, 1] == pytest.approx(0.6 * stress[2, 2] + 40.0, rel=1e-5)


def test_less_than_friction_bears_does_not_yield():
    shear = 0.58 * -BULK * SQUEEZED / (2 * SHEAR)
    deviator = np.zeros((1, 3, 3))
    deviator[0, 0, 1] = deviator[0, 1, 0] = shear
    assert at_yield(deviator, 0.6)[0, 0, 1] == pytest.approx(-2 * SHEAR * shear, rel=1e-6)
