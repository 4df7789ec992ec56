"""Frames per second from stored states to a committed clip, H.264 and every layer included.

Run: python benchmarks/clip.py            (about a minute; writes to a temporary folder)
"""

import argparse
import tempfile
import threading
import time

import psutil

from phys4d_pipeline.production import render_to_store, simulate_to_store
from phys4d_pipeline.render_pool import RenderPool
from phys4d_pipeline.scene_catalog import PRESETS, resized, sample_scene
from phys4d_pipeline.store import open_store


class PeakMemory(threading.Thread):
    """Largest memory of this process and its children together (shared pages once), sampled."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak, self.stop = 0, threading.Event()

    def run(self) -> None:
        """Sample until `stop` is set."""
        parent = psutil.Process()
        while not self.stop.wait(0.2):
            total = parent.memory_full_info().pss
            for child in parent.children(recursive=True):
                try:
                    total += child.memory_full_info().pss
                except psutil.NoSuchProcess:
                    continue
            self.peak = max(self.peak, total)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", default="mesh_shower")
    parser.add_argument("--frames", type=int, default=120)
    arguments = parser.parse_args()
    preset = resized(PRESETS["demo"], num_frames=arguments.frames)
    warm_up, measured = (
        sample_scene("rigid_bodies", seed, family=arguments.family, preset=size)
        for seed, size in ((1, resized(preset, num_frames=32)), (0, preset))
    )
    memory = PeakMemory()
    with tempfile.TemporaryDirectory() as folder, RenderPool() as pool:
        store = open_store(folder)
        for spec in (warm_up, measured):
            simulate_to_store(spec, store)
        render_to_store(warm_up, store, pool=pool)
        memory.start()
        start = time.perf_counter()
        rendering = render_to_store(measured, store, pool=pool)
        seconds = time.perf_counter() - start
        memory.stop.set()
    if rendering.manifest is None:
        raise SystemExit(f"clip in quarantine: {rendering.failure}")
    manifest = rendering.manifest
    stored = sum(entry.bytes for entry in manifest.all_files) / arguments.frames / 1e3
    print(f"{arguments.family}, {arguments.frames} frames of 1920x1080, {pool.workers} processes")
    print(f"| states to committed, checked clip | {arguments.frames / seconds:.2f} frames/s |")
    print(f"| size                             | {stored:.0f} kB a frame |")
    print(f"| peak memory, all processes       | {memory.peak / 2**30:.2f} GiB |")
    print(f"| seconds in all workers            | {manifest.timings} |")


if __name__ == "__main__":
    main()
