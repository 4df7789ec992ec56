"""How fast this machine writes and copies memory, and what that allows a renderer at best."""

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

BYTES = 512 * 2**20  # far beyond any cache
ROUNDS = 6


@dataclass(frozen=True, kw_only=True)
class Bandwidth:
    """Bytes per second, all processes together."""

    processes: int
    write: float
    copy: float
    """Bytes copied, each read once and written once."""


def bandwidth(processes: int) -> Bandwidth:
    """Measured by numpy in `processes` processes at once, best of some rounds each."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(_measure) for _ in range(processes)]
        writes, copies = zip(*(job.result() for job in jobs), strict=True)
    return Bandwidth(processes=processes, write=sum(writes), copy=sum(copies))


def _measure() -> tuple[float, float]:
    source, target = np.ones(BYTES // 4, np.float32), np.ones(BYTES // 4, np.float32)
    writes, copies = [], []
    for turn in range(ROUNDS):
        start = time.perf_counter()
        target.fill(turn)
        middle = time.perf_counter()
        np.copyto(target, source)
        writes.append(middle - start)
        copies.append(time.perf_counter() - middle)
    return BYTES / min(writes), BYTES / min(copies)
