"""`make demo`: the whole graph at preset `demo` through Dagster, then the gallery and a table.

First a clip of every category, then small clips of some categories in a dataset of their own, their
pseudo-labels and the stages that learn from them. Uses the instance of dagster.yaml, so every run
can be looked at afterwards with `make dev`. A rerun goes through Dagster again; the assets find
everything stored.
"""

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from filelock import FileLock, Timeout

from phys4d_pipeline.errors import Phys4DError

from .definitions import defs
from .partitions import SEED_BATCH, Batch, categories
from .resources import the_store

if TYPE_CHECKING:  # its import brings in the renderer
    from phys4d_pipeline.store import Store

ROOT = Path(__file__).parents[1]
TAG = "phys4d/demo"
"""On every run of a demo; the value says nothing."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Clips that are made alike."""

    seeds: Mapping[str, range]
    """Category -> seeds."""
    resources: Mapping[str, dict[str, str]] = field(default_factory=dict)
    """Name -> what is set otherwise than in the deployment."""
    labelled: bool = False
    """Are labels made of them?"""

    @property
    def batches(self) -> list[Batch]:
        """A partition per category."""
        return [Batch(category=name, seeds=seeds) for name, seeds in self.seeds.items()]

    @property
    def run_config(self) -> dict[str, Any]:
        """What Dagster is told."""
        resources = {name: {"config": config} for name, config in self.resources.items()}
        return {"loggers": {"plain": {"config": {}}}, "resources": resources}


QUICK = ("rigid_bodies", "ropes", "articulated_structures")
"""Simulated in seconds: drawing begins with them, beside the simulations that take minutes."""
CLIPS = Part(
    seeds=dict.fromkeys(
        sorted(categories.get_partition_keys(), key=lambda name: name not in QUICK), range(1)
    )
)
LESSONS = Part(
    seeds={
        "rigid_bodies": range(20),
        "articulated_structures": range(6),
        "ropes": range(5),
    },
    resources={
        "store": {"uri": f"{the_store.uri}/lessons"},
        "studio": {"preset": "lesson"},
    },
    labelled=True,
)
STAGES = (
    "base_model",
    "stage1_pseudo_pretraining",
    "stage2_physics_finetuning",
    "stage3_simulation_rl",
)


class _Plain(logging.Formatter):
    """What an asset says, without run ids."""

    def format(self, record: logging.LogRecord) -> str:
        """Dagster keeps the words before its own decoration."""
        return f"  {_meta(record).get('orig_message', record.getMessage())}"


def _meta(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in record.__dict__.get("dagster_meta", {}).items() if value}


@dg.logger
def plain(_: dg.InitLoggerContext) -> logging.Logger:
    """Lines of the assets on the terminal; Dagster's own events go to the instance only."""
    logger = logging.getLogger("phys4d.demo")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Plain())
    handler.addFilter(lambda record: "dagster_event" not in _meta(record))
    logger.handlers = [handler]
    return logger


