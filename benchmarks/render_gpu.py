"""Frames per second of the renderer on an NVIDIA GPU: drawn, taken apart by stage, and encoded.

The reference scene of `render.py`, 1920x1080, all ground truth. Without a usable GPU it says so in
one line.

Run: python benchmarks/render_gpu.py                                        (a minute on a GPU)
"""

import argparse
import os
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
from jaxtyping import UInt8
from reference_scene import reference

from phys4d_pipeline.device import VARIABLE, missing_for_cuda
from phys4d_pipeline.render import render
from phys4d_pipeline.store.video import GROUP, GroupEncoder

STAGES = {
    "_lighting": "sun map, openness (host) and their upload",
    "find_keys": "visibility",
    "_smooth_edges": "edges, four samples each",
    "occlude": "occlusion codes, both ways",
    "_fetch": "copy of the finished layers to the host",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=192)
    parser.add_argument("--encoders", type=int, default=max((os.cpu_count() or 2) - 1, 1))
    options = parser.parse_args()
    if missing := missing_for_cuda():
        print(f"render_gpu: nothing measured: {missing}")
        return
    os.environ[VARIABLE] = "cuda"
    scene = reference("moving", num_frames=options.frames)
    for _ in render(scene.spec, scene.states, frames=range(4), reuse_memory=True):
        pass  # compiles
    print(f"drawn            {_drawn(scene):8.1f} frames/s")
    for stage, milliseconds in _stages(scene).items():
        print(f"  {stage:45s}{milliseconds:8.2f} ms/frame")
    fps = _encoded(scene, options.encoders)
    print(f"drawn and encoded{fps:8.1f} frames/s with {options.encoders} x264 workers")


def _drawn(scene: Any) -> float:
    start = time.perf_counter()
    count = sum(1 for _ in render(scene.spec, scene.states, reuse_memory=True))
    return count / (time.perf_counter() - start)


def _stages(scene: Any, num_frames: int = 32) -> dict[str, float]:
    """Milliseconds a frame per stage, each waited for: their sum exceeds a frame's own time."""
    from phys4d_pipeline.render.cuda.run import CudaRun

    run = CudaRun(scene.spec, scene.states, 0, range(num_frames), 1)
    spent: dict[str, float] = defaultdict(float)

    def timed(function: Callable[..., Any], label: str) -> Callable[..., Any]:
        def wrapped(*arguments: Any) -> Any:
            run.device.stream.synchronize()
            start = time.perf_counter()
            result = function(*arguments)
            run.device.stream.synchronize()
            spent[label] += (time.perf_counter() - start) * 1e3 / num_frames
            return result

        return wrapped

    for name, label in STAGES.items():
        setattr(run, name, timed(getattr(run, name), label))
    start = time.perf_counter()
    for _ in run.all_frames(True):
        pass
    whole = (time.perf_counter() - start) * 1e3 / num_frames
    rest = whole - sum(spent.values())
    return {**spent, "what every pixel sees, colours; placing (host)": rest}


def _encoded(scene: Any, encoders: int) -> float:
    """Groups of pictures go to worker processes while the GPU draws on."""
    start = time.perf_counter()
    size = scene.spec.width, scene.spec.height, scene.spec.fps
    waiting: list[Future[int]] = []
    group: list[UInt8[np.ndarray, "H W 3"]] = []
    count = 0
    with ProcessPoolExecutor(encoders, mp_context=get_context("spawn")) as pool:
        for frame in render(scene.spec, scene.states, reuse_memory=True):
            group.append(frame.rgb.copy())
            count += 1
            if len(group) == GROUP:
                waiting.append(pool.submit(_encode, np.stack(group), *size))
                group = []
            if len(waiting) > 2 * encoders:
                waiting.pop(0).result()
        if group:
            waiting.append(pool.submit(_encode, np.stack(group), *size))
        assert all(future.result() for future in waiting)
    return count / (time.perf_counter() - start)


def _encode(pictures: UInt8[np.ndarray, "T H W 3"], width: int, height: int, fps: int) -> int:
    encoder = GroupEncoder(width, height, fps)
    for rgb in pictures:
        encoder.add(rgb)
    return len(encoder.finish())


if __name__ == "__main__":
    main()
