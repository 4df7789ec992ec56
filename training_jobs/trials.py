"""One base model -> stages 1 to 3 by several seeds, with controls, measured on held-out families.

Run: python -m training_jobs.trials --store data --runs runs --preset desk --seeds 3
Reads codec, base and meters in `runs`. Controls: stage 2 without warp consistency, and without any
loss of geometry (the same clips, flow matching only). What was trained or measured before is kept.
A seed whose meters are too blind for stage 3 goes without it.

    <runs>/seed_0/stage1, stage2, stage3, without_warp/stage2, without_geometry/stage2
    <runs>/seed_0/measured.json
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from phys4d_pipeline.errors import Phys4DError, TrainingError
from phys4d_pipeline.objectives import Weights
from phys4d_pipeline.store.folder import write_file

from . import stage1_pseudo_pretraining, stage2_physics_finetuning, stage3_simulation_rl
from .base_model import PRESETS
from .engine.exports import EXPORT
from .engine.run import run_config
from .measure import CHANGES, STAGES, Measured, measure_stages, tables

SHARED = ("codec", "base", "meters", "latents")
CONTROLS = {
    "without_warp": Weights(warp=0.0),
    "without_geometry": Weights(depth=0.0, motion=0.0, warp=0.0),
}
COMPARED = {**CHANGES} | {"without_warp": "stage2", "without_geometry": "stage2"}


def trial(seed: int, *, store_uri: str, runs: Path, preset: str, every: int = 1) -> Measured:
    """Train and measure everything with one seed; `every` as of `measure_stages`."""
    folder = runs / f"seed_{seed}"
    kept = folder / "measured.json"
    if kept.exists():
        return json.loads(kept.read_text())
    _link(folder, runs, SHARED)
    train = partial(_train, store_uri=store_uri, preset=preset, seed=seed)
    train(stage1_pseudo_pretraining, folder)
    train(stage2_physics_finetuning, folder)
    stages = list(STAGES)
    try:
        train(stage3_simulation_rl, folder)
    except TrainingError as error:
        print(f"seed {seed}, stage 3 refused: {error}", file=sys.stderr)
        stages.remove(stage3_simulation_rl.NAME)
    for name, losses in CONTROLS.items():
        _link(folder / name, folder, (*SHARED, "stage1"))
        train(stage2_physics_finetuning, folder / name, losses=losses)
    look = partial(measure_stages, store_uri, preset=preset, seed=seed, every=every)
    measured = dict(look(folder, stages=stages))
    for name in CONTROLS:
        measured[name] = look(folder / name, stages=["stage2"])["stage2"]
    write_file(kept, json.dumps(measured).encode())
    return measured


def _train(
    stage: ModuleType,
    folder: Path,
    *,
    store_uri: str,
    preset: str,
    seed: int,
    **changes: Any,
) -> None:
    if (folder / stage.NAME / EXPORT).is_dir():
        return
    config = stage.PRESETS[preset]
    config = replace(config, engine=replace(config.engine, seed=seed), **changes)
    run_config(stage, config, store_uri=store_uri, out=folder / stage.NAME, resume=True)


def _link(folder: Path, source: Path, names: Sequence[str]) -> None:
    """Let stages in `folder` find those in `source` beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if not (folder / name).exists():
            (folder / name).symlink_to((source / name).resolve(), target_is_directory=True)


def _alone() -> None:
    torch.set_num_threads(1)  # a process per core


def trials(
    store_uri: str, runs: Path, preset: str, seeds: int, *, workers: int, every: int
) -> Sequence[Measured]:
    """One after the other, or side by side, one process each."""
    run = partial(trial, store_uri=store_uri, runs=runs.resolve(), preset=preset, every=every)
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_alone) as processes:
        return list(processes.map(run, range(seeds)))


def report(measured: Sequence[Measured]) -> list[str]:
    """The tables and what they are of."""
    clips: Mapping[str, int] = {stage: len(rows) for stage, rows in measured[0].items()}
    return [
        f"{len(measured)} seeds, {max(clips.values())} held-out windows, one draw of noise each",
        "",
        *tables(measured, COMPARED),
    ]


def main() -> int:
    """Train, measure and print; returns the exit code."""
    words = argparse.ArgumentParser(description="Train stages 1 to 3 by several seeds; measure.")
    words.add_argument("--store", required=True, metavar="URI")
    words.add_argument("--runs", required=True, type=Path, metavar="DIR")
    words.add_argument("--preset", default="desk", choices=sorted(PRESETS))
    words.add_argument("--seeds", default=3, type=int, metavar="N", help="0 to N-1")
    words.add_argument("--workers", default=os.cpu_count(), type=int, metavar="N")
    words.add_argument("--every", default=1, type=int, metavar="N", help="Nth held-out window")
    options = words.parse_args()
    try:
        measured = trials(
            options.store,
            options.runs,
            options.preset,
            options.seeds,
            workers=options.workers,
            every=options.every,
        )
    except Phys4DError as error:
        print(f"trials: error: {error}", file=sys.stderr)
        return 2
    print("\n".join(report(measured)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
