"""A run's state -> `step_<n>/` folders that are complete or not there; resuming from the newest.

    step_00000200/          written as step_00000200.tmp, renamed when complete
        __0_0.distcp ...    a file per process and the `.metadata` of torch.distributed.checkpoint
        complete.json       written last: step, record of the run, size of every file [bytes]

Any number of processes reads what any other number wrote. All of them must see the same folder.
"""

import json
import logging
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save

from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.store.folder import storage_errors, sync, write_file

from .config import differences
from .distributed import Processes
from .weights import TrainingState

log = logging.getLogger(__name__)
COMPLETE = "complete.json"
_UNFINISHED = ".tmp"


class Checkpoints:
    """Those of one run, in one folder."""

    def __init__(
        self, folder: Path, *, record: Mapping[str, Any], keep: int, processes: Processes
    ) -> None:
        self.folder = folder
        self.record = record
        self.keep = keep
        self.processes = processes

    def restore(self, state: TrainingState, *, resume: bool) -> None:
        """Bring the newest complete checkpoint into `state`; leave it as it is if there is none.

        Raises:
            TrainingError: There are checkpoints and `resume` is false, they are of another run, or
                all of them are damaged.
        """
        name = self.processes.on_first(lambda: self._found(resume=resume))
        if not name:
            return
        stored = state.as_dict()
        try:
            load(stored, checkpoint_id=self.folder / name)
        except CheckpointException as error:
            raise TrainingError(
                f"{self.folder / name}: cannot be read ({_cause(error)}); remove this folder to "
                "resume from the one before."
            ) from error
        state.restore(stored)
        if self.processes.is_first:
            log.info("resuming from %s", self.folder / name)

    def save(self, state: TrainingState) -> None:
        """Write the state, then forget the oldest."""
        name = _name(state.step)
        unfinished = self.folder / f"{name}{_UNFINISHED}"
        with storage_errors(unfinished):
            self.processes.on_first(lambda: _emptied(unfinished))
            save(state.as_dict(), checkpoint_id=unfinished)
            self.processes.on_first(lambda: self._finish(unfinished, name, state.step))

    def newest(self) -> Path | None:
        """The newest complete one."""
        complete = [name for name in self._names() if _reason_incomplete(self.folder / name) == ""]
        return self.folder / complete[-1] if complete else None

    def _names(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        found = sorted(each.name for each in self.folder.iterdir() if each.is_dir())
        return [each for each in found if each.startswith("step_") and "." not in each]

    def _found(self, *, resume: bool) -> str:
        """Name of the checkpoint to resume from, or nothing."""
        names = self._names()
        if names and not resume:
            raise TrainingError(
                f"{self.folder.parent}: holds checkpoints up to {names[-1]}; add --resume to go "
                "on, or choose another folder."
            )
        self._remove_unfinished()
        for name in reversed(names):
            reason = _reason_incomplete(self.folder / name)
            if not reason:
                self._check_record(name)
                return name
            log.warning("%s: left aside, %s", self.folder / name, reason)
        if names:
            raise TrainingError(
                f"{self.folder}: no complete checkpoint among {', '.join(names)}; remove them to "
                "start anew, or choose another folder."
            )
        if resume:
            log.info("%s: no checkpoint to resume from, starting at step 0", self.folder)
        return ""

    def _remove_unfinished(self) -> None:
        for path in sorted(self.folder.glob(f"step_*{_UNFINISHED}")):
            log.warning("%s: half-written by a run that was stopped; removed", path)
            shutil.rmtree(path)

    def _check_record(self, name: str) -> None:
        stored = json.loads((self.folder / name / COMPLETE).read_text())["record"]
        if changed := differences(stored, self.record):
            raise TrainingError(
                f"{self.folder / name}: made by another run ({'; '.join(changed)}); resume with "
                "what it was started with, or choose another folder."
            )

    def _finish(self, unfinished: Path, name: str, step: int) -> None:
        files = {path.name: path.stat().st_size for path in sorted(unfinished.iterdir())}
        report = {
            "step": step,
            "record": self.record,
            "files": files,
            "processes": self.processes.count,
            "torch": torch.__version__,
        }
        write_file(unfinished / COMPLETE, json.dumps(report, indent=1).encode())
        sync(unfinished)
        if (self.folder / name).exists():  # damaged, or it would have been resumed from
            shutil.rmtree(self.folder / name)
        os.replace(unfinished, self.folder / name)
        sync(self.folder)
        complete = [each for each in self._names() if not _reason_incomplete(self.folder / each)]
        for old in complete[: -self.keep]:
            shutil.rmtree(self.folder / old)


def _name(step: int) -> str:
    return f"step_{step:08d}"


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _reason_incomplete(folder: Path) -> str:
    """What is missing, or nothing if the checkpoint is complete."""
    try:
        report = json.loads((folder / COMPLETE).read_text())
    except FileNotFoundError:
        return f"it has no {COMPLETE}"
    except ValueError:
        return f"its {COMPLETE} cannot be read"
    for name, size in report["files"].items():
        path = folder / name
        found = path.stat().st_size if path.exists() else 0
        if found != size:
            return f"{name} has {found} of {size} bytes"
    return ""


def _cause(error: CheckpointException) -> str:
    failure = next(iter(error.failures.values()))[0]
    return f"{type(failure).__name__}: {failure}".splitlines()[0]
