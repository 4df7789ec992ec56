"""A stage's module and the words of the command line -> a prepared, trained, exported stage."""

import logging
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from phys4d_pipeline.choices import chosen
from phys4d_pipeline.errors import TrainingError

from .distributed import joined_processes
from .loop import TrainingResult, train
from .settings import changed


def run(
    stage: ModuleType,
    *,
    preset: str,
    store_uri: str,
    out: Path,
    resume: bool,
    settings: Sequence[str] = (),
) -> TrainingResult:
    """Train `stage` with one of its presets, alone or as one of torchrun's processes."""
    config = chosen(stage.PRESETS, preset, f"preset of stage {stage.NAME}", TrainingError)
    config = changed(config, settings)
    return run_config(stage, config, store_uri=store_uri, out=out, resume=resume)


def run_config(
    stage: ModuleType, config: Any, *, store_uri: str, out: Path, resume: bool
) -> TrainingResult:
    """The same with a config that is no preset."""
    logging.getLogger("training_jobs").setLevel(logging.INFO)
    with joined_processes() as processes:
        prepared = stage.prepare(config, store_uri, out)
        return train(prepared, config, out=out, processes=processes, resume=resume)
