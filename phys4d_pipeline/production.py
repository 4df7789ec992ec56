"""SceneSpec -> stored states -> committed clip: what the command line and the assets both call.

Every step is a no-op when its result is already stored. A scene whose simulation fails, or whose
clip fails a blocking check, is quarantined with the reason; the others of its batch go on.
"""

import logging
import os
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from threading import Lock
from time import perf_counter

import numpy as np

from .checks import Check
from .errors import ClipFormatError, SimulationError, StoreError
from .gallery.preview import make_preview
from .ground_truth_checks import ground_truth_checks
from .physics_checks import physics_checks
from .render import RENDERER_VERSION
from .render_pool import RenderPool, kept_pools
from .scene import SceneSpec
from .simulate import simulate_isolated, solver_version
from .simulate.servers import kept_servers
from .states import States
from .store import ClipWriter, Manifest, Store, layout
from .verdicts import failures, judge_clip, quarantine_reason

log = logging.getLogger(__name__)


AT_ONCE = 2
"""Clips that are drawn or checked at the same time."""


def ignore(_: int) -> None:
    """Do nothing with a number of frames."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one simulation may take before it is stopped."""

    timeout_s: float = 900.0
    memory_gb: float = 8.0


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """One scene, simulated and measured against the laws it should obey."""

    spec: SceneSpec
    clip_id: str
    digest: str
    """Of the stored states; empty if the solver failed."""
    checks: tuple[Check, ...]
    seconds: float
    reused: bool
    """Were the states stored already?"""
    failure: str
    """Why the clip is in quarantine; empty if it may be rendered."""

    @property
    def summary(self) -> str:
        """One line for a log."""
        name = f"{self.clip_id} ({self.spec.family}, seed {self.spec.seed})"
        if self.failure:
            return f"{name} | quarantined: {self.failure}"
        took = "states stored before" if self.reused else f"simulated in {self.seconds:.1f} s"
        return f"{name} | {took} | {len(self.checks)} checks passed"


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """What became of one clip."""

    spec: SceneSpec
    clip_id: str
    manifest: Manifest | None = None
    """None if the clip is in quarantine."""
    reused: bool = False
    failure: str = ""
    """Why the clip is in quarantine; empty if it is in the dataset."""

    @property
    def content(self) -> str:
        """Changes when anything in the clip does."""
        return self.manifest.content_sha256 if self.manifest else self.failure

    @property
    def summary(self) -> str:
        """One line for a log."""
        name = f"{self.clip_id} ({self.spec.family}, seed {self.spec.seed})"
        if self.manifest is None:
            return f"{name} | quarantined: {self.failure}"
        size = f"{self.manifest.num_frames} frames | {self.manifest.num_bytes / 1e6:.1f} MB"
        seconds = sum(self.manifest.timings.values())
        return f"{name} | {size} | {'stored before' if self.reused else f'{seconds:.1f} worker s'}"


@contextmanager
def kept_workers() -> Iterator[None]:
    """Within it, processes wait for the next batch instead of importing everything again."""
    with kept_pools(), kept_servers():
        yield


def produce(
    specs: Sequence[SceneSpec],
    store: Store,
    *,
    workers: int = 0,
    limits: Limits = Limits(),
    on_frames: Callable[[int], object] = ignore,
) -> Iterator[Rendering]:
    """Scenes -> clips in order; the next is simulated while the rendering workers draw.

    Args:
        specs: What to make.
        store: Where to.
        workers: Rendering processes; 0 for one per core.
        limits: Of each simulation.
        on_frames: Called with the number of frames just stored.
    """

    def simulated() -> Iterator[SceneSpec]:
        for spec in specs:
            simulate_to_store(spec, store, limits=limits)
            yield spec

    with RenderPool(workers) as pool, kept_servers():
        yield from render_all(simulated(), store, pool=pool, on_frames=on_frames)


def simulate_to_store(spec: SceneSpec, store: Store, *, limits: Limits = Limits()) -> Simulation:
    """Simulate a scene in a worker process, or take the states that are stored already."""
    seconds, digest, checks = 0.0, "", []
    states = _stored_states(spec, store)
    reused = states is not None
    try:
        if states is None:
            start = perf_counter()
            states = simulate_isolated(spec, timeout_s=limits.timeout_s, memory_gb=limits.memory_gb)
            seconds = perf_counter() - start
            store.write_states(_states_id(spec), states, seconds=seconds)
        digest, checks = states.digest(), physics_checks(spec, states)
        failure = failures(checks)
    except SimulationError as error:
        failure = str(error)
    clip_id = spec.clip_id(solver_version(spec))
    if failure:
        store.quarantine(clip_id, failure, checks)
    return Simulation(
        spec=spec,
        clip_id=clip_id,
        digest=digest,
        checks=tuple(checks),
        seconds=seconds,
        reused=reused,
        failure=failure,
    )


