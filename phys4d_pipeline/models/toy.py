"""Small backbones with random weights: for tests, and for training from nothing."""

import torch

from .backbone import VideoBackbone
from .loading import family_named
from .toy_parts import ToySizes


def toy_backbone(
    name: str, *, rng: torch.Generator, sizes: ToySizes | None = None
) -> VideoBackbone:
    """A backbone of the family `name` (its file's name in `families/`).

    Args:
        name: wan, cogvideox or opensora.
        rng: Decides all weights.
        sizes: The family's defaults where None: a few hundred thousand weights.
    """
    family = family_named(name)
    seed = int(torch.randint(2**62, (1,), generator=rng, device=rng.device))
    # The published classes draw their weights from torch's own generator, which is put back.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return family.toy(sizes or family.TOY_SIZES)
