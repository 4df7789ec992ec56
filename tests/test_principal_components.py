"""The VAE that training starts from against principal components by numpy."""

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl_wan import patchify

from phys4d_pipeline.models.principal_components import start_as_principal_components
from phys4d_pipeline.models.toy import toy_backbone
from phys4d_pipeline.models.toy_parts import ToySizes

PATCH, LATENTS = 4, 6
SIZES = ToySizes(
    num_layers=1, latent_channels=LATENTS, token_side=1, vae_widths=(16,), vae_patch=PATCH
)


def videos(count: int) -> list[torch.Tensor]:
    """Smooth pictures that change: few components hold most of them."""
    rng = torch.Generator().manual_seed(0)
    coarse = torch.rand(count, 3, 5, 3, 4, generator=rng)
    fine = torch.nn.functional.interpolate(coarse, size=(5, 16, 24), mode="trilinear")
    return list(2 * fine - 1)


@pytest.fixture(scope="module")
def vae():
    backbone = toy_backbone("wan", rng=torch.Generator().manual_seed(0), sizes=SIZES)
    shares = start_as_principal_components(backbone.vae, videos(8))
    return backbone.vae, shares


def by_numpy(clips: list[torch.Tensor]) -> tuple[np.ndarray, np.ndarray]:
    """Clips after the projection onto the first components; share of the variance of each."""
    patches = np.concatenate(
        [patchify(each[None], PATCH)[0].flatten(1).T.numpy() for each in clips]
    )
    mean = patches.mean(0)
    _, sizes, rows = np.linalg.svd(patches - mean, full_matrices=False)
    kept = (patches - mean) @ rows[:LATENTS].T @ rows[:LATENTS] + mean
    return kept, (sizes**2 / (sizes**2).sum())[:LATENTS]


@torch.no_grad()
def test_decoding_gives_what_the_first_components_hold(vae):
    clips = videos(8)
    expected, shares = by_numpy(clips)
    restored = [
        vae[0].decode(vae[0].encode(each[None]).latent_dist.mode()).sample for each in clips
    ]
    patches = torch.cat([patchify(each, PATCH)[0].flatten(1).T for each in restored]).numpy()
    # The norm of a token's numbers shrinks them by 6 * 0.02^2 where they are of unit size.
    assert np.sqrt(np.mean((patches - expected) ** 2)) < 0.01 * expected.std()
    np.testing.assert_allclose(vae[1], shares, rtol=1e-3)


@torch.no_grad()
def test_latents_are_uncorrelated_and_of_unit_variance(vae):
    latents = torch.cat([vae[0].encode(each[None]).latent_dist.mode() for each in videos(8)])
    covariance = latents.movedim(1, 0).flatten(1).cov()
    torch.testing.assert_close(covariance, torch.eye(LATENTS), atol=0.03, rtol=0)


def test_a_vae_that_cannot_hold_them_is_refused():
    sizes = ToySizes(latent_channels=8, vae_widths=(16,), vae_patch=4)
    backbone = toy_backbone("wan", rng=torch.Generator().manual_seed(0), sizes=sizes)
    with pytest.raises(ValueError, match="need one level of 17 channels"):
        start_as_principal_components(backbone.vae, videos(1))