def simulate_all(
    specs: Sequence[SceneSpec], store: Store, *, workers: int = 0, limits: Limits = Limits()
) -> Iterator[Simulation]:
    """`simulate_to_store` for many scenes, `workers` at once, results in the order of `specs`."""
    # Threads are enough: each only waits for a worker process of its own.
    with kept_servers(), ThreadPoolExecutor(workers or os.cpu_count()) as threads:
        yield from threads.map(lambda spec: simulate_to_store(spec, store, limits=limits), specs)


def render_all(
    specs: Iterable[SceneSpec],
    store: Store,
    *,
    pool: RenderPool,
    on_frames: Callable[[int], object] = ignore,
) -> Iterator[Rendering]:
    """`render_to_store` for many scenes, in order: one is checked while workers draw the next."""
    telling = Lock()

    def tell(num_frames: int) -> None:
        with telling:
            on_frames(num_frames)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        waiting: deque[Future[Rendering]] = deque()
        try:
            for spec in specs:
                waiting.append(
                    threads.submit(render_to_store, spec, store, pool=pool, on_frames=tell)
                )
                if len(waiting) == AT_ONCE:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            pool.abandon()  # or the threads would first finish their clips
            raise


def render_to_store(
    spec: SceneSpec,
    store: Store,
    *,
    pool: RenderPool,
    on_frames: Callable[[int], object] = ignore,
) -> Rendering:
    """Render the stored states of a scene and commit the clip, or quarantine it.

    Nothing happens if this version of the renderer has made the clip already; a clip that lost a
    file since is made again.

    Args:
        spec: The scene.
        store: Holds its states, receives the clip.
        pool: The workers.
        on_frames: Called with the number of frames just stored.

    Raises:
        StoreError: The scene was never simulated, or the store cannot be written.
        SimulationError: A worker died.
    """
    clip_id = spec.clip_id(solver_version(spec))
    if judge_clip(spec, store).failure == "":
        on_frames(spec.num_frames * len(spec.cameras))
        return Rendering(spec=spec, clip_id=clip_id, manifest=store.manifest(clip_id), reused=True)
    if not store.has_states(_states_id(spec)):
        return _without_states(spec, clip_id, store)
    states = store.read_states(_states_id(spec))
    checks = physics_checks(spec, states)
    if not failures(checks):
        with _writer(spec, store) as writer:
            simulate_s = store.states_seconds(_states_id(spec))
            timings = {"simulate": simulate_s, **_add_chunks(writer, spec, store, pool, on_frames)}
            draft = writer.draft(states)
            for camera in range(len(spec.cameras)):
                prefix = f"camera_{camera}/ground_truth/"
                checks += ground_truth_checks(draft.from_camera(camera), prefix)
            if not failures(checks):
                manifest = writer.commit(states, checks, timings)
                store.folder.remove(layout.quarantine_key(clip_id))
                return Rendering(spec=spec, clip_id=clip_id, manifest=manifest)
    store.quarantine(clip_id, failures(checks), checks)
    return Rendering(spec=spec, clip_id=clip_id, failure=failures(checks))


def _stored_states(spec: SceneSpec, store: Store) -> States | None:
    """None if the scene was never simulated or its states are damaged."""
    if not store.has_states(_states_id(spec)):
        return None
    try:
        return store.read_states(_states_id(spec))
    except ClipFormatError as error:
        log.warning("simulating again: %s", error)
        return None


def _states_id(spec: SceneSpec) -> str:
    return spec.states_id(solver_version(spec))


def _without_states(spec: SceneSpec, clip_id: str, store: Store) -> Rendering:
    """A scene whose simulation failed has a reason in quarantine; any other was never simulated."""
    reason = quarantine_reason(store, clip_id)
    if not reason:
        raise StoreError(
            f"{store.uri}: clip {clip_id} has no states yet; simulate its scene first."
        )
    return Rendering(spec=spec, clip_id=clip_id, failure=reason)


def _writer(spec: SceneSpec, store: Store) -> ClipWriter:
    return ClipWriter(
        store,
        spec,
        solver_version=solver_version(spec),
        renderer_version=RENDERER_VERSION,
        code_version=version("phys4d-pipeline"),
    )


def _add_chunks(
    writer: ClipWriter,
    spec: SceneSpec,
    store: Store,
    pool: RenderPool,
    on_frames: Callable[[int], object],
) -> dict[str, float]:
    """Render into the writer, previews too; worker seconds that each stage took."""
    seconds: dict[str, float] = {"render": 0.0, "encode": 0.0, "store": 0.0}
    thumbnails: defaultdict[int, list[np.ndarray]] = defaultdict(list)
    for chunk in pool.chunks(spec, store.uri, _states_id(spec)):
        start = perf_counter()
        writer.add(chunk.camera, chunk.encoded)
        seconds["store"] += perf_counter() - start
        seconds["render"] += chunk.render_s
        seconds["encode"] += chunk.encode_s
        thumbnails[chunk.camera] += chunk.thumbnails
        on_frames(chunk.encoded.num_frames)
    for camera, frames in thumbnails.items():
        writer.write_preview(camera, make_preview(frames, fps=float(spec.fps)))
    return seconds
