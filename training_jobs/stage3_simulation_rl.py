"""Stage 3: the video model is a policy; the simulator's trajectories are its reward.

Sampling with noise in its first steps is a chain of normal distributions (Flow-GRPO, Liu et al.
2025). Several clips are sampled for each start; those whose bodies move more like the simulator's
than the others' become more likely. PPO's clipped ratio (Schulman et al. 2017, eq. 7) with
advantages relative to the group, a Kullback-Leibler penalty towards the policy of stage 2, and
flow matching on true clips as an anchor.

Guards: the reward is read off decoded pixels by a frozen meter, never off the model's own features;
a meter that cannot tell true clips from generated ones is refused; a second meter that never gives
reward is logged beside it, and so is the pixels' error.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Float

from phys4d_pipeline.cli import main
from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.models.adapters import add_adapter, save_adapter, use_adapters
from phys4d_pipeline.objectives import flow_matching_loss

from .base_model import PRESETS as BASE_PRESETS
from .engine.config import ENGINE_PRESETS, EngineConfig
from .engine.distributed import training_device
from .engine.stage import Draw, Trained, Weights
from .lessons.latents import Latents
from .lessons.moving import followed_windows, moving_bodies
from .lessons.noising import noised
from .lessons.windows import PUBLISHED, Batch, WindowConfig, Windows, known_latents
from .lessons.world_model import ADAPTERS, world_model
from .meters import REWARDING, WATCHING, load_meter
from .rl.policy import PolicyConfig, Rollout, policy_losses, roll_out
from .rl.reward import RewardConfig, distances, raise_if_blind

Tensor = torch.Tensor
NAME = "stage3"


@dataclass(frozen=True, kw_only=True)
class Stage3Config:
    """How the policy is sampled, judged and held near where it was."""

    engine: EngineConfig
    """`batch_size` counts starts; of each, a group of clips is sampled."""
    windows: WindowConfig
    policy: PolicyConfig
    reward: RewardConfig
    backbone: str = ""
    """Folder or hub id of a published checkpoint; empty for the stage `base` beside this one."""
    rank: int = 16
    """Of the adapter that is added to stage 2's."""
    anchor: float = 0.002
    """Weight of flow matching on the true clips. Log-probabilities are means over latent numbers,
    so the policy's gradient is short: at 0.1 the anchor's was 28 times as long and drowned it."""


_DEMO = Stage3Config(
    engine=replace(
        ENGINE_PRESETS["demo"],
        steps=4,
        batch_size=2,
        micro_batch_size=2,
        learning_rate=1e-3,
        warmup_steps=2,
        weight_decay=0.0,
        ema_decay=0.8,
        log_every=2,
        checkpoint_every=8,
    ),
    windows=BASE_PRESETS["demo"].windows,
    policy=PolicyConfig(),
    reward=RewardConfig(),
)
PRESETS = {
    "tiny": replace(
        _DEMO,
        engine=replace(ENGINE_PRESETS["tiny"], steps=4, log_every=1, checkpoint_every=2),
        windows=BASE_PRESETS["tiny"].windows,
        policy=PolicyConfig(group=3, num_steps=4, stochastic_steps=2),
        # Ten steps of training make no meter: the machinery is run, nothing is learnt.
        reward=RewardConfig(most_floor=10.0),
        rank=4,
    ),
    # A minute of training makes no meter, either.
    "demo": replace(
        _DEMO,
        engine=replace(_DEMO.engine, steps=2, warmup_steps=1, log_every=1),
        reward=RewardConfig(most_floor=10.0),
    ),
    "desk": replace(
        _DEMO,
        engine=replace(_DEMO.engine, steps=24, batch_size=4, learning_rate=4e-3, log_every=4),
    ),
    "small": replace(
        _DEMO,
        engine=replace(
            ENGINE_PRESETS["small"], steps=60, batch_size=12, micro_batch_size=4, ema_decay=0.9,
            warmup_steps=5, learning_rate=2e-4, checkpoint_every=10,
        ),
        windows=BASE_PRESETS["small"].windows,
        policy=PolicyConfig(group=8, num_steps=10),
        rank=32,
    ),
    "full": replace(
        _DEMO,
        engine=replace(
            ENGINE_PRESETS["full"], steps=1000, batch_size=8, micro_batch_size=1, ema_decay=0.9,
            warmup_steps=20, learning_rate=1e-4, checkpoint_every=20,
        ),
        windows=PUBLISHED,
        policy=PolicyConfig(group=8, num_steps=12),
        backbone="Wan-AI/Wan2.2-TI2V-5B-Diffusers",
        rank=64,
    ),
}  # fmt: skip


