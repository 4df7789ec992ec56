"""How each training stage is run: one runnable file per stage; `engine/` is what they share.

A stage is a module of this package that offers

    NAME       what the command line calls it: "base", "stage1", ...
    PRESETS    name -> config: "tiny" (CPU, seconds), "demo" (a minute), "desk" (a quarter of an
               hour), "small" (one GPU, ten minutes), "full"
    prepare    prepare(config, store_uri, out) -> Stage: opens the data, loads the weights

Its config is a frozen keyword-only dataclass with a field `engine: EngineConfig` beside its own. A
file that is added is found by its NAME. It ends with

    if __name__ == "__main__":
        sys.exit(main(["train", NAME, *sys.argv[1:]]))  # of phys4d_pipeline.cli

so that `python -m training_jobs.<file> --preset tiny --store data --out runs/<stage>` does the same
as `phys4d train <stage> ...`. What a Stage is: `engine/stage.py`. A package of stages elsewhere
announces itself in the entry point group `phys4d.training` and offers this package's `run` too.
"""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .engine.loop import TrainingResult

__all__ = ["run"]


def run(
    stage: ModuleType,
    *,
    preset: str,
    store_uri: str,
    out: Path,
    resume: bool,
    settings: Sequence[str] = (),
) -> "TrainingResult":
    """Prepare a stage with one of its presets, changed by settings `NAME=VALUE`, and train it."""
    from .engine.run import run as run_engine  # torch is slow to import

    return run_engine(
        stage, preset=preset, store_uri=store_uri, out=out, resume=resume, settings=settings
    )
