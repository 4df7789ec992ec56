"""What liquids, grains, gases and warm bodies need beyond a rigid body: a grid, and heat.

SI units; temperatures in kelvin.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from .plain import Vec3

SIDES = ("-x", "+x", "-y", "+y", "-z", "+z")
MOST_CELLS = 40_000_000
"""Of a grid: at some 100 bytes a cell, what a worker with 4 GiB can hold [1]."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The box of equal cubes that a solver with a grid computes in.

    Its sides are smooth walls, but for the open ones, which let everything out and air in.
    """

    low: Vec3
    """Lowest corner [m]."""
    cell: float
    """Edge of a cell [m]."""
    cells: tuple[int, int, int]
    """How many along x, y and z."""
    open_sides: tuple[str, ...] = ()
    """Out of SIDES."""
    wind: Vec3 = (0.0, 0.0, 0.0)
    """Velocity of the gas that fills it at t = 0 and blows in through open sides [m/s]."""
    unrest: float = 0.0
    """Root mean square of the swirling speeds that this gas has at t = 0 [m/s]."""

    @property
    def high(self) -> Vec3:
        """Highest corner [m]."""
        x, y, z = (a + self.cell * n for a, n in zip(self.low, self.cells, strict=True))
        return x, y, z


@dataclass(frozen=True, kw_only=True)
class Thermal:
    """How a body holds, passes on and gives off heat."""

    temperature: float
    """At t = 0 [K]."""
    conductivity: float
    """[W/m/K]"""
    heat_capacity: float
    """[J/kg/K]"""
    is_held: bool = False
    """Keeps its temperature whatever happens: a hot plate, a cold wall."""
    power: float = 0.0
    """Heat released evenly in the whole body [W]."""
    film: float = 0.0
    """Heat given to the air per area and kelvin of difference [W/m2/K]."""
    emissivity: float = 0.0
    """Radiated, as a share of what a black body would [1]."""
    expansion: float = 0.0
    """Linear thermal expansion [1/K]."""
    melting_point: float = 0.0
    """[K]; 0: stays as it is."""
    melting_range: float = 0.0
    """Over which it melts, above the melting point [K]."""
    latent_heat: float = 0.0
    """Taken up while melting [J/kg]."""
    thinning: float = 0.0
    """Share by which viscosity falls per kelvin above `temperature`, exponentially [1/K]."""


def grid_faults(grid: Grid) -> Iterator[str]:
    """What is wrong with a grid."""
    if not 0.0 < grid.cell < math.inf:
        yield f"grid: cell ({grid.cell}) must be positive"
    if len(grid.cells) != 3 or min(grid.cells) < 4:
        yield f"grid: cells {grid.cells} must be three numbers of 4 or more"
    elif math.prod(grid.cells) > MOST_CELLS:
        yield (
            f"grid: {math.prod(grid.cells)} cells do not fit in memory (most {MOST_CELLS}); "
            "use larger cells or a smaller box"
        )
    if not all(math.isfinite(number) for number in grid.low):
        yield f"grid: low {grid.low} is not finite"
    if not all(math.isfinite(number) for number in grid.wind):
        yield f"grid: wind {grid.wind} is not finite"
    if not 0.0 <= grid.unrest < math.inf:
        yield f"grid: unrest ({grid.unrest}) must not be negative"
    if unknown := sorted(set(grid.open_sides) - set(SIDES)):
        yield f"grid: open sides {unknown} must be out of {', '.join(SIDES)}"


def thermal_faults(where: str, thermal: Thermal) -> Iterator[str]:
    """What is wrong with the heat of a body."""
    for name in ("temperature", "conductivity", "heat_capacity"):
        if not 0.0 < getattr(thermal, name) < math.inf:
            yield f"{where}: {name} ({getattr(thermal, name)}) must be positive"
    for name in ("film", "melting_point", "melting_range", "latent_heat", "thinning"):
        if not 0.0 <= getattr(thermal, name) < math.inf:
            yield f"{where}: {name} ({getattr(thermal, name)}) must not be negative"
    if not 0.0 <= thermal.emissivity <= 1.0:
        yield f"{where}: emissivity ({thermal.emissivity}) must lie in 0 to 1"
    if not all(math.isfinite(number) for number in (thermal.power, thermal.expansion)):
        yield f"{where}: power and expansion must be finite"
    if thermal.latent_heat and not thermal.melting_point:
        yield f"{where}: latent_heat ({thermal.latent_heat}) needs a melting_point"
