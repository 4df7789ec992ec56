# pyright: reportCallIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false
# Kernels take arrays from lists, whose lengths and types the compiler declares too widely.
"""Conductances of the faces of cells -> Pressure, which makes velocities free of divergence.

Conjugate gradients, preconditioned by one V-cycle of multigrid a step (Tatebe 1993; McAdams,
Sifakis and Teran 2010).
"""

from collections.abc import Sequence

from ...errors import SimulationError
from ...kernels import ti
from . import pressure_kernels as kernels
from .layout import Layout, zeros

COARSEST = 4  # cells along the shortest axis from which a level is smoothed until it is solved
COARSEST_ROUNDS = 12  # of that smoothing, over both colours, there and as many back
MOST_ROUNDS = 60  # of conjugate gradients: five to ten are usual


class Pressure:
    """Solves for one grid; the last solution starts the next one."""

    def __init__(self, cells: tuple[int, int, int], open_sides: Sequence[bool]) -> None:
        """Reserve memory.

        Args:
            cells: Along x, y, z.
            open_sides: Whether p = 0 on the sides -x, +x, -y, +y, -z, +z.
        """
        self.layouts = [Layout(*cells)]
        while min((last := self.layouts[-1]).cells) > COARSEST:
            halves = ((n + 1) // 2 for n in last.cells)
            self.layouts.append(Layout(*halves, first=last.first + last.size))
        total = sum(layout.size for layout in self.layouts)
        self.signs = ti.Vector([-1.0 if is_open else 1.0 for is_open in open_sides], ti.f32)
        self.conductances = [zeros(total) for _ in range(3)]
        """Of the faces of all levels; the finest, the first, to be filled before `prepare`."""
        self._inverse, self._z, self._b, self._rest = (zeros(total) for _ in range(4))
        size = self.layouts[0].size
        self.p, self._r, self._d, self._q = (zeros(size) for _ in range(4))
        self._parts = ti.ndarray(ti.f64, shape=(cells[0],))
        self.rounds = 0
        """Of conjugate gradients, in the last call."""

    def prepare(self) -> None:
        """Carry the conductances of the finest level to all others."""
        for fine, rough in zip(self.layouts, self.layouts[1:], strict=False):
            for d in range(3):
                kernels.coarsen(self.conductances[d], *fine.arguments, *rough.arguments, d)
        for layout in self.layouts:
            kernels.invert(*self.conductances, self._inverse, *layout.arguments)

    def solve(self, b: ti.Ndarray, bound: float) -> float:
        """Find p for a right side.

        Args:
            b: Inflow of every cell [m/s].
            bound: Largest inflow that may be left [m/s].

        Returns:
            The largest inflow left [m/s].

        Raises:
            SimulationError: If it is more than `bound` after MOST_ROUNDS.
        """
        cells, before = self.layouts[0].cells, 1.0
        kernels.remainder(*self.conductances, self.p, b, self._r, self._parts, *cells)
        left = float(self._parts.to_numpy().max())
        for self.rounds in range(MOST_ROUNDS):
            if left <= bound:
                return left
            if left >= kernels.HUGE:
                break
            self._cycle()
            kernels.inner(self._r, self._z, self._parts, *cells)
            now = float(self._parts.to_numpy().sum())
            share = now / before if self.rounds else 0.0
            kernels.multiply(
                *self.conductances, self._z, self._d, self._q, share, self._parts, *cells
            )
            length = now / float(self._parts.to_numpy().sum())
            kernels.advance(self.p, self._r, self._d, self._q, length, self._parts, *cells)
            left, before = float(self._parts.to_numpy().max()), now
        raise SimulationError(
            f"The gas solver leaves an inflow of {left:.3g} m/s in a cell after {MOST_ROUNDS} "
            f"rounds, above its bound of {bound:.3g}. Leave every pocket of air a way out."
        )

    def _cycle(self) -> None:
        """One V-cycle for the residual -> the first level of `_z`."""
        faces = (*self.conductances, self._inverse, self._z, self._b)
        pairs = list(zip(self.layouts, self.layouts[1:], strict=False))
        kernels.copy(self._r, self._b)
        for fine, rough in pairs:
            kernels.descend(*faces, self._rest, *fine.arguments, *rough.arguments, self.signs)
        kernels.settle(*faces, *self.layouts[-1].arguments, COARSEST_ROUNDS)
        for fine, rough in pairs[::-1]:
            kernels.ascend(*faces, *fine.arguments, *rough.arguments, self.signs)
