"""Trained weights -> `export/`: safetensors files and `export.json`, which the next stage reads.

    <out>/export/
        <module>.safetensors    whichever files the stage writes, for example one per module
        export.json             written last: stage, step, config, sources, sha256 of every file

A stage finds the one before it beside its own output: runs/stage1 reads runs/base/export.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.plain import canonical, from_plain
from phys4d_pipeline.store.folder import storage_errors, sync, write_file

from .config import sha256
from .stage import Stage, Tensor, Weights

EXPORT = "export"
_REPORT = "export.json"
_Config = TypeVar("_Config")


@dataclass(frozen=True, kw_only=True)
class ExportReport:
    """What `export.json` says."""

    stage: str
    step: int
    config: Mapping[str, Any]
    """What decides the weights, of the stage's config."""
    config_sha256: str
    sources: Mapping[str, str]
    """The stage's sources: name -> content hash."""
    files: Mapping[str, str]
    """Path below the folder -> sha256 of the file."""
    averaged: bool
    """Are these running averages of the weights?"""

    @property
    def sha256(self) -> str:
        """Of the weights alone: what a later stage names as its source."""
        return sha256(self.files)


def write_weights(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """One safetensors file."""
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)


def write_export(
    stage: Stage,
    weights: Weights,
    *,
    out: Path,
    record: Mapping[str, Any],
    step: int,
    averaged: bool,
) -> ExportReport:
    """Let the stage write its files, describe them, and show the folder when it is complete."""
    unfinished, folder = out / f"{EXPORT}.tmp", out / EXPORT
    with storage_errors(folder):
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        stage.export(unfinished, weights)
        paths = sorted(path for path in unfinished.rglob("*") if path.is_file())
        for path in paths:
            sync(path)
        report = ExportReport(
            stage=stage.name,
            step=step,
            config=record["config"],
            config_sha256=sha256(record["config"]),
            sources=stage.sources,
            files={path.relative_to(unfinished).as_posix(): _hash(path) for path in paths},
            averaged=averaged,
        )
        write_file(unfinished / _REPORT, json.dumps(asdict(report), indent=1).encode())
        sync(unfinished)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(unfinished, folder)
        sync(out)
    return report


def is_exported(out: Path, *, record: Mapping[str, Any], step: int) -> bool:
    """Does `out` hold the export of just this run at this step?"""
    if not (out / EXPORT / _REPORT).exists():
        return False
    report = _read(out / EXPORT)
    same = canonical(report.config) == canonical(record["config"])
    return same and report.sources == record["sources"] and report.step == step


def export_of(out: Path, stage: str) -> tuple[Path, ExportReport]:
    """Folder and report of the stage `stage`, trained beside `out`; its files were compared.

    Raises:
        TrainingError: It is not there, of another stage, or damaged.
    """
    folder = out.resolve().parent / stage / EXPORT
    if not (folder / _REPORT).exists():
        raise TrainingError(
            f"{folder}: no weights of stage {stage!r}; train it first, with --out {folder.parent}."
        )
    report = _read(folder)
    if report.stage != stage:
        raise TrainingError(
            f"{folder}: holds stage {report.stage!r}, not {stage!r}; train that with --out "
            f"{folder.parent} in a new folder."
        )
    for name, expected in report.files.items():
        if not (folder / name).exists() or _hash(folder / name) != expected:
            raise TrainingError(
                f"{folder / name}: missing or not what was exported; remove {folder} and run "
                f"stage {stage!r} again with --resume."
            )
    return folder, report


def trained_config(kind: type[_Config], out: Path, stage: str) -> _Config:
    """The config that the stage `stage` was trained with beside `out`, as far as it decides."""
    _, report = export_of(out, stage)
    return from_plain(kind, report.config, f"{stage}/{EXPORT}/{_REPORT}: config")


def load_weights(module: torch.nn.Module, path: Path, *, frozen_too: bool = True) -> None:
    """Read a safetensors file into a module.

    Args:
        module: Gets the weights, on whichever device it is.
        path: What `write_weights` made.
        frozen_too: Must the file hold every parameter, or only those that require a gradient?

    Raises:
        TrainingError: The file is missing or damaged, or names and shapes differ.
    """
    found = _tensors(path)
    wanted = dict(module.named_parameters())
    needed = {name for name, each in wanted.items() if frozen_too or each.requires_grad}
    faults = [f"{name} is missing" for name in sorted(needed - set(found))]
    faults += [f"{name} is unknown to the module" for name in sorted(set(found) - set(wanted))]
    faults += [
        f"{name} has shape {tuple(tensor.shape)}, the module's {tuple(wanted[name].shape)}"
        for name, tensor in sorted(found.items())
        if name in wanted and tensor.shape != wanted[name].shape
    ]
    if faults:
        more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise TrainingError(
            f"{path}: does not fit {type(module).__name__} ({'; '.join(faults[:3])}{more}); use "
            "the preset that it was trained with."
        )
    with torch.no_grad():
        for name, tensor in found.items():
            wanted[name].copy_(tensor)


def _tensors(path: Path) -> dict[str, Tensor]:
    if not path.exists():
        raise TrainingError(f"{path}: no such weights; check the path or train that stage first.")
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise TrainingError(f"{path}: not a readable safetensors file ({error}).") from error


def _read(folder: Path) -> ExportReport:
    try:
        return ExportReport(**json.loads((folder / _REPORT).read_text()))
    except (ValueError, TypeError) as error:
        raise TrainingError(
            f"{folder / _REPORT}: cannot be read ({error}); remove {folder} and run the stage "
            "again with --resume."
        ) from error


def _hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
