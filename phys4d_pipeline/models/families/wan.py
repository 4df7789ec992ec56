"""WAN 2.1 (text to video) and WAN 2.2 TI2V-5B: rectified flow, one timestep per token.

Known frames have timestep 0, as in TI2V-5B. The 2.1 text-to-video releases were trained with one
timestep per clip: what to do with known frames is left for them to learn.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_wan import (
    AutoencoderKLWan,
    WanAttentionBlock,
    WanResidualBlock,
)
from diffusers.models.transformers.transformer_wan import WanTransformer3DModel
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from jaxtyping import Bool, Float
from transformers import UMT5Config, UMT5EncoderModel

from ...errors import CheckpointError
from ..backbone import Strides
from ..captions import CaptionEncoder, load_captions
from ..checkpoint import load_model, read_json, write_folder
from ..rectified_flow import RectifiedFlow
from ..toy_parts import ToySizes, t5_sizes, toy_captions
from ..videos import raise_unless_causal

Tensor = torch.Tensor

READS = frozenset({"WanPipeline", "WanImageToVideoPipeline"})
NUM_TIMESTEPS = 1000
TOY_SIZES = ToySizes()


class Wan:
    """A VideoBackbone."""

    lora_targets = ("to_q", "to_k", "to_v", "to_out.0", "ffn.net.0.proj", "ffn.net.2")

    def __init__(
        self,
        *,
        transformer: WanTransformer3DModel,
        vae: AutoencoderKLWan,
        captions: CaptionEncoder,
        process: RectifiedFlow,
    ) -> None:
        # Any: what diffusers annotates (config as dict, outputs as tuples) is not what it does.
        self.transformer: Any = transformer
        self.vae: Any = vae.eval().requires_grad_(False)
        self.captions = captions
        self.process = process
        config = self.transformer.config
        self.blocks = transformer.blocks
        self.hidden_size = config.num_attention_heads * config.attention_head_dim
        self.latent_channels = self.vae.config.z_dim
        self.vae_strides = Strides(
            time=self.vae.config.scale_factor_temporal, space=self.vae.config.scale_factor_spatial
        )
        self.patch = Strides(time=config.patch_size[0], space=config.patch_size[1])

    @torch.no_grad()
    def encode(self, video: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B C t h w"]:
        """Normalised latents (the mean of the posterior)."""
        raise_unless_causal(video, self.vae_strides, self.patch)
        latents = self.vae.encode(video.to(self.vae.dtype)).latent_dist.mode()
        mean, std = self._statistics(latents)
        return (latents.float() - mean) / std

    def decode(self, latents: Float[Tensor, "B C t h w"]) -> Float[Tensor, "B 3 T H W"]:
        """The video, clipped to [-1, 1]."""
        mean, std = self._statistics(latents)
        video = self.vae.decode((latents.float() * std + mean).to(self.vae.dtype)).sample
        return video.float().clamp(-1, 1)

    def encode_text(self, captions: Sequence[str]) -> Float[Tensor, "B words width"]:
        """Embeddings, zero beyond the end of a caption."""
        embeddings, words = self.captions.encode(captions)
        return (embeddings * words[..., None]).float()

    def without_text(self, text: Float[Tensor, "B words width"]) -> Float[Tensor, "B words width"]:
        """The embedding of the empty caption."""
        return self.encode_text([""]).to(text).expand_as(text)

    def predict(
        self,
        noisy: Float[Tensor, "B C t h w"],
        time: Float[Tensor, " B"],
        text: Float[Tensor, "B words width"],
        known: Bool[Tensor, " t"],
    ) -> Float[Tensor, "B C t h w"]:
        """Noise - clean; known frames have timestep 0."""
        dtype = self.transformer.dtype
        timestep = NUM_TIMESTEPS * time.float()
        if bool(known.any()):
            tokens_per_frame = noisy.shape[3] * noisy.shape[4] // self.patch.space**2
            per_frame = timestep[:, None] * (~known)
            timestep = per_frame.repeat_interleave(tokens_per_frame, dim=1)
        return self.transformer(
            hidden_states=noisy.to(dtype),
            timestep=timestep,
            encoder_hidden_states=text.to(dtype),
            return_dict=False,
        )[0].to(noisy.dtype)

    def video_tokens(self, block_output: object) -> Float[Tensor, "B N D"]:
        """A block's output as it is."""
        assert isinstance(block_output, torch.Tensor)
        return block_output

    def save(self, folder: str | Path) -> None:
        """Write the checkpoint folder in the layout of the published one, safetensors only."""
        components = {
            "transformer": self.transformer,
            "vae": self.vae,
            "text_encoder": self.captions.encoder,
            "tokenizer": self.captions.tokenizer,
            "scheduler": FlowMatchEulerDiscreteScheduler(shift=self.process.shift),
        }
        index = {"_class_name": "WanPipeline", "expand_timesteps": True, "boundary_ratio": None}
        write_folder(Path(folder), components, index)

    def to(self, device: torch.device | str) -> None:
        """Move transformer, VAE and text encoder."""
        for module in (self.transformer, self.vae, self.captions.encoder):
            module.to(device)

    def _statistics(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of a latent, per channel."""
        config = self.vae.config
        mean, std = (
            torch.tensor(values, dtype=torch.float32, device=like.device).view(1, -1, 1, 1, 1)
            for values in (config.latents_mean, config.latents_std)
        )
        return mean, std


def load(folder: Path, *, dtype: torch.dtype) -> Wan:
    """The backbone in a folder laid out as the published one."""
    config = read_json(folder / "transformer" / "config.json")
    latent_channels = read_json(folder / "vae" / "config.json").get("z_dim", 16)
    if config.get("in_channels", 16) != latent_channels or (folder / "transformer_2").exists():
        raise CheckpointError(
            f"{folder}: a 14B image-to-video or two-transformer WAN; their conditions (CLIP, "
            "masks, experts) are not built. Take Wan2.2-TI2V-5B or Wan2.1-T2V."
        )
    scheduler = read_json(folder / "scheduler" / "scheduler_config.json")
    shift = scheduler.get("flow_shift", scheduler.get("shift", 1.0))
    return Wan(
        transformer=load_model(WanTransformer3DModel, folder / "transformer", dtype=dtype),
        # The VAE's small convolutions lose visible detail in half precision.
        vae=load_model(AutoencoderKLWan, folder / "vae", dtype=torch.float32),
        captions=load_captions(folder, max_words=None, dtype=dtype),
        process=RectifiedFlow(shift=shift),
    )


def toy(sizes: ToySizes) -> Wan:
    """A small one with random weights from torch's generator, which the caller seeds."""
    levels = len(sizes.vae_widths)
    transformer = WanTransformer3DModel(
        num_attention_heads=sizes.num_heads,
        attention_head_dim=sizes.head_size,
        in_channels=sizes.latent_channels,
        out_channels=sizes.latent_channels,
        text_dim=sizes.text_width,
        freq_dim=sizes.text_width,
        ffn_dim=sizes.hidden_size * sizes.ffn_ratio,
        num_layers=sizes.num_layers,
        rope_max_seq_len=128,
        patch_size=(1, sizes.token_side, sizes.token_side),
    )
    base = sizes.vae_widths[0]
    as_in_2_2 = sizes.vae_patch > 1
    colours = 3 * sizes.vae_patch**2
    in_time = [level >= levels - 3 for level in range(levels - 1)]
    vae = AutoencoderKLWan(
        base_dim=base,
        z_dim=sizes.latent_channels,
        dim_mult=[width // base for width in sizes.vae_widths],
        num_res_blocks=1,
        temperal_downsample=in_time,
        scale_factor_temporal=2 ** sum(in_time),
        latents_mean=[0.0] * sizes.latent_channels,
        latents_std=[1.0] * sizes.latent_channels,
        scale_factor_spatial=sizes.vae_patch * 2 ** (levels - 1),
        is_residual=as_in_2_2,
        patch_size=sizes.vae_patch if as_in_2_2 else None,
        in_channels=colours,
        out_channels=colours,
    )
    if as_in_2_2:
        _start_as_shortcuts(vae)
    captions = toy_captions(UMT5EncoderModel(UMT5Config(**t5_sizes(sizes))), sizes)
    process = RectifiedFlow(shift=3.0)
    return Wan(transformer=transformer.eval(), vae=vae, captions=captions, process=process)


def _start_as_shortcuts(vae: AutoencoderKLWan) -> None:
    """Let every residual branch begin at 0 (Goyal et al. 2017, sec. 5.1): the VAE learns sooner."""
    for module in vae.modules():
        if isinstance(module, WanResidualBlock | WanAttentionBlock):
            last = module.conv2 if isinstance(module, WanResidualBlock) else module.proj
            for parameter in last.parameters():
                torch.nn.init.zeros_(parameter)