def main() -> int:
    """Make everything; returns the exit code."""
    os.chdir(ROOT)  # the paths in dagster.yaml and the store's are relative to the repository
    os.environ.setdefault("DAGSTER_HOME", str(ROOT))
    lock = Path(os.environ["DAGSTER_HOME"]) / ".dagster" / "demo.lock"
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, blocking=False):
            end_dead_runs()
            complete = make()
    except Timeout:
        print("demo: error: another one is at work on this instance; wait for it.", file=sys.stderr)
        return 2
    except (Phys4DError, OSError) as error:
        print(f"demo: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0 if complete else 1


def end_dead_runs() -> None:
    """End what a demo that was killed left behind: its runs hold places in pools until then.

    Only under the lock of the demo: whatever run of another is not over then, nobody works on.
    """
    with dg.DagsterInstance.get() as instance:
        for run in instance.get_runs(dg.RunsFilter(tags={TAG: "yes"})):
            if not run.is_finished:
                instance.report_run_failed(run, "Its process is gone.")


def make() -> bool:
    """Clips, their gallery, lessons and what is learnt from them; did all succeed?"""
    from phys4d_pipeline.production import kept_workers

    # One process beside: a simulation of several scenes uses every core already.
    with kept_workers(), ProcessPoolExecutor(1, get_context("spawn"), _keep_workers) as beside:
        clips, lessons = (begin(part, beside) for part in (CLIPS, LESSONS))
        complete = finish(CLIPS, clips, beside)
        complete &= show(the_store.open())
        learnable = finish(LESSONS, lessons, beside)
    return learnable and _succeeds(LESSONS, None, *STAGES) and complete


def begin(part: Part, beside: Executor) -> list[Future[bool]]:
    """Simulate all batches, one after the other, in another process; will each succeed?"""
    keys = sorted({batch.name for batch in part.batches})
    with dg.DagsterInstance.get() as instance:
        instance.add_dynamic_partitions(SEED_BATCH, keys)
    return [beside.submit(_simulates, part, batch) for batch in part.batches]


def finish(part: Part, simulated: Sequence[Future[bool]], beside: Executor) -> bool:
    """Draw what is simulated while the rest is, label and release it; did every run succeed?"""
    ended: list[bool] = []
    labels: list[Future[bool]] = []
    for batch, begun in zip(part.batches, simulated, strict=True):
        ended.append(begun.result() and _draws(part, batch))
        if part.labelled and ended[-1]:
            label = partial(_succeeds, part, batch.category, "pseudo_labels")
            if all(each.done() for each in labels):
                labels.append(beside.submit(label))
            else:  # it is not through with the category before
                ended.append(label())
    ended += [each.result() for each in labels]
    return all(ended) and _succeeds(part, None, "dataset_release")


_kept = ExitStack()
"""Of the process beside: entered for its life."""


def _keep_workers() -> None:
    from phys4d_pipeline.production import kept_workers

    _kept.enter_context(kept_workers())


def _simulates(part: Part, batch: Batch) -> bool:
    return _succeeds(part, batch.key, "scene_specs", "simulated_states")


def _draws(part: Part, batch: Batch) -> bool:
    drawn = _succeeds(part, batch.key, "rendered_clips")
    return drawn and _succeeds(part, batch.category, "category_manifest")


def _succeeds(part: Part, key: str | None, *assets: str) -> bool:
    """Materialize a partition of some assets; says what failed."""
    # One write: other processes print, too.
    print(f"{' -> '.join(assets)} [{key or 'all'}]\n", end="", flush=True)
    with dg.DagsterInstance.get() as instance:
        result = _graph().execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(name) for name in assets],
            partition_key=key,
            run_config=part.run_config,
            tags={TAG: "yes"},
            raise_on_error=False,
        )
    for check in result.get_asset_check_evaluations():
        if not check.passed:
            print(f"  check {check.check_name} failed: {check.description}", flush=True)
    for event in result.filter_events(lambda event: event.is_step_failure):
        error = event.step_failure_data.error
        if error is not None:
            print(f"  {event.step_key}: {(error.cause or error).message.strip()}", flush=True)
    if not result.success:
        print(f"  run {result.run_id} failed; look at it with: make dev", flush=True)
    return result.success


@cache
def _graph() -> dg.JobDefinition:
    with_plain = dg.Definitions.merge(defs, dg.Definitions(loggers={"plain": plain}))
    return with_plain.resolve_implicit_global_asset_job_def()


def show(store: "Store") -> bool:
    """Print what became of every scene and draw the gallery; are all clips there?"""
    from phys4d_pipeline.gallery.build import build_gallery
    from phys4d_pipeline.store import Dataset
    from phys4d_pipeline.verdicts import judge_clip

    print(f"\n{'clip':38}{'family':22}{'frames':>6}{'fps':>5}{'MB':>8}{'checks':>9}")
    made = []
    specs = [spec for each in CLIPS.batches for spec in store.read_specs(each.category, each.name)]
    for spec in specs:
        verdict = judge_clip(spec, store)
        line = f"{verdict.clip_id:38}{spec.family:22}{spec.num_frames:6}{spec.fps:5}"
        if verdict.failure:
            print(f"{line}  kept out: {verdict.failure}")
            continue
        made.append(verdict.clip_id)
        passed = sum(check.passed for check in verdict.checks)
        megabytes = store.manifest(verdict.clip_id).num_bytes / 1e6
        print(f"{line}{megabytes:8.1f}{f'{passed}/{len(verdict.checks)}':>9}")
    page = build_gallery(Dataset(store, made), Path(store.uri) / "gallery", workers=0)
    print(f"\ngallery: {page}\nruns:    make dev")
    return len(made) == len(specs)
