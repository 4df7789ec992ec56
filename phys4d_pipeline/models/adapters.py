"""Low-rank adapters (LoRA, Hu et al. 2021) in a backbone's transformer, by peft.

peft makes every adapter trainable whenever the active ones change; here the caller says which one
trains, and everything else is frozen again.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from diffusers.utils import logging as diffusers_logging
from peft import LoraConfig
from safetensors import SafetensorError, safe_open

from ..errors import CheckpointError
from .backbone import VideoBackbone

WEIGHTS = "pytorch_lora_weights.safetensors"


def add_adapter(backbone: VideoBackbone, name: str, *, rank: int, rng: torch.Generator) -> None:
    """Add an adapter that changes nothing yet, and make it the only active and trainable one.

    Args:
        backbone: `lora_targets` says which layers.
        name: Must be new.
        rank: Of the change; its scale is 1 (alpha = rank).
        rng: Draws the first factor; the second is zero.
    """
    if name in adapter_names(backbone):
        raise ValueError(f"An adapter {name!r} is there already. Name another.")
    transformer = cast(Any, backbone.transformer)
    targets = list(backbone.lora_targets)
    config = LoraConfig(r=rank, lora_alpha=rank, target_modules=targets)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (1,), generator=rng, device=rng.device)))
        # That a second adapter comes beside the first is what is asked for here.
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Already found a `peft_config`", UserWarning)
            transformer.add_adapter(config, adapter_name=name)
    for parameter in adapter_parameters(backbone, name):
        parameter.data = parameter.data.float()  # small updates vanish in fewer digits
    use_adapters(backbone, [name], train=name)


def adapter_names(backbone: VideoBackbone) -> list[str]:
    """Names of the adapters that are in, active or not."""
    return list(getattr(backbone.transformer, "peft_config", None) or {})


def use_adapters(
    backbone: VideoBackbone, names: Sequence[str], *, train: str | None = None
) -> None:
    """Make these adapters (none: the weights as loaded) the active ones, their changes added up.

    Args:
        backbone: Whose transformer.
        names: Adapters that are in.
        train: The one to train; every other weight of the transformer is frozen.
    """
    present = adapter_names(backbone)
    if unknown := [name for name in {*names, *([train] if train else [])} if name not in present]:
        raise ValueError(f"No adapters {sorted(unknown)}; there are {present}. Add or load them.")
    transformer = cast(Any, backbone.transformer)
    if names:
        transformer.enable_adapters()
        transformer.set_adapters(list(names))
    elif present:
        transformer.disable_adapters()
    for parameter_name, parameter in transformer.named_parameters():
        parameter.requires_grad_(train is not None and _is_part_of(parameter_name, train))


@contextmanager
def adapters_in_use(backbone: VideoBackbone, names: Sequence[str]) -> Iterator[None]:
    """Use other adapters for a while (a reference policy), then put all back as it was."""
    transformer = cast(Any, backbone.transformer)
    active = _active(backbone)
    trainable = {name for name, p in transformer.named_parameters() if p.requires_grad}
    use_adapters(backbone, names)
    try:
        yield
    finally:
        use_adapters(backbone, active)
        for name, parameter in transformer.named_parameters():
            parameter.requires_grad_(name in trainable)


def adapter_parameters(backbone: VideoBackbone, name: str) -> list[torch.nn.Parameter]:
    """The weights of one adapter."""
    named = backbone.transformer.named_parameters()
    return [parameter for path, parameter in named if _is_part_of(path, name)]


def save_adapter(backbone: VideoBackbone, name: str, folder: str | Path) -> None:
    """Write an adapter as diffusers does: safetensors with rank and scale in the header."""
    if name not in adapter_names(backbone):
        raise ValueError(f"No adapter {name!r}; there are {adapter_names(backbone)}.")
    folder = Path(folder)
    partial = f"partial-{WEIGHTS}"
    transformer = cast(Any, backbone.transformer)
    with _quiet():
        transformer.save_lora_adapter(folder, adapter_name=name, weight_name=partial)
    (folder / partial).rename(folder / WEIGHTS)


def load_adapter(backbone: VideoBackbone, name: str, folder: str | Path) -> None:
    """Add an adapter that `save_adapter` wrote; it is active, alone and frozen afterwards."""
    path = Path(folder) / WEIGHTS
    if not path.exists():
        raise CheckpointError(f"{path} is missing. Give a folder that save_adapter wrote.")
    if name in adapter_names(backbone):
        raise ValueError(f"An adapter {name!r} is there already. Name another.")
    _raise_if_unlike(backbone, path)
    transformer = cast(Any, backbone.transformer)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Already found a `peft_config`", UserWarning)
        transformer.load_lora_adapter(
            str(folder), prefix=None, adapter_name=name, weight_name=WEIGHTS
        )
    use_adapters(backbone, [name])


def _raise_if_unlike(backbone: VideoBackbone, path: Path) -> None:
    """Raise CheckpointError, in one line, unless the file has both factors of every target."""
    shapes: dict[str, tuple[int, ...]] = {}
    try:
        with safe_open(path, framework="pt") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise CheckpointError(f"{path} is damaged ({error}). Take another copy.") from None
    faults = []
    expected = set()
    for name, module in backbone.transformer.named_modules():
        if not name.endswith(tuple(f".{target}" for target in backbone.lora_targets)):
            continue
        layer = cast(Any, module)
        sides = {"lora_A": (1, layer.in_features), "lora_B": (0, layer.out_features)}
        for factor, (axis, size) in sides.items():
            key = f"{name}.{factor}.weight"
            expected.add(key)
            if key not in shapes:
                faults.append(f"{key} is missing")
            elif shapes[key][axis] != size:
                faults.append(f"{key} is {shapes[key]} for {size} channels")
    faults += [f"{key} is unknown" for key in shapes if key not in expected]
    if faults:
        raise CheckpointError(
            f"{path} does not fit this transformer: {faults[0]}, {len(faults)} such tensors. "
            "Take the adapter that was trained on this backbone."
        )


def _active(backbone: VideoBackbone) -> list[str]:
    from peft.tuners.tuners_utils import BaseTunerLayer

    for module in backbone.transformer.modules():
        if isinstance(module, BaseTunerLayer):
            return [] if module.disable_adapters else list(module.active_adapters)
    return []


def _is_part_of(parameter_name: str, adapter: str) -> bool:
    return "lora_" in parameter_name and f".{adapter}." in parameter_name


@contextmanager
def _quiet() -> Iterator[None]:
    """Without diffusers' warning of a cast that its own saving asks for and does not do."""
    level = diffusers_logging.get_verbosity()
    diffusers_logging.set_verbosity_error()
    try:
        yield
    finally:
        diffusers_logging.set_verbosity(level)
