import math
from dataclasses import replace

import pytest
import torch

from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.objectives import Weights
from training_jobs.engine.config import (
    ENGINE_PRESETS,
    EngineConfig,
    deciding,
    differences,
    sha256,
)
from training_jobs.engine.distributed import joined_processes
from training_jobs.engine.settings import changed
from training_jobs.engine.stage import Draw, Trained
from training_jobs.engine.weights import new_state
from training_jobs.lessons.windows import PUBLISHED
from training_jobs.stage2_physics_finetuning import Stage2Config

BASE = EngineConfig(steps=110, batch_size=8, micro_batch_size=2, learning_rate=2.0)


def test_the_learning_rate_rises_in_a_line_and_falls_as_a_cosine() -> None:
    config = replace(BASE, warmup_steps=10, final_learning_rate=0.25)
    rates = [config.learning_rate_at(step) for step in range(111)]
    assert rates[:10] == pytest.approx([0.2 * step for step in range(1, 11)])
    assert rates[10] == 2.0
    assert rates[60] == pytest.approx((2.0 + 0.5) / 2)  # half-way
    assert rates[110] == pytest.approx(0.5)
    assert rates[35] == pytest.approx(0.5 + 1.5 * (1 + math.cos(math.pi / 4)) / 2)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"steps": 0}, "steps (0) must be 1 or more"),
        ({"learning_rate": math.nan}, "learning_rate (nan) must be positive"),
        ({"ema_decay": 1.0}, "ema_decay (1.0) must be at least 0 and below 1"),
        ({"dtype": "float16"}, "dtype (float16) must be float32 or bfloat16"),
        ({"micro_batch_size": 3}, "micro_batch_size (3) must divide batch_size (8)"),
        ({"warmup_steps": 110}, "warmup_steps (110) must be fewer than steps (110)"),
        ({"steps": -1, "seed": -2}, "steps (-1) must be 1 or more; seed (-2) must be 0 or more"),
    ],
)
def test_a_wrong_number_is_told_with_its_bound(changes: dict[str, object], told: str) -> None:
    with pytest.raises(TrainingError) as error:
        replace(BASE, **changes)  # type: ignore[arg-type]
    assert told in str(error.value)


def test_what_changes_no_weight_is_not_part_of_a_run() -> None:
    from toy_training.adapters import PRESETS

    tiny = PRESETS["tiny"]
    often = replace(tiny, engine=replace(tiny.engine, log_every=7, keep_checkpoints=9))
    longer = replace(tiny, rank=8, engine=replace(tiny.engine, steps=7))
    assert sha256(deciding(often)) == sha256(deciding(tiny))
    assert sha256(deciding(longer)) != sha256(deciding(tiny))
    assert differences(deciding(tiny), deciding(longer)) == [
        "engine.steps was 6, now 7",
        "rank was 4, now 8",
    ]


def test_presets_go_from_seconds_to_days() -> None:
    assert list(ENGINE_PRESETS) == ["tiny", "demo", "small", "full"]
    clips = [each.steps * each.batch_size for each in ENGINE_PRESETS.values()]
    assert clips == sorted(clips)


def test_every_epoch_has_every_clip_once_whatever_the_size_of_a_draw() -> None:
    def drawn(size: int) -> list[int]:
        draws = [Draw(step=0, first=first, size=size, seed=3) for first in range(0, 30, size)]
        return [clip for draw in draws for clip in draw.clips(10)]

    epochs = [drawn(1)[first : first + 10] for first in (0, 10, 20)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert drawn(6) == drawn(1) == drawn(15)


def test_draws_and_purposes_have_numbers_of_their_own() -> None:
    draws = [Draw(step=0, first=first, size=1, seed=seed) for first in (0, 1) for seed in (0, 1)]
    seeds = {draw.number(purpose) for draw in draws for purpose in ("noise", "crop")}
    assert len(seeds) == 8
    first, again = (torch.rand(3, generator=draws[0].rng("noise")) for _ in range(2))
    assert torch.equal(first, again)
    with pytest.raises(TrainingError, match="no clips"):
        draws[0].clips(0)


def test_the_running_average_forgets_by_its_decay() -> None:
    config = replace(BASE, ema_decay=0.8, weight_decay=0.0)
    module = torch.nn.Linear(3, 2)
    with joined_processes() as processes:
        state = new_state({"linear": Trained(module=module)}, config, processes)
        for average in state.averages.values():
            average.zero_()
        for parameter in module.parameters():
            parameter.grad = torch.zeros_like(parameter)
        for _ in range(5):
            state.update(config)  # no gradient: the weights stay
        exported = state.exported({"linear": None}, keep=True)["linear"]
        for name, parameter in module.named_parameters():
            weights = parameter.full_tensor()  # type: ignore[attr-defined]
            torch.testing.assert_close(exported[name], (1 - 0.8**5) * weights.detach())


def test_only_float32_weights_are_trained_and_at_least_one() -> None:
    with joined_processes() as processes:
        half = torch.nn.Linear(2, 2, dtype=torch.bfloat16)
        with pytest.raises(TrainingError, match=r"head.weight is trained in torch.bfloat16"):
            new_state({"head": Trained(module=half)}, BASE, processes)
        frozen = torch.nn.Linear(2, 2).requires_grad_(False)
        with pytest.raises(TrainingError, match="no parameter that requires a gradient"):
            new_state({"head": Trained(module=frozen)}, BASE, processes)


def test_settings_change_fields_at_any_depth_all_at_once() -> None:
    config = Stage2Config(
        engine=replace(BASE, warmup_steps=10), windows=PUBLISHED, losses=Weights(warp=2.0)
    )
    words = ["engine.steps=5", "losses.warp=0", "engine.warmup_steps = 2", "backbone=a=b", "rank=8"]
    words += ["engine.dtype=bfloat16", "engine.learning_rate=1e-4", "losses.warp=.5"]
    engine = replace(
        BASE, steps=5, warmup_steps=2, dtype="bfloat16", learning_rate=1e-4
    )  # 5 steps alone would be refused: 10 of warmup
    losses = Weights(warp=0.5)
    wanted = replace(config, engine=engine, losses=losses, backbone="a=b", rank=8)
    assert changed(config, words) == wanted
    assert changed(config, []) == config


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("rank", "'rank' must be NAME=VALUE"),
        ("rnk=3", "Unknown field of Stage2Config 'rnk'. Did you mean 'rank'?"),
        ("engine.step=3", "Unknown field of EngineConfig 'step'. Did you mean 'steps'?"),
        ("engine.steps=many", "engine.steps ('many'): Input should be a valid integer"),
        ("engine.steps=0", "steps (0) must be 1 or more"),
        ("engine.dtype=float16", "engine.dtype ('float16'): Input should be 'float32' or"),
        ("losses=0", "losses is a group; name one of losses.flow_matching, losses.depth"),
        ("rank.much=3", "rank is no group of fields"),
    ],
)
def test_a_wrong_setting_is_told_with_what_there_is(setting: str, told: str) -> None:
    with pytest.raises(TrainingError) as error:
        changed(Stage2Config(engine=BASE, windows=PUBLISHED), [setting])
    assert told in str(error.value)
