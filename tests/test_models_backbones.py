"""One body for every family: what it saves, encodes, predicts and samples."""

from pathlib import Path
from typing import Any, cast

import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl_wan import AutoencoderKLWan

from phys4d_pipeline.models.families.wan import Wan
from phys4d_pipeline.models.loading import load_backbone
from phys4d_pipeline.models.sampling import Stochastic, guided_prediction, sample
from phys4d_pipeline.models.toy import toy_backbone
from phys4d_pipeline.models.toy_parts import ToySizes
from tests.model_cases import (
    CAPTIONS,
    NAMES,
    NUM_FRAMES,
    fresh,
    question,
    rng,
    saved,
    shared,
    video,
)

every_backbone = pytest.mark.parametrize("name", NAMES)


@every_backbone
def test_what_was_saved_is_loaded_bit_for_bit(name: str, tmp_path: Path) -> None:
    before, after = shared(name), load_backbone(saved(name, tmp_path))
    asked = question(before)
    assert torch.equal(asked.put_to(before), asked.put_to(after))
    assert torch.equal(asked.text, after.encode_text(CAPTIONS))
    latents = before.encode(video())
    assert torch.equal(latents, after.encode(video()))
    assert torch.equal(before.decode(latents), after.decode(latents))
    assert after.process == before.process


@every_backbone
def test_the_same_seed_gives_the_same_weights_and_leaves_torch_alone(name: str) -> None:
    state = torch.random.get_rng_state()
    weights = fresh(name).transformer.state_dict()
    assert torch.equal(torch.random.get_rng_state(), state)
    again = shared(name).transformer.state_dict()
    assert all(torch.equal(weights[key], again[key]) for key in again)


@every_backbone
def test_a_video_of_4k_plus_1_frames_has_k_plus_1_latents(name: str) -> None:
    backbone = shared(name)
    for num_frames in (1, 9) if name == "cogvideox" else (1, 5, 9):  # that takes 8k + 1
        clip = video()[:, :, :num_frames]
        latents = backbone.encode(clip)
        assert latents.shape == (2, backbone.latent_channels, (num_frames + 3) // 4, 4, 4)
        decoded = backbone.decode(latents)
        assert decoded.shape == clip.shape
        assert decoded.abs().max() <= 1


def test_the_first_latent_of_wan_is_of_the_first_frame_alone() -> None:
    backbone = shared("wan")
    alone = backbone.encode(video()[:, :, :1])
    torch.testing.assert_close(  # other sizes of convolutions, other orders of sums
        backbone.encode(video())[:, :, :1], alone, atol=1e-5, rtol=1e-4
    )


@every_backbone
def test_videos_of_other_sizes_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"A video of 8 frames: this VAE takes . k \+ 1"):
        shared(name).encode(video()[:, :, :8])
    with pytest.raises(ValueError, match="multiples of 16 px"):
        shared(name).encode(video()[..., :24])


@every_backbone
def test_predictions_have_the_shape_of_the_latents(name: str) -> None:
    asked = question(shared(name))
    prediction = asked.put_to(shared(name))
    assert prediction.shape == asked.noisy.shape
    assert prediction.isfinite().all()


@every_backbone
def test_the_network_is_told_which_frames_are_known(name: str) -> None:
    told = question(shared(name)).put_to(shared(name))[:, :, 1:]
    untold = question(shared(name), known=(False,) * 3).put_to(shared(name))[:, :, 1:]
    assert not torch.allclose(told, untold, atol=1e-4)


@every_backbone
def test_time_and_text_change_the_prediction(name: str) -> None:
    backbone = shared(name)
    asked = question(backbone)
    prediction = asked.put_to(backbone)
    later = backbone.predict(asked.noisy, asked.time / 2, asked.text, asked.known)
    other = backbone.predict(asked.noisy, asked.time, asked.text.flip(0), asked.known)
    assert not torch.allclose(prediction, later, atol=1e-4)
    assert not torch.equal(prediction, other)


@every_backbone
def test_clips_of_a_batch_do_not_touch_each_other(name: str) -> None:
    backbone = shared(name)
    asked = question(backbone)
    alone = backbone.predict(asked.noisy[1:], asked.time[1:], asked.text[1:], asked.known)
    together = asked.put_to(backbone)[1:]
    torch.testing.assert_close(alone, together, atol=1e-5, rtol=1e-5)  # other orders of sums


