"""Our renderer on the reference scene: speed, second camera, memory. Each job runs in a worker."""

import gc
import os
import resource
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

import numpy as np
import psutil
from reference_scene import Variant, reference

from phys4d_pipeline.cameras.views import seen_by
from phys4d_pipeline.render import GroundTruth, render, render_cameras
from phys4d_pipeline.worker import VARIABLES, start_worker

WARM_UP = 3  # frames: kernels load, pages are mapped
LONGEST_START = 600.0  # [s]
_barrier: Barrier | None = None


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Of one clip shared by processes."""

    workers: int
    fps: float
    """Frames per second of wall time, all processes together, while all of them run."""
    cpu_s: float
    """Process CPU time a frame [s]."""
    first_s: float
    """CPU time until the first frame of a run leaves, once a run: set-up, still layer [s]."""


@dataclass(frozen=True, kw_only=True)
class SecondCamera:
    """CPU seconds a frame of the two cameras of one clip."""

    first_s: float
    second_s: float
    """What the second adds when both are drawn side by side."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Of one process [B]."""

    states: int
    """Size of the scene's states, which every frame needs."""
    before: int
    """Resident with states and libraries loaded, nothing drawn."""
    peak: int
    """Largest resident while a long clip is drawn."""
    early: int
    late: int
    """Resident after a tenth of the long clip and at its end."""


def single_threaded() -> None:
    """Make libraries of this process's children use one thread each."""
    os.environ.update(dict.fromkeys(VARIABLES, "1"))


def speed(variant: Variant, num_frames: int, workers: int, *, particles: bool = True) -> Speed:
    """Draw a clip in `workers` processes, each one consecutive share of the frames."""
    context = get_context("spawn")
    with ProcessPoolExecutor(
        workers,
        mp_context=context,
        initializer=_start_together,
        initargs=(context.Barrier(workers),),
    ) as pool:
        each = num_frames // workers
        shares = [range(k * each, (k + 1) * each) for k in range(workers)]
        jobs = [pool.submit(_share, variant, num_frames, share, particles) for share in shares]
        walls, cpus, firsts = zip(*(job.result() for job in jobs), strict=True)
    return Speed(
        workers=workers,
        fps=each * workers / max(walls),
        cpu_s=sum(cpus) / (each * workers),
        first_s=sum(firsts) / workers,
    )


def second_camera(num_frames: int) -> SecondCamera:
    """In a process of its own."""
    return alone(_two_cameras, num_frames)


def memory(clip_frames: int) -> Memory:
    """In a process of its own."""
    return alone(_memory, clip_frames)


def output_bytes(frame: GroundTruth) -> int:
    """Of all layers of one frame."""
    values = (getattr(frame, field.name) for field in fields(frame))
    return sum(value.nbytes for value in values if isinstance(value, np.ndarray))


def frame_bytes() -> int:
    """Size of one full frame of the reference scene [B]."""
    return alone(_frame_bytes)


def alone(job, *arguments):
    """Run one function in a fresh process with one thread."""
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=start_worker) as pool:
        return pool.submit(job, *arguments).result()


def _start_together(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier
    start_worker()


def _share(
    variant: Variant, num_frames: int, frames: range, particles: bool
) -> tuple[float, float, float]:
    """Wall and CPU seconds of a share, and CPU seconds before its first frame."""
    scene = reference(variant, num_frames=num_frames, particles=particles)
    _drain(render(scene.spec, scene.states, frames=frames[:WARM_UP], reuse_memory=True))
    assert _barrier is not None
    _barrier.wait(timeout=LONGEST_START)  # raises if another worker failed
    wall, cpu = time.perf_counter(), time.process_time()
    drawn = render(scene.spec, scene.states, frames=frames, reuse_memory=True)
    next(drawn)
    first = time.process_time() - cpu
    _drain(drawn)
    return time.perf_counter() - wall, time.process_time() - cpu, first


def _two_cameras(num_frames: int) -> SecondCamera:
    scene = reference("moving", num_frames=num_frames)
    spec = seen_by(scene.spec, 2)
    seconds = []
    for cameras in ((0,), (0, 1)):
        both = {"cameras": cameras, "reuse_memory": True}
        _drain(render_cameras(spec, scene.states, frames=range(WARM_UP), **both))
        start = time.process_time()
        _drain(render_cameras(spec, scene.states, **both))
        seconds.append((time.process_time() - start) / num_frames)
    return SecondCamera(first_s=seconds[0], second_s=seconds[1] - seconds[0])


def _memory(clip_frames: int) -> Memory:
    scene = reference("moving", num_frames=clip_frames)
    states = scene.states
    held = sum(array.nbytes for array in (states.poses, states.velocities, *states.points.values()))
    process = psutil.Process()
    before, resident = process.memory_info().rss, []
    for _ in render(scene.spec, states, reuse_memory=True):
        resident.append(process.memory_info().rss)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Memory(
        states=held,
        before=before,
        peak=peak,
        early=resident[len(resident) // 10],
        late=resident[-1],
    )


def short_clips(count: int, at: Iterable[int], clip_frames: int = 6) -> dict[int, int]:
    """Resident bytes of one process after so many short clips, each with its own states."""
    return alone(_short_clips, count, tuple(at), clip_frames)


def _short_clips(count: int, at: tuple[int, ...], clip_frames: int) -> dict[int, int]:
    process, resident = psutil.Process(), {}
    for clip in range(1, count + 1):
        scene = reference("moving", num_frames=clip_frames)
        _drain(render(scene.spec, scene.states, reuse_memory=True))
        del scene
        gc.collect()
        if clip in at:
            resident[clip] = process.memory_info().rss
    return resident


def _frame_bytes() -> int:
    scene = reference("moving", num_frames=WARM_UP)
    return output_bytes(next(render(scene.spec, scene.states, frames=range(1))))


def _drain(frames: Iterable[GroundTruth | tuple[GroundTruth, ...]]) -> None:
    for _ in frames:
        pass
