"""Two spreading heaps of grains and a stream that pours onto one of them, in closed form."""

import math

import numpy as np
from jaxtyping import Float32, Float64

from phys4d_pipeline.scene import Vec3

GRAVITY = 9.81  # [m/s2]
HEAP_GRAINS = (22_000, 18_000)
STREAM_GRAINS = 10_000
HEAP_CENTRES = ((-1.25, 0.7), (1.55, -0.35))  # [m]
GRAIN_RADII = (0.0125, 0.014)  # [m], one for each heap
SPOUT = (1.9, -0.9, 2.3)  # where the stream comes into free fall [m]
SPOUT_SPEED = 1.5
"""Downwards, of the column of grains above the spout too [m/s]."""


def grains(
    rng: np.random.Generator, times: Float64[np.ndarray, " T"]
) -> list[tuple[str, Vec3, float, Float32[np.ndarray, "T N 3"]]]:
    """Name, colour, radius and positions of the three bodies of particles."""
    sand, gravel = (
        _cone(rng, count, radius) for count, radius in zip(HEAP_GRAINS, GRAIN_RADII, strict=True)
    )
    heaps = [
        cone * _spread(times)[:, None] + (*centre, radius)
        for cone, centre, radius in zip((sand, gravel), HEAP_CENTRES, GRAIN_RADII, strict=True)
    ]
    stream = _stream(rng, times, gravel)
    return [
        ("sand", (0.55, 0.36, 0.16), GRAIN_RADII[0], heaps[0].astype(np.float32)),
        ("gravel", (0.24, 0.27, 0.32), GRAIN_RADII[1], heaps[1].astype(np.float32)),
        ("stream", (0.6, 0.2, 0.08), GRAIN_RADII[1], stream.astype(np.float32)),
    ]


def _cone(rng: np.random.Generator, count: int, radius: float) -> Float64[np.ndarray, "N 3"]:
    """Grains packed at random under a cone of slope 0.6 about the origin, layer by layer."""
    # 0.6: random loose packing of equal balls; a cone of slope 0.6 holds 0.2 pi R^3.
    volume = count * 4 / 3 * math.pi * radius**3 / 0.6
    edge = (volume / (0.2 * math.pi)) ** (1 / 3)
    step = radius * (4 / 3 * math.pi / 0.6 * math.sqrt(2)) ** (1 / 3)
    cells = np.arange(-math.ceil(1.2 * edge / step), math.ceil(1.2 * edge / step) + 1)
    i, j, k = (axis.ravel() for axis in np.meshgrid(cells, cells, cells[cells >= 0]))
    # Hexagonal close packing, wide enough for the density wanted, then shaken.
    lattice = np.stack(
        [
            i + (j + k) % 2 / 2,
            (j + k % 2 / 3) * math.sqrt(3) / 2,
            k * math.sqrt(2 / 3),
        ],
        1,
    )
    lattice = (lattice + rng.uniform(-0.12, 0.12, lattice.shape)) * step
    lattice[:, 2] = np.maximum(lattice[:, 2], 0.0)
    bumps = 1.0 + 0.06 * np.sin(3 * np.arctan2(lattice[:, 1], lattice[:, 0]) + 1.0)
    level = np.hypot(lattice[:, 0], lattice[:, 1]) / bumps + lattice[:, 2] / 0.6
    return lattice[np.argsort(level, kind="stable")[:count]]


def _spread(times: Float64[np.ndarray, " N"]) -> Float64[np.ndarray, "N 3"]:
    """By how much a heap is stretched along x, y, z: wider and lower at the same volume."""
    wider = 1.0 + 0.3 * (1.0 - np.exp(-np.maximum(times, 0.0) / 1.2))
    return np.stack([wider, wider, wider**-2], 1)


def _stream(
    rng: np.random.Generator,
    times: Float64[np.ndarray, " T"],
    heap: Float64[np.ndarray, "N 3"],
) -> Float64[np.ndarray, "T N 3"]:
    """Grains in free fall from the spout to the second heap's skin, on which they then move."""
    edge = float(np.hypot(heap[:, 0], heap[:, 1]).max())
    lies = np.arange(STREAM_GRAINS) < STREAM_GRAINS // 3  # on the heap from the start
    away = np.where(
        lies,
        0.95 * np.sqrt(rng.uniform(size=STREAM_GRAINS)),
        np.minimum(np.abs(rng.normal(scale=0.3, size=STREAM_GRAINS)), 0.95),
    )
    angle = rng.uniform(0, math.tau, STREAM_GRAINS)
    skin = 0.6 * edge * (1.0 - away) + rng.uniform(0.0, 0.03, STREAM_GRAINS)
    place = np.stack([away * edge * np.cos(angle), away * edge * np.sin(angle), skin], 1)
    foot = np.array([*HEAP_CENTRES[1], GRAIN_RADII[1]])
    leave = np.where(lies, -10.0, rng.uniform(-0.6, 4.8, STREAM_GRAINS))
    start = SPOUT + rng.normal(scale=0.04, size=(STREAM_GRAINS, 3)) * (1.0, 1.0, 0.3)
    end = place + foot
    fall = _fall_time(start, end)
    for _ in range(30):  # the skin sinks while a grain falls: find the time of meeting
        end = place * _spread(leave + fall) + foot
        fall = _fall_time(start, end)
    push = np.column_stack([(end - start)[:, :2] / fall[:, None], np.full(len(fall), -SPOUT_SPEED)])
    since = times[:, None] - leave
    falling = np.maximum(since, 0.0)
    spread = _spread(times)[:, None]
    flight = start + push * falling[..., None]
    flight[..., 2] -= GRAVITY / 2 * falling**2 + SPOUT_SPEED * np.minimum(since, 0.0)
    return np.where((since >= fall)[..., None], place * spread + foot, flight)


def _fall_time(
    start: Float64[np.ndarray, "N 3"], end: Float64[np.ndarray, "N 3"]
) -> Float64[np.ndarray, " N"]:
    """From the spout's speed downwards, in free fall [s]."""
    drop = start[:, 2] - end[:, 2]
    return (np.sqrt(SPOUT_SPEED**2 + 2 * GRAVITY * drop) - SPOUT_SPEED) / GRAVITY
