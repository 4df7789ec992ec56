"""Open-Sora 1.2: STDiT3, a VAE in space and one in time, rectified flow with the opposite sign.

Its parts are published apart. A folder holds OpenSora-STDiT-v3 as `transformer`, OpenSora-VAE-v1.2
as `vae`, tokenizer and text_encoder of PixArt-alpha/pixart_sigma_sdxlvae_T5_diffusers, and a
model_index.json of {"_class_name": "OpenSoraPipeline"}.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from jaxtyping import Bool, Float
from transformers import T5Config, T5EncoderModel

from ..backbone import Strides
from ..captions import CaptionEncoder, load_captions
from ..checkpoint import load_model, read_json, write_folder
from ..open_sora_vae import TIME_STRIDE, OpenSoraVAE
from ..rectified_flow import RectifiedFlow
from ..stdit3 import STDiT3
from ..toy_parts import ToySizes, t5_sizes, toy_captions
from ..videos import raise_unless_whole_tokens

Tensor = torch.Tensor

READS = frozenset({"OpenSoraPipeline"})
NUM_TIMESTEPS = 1000
TOY_SIZES = ToySizes()
FPS = 24.0  # of the published examples


class OpenSora:
    """A VideoBackbone; set `fps` to the frame rate of the videos [1/s]."""

    lora_targets = (
        "attn.qkv",
        "attn.proj",
        "cross_attn.q_linear",
        "cross_attn.kv_linear",
        "cross_attn.proj",
        "mlp.fc1",
        "mlp.fc2",
    )

    def __init__(
        self,
        *,
        transformer: STDiT3,
        vae: OpenSoraVAE,
        captions: CaptionEncoder,
        process: RectifiedFlow,
        fps: float = FPS,
    ) -> None:
        self.transformer: Any = transformer
        self.vae: Any = vae.eval().requires_grad_(False)
        self.captions = captions
        self.process = process
        self.fps = fps
        config = self.transformer.config
        self.blocks = transformer.temporal_blocks
        self.hidden_size = config.hidden_size
        self.latent_channels = config.in_channels
        levels = len(vae.spatial_vae.module.config["block_out_channels"])
        self.vae_strides = Strides(time=TIME_STRIDE, space=2 ** (levels - 1))
        self.patch = Strides(time=config.patch_size[0], space=config.patch_size[1])

    @torch.no_grad()
    def encode(self, video: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B C t h w"]:
        """Normalised latents (the mean of the posterior).

        4k + 1 frames up to 33 give k + 1 latents as with the other backbones. Longer videos must be
        groups of 17 frames, which give 5 latents each.
        """
        num_frames, height, width = video.shape[2:]
        group = self.vae.config.micro_frame_size
        if num_frames % group and not (num_frames < 2 * group and num_frames % TIME_STRIDE == 1):
            raise ValueError(
                f"A video of {num_frames} frames: this VAE takes {TIME_STRIDE} k + 1 up to "
                f"{2 * group - 1}, or a multiple of {group}."
            )
        raise_unless_whole_tokens(height, width, self.vae_strides.space * self.patch.space)
        return self.vae.encode(video.to(self.vae.dtype)).float()

    def decode(self, latents: Float[Tensor, "B C t h w"]) -> Float[Tensor, "B 3 T H W"]:
        """The video, clipped to [-1, 1]."""
        return self.vae.decode(latents.to(self.vae.dtype)).float().clamp(-1, 1)

    def encode_text(self, captions: Sequence[str]) -> Float[Tensor, "B words width"]:
        """Embeddings, zero beyond the end of a caption."""
        embeddings, words = self.captions.encode(captions)
        return (embeddings * words[..., None]).float()

    def without_text(self, text: Float[Tensor, "B words width"]) -> Float[Tensor, "B words width"]:
        """The learned embedding of no caption, as many words of it as the captions have."""
        nothing = self.transformer.y_embedder.y_embedding[: text.shape[1]]
        return nothing.to(text) * _words(text)[..., None]

    def predict(
        self,
        noisy: Float[Tensor, "B C t h w"],
        time: Float[Tensor, " B"],
        text: Float[Tensor, "B words width"],
        known: Bool[Tensor, " t"],
    ) -> Float[Tensor, "B C t h w"]:
        """Clean - noise; known frames have timestep 0."""
        sides = [side * self.vae_strides.space for side in noisy.shape[3:]]
        unknown = (~known).expand(len(noisy), -1) if bool(known.any()) else None
        output = self.transformer(
            noisy,
            NUM_TIMESTEPS * time.float(),
            text,
            mask=_words(text),
            x_mask=unknown,
            fps=torch.full((len(noisy),), self.fps, device=noisy.device),
            size_px=(sides[0], sides[1]),
        )
        return output[:, : self.latent_channels].to(noisy.dtype)

    def video_tokens(self, block_output: object) -> Float[Tensor, "B N D"]:
        """A block's output as it is."""
        assert isinstance(block_output, torch.Tensor)
        return block_output

    def save(self, folder: str | Path) -> None:
        """Write the checkpoint folder described above, safetensors only."""
        components = {
            "transformer": self.transformer,
            "vae": self.vae,
            "text_encoder": self.captions.encoder,
            "tokenizer": self.captions.tokenizer,
            "scheduler": FlowMatchEulerDiscreteScheduler(shift=self.process.shift),
        }
        write_folder(Path(folder), components, {"_class_name": "OpenSoraPipeline"})

    def to(self, device: torch.device | str) -> None:
        """Move transformer, VAE and text encoder."""
        for module in (self.transformer, self.vae, self.captions.encoder):
            module.to(device)


