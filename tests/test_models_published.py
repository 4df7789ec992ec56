"""Networks of the published sizes, without weights; Open-Sora against its published source.

`open_sora/*.txt` list the names and shapes, `open_sora/outputs.json` the outputs, of the classes of
hpcaitech/Open-Sora v1.2 itself, run once with the weights and inputs made by `wave` below.
"""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import init_empty_weights
from diffusers.models.autoencoders.autoencoder_kl_wan import AutoencoderKLWan
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXTransformer3DModel
from diffusers.models.transformers.transformer_wan import WanTransformer3DModel

from phys4d_pipeline.models.families.opensora import published_shift
from phys4d_pipeline.models.open_sora_vae import OpenSoraVAE, TimeVAE
from phys4d_pipeline.models.stdit3 import STDiT3
from tests.model_cases import rng, shared

REFERENCE = Path(__file__).parent / "open_sora"
WAN_5B = {"num_attention_heads": 24, "in_channels": 48, "out_channels": 48, "ffn_dim": 14336}
WAN_1_3B = {"num_attention_heads": 12, "ffn_dim": 8960}
COGVIDEOX_5B = {
    "num_attention_heads": 48,
    "num_layers": 42,
    "sample_width": 90,
    "sample_height": 60,
}


def num_parameters(cls: type[torch.nn.Module], **config: Any) -> int:
    with init_empty_weights():
        return sum(p.numel() for p in cls(**config).parameters())


def shapes(module: torch.nn.Module) -> dict[str, str]:
    return {name: "x".join(map(str, t.shape)) for name, t in module.state_dict().items()}


def listed(file: str) -> dict[str, str]:
    return dict(line.split(" ") for line in (REFERENCE / file).read_text().splitlines())


def wave(*shape: int, by: float, start: float = 0.0, size: float = 1.0) -> torch.Tensor:
    places = torch.arange(math.prod(shape), dtype=torch.float64)
    return (size * torch.sin(by * places + start)).float().view(shape)


@torch.no_grad()
def fill(module: torch.nn.Module) -> None:
    for index, (name, tensor) in enumerate(sorted(module.state_dict().items())):
        if name != "rope.freqs":
            tensor.copy_(wave(*tensor.shape, by=0.37, start=index, size=0.2))


def expected(key: str) -> torch.Tensor:
    return torch.tensor(json.loads((REFERENCE / "outputs.json").read_text())[key])


@pytest.mark.parametrize(
    ("cls", "config", "number"),
    [
        (WanTransformer3DModel, {**WAN_5B, "num_layers": 30}, 4_999_787_712),
        (WanTransformer3DModel, {**WAN_1_3B, "num_layers": 30}, 1_418_996_800),
        (
            CogVideoXTransformer3DModel,
            {**COGVIDEOX_5B, "use_rotary_positional_embeddings": True},
            5_570_283_072,
        ),
        (AutoencoderKLWan, {}, 126_892_531),
        (STDiT3, {}, 1_207_643_972),
    ],
    ids=["wan_2.2_5b", "wan_2.1_1.3b", "cogvideox_5b", "wan_2.1_vae", "open_sora_1.2"],
)
def test_networks_of_published_sizes_have_the_known_number_of_parameters(
    cls: type[torch.nn.Module], config: dict[str, Any], number: int
) -> None:
    assert num_parameters(cls, **config) == number


def test_names_and_shapes_of_stdit3_are_the_published_ones() -> None:
    with init_empty_weights():
        assert shapes(STDiT3()) == listed("stdit3_tensors.txt")


def test_names_and_shapes_of_the_time_vae_are_the_published_ones() -> None:
    with init_empty_weights():
        found = shapes(OpenSoraVAE())
    of_time = {name: shape for name, shape in found.items() if name.startswith("temporal_vae.")}
    assert of_time == listed("vae_temporal_tensors.txt")
    of_pictures = {name for name in found if name.startswith("spatial_vae.module.")}
    assert found.keys() - of_time.keys() - of_pictures == {"scale", "shift"}


@pytest.mark.parametrize("case", ["all_noisy", "first_known"])
def test_stdit3_computes_what_the_published_source_does(case: str) -> None:
    network = STDiT3(
        hidden_size=64, depth=2, num_heads=4, caption_channels=24, model_max_length=10
    ).eval()
    fill(network)
    mask = torch.arange(10) < torch.tensor([[4], [7]])
    unknown = torch.tensor([[False, True, True]] * 2)
    with torch.no_grad():
        output = network(
            wave(2, 4, 3, 6, 4, by=0.83),
            torch.tensor([300.0, 900.0]),
            wave(2, 10, 24, by=0.41),
            mask=mask,
            x_mask=unknown if case == "first_known" else None,
            fps=torch.tensor([24.0, 24.0]),
            size_px=(48, 32),
        )
    # The frame that is known is not compared: the source normalises it twice, and nobody reads it.
    found = output[:, :, 1:].flatten()[::48]
    torch.testing.assert_close(found, expected(case), atol=2e-5, rtol=0)  # stored to 5 digits


def test_the_time_vae_computes_what_the_published_source_does() -> None:
    vae = TimeVAE(8, 2, 1).eval()
    fill(vae)
    with torch.no_grad():
        latents = vae.encode(wave(1, 4, 9, 4, 4, by=0.77))
        frames = vae.decode(latents)[:, :, 3:]
    for key, found in (
        ("time_vae_latents", latents.flatten()[::16]),
        ("time_vae_frames", frames.flatten()[::48]),
    ):
        torch.testing.assert_close(found, expected(key), atol=2e-5, rtol=0)  # stored to 5 digits


def test_longer_videos_are_coded_in_groups_of_seventeen_frames() -> None:
    backbone = shared("opensora")
    video = 2 * torch.rand(1, 3, 51, 16, 16, generator=rng(0)) - 1
    latents = backbone.encode(video)
    assert latents.shape[2] == 15
    assert backbone.decode(latents).shape == video.shape
    torch.testing.assert_close(latents[:, :, 5:10], backbone.encode(video[:, :, 17:34]))
    assert backbone.decode(backbone.encode(video[:, :, :33])).shape[2] == 33
    with pytest.raises(ValueError, match="up to 33, or a multiple of 17"):
        backbone.encode(video[:, :, :37])


def test_shift_of_open_sora_grows_with_the_root_of_pixels_and_latents() -> None:
    assert published_shift(num_latents=1, height_px=512, width_px=512) == 1
    assert published_shift(num_latents=4, height_px=1024, width_px=1024) == 4
