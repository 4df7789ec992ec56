"""CogVideoX 2b, 5b and 5b-I2V: v-prediction, text and video tokens in one sequence.

Image-to-video releases are shown the known latents in channels of their own. Text-to-video ones
have no such input: known frames stay clean among noisy ones, and what that means is left for them
to learn. The VAE decodes latents in pairs after the first: videos have 8k + 1 frames.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from diffusers.models.embeddings import get_3d_rotary_pos_embed
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXTransformer3DModel
from diffusers.pipelines.cogvideo.pipeline_cogvideox import get_resize_crop_region_for_grid
from diffusers.schedulers.scheduling_ddim_cogvideox import CogVideoXDDIMScheduler
from jaxtyping import Bool, Float
from transformers import T5Config, T5EncoderModel

from ...errors import CheckpointError
from ..backbone import Strides
from ..captions import CaptionEncoder, load_captions
from ..checkpoint import load_model, read_json, write_folder
from ..toy_parts import ToySizes, t5_sizes, toy_captions
from ..v_prediction import VPrediction
from ..videos import raise_unless_causal

Tensor = torch.Tensor

READS = frozenset({"CogVideoXPipeline", "CogVideoXImageToVideoPipeline"})
TOY_SIZES = ToySizes()


class CogVideoX:
    """A VideoBackbone."""

    lora_targets = ("to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2")

    def __init__(
        self,
        *,
        transformer: CogVideoXTransformer3DModel,
        vae: AutoencoderKLCogVideoX,
        captions: CaptionEncoder,
        process: VPrediction,
    ) -> None:
        # Any: what diffusers annotates (config as dict, outputs as tuples) is not what it does.
        self.transformer: Any = transformer
        self.vae: Any = vae.eval().requires_grad_(False)
        self.captions = captions
        self.process = process
        config = self.transformer.config
        self.blocks = transformer.transformer_blocks
        self.hidden_size = config.num_attention_heads * config.attention_head_dim
        self.latent_channels = self.vae.config.latent_channels
        levels = len(self.vae.config.block_out_channels)
        ratio = int(self.vae.config.temporal_compression_ratio)
        self.vae_strides = Strides(time=ratio, space=2 ** (levels - 1))
        self.patch = Strides(time=1, space=config.patch_size)

    @property
    def shows_known(self) -> bool:
        """Whether the known latents have channels of their own (image to video)."""
        return self.transformer.config.in_channels == 2 * self.latent_channels

    @torch.no_grad()
    def encode(self, video: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B C t h w"]:
        """Scaled latents (the mean of the posterior)."""
        pairs = Strides(time=2 * self.vae_strides.time, space=self.vae_strides.space)
        raise_unless_causal(video, pairs, self.patch)
        latents = self.vae.encode(video.to(self.vae.dtype)).latent_dist.mode()
        return latents.float() * self.vae.config.scaling_factor

    def decode(self, latents: Float[Tensor, "B C t h w"]) -> Float[Tensor, "B 3 T H W"]:
        """The video, clipped to [-1, 1]."""
        unscaled = latents.float() / self.vae.config.scaling_factor
        return self.vae.decode(unscaled.to(self.vae.dtype)).sample.float().clamp(-1, 1)

    def encode_text(self, captions: Sequence[str]) -> Float[Tensor, "B words width"]:
        """Embeddings; padding is embedded too, as in training."""
        return self.captions.encode(captions, masked=False)[0].float()

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
        """The network's v."""
        dtype = self.transformer.dtype
        shown = self._shown(noisy, time, known) if self.shows_known else noisy
        return (
            self.transformer(
                hidden_states=shown.to(dtype).transpose(1, 2),
                encoder_hidden_states=text.to(dtype),
                # Level k - 1 of the tables is time k / 1000.
                timestep=(time.float() * self.process.num_levels - 1).clamp(min=0),
                image_rotary_emb=self._rotations(noisy),
                return_dict=False,
            )[0]
            .transpose(1, 2)
            .to(noisy.dtype)
        )

    def video_tokens(self, block_output: object) -> Float[Tensor, "B N D"]:
        """A block gives (video tokens, text tokens)."""
        assert isinstance(block_output, tuple)
        return block_output[0]

    def save(self, folder: str | Path) -> None:
        """Write the checkpoint folder in the layout of the published one, safetensors only."""
        scheduler = CogVideoXDDIMScheduler(
            num_train_timesteps=self.process.num_levels,
            beta_start=self.process.beta_start,
            beta_end=self.process.beta_end,
            snr_shift_scale=self.process.snr_shift,
            prediction_type="v_prediction",
            rescale_betas_zero_snr=True,
            timestep_spacing="trailing",
        )
        components = {
            "transformer": self.transformer,
            "vae": self.vae,
            "text_encoder": self.captions.encoder,
            "tokenizer": self.captions.tokenizer,
            "scheduler": scheduler,
        }
        kind = "CogVideoXImageToVideoPipeline" if self.shows_known else "CogVideoXPipeline"
        write_folder(Path(folder), components, {"_class_name": kind})

    def to(self, device: torch.device | str) -> None:
        """Move transformer, VAE and text encoder."""
        for module in (self.transformer, self.vae, self.captions.encoder):
            module.to(device)

    def _shown(self, noisy: Tensor, time: Tensor, known: Tensor) -> Tensor:
        """Noisy latents beside the known ones, as the image-to-video releases were trained.

        There the known frames are noisy too, in the first half of the channels. Their noise is the
        same in every call, so that along a sampling path only its share changes.
        """
        frames = known[None, None, :, None, None]
        rng = torch.Generator().manual_seed(0)
        noise = torch.randn(noisy.shape[1:], generator=rng).to(noisy.device).expand_as(noisy)
        first = torch.where(frames, self.process.mix(noisy, noise, time), noisy.float())
        clean = torch.where(frames, noisy.float(), 0)
        return torch.cat([first, clean], dim=1)

    def _rotations(self, noisy: Tensor) -> tuple[Tensor, Tensor] | None:
        """Cosines and sines for the tokens' places; None where those are added instead (2b)."""
        config = self.transformer.config
        if not config.use_rotary_positional_embeddings:
            return None
        num_frames, rows, columns = noisy.shape[2:]
        grid = (rows // config.patch_size, columns // config.patch_size)
        rows_trained = config.sample_height // config.patch_size
        columns_trained = config.sample_width // config.patch_size
        rotations = get_3d_rotary_pos_embed(
            config.attention_head_dim,
            get_resize_crop_region_for_grid(grid, columns_trained, rows_trained),
            grid,
            num_frames,
            device=noisy.device,
        )
        assert isinstance(rotations, tuple)
        return rotations


def load(folder: Path, *, dtype: torch.dtype) -> CogVideoX:
    """The backbone in a folder laid out as the published one."""
    config = read_json(folder / "transformer" / "config.json")
    if config.get("patch_size_t") is not None:
        raise CheckpointError(
            f"{folder}: CogVideoX 1.5, whose patches span two latent frames while its VAE decodes "
            "odd numbers of them. Take CogVideoX-5b, -5b-I2V or -2b."
        )
    words = config.get("max_text_seq_length", 226)
    levels = read_json(folder / "scheduler" / "scheduler_config.json")
    default = VPrediction()
    return CogVideoX(
        transformer=load_model(CogVideoXTransformer3DModel, folder / "transformer", dtype=dtype),
        vae=load_model(AutoencoderKLCogVideoX, folder / "vae", dtype=torch.float32),
        captions=load_captions(folder, max_words=words, dtype=dtype),
        process=VPrediction(
            num_levels=levels.get("num_train_timesteps", default.num_levels),
            beta_start=levels.get("beta_start", default.beta_start),
            beta_end=levels.get("beta_end", default.beta_end),
            snr_shift=levels.get("snr_shift_scale", default.snr_shift),
        ),
    )


def toy(sizes: ToySizes) -> CogVideoX:
    """A small image-to-video one with random weights from torch's generator."""
    transformer = CogVideoXTransformer3DModel(
        num_attention_heads=sizes.num_heads,
        attention_head_dim=sizes.head_size,
        in_channels=2 * sizes.latent_channels,
        out_channels=sizes.latent_channels,
        time_embed_dim=sizes.text_width,
        text_embed_dim=sizes.text_width,
        num_layers=sizes.num_layers,
        sample_width=8,
        sample_height=8,
        sample_frames=9,
        max_text_seq_length=sizes.max_words,
        use_rotary_positional_embeddings=True,
    )
    levels = len(sizes.vae_widths)
    per_level: dict[str, Any] = {
        "down_block_types": ("CogVideoXDownBlock3D",) * levels,
        "up_block_types": ("CogVideoXUpBlock3D",) * levels,
        "block_out_channels": sizes.vae_widths,
    }
    vae = AutoencoderKLCogVideoX(
        **per_level,
        latent_channels=sizes.latent_channels,
        layers_per_block=1,
        norm_num_groups=2,
        scaling_factor=0.7,
    )
    captions = toy_captions(T5EncoderModel(T5Config(**t5_sizes(sizes))), sizes)
    return CogVideoX(
        transformer=transformer.eval(), vae=vae, captions=captions, process=VPrediction()
    )
