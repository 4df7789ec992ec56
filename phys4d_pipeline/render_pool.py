"""A scene with stored states -> its encoded chunks in order, drawn by single-threaded workers.

A chunk is one camera's next 16 frames; two cameras are drawn side by side, for they share light
maps and surfaces, and a short last chunk with the one before, for they share a start. Workers read
the states from the store, so only the scene and compressed bytes travel between processes.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise
from multiprocessing import get_context
from time import perf_counter
from typing import TypeVar

import numpy as np
from jaxtyping import UInt8

from .camera import scene_camera
from .errors import Phys4DError, SimulationError
from .gallery.preview import fitted
from .kept import Keeping
from .render import GroundTruth, render_cameras
from .scene import SceneSpec
from .states import States
from .store import CHUNK_FRAMES, ChunkEncoder, EncodedChunk, open_store
from .worker import start_worker

T = TypeVar("T")
R = TypeVar("R")
THUMBNAIL = (192, 108)  # [px]
SIDE_BY_SIDE = 2
"""Cameras drawn at once: each holds 0.3 GB of layers at 1080p."""
SHORT = 4
"""A last chunk of fewer frames costs a worker more to begin than to draw."""


@dataclass(frozen=True, kw_only=True)
class ChunkTask:
    """Which frames of which scene a worker is to draw."""

    scene: str
    """SceneSpec as JSON."""
    store_uri: str
    states_id: str
    cameras: tuple[int, ...]
    first: int
    stop: int
    profile: str


@dataclass(frozen=True, kw_only=True, eq=False)
class RenderedChunk:
    """What a worker sends back."""

    camera: int
    encoded: EncodedChunk
    thumbnails: tuple[UInt8[np.ndarray, "h w 3"], ...]
    """Every frame, small; for the preview."""
    render_s: float
    encode_s: float


_waiting: dict[int, ProcessPoolExecutor] = {}
"""By number of workers: those of a pool that ended, for the next."""


def _end_waiting() -> None:
    while _waiting:
        _waiting.popitem()[1].shutdown()


kept_pools = Keeping(_end_waiting)
"""Context within which a pool leaves its workers, with all kernels loaded, to the next one."""


class RenderPool:
    """Context manager over the worker processes; serves any number of clips in turn."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or os.cpu_count() or 1
        if self.workers < 0:
            raise Phys4DError(f"workers ({workers}) must be at least 1, or 0 for one per core.")

    def __enter__(self) -> "RenderPool":
        self._abandoned = False
        # Spawn, not fork: a forked child would inherit the parent's threads' locks.
        self._executor = _waiting.pop(self.workers, None) or ProcessPoolExecutor(
            self.workers, mp_context=get_context("spawn"), initializer=start_worker
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        done = kind is None and not self._abandoned
        if done and kept_pools and self.workers not in _waiting:
            _waiting[self.workers] = self._executor
        else:
            self._executor.shutdown(cancel_futures=True)

    def abandon(self) -> None:
        """Draw nothing more; whoever waits for chunks gets an error."""
        self._abandoned = True
        self._executor.shutdown(wait=False, cancel_futures=True)

    def map(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """What a function makes of each item, in order; other drawing than of chunks."""
        return self._executor.map(function, items)

    def chunks(
        self, spec: SceneSpec, store_uri: str, states_id: str, *, profile: str = "default"
    ) -> Iterator[RenderedChunk]:
        """All chunks of a clip; those of a camera from the first frame to the last.

        Raises:
            Phys4DError: A worker failed or died; the message names the clip and the chunk.
        """
        waiting: deque[tuple[ChunkTask, Future[tuple[RenderedChunk, ...]]]] = deque()
        tasks = _tasks(spec, store_uri, states_id, profile)
        try:
            # Finished chunks wait in memory for their turn: keep their number bounded.
            for task in islice(tasks, 2 * self.workers):
                waiting.append((task, self._submit(spec, task)))
            while waiting:
                task, future = waiting.popleft()
                with _named(spec, task):
                    chunks = future.result()
                for following in islice(tasks, 1):
                    waiting.append((following, self._submit(spec, following)))
                yield from chunks
        finally:
            for _, future in waiting:
                future.cancel()

    def _submit(self, spec: SceneSpec, task: ChunkTask) -> Future[tuple[RenderedChunk, ...]]:
        with _named(spec, task):
            return self._executor.submit(render_chunks, task)


def render_chunks(task: ChunkTask) -> tuple[RenderedChunk, ...]:
    """Draw and encode the chunks of every camera of a task in order; runs in a worker."""
    spec = SceneSpec.from_json(task.scene)
    states = _states(task.store_uri, task.states_id)
    frames = range(task.first, task.stop)
    drawn = render_cameras(spec, states, cameras=task.cameras, frames=frames, reuse_memory=True)
    chunks: list[RenderedChunk] = []
    for _ in frames[::CHUNK_FRAMES]:
        chunks += _encoded(spec, task, islice(drawn, CHUNK_FRAMES))
    return tuple(chunks)


def _encoded(
    spec: SceneSpec, task: ChunkTask, drawn: Iterator[tuple[GroundTruth, ...]]
) -> Iterator[RenderedChunk]:
    """The next chunk of every camera."""
    begin = perf_counter()
    encoders = [
        ChunkEncoder(scene_camera(spec, camera), profile=task.profile, fps=spec.fps)
        for camera in task.cameras
    ]
    thumbnails: list[list[UInt8[np.ndarray, "h w 3"]]] = [[] for _ in task.cameras]
    encode_s = [0.0] * len(encoders)
    for views in drawn:
        for k, frame in enumerate(views):
            start = perf_counter()
            thumbnails[k].append(np.asarray(fitted(frame.rgb, *THUMBNAIL)))
            encoders[k].add(frame)
            encode_s[k] += perf_counter() - start
    each_s = (perf_counter() - begin - sum(encode_s)) / len(encoders)
    for camera, encoder, small, seconds in zip(
        task.cameras, encoders, thumbnails, encode_s, strict=True
    ):
        yield RenderedChunk(
            camera=camera,
            encoded=encoder.finish(),
            thumbnails=tuple(small),
            render_s=each_s,
            encode_s=seconds,
        )


@lru_cache(maxsize=2)
def _states(store_uri: str, states_id: str) -> States:
    """A worker draws several chunks of the same clip in a row."""
    return open_store(store_uri).read_states(states_id)


def _tasks(spec: SceneSpec, store_uri: str, states_id: str, profile: str) -> Iterator[ChunkTask]:
    scene = spec.to_json()
    cameras = tuple(range(len(spec.cameras)))
    firsts = range(0, spec.num_frames, CHUNK_FRAMES)
    if len(firsts) > 1 and spec.num_frames - firsts[-1] < SHORT:
        firsts = firsts[:-1]
    for start in range(0, len(cameras), SIDE_BY_SIDE):
        for first, stop in pairwise((*firsts, spec.num_frames)):
            yield ChunkTask(
                scene=scene,
                store_uri=store_uri,
                states_id=states_id,
                cameras=cameras[start : start + SIDE_BY_SIDE],
                first=first,
                stop=stop,
                profile=profile,
            )


@contextmanager
def _named(spec: SceneSpec, task: ChunkTask) -> Iterator[None]:
    """Say which clip and chunk an error belongs to."""
    clip = f"Clip {spec.category}/{spec.family} seed {spec.seed}"
    cameras = " and ".join(str(camera) for camera in task.cameras)
    chunk = f"frames {task.first} to {task.stop - 1} of camera {cameras}"
    try:
        yield
    except BrokenProcessPool as error:
        raise SimulationError(
            f"{clip}: a worker died when {chunk} were due, perhaps for lack of memory. Nothing "
            "of the clip is visible; run again with fewer workers."
        ) from error
    except Phys4DError as error:
        raise type(error)(f"{clip}, {chunk}: {error}") from error