class Stage3:
    """Trains an adapter on top of stage 2's."""

    name = NAME

    def __init__(self, config: Stage3Config, store_uri: str, out: Path) -> None:
        self.config = config
        self.out = out
        self.device = training_device()
        if config.engine.checkpoint_every % config.policy.updates:
            raise TrainingError(
                f"checkpoint_every ({config.engine.checkpoint_every}) must be a multiple of "
                f"updates ({config.policy.updates}): a resumed run cannot sample with the policy "
                "of earlier steps."
            )
        self.model, sources = world_model(config.backbone, out, "stage2", dtype=config.engine.dtype)
        self.backbone = self.model.backbone
        self.backbone.to(self.device)
        self.meters = {}
        for name in (REWARDING, WATCHING):
            meter, sources["meters"] = load_meter(out, name)
            self.meters[name] = meter.to(self.device)
        self.windows = Windows(store_uri, config.windows)
        self.latents = Latents(self.windows, self.backbone, out.resolve().parent)
        self.starts = followed_windows(self.windows)
        self.sources = {"clips": self.windows.sha256, **sources}
        self._check_meters()
        self._adapt(self.backbone)
        self.trained = {
            "transformer": Trained(module=self.backbone.transformer, blocks=self.backbone.blocks)
        }
        self._rollouts: dict[int, Rollout] = {}

    def batch(self, draw: Draw) -> tuple[Draw, Tensor, Tensor, Batch]:
        """Starts, captions and truth: the same for all updates on one set of samples."""
        size, ago = self.config.engine.batch_size, draw.step % self.config.policy.updates
        draw = replace(draw, step=draw.step - ago, first=draw.first - ago * size)
        chosen = [self.starts[each] for each in draw.clips(len(self.starts))]
        truth = self.windows.batch(chosen)
        return draw, self.latents.videos(chosen), self.latents.captions(chosen), truth

    def losses(
        self, batch: tuple[Draw, Tensor, Tensor, Batch], rng: torch.Generator
    ) -> Iterator[tuple[Tensor, Mapping[str, Tensor | float]]]:
        """One part per stochastic step, then the anchor."""
        draw, clean, text, truth = batch
        clean, text = clean.to(self.device), text.to(self.device)
        known = self._known(clean)
        if draw.first not in self._rollouts:
            self._rollouts = {
                first: each
                for first, each in self._rollouts.items()
                if first >= draw.step * self.config.engine.batch_size
            }
            self._rollouts[draw.first] = self._roll_out(draw, clean, text, known, truth)
        rollout = self._rollouts[draw.first]
        yield from policy_losses(self.config.policy, self.backbone, rollout)
        asked = noised(self.backbone.process, clean, known, rng)
        answer = self.backbone.predict(asked.noisy, asked.time, text, known)
        anchor = flow_matching_loss(answer, asked.target, known).mean()
        yield self.config.anchor * anchor, {"flow_matching": anchor, **rollout.scalars}

    def export(self, folder: Path, weights: Weights) -> None:
        """The adapter alone; the heads are stage 2's."""
        model, _ = world_model(self.config.backbone, self.out, "stage2")
        self._adapt(model.backbone)
        model.backbone.transformer.load_state_dict(weights["transformer"], strict=False)
        save_adapter(model.backbone, ADAPTERS[NAME], folder)

    def _roll_out(
        self, draw: Draw, clean: Tensor, text: Tensor, known: Tensor, truth: Batch
    ) -> Rollout:
        samples = roll_out(
            self.config.policy,
            self.backbone,
            clean=clean,
            text=text,
            known=known,
            reference=[ADAPTERS["stage2"]],
            rng=draw.rng("rollouts"),
        )
        videos, bodies = self._decoded(samples.latents), moving_bodies(truth)
        rewards = {
            name: -self._distances(name, videos, truth, bodies, self.config.policy.group)
            for name in self.meters
        }
        frames = self.config.windows.known_frames
        true = truth["rgb"].to(self.device).repeat_interleave(self.config.policy.group, 0)
        mse = ((videos - true)[:, :, frames:] / 2).square().mean()
        scalars = {f"reward_{name}": reward.mean() for name, reward in rewards.items()}
        return samples.judged(rewards[REWARDING], {**scalars, "pixel_mse": mse})

    def _distances(
        self, name: str, videos: Tensor, truth: Batch, bodies: Tensor, group: int
    ) -> Float[Tensor, " B"]:
        return distances(
            self.config.reward,
            self.meters[name],
            videos,
            truth,
            bodies,
            group=group,
            known_frames=self.config.windows.known_frames,
        )

    @torch.no_grad()
    def _decoded(self, latents: Tensor) -> Float[Tensor, "B 3 T H W"]:
        return torch.cat([self.backbone.decode(each[None]) for each in latents])

    def _check_meters(self) -> None:
        """Refuse a reward whose error on the truth is about that of generated clips."""
        some = self.starts[:: max(1, len(self.starts) // 16)][:16]
        clean = self.latents.videos(some).to(self.device)
        text = self.latents.captions(some).to(self.device)
        truth = self.windows.batch(some)
        generated = roll_out(
            replace(self.config.policy, group=1, stochastic_steps=0),
            self.backbone,
            clean=clean,
            text=text,
            known=self._known(clean),
            reference=None,
            rng=torch.Generator().manual_seed(self.config.engine.seed),
        )
        bodies = moving_bodies(truth)
        true, made = self._decoded(clean), self._decoded(generated.latents)
        for name in self.meters:
            floor = self._distances(name, true, truth, bodies, 1).mean()
            baseline = self._distances(name, made, truth, bodies, 1).mean()
            raise_if_blind(self.config.reward, name, floor.item(), baseline.item())

    def _known(self, clean: Tensor) -> Tensor:
        return known_latents(
            self.config.windows, time_stride=self.backbone.vae_strides.time, latents=clean.shape[2]
        )

    def _adapt(self, backbone) -> None:
        rng = torch.Generator().manual_seed(self.config.engine.seed)
        name = ADAPTERS[NAME]
        add_adapter(backbone, name, rank=self.config.rank, rng=rng)
        use_adapters(backbone, [ADAPTERS["stage2"], name], train=name)


def prepare(config: Stage3Config, store_uri: str, out: Path) -> Stage3:
    """Open the clips, the model of stage 2 and the meters beside `out`."""
    return Stage3(config, store_uri, out)


if __name__ == "__main__":
    sys.exit(main(["train", NAME, *sys.argv[1:]]))
