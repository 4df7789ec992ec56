"""SceneSpec -> all cells that hold heat, and what joins them while bodies are where they are."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float64, Int64

from ...continuum import Thermal
from ...errors import SceneError
from ...scene import Body, SceneSpec
from ...shapes import build
from .cells import FEWEST, Cells, cells_of, in_one
from .steps import Network
from .surface import Spread, spread_over
from .touching import GROUND, Side, Touch, is_same, touch, touch_ground

CELLS_PER_BODY = 1500
"""About; where the scene's grid does not say how large they are [1]."""
COARSER = 1.05
"""Step in the search for their size [1]."""
MOST_CELLS = 2_000_000
"""At some 500 bytes a cell, what a worker with 4 GiB can hold [1]."""
LEAST_RESISTANCE = 1e-7
"""Of a contact [m2 K/W]: below that of the best bonded joints, above that of nothing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Warm:
    """A body with a temperature field."""

    thermal: Thermal
    cells: Cells
    spread: Spread
    first_cell: int
    first_patch: int


class World:
    """Cells and patches of all warm bodies, body after body."""

    def __init__(self, spec: SceneSpec) -> None:
        raise_unless_able(spec)
        self.spec = spec
        self.warm: dict[int, Warm] = {}
        cell, patch = 0, 0
        for index, body in enumerate(spec.bodies):
            if body.thermal is not None:
                one = _warm(spec, body, body.thermal, cell, patch)
                self.warm[index] = one
                cell, patch = cell + len(one.cells.volume), patch + len(one.cells.wall.area)
        self._sides = [
            Side(build(body.shape), self.warm[k].cells.wall if k in self.warm else None)
            for k, body in enumerate(spec.bodies)
        ]
        self._found: dict[tuple[int, int], tuple[np.ndarray, np.ndarray, Touch]] = {}

    @cached_property
    def capacity(self) -> Float64[np.ndarray, " C"]:
        """Of every cell [J/K]."""
        return self._gathered(
            lambda body, one: one.cells.volume * body.substance.density * one.thermal.heat_capacity
        )

    @cached_property
    def is_held(self) -> np.ndarray:
        """Which cells keep their temperature."""
        return self._gathered(
            lambda _, one: np.full(len(one.cells.volume), one.thermal.is_held)
        ).astype(bool)

    @cached_property
    def start(self) -> Float64[np.ndarray, " C"]:
        """Temperature of every cell at t = 0 [K]."""
        return self._gathered(
            lambda _, one: np.full(len(one.cells.volume), one.thermal.temperature)
        )

    @cached_property
    def _walls(self) -> dict[str, np.ndarray]:
        """What does not change about patches."""
        return {
            "cell": self._gathered(lambda _, one: one.first_cell + one.cells.wall.cell),
            "area": self._gathered(lambda _, one: one.cells.wall.area),
            "resistance": self._gathered(
                lambda _, one: (
                    one.cells.wall.depth * (not one.thermal.is_held) / one.thermal.conductivity
                )
            ),
            "film": self._gathered(
                lambda _, one: np.full(len(one.cells.wall.area), one.thermal.film)
            ),
            "emissivity": self._gathered(
                lambda _, one: np.full(len(one.cells.wall.area), one.thermal.emissivity)
            ),
        }

    @cached_property
    def _inner(self) -> tuple[Int64[np.ndarray, "L 2"], Float64[np.ndarray, " L"]]:
        """Links inside bodies, and their conductances [W/K]."""
        links = [one.first_cell + one.cells.links for one in self.warm.values()]
        passages = self._gathered(lambda _, one: one.cells.passage * one.thermal.conductivity)
        return np.concatenate(links), passages

    def network(self, poses: Float64[np.ndarray, "B 7"]) -> "Joined":
        """What heat passes through while bodies are at these poses."""
        walls, (links, inner) = self._walls, self._inner
        found = self._touches(poses)
        bare = walls["area"].copy()
        pairs = [found.patches[found.others >= 0], found.others[found.others >= 0]]
        areas = found.areas[found.others >= 0]
        np.subtract.at(bare, found.patches, found.areas)
        np.subtract.at(bare, pairs[1], areas)
        resistance = walls["resistance"][pairs[0]] + walls["resistance"][pairs[1]]
        through = areas / np.maximum(resistance, LEAST_RESISTANCE)
        return Joined(
            network=Network(
                capacity=self.capacity,
                power=self._power,
                is_held=self.is_held,
                one=np.concatenate([links[:, 0], walls["cell"][pairs[0]]]),
                other=np.concatenate([links[:, 1], walls["cell"][pairs[1]]]),
                conductance=np.concatenate([inner, through]),
                cell=walls["cell"],
                area=np.maximum(bare, 0.0),
                resistance=walls["resistance"],
                film=walls["film"],
                emissivity=walls["emissivity"],
            ),
            one=pairs[0],
            other=pairs[1],
            area=areas,
            through=through,
        )

    @cached_property
    def _power(self) -> Float64[np.ndarray, " C"]:
        """Of every cell [W]."""
        return self._gathered(
            lambda _, one: one.thermal.power * one.cells.volume / one.cells.volume.sum()
        )

    def _gathered(self, values: Callable[[Body, Warm], np.ndarray]) -> np.ndarray:
        parts = [values(self.spec.bodies[index], one) for index, one in self.warm.items()]
        return np.concatenate(parts)

    def _touches(self, poses: Float64[np.ndarray, "B 7"]) -> Touch:
        """All contacts, patches counted through all bodies; others -1 where no heat passes."""
        patches, others, areas = [np.zeros(0, int)], [np.zeros(0, int)], [np.zeros(0)]
        for a, one in self.warm.items():
            found = [(GROUND, self._kept(a, GROUND, poses))]
            found += [(b, self._kept(a, b, poses)) for b in range(len(poses)) if self._asks(a, b)]
            for b, each in found:
                patches.append(one.first_patch + each.patches)
                areas.append(each.areas)
                first = self.warm[b].first_patch if b in self.warm else 0
                others.append(np.where(each.others < 0, -1, first + each.others))
        return Touch(
            patches=np.concatenate(patches),
            others=np.concatenate(others),
            areas=np.concatenate(areas),
        )

    def _asks(self, a: int, b: int) -> bool:
        """Is the contact of a pair seen from a? The finer surface of both knows its area best."""
        if a == b:
            return False
        own, its = self._sides[a].fineness, self._sides[b].fineness
        return (own, a) > (its, b)

    def _kept(self, a: int, b: int, poses: Float64[np.ndarray, "B 7"]) -> Touch:
        """A contact, computed again if one of both moved."""
        pose, other = poses[a], poses[b]
        known = self._found.get((a, b))
        if known and is_same(known[0], pose) and (b == GROUND or is_same(known[1], other)):
            return known[2]
        if b == GROUND:
            found = touch_ground(self._sides[a], pose)
        else:
            found = touch(self._sides[a], self._sides[b], pose, other)
        self._found[a, b] = pose.copy(), other.copy(), found
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Joined:
    """A network and the contacts in it, N of them between pairs of patches."""

    network: Network
    one: Int64[np.ndarray, " N"]
    other: Int64[np.ndarray, " N"]
    area: Float64[np.ndarray, " N"]
    """[m2]"""
    through: Float64[np.ndarray, " N"]
    """Conductance from cell to cell [W/K]."""

    def patches(
        self, temperature: Float64[np.ndarray, " C"], surface: Float64[np.ndarray, " P"]
    ) -> Float64[np.ndarray, " P"]:
        """Mean temperatures of patches, bare and covered parts of them [K]."""
        network = self.network
        heat, area = network.area * surface, network.area.copy()
        for here, there in ((self.one, self.other), (self.other, self.one)):
            inner, outer = temperature[network.cell[here]], temperature[network.cell[there]]
            flux = self.through / self.area * (inner - outer)
            np.add.at(heat, here, self.area * (inner - flux * network.resistance[here]))
            np.add.at(area, here, self.area)
        inner = temperature[network.cell]
        return np.where(area > 0.0, heat / np.where(area > 0.0, area, 1.0), inner)


def raise_unless_able(spec: SceneSpec) -> None:
    """Collect what the solver has no law for."""
    faults = [
        f"melting of {body.name!r} (latent_heat {body.thermal.latent_heat})"
        for body in spec.bodies
        if body.thermal and body.thermal.latent_heat
    ]
    if not any(body.thermal for body in spec.bodies):
        faults.append("a scene without a body that has `thermal`")
    if faults:
        raise SceneError(
            f"Solver 'heat' cannot take {'; '.join(faults)}. It warms rigid bodies and bimetal "
            "strips that stay solid."
        )


def _warm(spec: SceneSpec, body: Body, thermal: Thermal, cell: int, patch: int) -> Warm:
    solid = build(body.shape)
    extent = np.ptp(solid.mesh.vertices, axis=0)
    edge = spec.grid.cell if spec.grid else _edge(extent, solid.volume / float(extent.prod()))
    if np.prod(np.maximum(extent / edge, 1.0)) > MOST_CELLS:
        raise SceneError(
            f"Body {body.name!r}: {np.prod(extent / edge):.3g} cells of {edge:g} m do not fit in "
            f"memory (most {MOST_CELLS}); use a larger cell of the grid."
        )
    cells = in_one(solid) if thermal.is_held else cells_of(solid, edge)
    return Warm(
        thermal=thermal,
        cells=cells,
        spread=spread_over(solid.mesh, cells.wall),
        first_cell=cell,
        first_patch=patch,
    )


def _edge(extent: Float64[np.ndarray, "3"], share: float) -> float:
    """Of cells so large that a body has few enough of them.

    Args:
        extent: Of the box around it [m].
        share: Of that box that it fills [1].
    """
    edge = float((share * extent.prod() / CELLS_PER_BODY) ** (1 / 3))
    while share * np.maximum(extent / edge, FEWEST).prod() > 1.01 * CELLS_PER_BODY:
        edge *= COARSER
    return edge