@every_backbone
def test_half_precision_weights_give_nearly_the_same(name: str, tmp_path: Path) -> None:
    half = load_backbone(saved(name, tmp_path), dtype=torch.bfloat16)
    asked = question(shared(name))
    exact, rounded = asked.put_to(shared(name)), asked.put_to(half)
    assert rounded.dtype == torch.float32
    # bfloat16 has 8 bits; three blocks add up a few of its steps.
    assert (exact - rounded).abs().mean() < 0.05 * exact.abs().mean()


@every_backbone
def test_samples_keep_known_frames_and_depend_on_arguments_alone(name: str) -> None:
    backbone = shared(name)
    asked = question(backbone)
    noise = torch.randn(asked.noisy.shape, generator=rng(4))

    def drawn(seed: int):
        return sample(
            backbone,
            text=asked.text,
            clean=asked.noisy,
            known=asked.known,
            noise=noise,
            num_steps=4,
            stochastic=Stochastic(steps=(0, 2), strength=0.7, rng=rng(seed)),
        )

    first, same, other = drawn(1), drawn(1), drawn(2)
    assert torch.equal(first.latents, same.latents)
    assert not torch.equal(first.latents, other.latents)
    assert torch.equal(first.latents[:, :, 0], asked.noisy[:, :, 0])
    assert [step.time for step in first.transitions] == [
        backbone.process.schedule(4)[index].item() for index in (0, 2)
    ]
    for step in first.transitions:
        prediction = guided_prediction(
            backbone, step.state, step.time, asked.text, asked.known, guidance=1.0
        )
        mean, std = backbone.process.stochastic_step(
            prediction, step.state, step.time, step.next_time, strength=0.7
        )
        assert torch.equal(mean, step.mean) and std == step.std
        deviation = (step.next_state - step.mean) / std
        assert deviation.std().item() == pytest.approx(1, abs=0.2)  # 384 numbers


@every_backbone
def test_guidance_extrapolates_from_the_prediction_without_text(name: str) -> None:
    backbone = shared(name)
    asked = question(backbone)
    arguments = (asked.noisy, 0.5, asked.text, asked.known)
    with_text = guided_prediction(backbone, *arguments, guidance=1.0)
    without = guided_prediction(backbone, *arguments, guidance=0.0)
    twice = guided_prediction(backbone, *arguments, guidance=2.0)
    # float32 rounding, of differences
    torch.testing.assert_close(twice, 2 * with_text - without, atol=1e-5, rtol=1e-4)
    assert not torch.equal(with_text, without)


@every_backbone
def test_captions_are_padded_and_empty_ones_allowed(name: str) -> None:
    backbone = shared(name)
    text = backbone.encode_text(["", "a caption that is longer than the toys take"])
    assert text.shape[:2] == (2, 16)
    assert backbone.without_text(text).shape == text.shape
    asked = question(backbone)
    prediction = backbone.predict(asked.noisy, asked.time, text, asked.known)
    assert prediction.isfinite().all()


@every_backbone
def test_sizes_of_a_toy_are_parameters(name: str) -> None:
    sizes = ToySizes(num_layers=2, num_heads=3, vae_widths=(8, 16, 16), max_words=8)
    backbone = toy_backbone(name, rng=rng(0), sizes=sizes)
    assert (len(backbone.blocks), backbone.hidden_size) == (2, 48)
    latents = backbone.encode(video())
    assert latents.shape[-1] == 8
    assert backbone.decode(latents).shape[2] == NUM_FRAMES


def test_the_residual_vae_of_wan_2_2_fits_too(tmp_path: Path) -> None:
    backbone = cast(Any, toy_backbone("wan", rng=rng(0), sizes=ToySizes(latent_channels=48)))
    backbone = Wan(
        transformer=backbone.transformer,
        vae=AutoencoderKLWan(
            base_dim=8,
            decoder_base_dim=8,
            z_dim=48,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            temperal_downsample=[False, True, True],
            is_residual=True,
            in_channels=12,
            out_channels=12,
            patch_size=2,
            scale_factor_spatial=16,
            latents_mean=[0.5] * 48,
            latents_std=[2.0] * 48,
        ),
        captions=backbone.captions,
        process=backbone.process,
    )
    latents = backbone.encode(video())
    assert latents.shape == (2, 48, 3, 2, 2)
    decoded = backbone.decode(latents)
    assert decoded.shape == video().shape
    backbone.save(tmp_path / "ti2v")
    again = load_backbone(tmp_path / "ti2v")
    assert torch.equal(again.encode(video()), latents)
    assert torch.equal(again.decode(latents), decoded)
