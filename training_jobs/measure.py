"""Trained stages -> a table of what each has improved on held-out families, with 95 % intervals.

Run: python -m training_jobs.measure --store data --runs runs --preset demo
`untrained` are the heads of stage 1 before their first step; the video model below them is that of
stage 1, which leaves it as it was. A change is paired, clip by clip; a stage has improved a measure
if the interval of its change leaves out 0. Several seeds and ablations: `trials.py`.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from phys4d_pipeline.errors import Phys4DError

from .engine.exports import trained_config
from .lessons.latents import Latents
from .lessons.measures import Row, Ruler, interval, measure
from .lessons.windows import Windows
from .lessons.world_model import WorldModel, world_model
from .meters import REWARDING, WATCHING, load_meter
from .stage1_pseudo_pretraining import Stage1Config, new_heads
from .stage3_simulation_rl import PRESETS as RL_PRESETS

UNTRAINED = "untrained"
STAGES = (UNTRAINED, "stage1", "stage2", "stage3")
CHANGES = {"stage1": UNTRAINED, "stage2": "stage1", "stage3": "stage2"}
"""Stage -> what it is compared with."""
Measured = Mapping[str, Sequence[Row]]
"""Stage -> a row per held-out clip."""


def measure_stages(
    store_uri: str, runs: Path, preset: str, stages: Sequence[str], *, seed: int, every: int = 1
) -> Measured:
    """Measure the stages that were trained in a folder, with one draw of noise per clip.

    Args:
        store_uri: Whose held-out clips.
        runs: The folder.
        preset: Whose sampler and reward are measured with.
        stages: Which.
        seed: Of the noise.
        every: 2 measures every second window only.
    """
    rl, beside = RL_PRESETS[preset], runs / "measured"
    first = trained_config(Stage1Config, beside, "stage1")
    windows = Windows(store_uri, first.windows, split="held_out")
    meters = {name: load_meter(beside, name)[0] for name in (REWARDING, WATCHING)}
    found: dict[str, list[Row]] = {}
    for stage in stages:
        model = _model(beside, stage, first)
        ruler = Ruler(
            windows=windows,
            latents=Latents(windows, model.backbone, runs),
            meters=meters,
            policy=replace(rl.policy, group=1, stochastic_steps=0),
            reward=rl.reward,
        )
        look = partial(measure, model, ruler, sampled=stage != UNTRAINED)
        found[stage] = [
            look(index=index, seed=_number(seed, index)) for index in range(0, len(windows), every)
        ]
    return found


def tables(measured: Sequence[Measured], changes: Mapping[str, str]) -> list[str]:
    """Two tables in Markdown: means, and paired changes.

    Args:
        measured: One per seed of training; some may lack a stage.
        changes: As `CHANGES`.
    """
    stages = list(dict.fromkeys(stage for each in measured for stage in each))
    rows = (row for each in measured for found in each.values() for row in found)
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = ["| measure | " + " | ".join(stages) + " |", "|---" * (1 + len(stages)) + "|"]
    for name in names:
        cells = [_cell(_values(measured, stage, name)) for stage in stages]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    compared = {stage: before for stage, before in changes.items() if stage in stages}
    heads = [f"{stage} - {before}" for stage, before in compared.items()]
    lines += ["", "| change | " + " | ".join(heads) + " |", "|---" * (1 + len(heads)) + "|"]
    for name in names:
        cells = []
        for stage, before in compared.items():
            both = [each for each in measured if stage in each]
            cells.append(_cell(_values(both, stage, name) - _values(both, before, name)))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _model(beside: Path, stage: str, first: Stage1Config) -> WorldModel:
    if stage != UNTRAINED:
        return world_model(first.backbone, beside, stage)[0]
    model, _ = world_model(first.backbone, beside, "stage1")
    heads = new_heads(first, model.backbone)
    buffers = dict(model.heads.named_buffers())  # what the labels hold on average
    heads.load_state_dict({**heads.state_dict(), **buffers})
    model.heads = heads.requires_grad_(False)
    return model


def _number(seed: int, index: int) -> int:
    return 1000 * seed + index


def _values(measured: Sequence[Measured], stage: str, name: str) -> np.ndarray:
    """(seeds that have the stage, clips)."""
    rows = [each[stage] for each in measured if stage in each]
    return np.array([[row.get(name, np.nan) for row in some] for some in rows])


def _cell(values: np.ndarray) -> str:
    mean, half = interval(values, np.random.default_rng(0))
    return "" if np.isnan(mean) else f"{mean:.4g} +- {half:.2g}"


def main() -> int:
    """Measure and print; returns the exit code."""
    words = argparse.ArgumentParser(description="Measure trained stages on held-out families.")
    words.add_argument("--store", required=True, metavar="URI")
    words.add_argument("--runs", required=True, type=Path, metavar="DIR")
    words.add_argument("--preset", default="demo", choices=sorted(RL_PRESETS))
    words.add_argument("--json", type=Path, metavar="FILE", help="write every clip's row there")
    options = words.parse_args()
    try:
        measured = measure_stages(options.store, options.runs, options.preset, STAGES, seed=0)
    except Phys4DError as error:
        print(f"measure: error: {error}", file=sys.stderr)
        return 2
    if options.json:
        options.json.write_text(json.dumps(measured, indent=1))
    print(f"{len(measured[UNTRAINED])} held-out windows, one draw of noise each\n")
    print("\n".join(tables([measured], CHANGES)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