def published_shift(*, num_latents: int, height_px: int, width_px: int) -> float:
    """Shift of times that Open-Sora 1.2 was trained and sampled with, for videos of a size."""
    return math.sqrt(height_px * width_px / 512**2) * math.sqrt(num_latents)


def load(folder: Path, *, dtype: torch.dtype) -> OpenSora:
    """The backbone in a folder as described above; the shift is that of 51 frames of 426x240."""
    words = read_json(folder / "transformer" / "config.json").get("model_max_length", 300)
    scheduler = folder / "scheduler" / "scheduler_config.json"
    default = published_shift(num_latents=15, height_px=240, width_px=426)
    shift = read_json(scheduler)["shift"] if scheduler.exists() else default
    return OpenSora(
        transformer=load_model(STDiT3, folder / "transformer", dtype=dtype),
        vae=load_model(OpenSoraVAE, folder / "vae", dtype=torch.float32),
        captions=load_captions(folder, max_words=words, dtype=dtype),
        process=RectifiedFlow(sign=-1, shift=shift),
    )


def toy(sizes: ToySizes) -> OpenSora:
    """A small one with random weights from torch's generator, which the caller seeds."""
    transformer = STDiT3(
        hidden_size=sizes.hidden_size,
        depth=sizes.num_layers,
        num_heads=sizes.num_heads,
        mlp_ratio=float(sizes.ffn_ratio),
        caption_channels=sizes.text_width,
        model_max_length=sizes.max_words,
    )
    levels = len(sizes.vae_widths)
    picture_vae = {
        "down_block_types": ["DownEncoderBlock2D"] * levels,
        "up_block_types": ["UpDecoderBlock2D"] * levels,
        "block_out_channels": list(sizes.vae_widths),
        "layers_per_block": 1,
        "norm_num_groups": 2,
        "latent_channels": 4,
    }
    vae = OpenSoraVAE(picture_vae=picture_vae, filters=8, num_groups=2, num_res_blocks=1)
    captions = toy_captions(T5EncoderModel(T5Config(**t5_sizes(sizes))), sizes)
    return OpenSora(
        transformer=transformer.eval(),
        vae=vae,
        captions=captions,
        process=RectifiedFlow(sign=-1, shift=2.0),
    )


def _words(text: Tensor) -> Tensor:
    """True where a row is a word, not padding."""
    return text.ne(0).any(-1)
