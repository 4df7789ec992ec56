"""`phys4d train`: stages found by entry point -> a training run; the words, not the work.

The library never imports the stages; a package announces itself in its pyproject.toml under
`[project.entry-points."phys4d.training"]` and offers modules with a NAME, and `run` that trains one
(`training_jobs` is ours, and says more).
"""

import argparse
import importlib
import logging
import pkgutil
import sys
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from .choices import chosen
from .errors import TrainingError

GROUP = "phys4d.training"


def add_train_options(added: argparse.ArgumentParser) -> None:
    """The words after `phys4d train`."""
    added.add_argument("stage", metavar="STAGE", help="base, stage1, stage2 or stage3")
    added.add_argument(
        "--preset", required=True, metavar="P", help="tiny, demo, desk, small or full"
    )
    added.add_argument("--out", required=True, metavar="DIR", help="checkpoints, logs, weights")
    added.add_argument(
        "--resume", action="store_true", help="go on from the newest checkpoint in DIR, if any"
    )
    added.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="NAME=VALUE",
        help="instead of the preset's, as engine.steps=200 or losses.warp=0; may be repeated",
    )


def train(options: argparse.Namespace) -> int:
    """Train one stage; under torchrun on several GPUs."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    package, stage = chosen(stages(), options.stage, "training stage", TrainingError)
    result = package.run(
        stage,
        preset=options.preset,
        store_uri=options.store,
        out=Path(options.out),
        resume=options.resume,
        settings=options.settings,
    )
    print(result.export)
    return 0


def stages() -> dict[str, tuple[ModuleType, ModuleType]]:
    """Name -> (package that runs it, its module), in alphabetical order.

    Raises:
        TrainingError: No package of stages is installed.
    """
    found: dict[str, tuple[ModuleType, ModuleType]] = {}
    for entry in entry_points(group=GROUP):
        package = entry.load()
        for _, name, is_package in pkgutil.iter_modules(package.__path__):
            if not is_package:
                module = importlib.import_module(f"{package.__name__}.{name}")
                if hasattr(module, "NAME"):
                    found[module.NAME] = (package, module)
    if not found:
        raise TrainingError(
            f"No training stage is installed (entry points {GROUP!r}); run pip install -e . again."
        )
    return dict(sorted(found.items()))
