"""The toy stage trained here or in other processes; what it logged; all it ended with."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from toy_training.adapters import PRESETS, StoppedError, ToyConfig, ToyStage

from training_jobs.engine import loop
from training_jobs.engine.distributed import joined_processes, whole
from training_jobs.engine.loop import TrainingResult, train
from training_jobs.engine.stage import Stage

ROOT = Path(__file__).parents[1]
TINY = PRESETS["tiny"]
torch.set_num_threads(1)


def trained(
    out: Path,
    config: Any = TINY,
    *,
    resume: bool = False,
    stage: Stage | None = None,
) -> TrainingResult:
    with joined_processes() as processes:
        stage = stage or ToyStage(config)
        return train(stage, config, out=out, processes=processes, resume=resume)


def interrupted(out: Path, step: int, config: ToyConfig = TINY, *, resume: bool = False) -> None:
    """Train and stop before that step."""
    with pytest.raises(StoppedError):
        trained(out, config, resume=resume, stage=ToyStage(config, stop_at=step))


def final_state(out: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> dict[str, Any]:
    """Train; name -> every number that the run ended with."""
    made, states = loop.new_state, []
    monkeypatch.setattr(loop, "new_state", lambda *words: states.append(made(*words)) or states[0])
    with joined_processes() as processes:
        train(ToyStage(TINY), TINY, out=out, processes=processes, **options)
        found = flat(states[0].as_dict())
    monkeypatch.setattr(loop, "new_state", made)
    return found


def flat(tree: Any, name: str = "") -> dict[str, Any]:
    if isinstance(tree, Mapping):
        pairs = [flat(item, f"{name}/{key}") for key, item in tree.items()]
        return {key: item for pair in pairs for key, item in pair.items()}
    if isinstance(tree, list):
        return flat(dict(enumerate(tree)), name)
    return {name: whole(tree).clone() if isinstance(tree, torch.Tensor) else tree}


def logged(out: Path, name: str = "loss") -> dict[int, float]:
    """Step -> scalar, as TensorBoard reads it."""
    events = EventAccumulator(str(out / "logs")).Reload()
    return {each.step: each.value for each in events.Scalars(name)}


def announced(folder: Path) -> Path:
    """Make a folder that, on the path, announces the toy package as an installed one would."""
    about = folder / "toy_training-0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-training\nVersion: 0\n")
    (about / "entry_points.txt").write_text("[phys4d.training]\ntoy_training = toy_training\n")
    return folder


def command(*words: object, path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python <words>` where the toy package is announced by `path`."""
    places = os.pathsep.join(map(str, (ROOT, ROOT / "tests", path)))
    environment |= {"PYTHONPATH": places, "OMP_NUM_THREADS": "1", "PHYS4D_DEVICE": "cpu"}
    return subprocess.run(
        [sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **environment},
    )
