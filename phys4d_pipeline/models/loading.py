"""A checkpoint folder or hub id -> the backbone of the family that says it reads it."""

import difflib
import importlib
import os
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

from ..errors import CheckpointError
from . import families
from .backbone import VideoBackbone
from .checkpoint import read_json

DOWNLOADED = ["*.json", "*.safetensors", "*.model", "*.txt"]


@cache
def backbone_families() -> dict[str, ModuleType]:
    """Name of the file -> the module, in alphabetical order."""
    names = sorted(info.name for info in pkgutil.iter_modules(families.__path__))
    return {name: importlib.import_module(f"{families.__name__}.{name}") for name in names}


def family_named(name: str) -> ModuleType:
    """The module of a family, or ValueError with the nearest name."""
    found = backbone_families()
    if name not in found:
        close = difflib.get_close_matches(name, found, n=1, cutoff=0)[0]
        raise ValueError(f"Unknown backbone {name!r}. Did you mean {close!r}?")
    return found[name]


def load_backbone(source: str | Path, *, dtype: torch.dtype = torch.float32) -> VideoBackbone:
    """Load a backbone onto the CPU, in eval mode, nothing frozen but VAE and text encoder.

    Args:
        source: A folder in the published layout, or an id on the hub.
        dtype: Of transformer and text encoder; what a family keeps in float32 stays so.

    Raises:
        CheckpointError: The folder is missing, incomplete, holds pickles, has tensors that do not
            fit its configuration, or is of a class that no family reads.
    """
    folder = _folder(source)
    name = read_json(folder / "model_index.json").get("_class_name")
    readers = {read: family for family in backbone_families().values() for read in family.READS}
    if name not in readers:
        close = difflib.get_close_matches(str(name), readers, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(sorted(readers))}."
        raise CheckpointError(f"{folder}: no backbone reads class {name!r}. {hint}")
    return readers[name].load(folder, dtype=dtype)


def _folder(source: str | Path) -> Path:
    folder = Path(source)
    if folder.is_dir():
        return folder
    parts = str(source).split("/")
    if len(parts) != 2 or not all(parts) or os.sep != "/":
        raise CheckpointError(f"{source}: no such folder, and no hub id of the form owner/name.")
    try:
        return Path(snapshot_download(str(source), allow_patterns=DOWNLOADED))
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, HfHubHTTPError, OSError) as error:
        raise CheckpointError(
            f"{source}: no such folder, and not to be had from the hub ({type(error).__name__}). "
            f"Where there is network: hf download {source} --local-dir FOLDER."
        ) from None
