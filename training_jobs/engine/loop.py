"""A stage, its config and a folder -> trained weights: the plain loop under every stage.

<out>/config.json     what decides the weights
<out>/checkpoints/    state to resume from
<out>/logs/           TensorBoard
<out>/export/         the result, written when the last step is done
"""

import json
import logging
import math
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.store.folder import storage_errors

from .checkpoints import Checkpoints
from .config import EngineConfig, StageConfig, deciding
from .distributed import Processes, views_may_leave_modules, whole
from .exports import EXPORT, is_exported, write_export
from .progress import Measured, Progress
from .stage import Draw, Stage
from .weights import TrainingState, new_state

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """How a run ended."""

    step: int
    losses: tuple[float, ...]
    """Of the steps that this call did, in order."""
    export: Path
    """Folder of the exported weights."""


def train(
    stage: Stage, config: StageConfig, *, out: Path, processes: Processes, resume: bool = False
) -> TrainingResult:
    """Train to the config's last step and export; a run that is done already only exports.

    Raises:
        TrainingError: Another trainer works in `out`, `out` holds another run, or a loss is not
            finite.
    """
    engine = config.engine
    _check_shares(engine, processes)
    record = {"stage": stage.name, "config": deciding(config), "sources": dict(stage.sources)}
    with ExitStack() as stack:
        processes.on_first(lambda: stack.enter_context(_only_trainer(out)))
        checkpoints = Checkpoints(
            out / "checkpoints", record=record, keep=engine.keep_checkpoints, processes=processes
        )
        state = new_state(stage.trained, engine, processes)
        checkpoints.restore(state, resume=resume)
        processes.on_first(lambda: _describe(out, record))
        stack.enter_context(views_may_leave_modules())
        losses = _steps(stage, engine, state, checkpoints=checkpoints, logs=out / "logs")
        _export(stage, state, out=out, record=record, processes=processes)
    return TrainingResult(step=state.step, losses=tuple(losses), export=out / EXPORT)


def _steps(
    stage: Stage,
    config: EngineConfig,
    state: TrainingState,
    *,
    checkpoints: Checkpoints,
    logs: Path,
) -> list[float]:
    """All steps that are left; their losses."""
    processes = checkpoints.processes
    losses: list[float] = []
    if state.step >= config.steps:
        return losses
    with ExitStack() as stack:
        progress = None
        if processes.is_first:
            progress = Progress(logs, config, start=state.step, device=processes.device)
            stack.enter_context(closing(progress))
        batches = _batches(stage, config, state.step, processes)
        stack.enter_context(closing(batches))
        while state.step < config.steps:
            measured = _gradients(stage, config, state, batches, processes=processes)
            _check_finite(state.step, measured, checkpoints)
            state.update(config)
            losses.append(measured.loss)
            if progress:
                progress.add(state.step, measured)
            if state.step % config.checkpoint_every == 0 or state.step == config.steps:
                checkpoints.save(state)
    return losses


def _batches(
    stage: Stage, config: EngineConfig, start: int, processes: Processes
) -> Generator[tuple[Draw, Any], None, None]:
    """This process's micro-batches, the next one being read while one is worked on."""
    draws = (
        Draw(step=step, first=first, size=config.micro_batch_size, seed=config.seed)
        for step in range(start, config.steps)
        for first in _shares(config, step, processes)
    )
    with ThreadPoolExecutor(1, thread_name_prefix="batches") as reader:
        draw = next(draws)
        coming = reader.submit(stage.batch, draw)
        for following in draws:
            batch = coming.result()
            coming = reader.submit(stage.batch, following)
            yield draw, batch
            draw = following
        yield draw, coming.result()


def _shares(config: EngineConfig, step: int, processes: Processes) -> range:
    """First clips of the micro-batches of a step that this process works on."""
    size = config.micro_batch_size
    start = step * config.batch_size
    return range(start + processes.rank * size, start + config.batch_size, processes.count * size)


