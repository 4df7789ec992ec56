"""Trained stages -> a table of what each has improved on held-out families, with 95 % intervals.

Run: python -m training_jobs.measure --store data --runs runs --preset demo
The half-width after +- is of the mean over clips (bootstrap); `change` is paired with the stage
before, clip by clip: a stage has improved a measure if the interval of its change leaves out 0.
"""

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from phys4d_pipeline.errors import Phys4DError
from phys4d_pipeline.models.heads import GeometryHeads

from .base_model import PRESETS as BASE_PRESETS
from .lessons.latents import Latents
from .lessons.measures import Row, Ruler, interval, measure
from .lessons.windows import Windows
from .lessons.world_model import base_backbone, world_model
from .meters import PRESETS as METER_PRESETS
from .meters import REWARDING, WATCHING, load_meter
from .stage3_simulation_rl import PRESETS as RL_PRESETS

STAGES = ("base", "stage1", "stage2", "stage3")
Measured = dict[str, list[Row]]


def measure_stages(store_uri: str, runs: Path, preset: str, seeds: int) -> Measured:
    """Stage -> a row per held-out clip, each the mean over the draws of noise."""
    windows = Windows(store_uri, BASE_PRESETS[preset].windows, split="held_out")
    rl, beside = RL_PRESETS[preset], runs / "measured"
    found: Measured = {}
    for stage in (each for each in STAGES if (runs / each / "export").is_dir()):
        backbone, heads = _model(beside, stage)
        ruler = Ruler(
            windows=windows,
            latents=Latents(windows, backbone, runs),
            meters={
                name: load_meter(beside, name, METER_PRESETS[preset])[0]
                for name in (REWARDING, WATCHING)
            },
            policy=replace(rl.policy, group=1, stochastic_steps=0),
            reward=rl.reward,
        )
        rows = [
            [measure(backbone, heads, ruler, index=index, seed=seed) for seed in range(seeds)]
            for index in range(len(windows))
        ]
        found[stage] = [_mean(each) for each in rows]
    return found


def table(measured: Measured) -> list[str]:
    """Lines of a table in Markdown."""
    names = list(dict.fromkeys(name for rows in measured.values() for name in rows[0]))
    lines = ["| measure | " + " | ".join(f"{stage} | change" for stage in measured) + " |"]
    lines.append("|---" * (1 + 2 * len(measured)) + "|")
    for name in names:
        cells, before = [], None
        for rows in measured.values():
            values = [row.get(name, float("nan")) for row in rows]
            cells += [_cell(values), "" if before is None else _cell(_change(before, values))]
            before = values
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _model(beside: Path, stage: str) -> tuple[Any, GeometryHeads | None]:
    if stage == "base":
        return base_backbone("", beside)[0], None
    model, _ = world_model("", beside, stage)
    return model.backbone, model.heads


def _mean(rows: list[Row]) -> Row:
    columns = defaultdict(list)
    for row in rows:
        for name, value in row.items():
            columns[name].append(value)
    return {name: float(np.mean(values)) for name, values in columns.items()}


def _change(before: list[float], after: list[float]) -> list[float]:
    return [new - old for old, new in zip(before, after, strict=True)]


def _cell(values: list[float]) -> str:
    mean, half = interval(values, np.random.default_rng(0))
    return "" if np.isnan(mean) else f"{mean:.4g} +- {half:.2g}"


def main() -> int:
    """Measure and print; returns the exit code."""
    words = argparse.ArgumentParser(description="Measure trained stages on held-out families.")
    words.add_argument("--store", required=True, metavar="URI")
    words.add_argument("--runs", required=True, type=Path, metavar="DIR")
    words.add_argument("--preset", default="demo", choices=sorted(BASE_PRESETS))
    words.add_argument("--seeds", default=3, type=int, help="draws of noise per clip")
    words.add_argument("--json", type=Path, metavar="FILE", help="write every clip's row there")
    options = words.parse_args()
    try:
        measured = measure_stages(options.store, options.runs, options.preset, options.seeds)
    except Phys4DError as error:
        print(f"measure: error: {error}", file=sys.stderr)
        return 2
    if options.json:
        options.json.write_text(json.dumps(measured, indent=1))
    clips = len(next(iter(measured.values()), []))
    print(f"{clips} held-out windows, {options.seeds} draws of noise each\n")
    print("\n".join(table(measured)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
