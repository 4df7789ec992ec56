"""Particles of a liquid -> how much of the space around every lattice point they fill.

The lattice is fixed in the world, so that the surface does not flicker when the liquid's bounding
box changes. Only blocks of it near particles are kept.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int32, Int64

from ...errors import SceneError
from ...jit import fast

BLOCK = 8
"""Lattice points along one side of a block."""
LEVEL = 0.5
"""Of the surface: a flat one lies where the space filled by the particles ends."""
MOST_BLOCKS = 100_000_000
"""In the bounding box of the particles: 400 MB for the table of blocks."""


class Lattice(NamedTuple):
    """The share of space that is filled, on blocks of a lattice."""

    spacing: float
    """[m]"""
    corner: Int64[np.ndarray, "3"]
    """Lattice coordinates of the table's first point."""
    table: Int32[np.ndarray, "X Y Z"]
    """Row of each block in `blocks`; 0, which is empty space, where there are no particles."""
    places: Int32[np.ndarray, "N 3"]
    """Of every row of `blocks`, its place in the table."""
    blocks: Float32[np.ndarray, "N 8 8 8"]


class Particles(NamedTuple):
    """What the field is the sum of."""

    points: Float32[np.ndarray, "P 3"]
    """World [m]."""
    weights: Float32[np.ndarray, " P"]
    """Share of space filled at the particle's own place by itself."""
    reach: float
    """How far it is felt [m]."""
    growth: float
    """What `_lonely` adds per share of space that is missing at a particle [1]."""


def particles_of(
    points: Float32[np.ndarray, "P 3"], radii: Float32[np.ndarray, " P"], reach: float
) -> Particles:
    """Particles that each fill (2 radius)^3, smeared out over some radii (`reach`)."""
    radius = float(np.median(radii))
    # Kernel (1 - (r / R)^2)^3 of Mueller, Charypar and Gross 2003, volume under it 1.
    peak = 315 / (64 * np.pi * (reach * radius) ** 3)
    weights = (2 * radii.astype(np.float64)) ** 3 * peak
    alone = 8 * 315 / (64 * np.pi * reach**3)
    # A single particle's surface is a ball of its volume: LEVEL is reached where that ends.
    end = (1 - ((6 / np.pi) ** (1 / 3) / reach) ** 2) ** 3
    return Particles(
        points=points,
        weights=weights.astype(np.float32),
        reach=reach * radius,
        growth=(LEVEL / end - alone) / (LEVEL - alone),
    )


def filled(particles: Particles, spacing: float) -> tuple[Lattice, Particles]:
    """The field of particles, and the particles with the weights that it is the sum of.

    Args:
        particles: At least one.
        spacing: Of the lattice [m].
    """
    lattice = _empty(particles, spacing)
    scale = np.float32(1 / spacing)
    local = (particles.points.astype(np.float64) / spacing - lattice.corner).astype(np.float32)
    reach = np.float32(particles.reach * scale)
    _add(local, particles.weights, reach, lattice.table, lattice.blocks)
    extra = np.empty_like(particles.weights)
    _lonely(local, lattice.table, lattice.blocks, particles, extra)
    _add(local, extra, reach, lattice.table, lattice.blocks)
    return lattice, particles._replace(weights=particles.weights + extra)


def _empty(particles: Particles, spacing: float) -> Lattice:
    low, high = particles.points.min(0), particles.points.max(0)
    reach = particles.reach
    # One more point on each side: cells at the rim have all their corners.
    first = (np.floor((low - reach) / spacing).astype(np.int64) - 1) // BLOCK
    last = (np.ceil((high + reach) / spacing).astype(np.int64) + 1) // BLOCK
    sides = last - first + 1
    if sides.astype(float).prod() > MOST_BLOCKS:
        raise SceneError(
            f"A liquid spreads over {np.ptp(particles.points, 0).round(1).tolist()} m, too far "
            f"for a surface of {spacing:.2g} m cells; keep it in a container."
        )
    table = np.zeros(tuple(sides), np.int32)
    local = (particles.points.astype(np.float64) / spacing - first * BLOCK).astype(np.float32)
    _mark(local, np.float32(reach / spacing + 1), table)
    places = np.argwhere(table).astype(np.int32)
    table[tuple(places.T)] = np.arange(1, len(places) + 1)
    return Lattice(
        spacing=spacing,
        corner=first * BLOCK,
        table=table,
        places=np.concatenate([np.zeros((1, 3), np.int32), places]),
        blocks=np.zeros((len(places) + 1, BLOCK, BLOCK, BLOCK), np.float32),
    )


@fast
def _mark(points, reach, table):
    for n in range(len(points)):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        for i in range(int(x - reach) // BLOCK, int(x + reach) // BLOCK + 1):
            for j in range(int(y - reach) // BLOCK, int(y + reach) // BLOCK + 1):
                for k in range(int(z - reach) // BLOCK, int(z + reach) // BLOCK + 1):
                    table[i, j, k] = 1


@fast
def _add(points, weights, reach, table, blocks):
    """Points and reach in units of the lattice, from the table's corner."""
    shrink = np.float32(1.0) / (reach * reach)
    for n in range(len(points)):
        weight = weights[n]
        if weight <= 0.0:
            continue
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        k_first, k_last = int(np.ceil(z - reach)), int(z + reach)
        for i in range(int(np.ceil(x - reach)), int(x + reach) + 1):
            dx = np.float32(i) - x
            for j in range(int(np.ceil(y - reach)), int(y + reach) + 1):
                dy = np.float32(j) - y
                rest = np.float32(1.0) - (dx * dx + dy * dy) * shrink
                if rest <= 0.0:
                    continue
                for b in range(k_first // BLOCK, k_last // BLOCK + 1):
                    row = blocks[table[i // BLOCK, j // BLOCK, b], i % BLOCK, j % BLOCK]
                    for k in range(max(k_first - b * BLOCK, 0), min(k_last - b * BLOCK + 1, BLOCK)):
                        dz = np.float32(k + b * BLOCK) - z
                        inside = max(rest - dz * dz * shrink, np.float32(0.0))
                        row[k] += weight * inside * inside * inside


@fast
def _lonely(points, table, blocks, particles, extra):
    """Weight to add to particles that lie outside the surface: spray becomes small drops.

    A single particle gets a ball of its own volume; of several that feel each other, each gets its
    share of what they lack together; on the surface nothing is added.
    """
    growth, weights = np.float32(particles.growth), particles.weights
    for n in range(len(points)):
        i, j, k = int(points[n, 0]), int(points[n, 1]), int(points[n, 2])
        u, v, w = points[n, 0] - i, points[n, 1] - j, points[n, 2] - k
        found = np.float32(0.0)
        for a in range(2):
            for b in range(2):
                for c in range(2):
                    share = (u if a else 1 - u) * (v if b else 1 - v) * (w if c else 1 - w)
                    x, y, z = i + a, j + b, k + c
                    row = table[x // BLOCK, y // BLOCK, z // BLOCK]
                    found += np.float32(share) * blocks[row, x % BLOCK, y % BLOCK, z % BLOCK]
        share_of_all = weights[n] / max(found, weights[n])
        extra[n] = growth * max(np.float32(LEVEL) - found, np.float32(0.0)) * share_of_all