def _gradients(
    stage: Stage,
    config: EngineConfig,
    state: TrainingState,
    batches: Iterator[tuple[Draw, Any]],
    *,
    processes: Processes,
) -> Measured:
    """Gradients of the mean loss over a step's clips, left in the parameters."""
    num_shares = len(_shares(config, state.step, processes))
    sums: dict[str, torch.Tensor] = {"": torch.zeros((), device=processes.device)}
    for _ in range(num_shares):
        draw, batch = next(batches)
        torch.manual_seed(draw.number("library"))  # dropout layers take no generator
        for loss, scalars in stage.losses(batch, draw.rng("losses")):
            (loss / num_shares).backward()
            for name, value in {"": loss, **scalars}.items():
                value = torch.as_tensor(value, dtype=torch.float32, device=processes.device)
                sums[name] = sums.get(name, 0.0) + value.detach()
    names = sorted(sums)
    totals = processes.total(torch.stack([sums[name] for name in names]))
    means = dict(zip(names, (totals / (num_shares * processes.count)).tolist(), strict=True))
    return Measured(
        loss=means.pop(""),
        scalars=means,
        gradient_norm=_clipped(state, config),
        learning_rate=config.learning_rate_at(state.step),
    )


def _clipped(state: TrainingState, config: EngineConfig) -> float:
    """Shorten the gradient; its length before."""
    idle = []
    for name, parameter in state.parameters():
        if parameter.grad is None:  # every parameter needs a state for the checkpoint
            parameter.grad = torch.zeros_like(parameter)
            idle.append(name)
    if idle and state.step == 0:
        log.warning(
            "%d trained parameters had no part in the first loss (%s ...); freeze what is not used",
            len(idle), idle[0],
        )  # fmt: skip
    parameters = [parameter for _, parameter in state.parameters()]
    norm = torch.nn.utils.clip_grad_norm_(parameters, config.max_gradient_norm)
    return whole(norm).item()


def _check_finite(step: int, measured: Measured, checkpoints: Checkpoints) -> None:
    values = {"loss": measured.loss, "gradient norm": measured.gradient_norm, **measured.scalars}
    wrong = [f"{name} is {value}" for name, value in values.items() if not math.isfinite(value)]
    if wrong:
        kept = checkpoints.newest()
        raise TrainingError(
            f"Step {step + 1}: {', '.join(wrong)}. Stopped before the weights changed; last good "
            f"checkpoint: {kept or 'none yet'}. Look at the data of this step, or start anew "
            "with a lower learning rate."
        )


def _export(
    stage: Stage,
    state: TrainingState,
    *,
    out: Path,
    record: Mapping[str, Any],
    processes: Processes,
) -> None:
    if processes.on_first(lambda: is_exported(out, record=record, step=state.step)):
        return
    weights = state.exported(stage.trained, keep=processes.is_first)
    averaged = bool(state.averages)
    processes.on_first(
        lambda: write_export(
            stage, weights, out=out, record=record, step=state.step, averaged=averaged
        )
    )


@contextmanager
def _only_trainer(out: Path) -> Iterator[None]:
    """Hold the folder; the system lets go of it when the process ends, however it ends."""
    with storage_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise TrainingError(
                f"{out}: another trainer works in this folder; wait for it, or choose another."
            ) from None
    try:
        yield
    finally:
        lock.release()


def _describe(out: Path, record: Mapping[str, Any]) -> None:
    with storage_errors(out):
        (out / "config.json").write_text(json.dumps(record, indent=1))


def _check_shares(config: EngineConfig, processes: Processes) -> None:
    micro_batches = config.batch_size // config.micro_batch_size
    if micro_batches % processes.count:
        raise TrainingError(
            f"{micro_batches} micro-batches per step (batch_size {config.batch_size} / "
            f"micro_batch_size {config.micro_batch_size}) cannot be shared by {processes.count} "
            "processes; start a number of processes that divides it."
        )
