"""Checkpoint folders: safetensors checked name by name and shape by shape before they are loaded.

A folder holds model_index.json and a subfolder per component, as diffusers writes them. Pickles are
never read, nothing is initialised at random in place of a tensor that is missing.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

import torch
from accelerate import init_empty_weights
from diffusers.models.modeling_utils import ModelMixin
from safetensors import SafetensorError, safe_open
from transformers.utils import logging as transformers_logging

from ..errors import CheckpointError

WEIGHT_NAMES = ("diffusion_pytorch_model.safetensors", "model.safetensors")
PICKLES = {".bin", ".pt", ".pth", ".ckpt", ".pkl"}
NUM_SHOWN = 4  # names per kind of mismatch in an error line

_Model = TypeVar("_Model", bound=torch.nn.Module)


@runtime_checkable
class Component(Protocol):
    """What goes into a subfolder: a module, a tokenizer or a scheduler."""

    def save_pretrained(self, save_directory: str, /) -> object:
        """Write it into a folder."""
        ...


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file."""
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        raise CheckpointError(
            f"{path} is missing. Give the folder of a whole checkpoint, as published."
        ) from None
    except ValueError as error:
        raise CheckpointError(f"{path} is not JSON ({error}). Download it again.") from None
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} holds no JSON object. Download it again.")
    return content


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a component."""
    for name in WEIGHT_NAMES:
        if (index := folder / f"{name}.index.json").exists():
            files = sorted({folder / file for file in read_json(index)["weight_map"].values()})
            if missing := [file.name for file in files if not file.exists()]:
                raise CheckpointError(f"{folder}: {_some(missing)} missing. Download them again.")
            return files
        if (folder / name).exists():
            return [folder / name]
    pickles = sorted(path.name for path in folder.glob("*") if path.suffix in PICKLES)
    if pickles:
        raise CheckpointError(
            f"{folder}: only pickles ({_some(pickles)}), which can run code and are never read. "
            "Take the safetensors release, or convert them where they are trusted."
        )
    raise CheckpointError(f"{folder}: no {' or '.join(WEIGHT_NAMES)}. Download it again.")


def raise_if_unlike(
    module: torch.nn.Module, folder: Path, *, ignored: tuple[str, ...] = ()
) -> None:
    """Raise CheckpointError, in one line, unless the folder has the module's tensors exactly.

    Args:
        module: The architecture; may lie on the meta device.
        folder: The component's folder.
        ignored: Patterns of names the folder may have beyond the module's.
    """
    expected = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    owner = {name: id(p) for name, p in module.named_parameters(remove_duplicate=False)}
    found: dict[str, tuple[int, ...]] = {}
    for path in weight_files(folder):
        with _opened(path) as file:
            found |= {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    stored = {owner[name] for name in found if name in owner}
    # Tied tensors are stored once, under any of their names.
    missing = [name for name in expected if name not in found and owner.get(name) not in stored]
    unknown = [
        name
        for name in found
        if name not in expected and not any(re.search(pattern, name) for pattern in ignored)
    ]
    misshaped = [
        f"{name} {found[name]} for {expected[name]}"
        for name in found
        if name in expected and found[name] != expected[name]
    ]
    kinds = {"missing": missing, "unknown": unknown, "of another shape": misshaped}
    faults = [f"{len(names)} {kind} ({_some(names)})" for kind, names in kinds.items() if names]
    if faults:
        raise CheckpointError(
            f"{folder}: tensors do not fit {type(module).__name__}: {'; '.join(faults)}. "
            "Take the release this configuration belongs to."
        )


def load_model(cls: type[_Model], folder: Path, *, dtype: torch.dtype) -> _Model:
    """A diffusers model from its folder, on the CPU, in eval mode.

    Args:
        cls: A ModelMixin class; unknown keys of the stored configuration are not passed on.
        folder: config.json and safetensors.
        dtype: Of the tensors, but for those the class keeps in float32.
    """
    model_class = cast(Any, cls)
    config = read_json(folder / "config.json")
    arguments = set(signature(model_class.__init__).parameters)
    with init_empty_weights(include_buffers=False):
        module = model_class(**{key: value for key, value in config.items() if key in arguments})
    raise_if_unlike(module, folder, ignored=tuple(module._keys_to_ignore_on_load_unexpected or ()))
    exact = tuple(module._keep_in_fp32_modules or ())
    tensors = {}
    for path in weight_files(folder):
        with _opened(path) as file:
            for name in set(file.keys()) & set(module.state_dict()):
                kept = any(part in name.split(".") for part in exact)
                tensors[name] = file.get_tensor(name).to(torch.float32 if kept else dtype)
    module.load_state_dict(tensors, strict=True, assign=True)
    return module.eval()


def write_folder(
    folder: Path, components: Mapping[str, Component], index: Mapping[str, object]
) -> None:
    """Write a whole checkpoint folder under a temporary name, then rename it.

    Args:
        folder: Must not exist yet.
        components: Subfolder -> what it holds.
        index: What model_index.json says beside the components, `_class_name` first.
    """
    if folder.exists():
        raise CheckpointError(f"{folder} exists already. Name another folder or remove it.")
    for name, component in components.items():
        adapters = getattr(component, "peft_config", None)
        if isinstance(component, ModelMixin) and adapters:
            raise CheckpointError(
                f"{folder}: {name} has adapters in it ({_some(list(adapters))}). Save those with "
                "save_adapter; the weights below them are those that were loaded."
            )
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(partial, ignore_errors=True)
    listed: dict[str, object] = dict(index)
    transformers_logging.disable_progress_bar()  # lines of a log, not of a terminal
    for name, component in components.items():
        component.save_pretrained(str(partial / name))
        library = type(component).__module__.split(".")[0]
        listed[name] = [library, type(component).__name__]
    (partial / "model_index.json").write_text(json.dumps(listed, indent=2) + "\n")
    partial.rename(folder)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except SafetensorError as error:
        raise CheckpointError(f"{path} is damaged ({error}). Download it again.") from None


def _some(names: list[str]) -> str:
    more = len(names) - NUM_SHOWN
    return ", ".join(names[:NUM_SHOWN]) + (f" and {more} more" if more > 0 else "")
