"""A local folder, file or hub id -> the safetensors of a network, or one line on what is wrong.

Pickles are never opened: they can run code.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from ..device import VARIABLE
from ..errors import DeviceError, LabelError

PICKLES = (".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth")
CONVERT = (
    'Convert it where you trust it: safetensors.torch.save_file(torch.load("FILE", '
    'weights_only=True), "model.safetensors").'
)
SHOWN = 3
"""Faulty tensors that an error names."""


def find_checkpoint(name: str, weights: str) -> Path:
    """The folder or the .safetensors file of a network.

    Args:
        name: Of the estimator, for messages.
        weights: What the user gave: a path, or a hub id such as `org/model`.

    Raises:
        LabelError: Nothing is there, or only a pickle.
    """
    if not weights:
        raise LabelError(
            f"{name} needs weights: give the folder of a checkpoint or a hub id "
            "(--depth-weights, --flow-weights)."
        )
    path = Path(weights).expanduser()
    if not path.exists():
        path = _from_hub(name, weights)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    if not any(each.suffix == ".safetensors" for each in files):
        pickles = [each.name for each in files if each.suffix in PICKLES]
        found = f"only the pickle {pickles[0]}" if pickles else "no .safetensors file"
        raise LabelError(f"{path}: {found}; {name} reads safetensors only. {CONVERT}")
    return path


def _from_hub(name: str, weights: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    wanted = ["*.safetensors", "*.json"]
    try:
        return Path(snapshot_download(weights, allow_patterns=wanted))
    except (OSError, ValueError, HFValidationError) as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise LabelError(
            f"weights {weights!r} of {name}: no such folder, and the hub does not give it "
            f"({reason}). Download the checkpoint and give its folder."
        ) from error


def tensor_files(checkpoint: Path) -> list[Path]:
    """Every .safetensors file, each seen to be one."""
    files = sorted(checkpoint.glob("*.safetensors")) if checkpoint.is_dir() else [checkpoint]
    for path in files:
        try:
            with safe_open(path, framework="pt"):
                pass
        except (SafetensorError, OSError) as error:
            raise LabelError(
                f"{path}: not a safetensors file ({error}); a pickle that was renamed, or cut "
                f"short. {CONVERT}"
            ) from error
    return files


def weights_version(files: Iterable[Path]) -> str:
    """12 hex digits of the SHA-256 over the contents."""
    sha = hashlib.sha256()
    for path in files:
        with open(path, "rb") as file:
            sha.update(hashlib.file_digest(file, "sha256").digest())
    return sha.hexdigest()[:12]


def load_strict(network: torch.nn.Module, checkpoint: Path) -> str:
    """Fill a network with exactly the tensors it has; returns `weights_version`.

    Raises:
        LabelError: A tensor is missing, of another shape, or unknown; the first ones are named.
    """
    files = tensor_files(checkpoint)
    tensors = {name: tensor for path in files for name, tensor in load_file(path).items()}
    wanted = network.state_dict()
    faults = [f"{name} is missing" for name in wanted if name not in tensors]
    faults += [f"{name} is unknown" for name in tensors if name not in wanted]
    faults += [
        f"{name} is {tuple(tensors[name].shape)}, not {tuple(wanted[name].shape)}"
        for name in wanted
        if name in tensors and tensors[name].shape != wanted[name].shape
    ]
    raise_if_faulty(checkpoint, faults)
    network.load_state_dict(tensors)
    return weights_version(files)


def raise_if_faulty(checkpoint: Path, faults: list[str]) -> None:
    """One line with the first faults and how many there are."""
    if faults:
        more = f", and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise LabelError(
            f"{checkpoint}: {'; '.join(faults[:SHOWN])}{more}. "
            "Use the checkpoint that was published for this estimator."
        )


def torch_device() -> torch.device:
    """Where networks run; `PHYS4D_DEVICE` as for drawing."""
    wanted = os.environ.get(VARIABLE, "auto")
    if wanted == "cuda" and not torch.cuda.is_available():
        raise DeviceError(f"{VARIABLE}=cuda: torch finds no GPU; set {VARIABLE} to cpu or auto.")
    use_gpu = wanted != "cpu" and torch.cuda.is_available()
    return torch.device("cuda" if use_gpu else "cpu")
