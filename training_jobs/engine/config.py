"""Numbers that decide a training run -> their canonical JSON, hash and presets."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.plain import canonical, to_plain


@dataclass(frozen=True, kw_only=True)
class EngineConfig:
    """How long, how fast and how precisely a stage is trained."""

    steps: int
    """Updates of the weights."""
    batch_size: int
    """Clips per step, over all processes."""
    micro_batch_size: int
    """Clips in one forward pass; each has its own random numbers, whichever process draws it."""
    learning_rate: float
    """Peak of AdamW's step size; a stage may scale it per module."""
    warmup_steps: int = 0
    """Steps over which the learning rate rises in a straight line."""
    final_learning_rate: float = 0.1
    """What a cosine brings it down to at the end, as a fraction of the peak."""
    weight_decay: float = 0.01
    """On matrices and kernels; biases and gains are left free."""
    max_gradient_norm: float = 1.0
    """Longer gradients are shortened to it."""
    ema_decay: float = 0.0
    """Of the running average of the weights, which is what is exported; 0 keeps none."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """What forward and backward compute in; weights and their sums stay float32."""
    seed: int = 0
    """Order of the clips and all random numbers."""
    log_every: int = 10
    """Steps per progress line."""
    checkpoint_every: int = 100
    """Steps per checkpoint; the last step always has one."""
    keep_checkpoints: int = 2
    """Older ones are removed."""

    def __post_init__(self) -> None:
        faults = [
            f"{name} ({getattr(self, name)}) must be {bound}"
            for name, (bound, holds) in _BOUNDS.items()
            if not holds(getattr(self, name))
        ]
        if not faults and self.batch_size % self.micro_batch_size:
            faults.append(
                f"micro_batch_size ({self.micro_batch_size}) must divide batch_size "
                f"({self.batch_size})"
            )
        if not faults and self.warmup_steps >= self.steps:
            faults.append(
                f"warmup_steps ({self.warmup_steps}) must be fewer than steps ({self.steps})"
            )
        if faults:
            raise TrainingError(f"Training configuration: {'; '.join(faults)}.")

    def learning_rate_at(self, step: int) -> float:
        """Step size of the update that follows `step` updates."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        progress = (step - self.warmup_steps) / (self.steps - self.warmup_steps)
        cosine = (1 + math.cos(math.pi * progress)) / 2
        low = self.final_learning_rate
        return self.learning_rate * (low + (1 - low) * cosine)


_AT_LEAST_1 = ("1 or more", lambda value: value >= 1)
_NOT_NEGATIVE = ("0 or more", lambda value: 0 <= value < math.inf)
_POSITIVE = ("positive", lambda value: 0 < value < math.inf)
_BOUNDS = {
    "steps": _AT_LEAST_1,
    "batch_size": _AT_LEAST_1,
    "micro_batch_size": _AT_LEAST_1,
    "learning_rate": _POSITIVE,
    "warmup_steps": _NOT_NEGATIVE,
    "final_learning_rate": ("0 to 1", lambda value: 0 <= value <= 1),
    "weight_decay": _NOT_NEGATIVE,
    "max_gradient_norm": _POSITIVE,
    "ema_decay": ("at least 0 and below 1", lambda value: 0 <= value < 1),
    "dtype": ("float32 or bfloat16", lambda value: value in ("float32", "bfloat16")),
    "seed": _NOT_NEGATIVE,
    "log_every": _AT_LEAST_1,
    "checkpoint_every": _AT_LEAST_1,
    "keep_checkpoints": _AT_LEAST_1,
}

_TINY = EngineConfig(
    steps=10,
    batch_size=2,
    micro_batch_size=1,
    learning_rate=1e-3,
    log_every=2,
    checkpoint_every=5,
)
ENGINE_PRESETS: Mapping[str, EngineConfig] = {
    "tiny": _TINY,
    "demo": replace(
        _TINY, steps=400, batch_size=16, micro_batch_size=16, warmup_steps=20,
        log_every=20, checkpoint_every=100,
    ),
    "small": replace(
        _TINY, steps=1500, batch_size=64, micro_batch_size=64, learning_rate=3e-4, warmup_steps=100,
        ema_decay=0.99, dtype="bfloat16", log_every=20, checkpoint_every=250,
    ),
    "full": replace(
        _TINY, steps=20_000, batch_size=64, micro_batch_size=1, learning_rate=1e-4,
        warmup_steps=500, ema_decay=0.999, dtype="bfloat16", log_every=20, checkpoint_every=500,
    ),
}  # fmt: skip
"""What stages start from; each changes what it must with `dataclasses.replace`."""

_MAY_CHANGE = ("log_every", "checkpoint_every", "keep_checkpoints")


class StageConfig(Protocol):
    """A stage's own frozen dataclass."""

    @property
    def engine(self) -> EngineConfig:
        """The part that the engine reads."""
        ...


def deciding(config: StageConfig) -> dict[str, Any]:
    """The config as JSON data, without what changes no weight."""
    plain = to_plain(config)
    return plain | {
        "engine": {key: item for key, item in plain["engine"].items() if key not in _MAY_CHANGE}
    }


def sha256(plain: Mapping[str, Any]) -> str:
    """Of the canonical JSON."""
    return hashlib.sha256(canonical(plain).encode()).hexdigest()


def differences(stored: Mapping[str, Any], wanted: Mapping[str, Any], where: str = "") -> list[str]:
    """One phrase per leaf that differs: `engine.steps was 10, now 20`."""
    found: list[str] = []
    for key in sorted({*stored, *wanted}):
        old, new = stored.get(key), wanted.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += differences(old, new, f"{where}{key}.")
        elif old != new:
            found.append(f"{where}{key} was {old!r}, now {new!r}")
    return found
