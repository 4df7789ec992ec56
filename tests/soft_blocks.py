"""Blocks of tetrahedra for the tests of soft bodies, and what moves or solves them."""

from dataclasses import replace

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from phys4d_pipeline import shapes
from phys4d_pipeline.motion.solids import Soft, soft_of
from phys4d_pipeline.scene import Shape, Substance
from phys4d_pipeline.simulate.elastic.solid_arrays import solids, stable_step
from phys4d_pipeline.simulate.elastic.solids import solid_forces

JELLY = Substance(
    density=1000.0, friction=0.5, restitution=0.1, youngs_modulus=1e5, poissons_ratio=0.3
)
PROBE = 1e-6
"""Displacement by which stiffness is taken, over the size of the body [1]."""


def block(half_extents, cell, **changes) -> Soft:
    """A box as the solver sees it."""
    cells = shapes.tetrahedra(
        Shape(kind="box", parameters={"half_extents": half_extents, "cell": cell})
    )
    return soft_of(cells.nodes.copy(), cells.elements.astype(np.int64), replace(JELLY, **changes))


def forces(one: Soft, places, arrays=None) -> np.ndarray:
    """On the nodes, by elastic stress alone unless arrays with a history are given."""
    arrays = solids([(one, 0)], places, np.inf) if arrays is None else arrays
    result = np.zeros_like(places)
    solid_forces(arrays, np.ascontiguousarray(places), result)
    return result


def solved(one: Soft, loads, is_fixed, tolerance=1e-6) -> np.ndarray:
    """Small displacements [m] at which forces balance loads, fixed nodes staying."""
    arrays = solids([(one, 0)], one.nodes, np.inf)
    size, free = np.ptp(one.nodes), ~np.repeat(is_fixed, 3)

    def stiffened(values):
        shift = np.zeros(len(free))
        shift[free] = values
        scale = PROBE * size / max(np.abs(shift).max(), 1e-300)
        shift = scale * shift.reshape(-1, 3)
        apart = forces(one, one.nodes - shift, arrays) - forces(one, one.nodes + shift, arrays)
        return apart.ravel()[free] / (2 * scale)

    count = int(free.sum())
    matrix = LinearOperator((count, count), stiffened, dtype=np.float64)
    found, failed = cg(matrix, loads.ravel()[free], rtol=tolerance, maxiter=20_000)
    assert not failed
    result = np.zeros(len(free))
    result[free] = found
    return result.reshape(-1, 3)


class Motion:
    """A body alone, in velocity Verlet steps."""

    def __init__(self, one: Soft, speed, *, step_s=None) -> None:
        self.one, self.step_s = one, step_s or stable_step(one)
        self.place, self.speed = one.nodes.copy(), np.array(speed, np.float64)
        self.arrays = solids([(one, 0)], self.place, self.step_s)
        self.force = forces(one, self.place, self.arrays)

    def go(self, steps: int) -> None:
        """Move on."""
        kick = self.step_s / 2 / self.one.masses[:, None]
        for _ in range(steps):
            self.speed += kick * self.force
            self.place += self.step_s * self.speed
            self.force[:] = 0.0
            solid_forces(self.arrays, self.place, self.force)
            self.speed += kick * self.force

    def momentum(self) -> tuple[np.ndarray, np.ndarray]:
        """Linear, and angular about the origin."""
        each = self.one.masses[:, None] * self.speed
        return each.sum(0), np.cross(self.place, each).sum(0)

    def kinetic(self) -> float:
        """[J]"""
        return float(0.5 * self.one.masses @ (self.speed**2).sum(1))
