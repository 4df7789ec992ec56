"""Root mean square of swirling speeds, seed -> a velocity field that is free of divergence."""

import numpy as np
from jaxtyping import Float32, Float64

MODES = 48
"""Waves that are added up."""
LENGTHS = (0.15, 0.5)
"""Of the waves, over the shortest side of the box [1]: as large as eddies of a room in it."""


def swirls(
    cells: tuple[int, int, int], cell: float, speed: float, rng: np.random.Generator
) -> list[Float32[np.ndarray, "_ _ _"]]:
    """Velocities through the faces across x, y and z: transverse plane waves in all directions.

    Args:
        cells: Counts.
        cell: Edge of a cell [m].
        speed: Root mean square over the box [m/s].
        rng: Draws the waves, the same ones for coarse and fine grids.
    """
    low, high = np.array(LENGTHS) * cell * min(cells)
    lengths = np.exp(rng.uniform(np.log(low), np.log(high), MODES))
    waves = _unit(rng.normal(size=(MODES, 3))) * (2 * np.pi / lengths)[:, None]
    along = _unit(np.cross(waves, rng.normal(size=(MODES, 3))))
    amplitude = speed * np.sqrt(2 / MODES)
    phases = rng.uniform(0, 2 * np.pi, MODES)
    fields = []
    for axis in range(3):
        places = [
            cell * (np.arange(n + (d == axis)) + (0.0 if d == axis else 0.5))
            for d, n in enumerate(cells)
        ]
        total = np.zeros([len(place) for place in places])
        for wave, way, phase in zip(waves, along, phases, strict=True):
            x, y, z = (np.exp(1j * wave[d] * places[d]) for d in range(3))
            sheet = (x * np.exp(1j * phase))[:, None] * y
            total += way[axis] * (sheet[:, :, None] * z).real
        fields.append((amplitude * total).astype(np.float32))
    return fields


def _unit(vectors: Float64[np.ndarray, "N 3"]) -> Float64[np.ndarray, "N 3"]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
