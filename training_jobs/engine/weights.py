"""Trained modules -> optimizer, running average, and the state that a checkpoint holds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_state_dict,
    set_state_dict,
)

from phys4d_pipeline.errors import TrainingError

from .config import EngineConfig
from .distributed import Processes, local, shard, whole
from .stage import Trained, Weights

_TRAINED_ONLY = StateDictOptions(ignore_frozen_params=True, strict=False)


@dataclass(kw_only=True)
class TrainingState:
    """Everything that a step changes."""

    modules: torch.nn.ModuleDict
    optimizer: torch.optim.AdamW
    factors: list[float]
    """Of each of the optimizer's groups, on the learning rate."""
    averages: dict[str, torch.Tensor] = field(default_factory=dict)
    """Parameter's name -> running average; empty if the run keeps none."""
    step: int = 0
    """Updates so far."""

    def parameters(self) -> Iterator[tuple[str, torch.nn.Parameter]]:
        """The trained ones, by name."""
        return (pair for pair in self.modules.named_parameters() if pair[1].requires_grad)

    def update(self, config: EngineConfig) -> None:
        """Apply the gradients and clear them."""
        for group, factor in zip(self.optimizer.param_groups, self.factors, strict=True):
            group["lr"] = factor * config.learning_rate_at(self.step)
        self.optimizer.step()
        self.optimizer.zero_grad()
        with torch.no_grad():
            for name, parameter in self.parameters():
                if name in self.averages:
                    local(self.averages[name]).lerp_(local(parameter), 1 - config.ema_decay)
        self.step += 1

    def as_dict(self) -> dict[str, Any]:
        """What a checkpoint holds, as tensors that may be spread over the processes."""
        modules, optimizer = get_state_dict(self.modules, self.optimizer, options=_TRAINED_ONLY)
        return {
            "modules": modules,
            "optimizer": optimizer,
            "averages": self.averages,
            "step": self.step,
        }

    def restore(self, stored: Mapping[str, Any]) -> None:
        """The inverse of `as_dict`; `averages` were read in place."""
        set_state_dict(
            self.modules,
            self.optimizer,
            model_state_dict=stored["modules"],
            optim_state_dict=stored["optimizer"],
            options=_TRAINED_ONLY,
        )
        self.step = stored["step"]

    def exported(self, names: Mapping[str, Any], *, keep: bool) -> Weights:
        """Whole trained tensors per module, averaged if averages are kept.

        Every process must call it; only those with `keep` hold the result.
        """
        gathered: dict[str, dict[str, torch.Tensor]] = {name: {} for name in names}
        for name, parameter in self.parameters():
            module, _, inner = name.partition(".")
            tensor = whole(self.averages.get(name, parameter))
            if keep:
                gathered[module][inner] = tensor.clone()
        return gathered


def new_state(
    trained: Mapping[str, Trained], config: EngineConfig, processes: Processes
) -> TrainingState:
    """Shard the modules and give them a fresh optimizer.

    Raises:
        TrainingError: A module has nothing to train, or its trained weights are not float32.
    """
    for name, part in trained.items():
        _check_trained(name, part.module)
    modules = shard(trained, processes, config.dtype)
    groups: list[dict[str, Any]] = []
    factors: list[float] = []
    for part in trained.values():
        parameters = [each for each in part.module.parameters() if each.requires_grad]
        for members, decay in (
            ([each for each in parameters if each.ndim >= 2], config.weight_decay),
            ([each for each in parameters if each.ndim < 2], 0.0),
        ):
            if members:
                groups.append({"params": members, "weight_decay": decay})
                factors.append(part.learning_rate)
    optimizer = torch.optim.AdamW(groups, lr=config.learning_rate)
    state = TrainingState(modules=modules, optimizer=optimizer, factors=factors)
    if config.ema_decay:
        state.averages = {name: each.detach().clone() for name, each in state.parameters()}
    return state


def _check_trained(name: str, module: torch.nn.Module) -> None:
    trained = {key: each for key, each in module.named_parameters() if each.requires_grad}
    if not trained:
        raise TrainingError(
            f"Module {name!r} has no parameter that requires a gradient; leave it out of the "
            "stage's `trained`, or unfreeze what is to be trained."
        )
    for key, parameter in trained.items():
        if parameter.dtype != torch.float32:
            raise TrainingError(
                f"{name}.{key} is trained in {parameter.dtype}; load it as float32 (small updates "
                "vanish in fewer digits) and set the engine's dtype to bfloat16 instead."
            )
