"""What toy backbones are made of: sizes, a tokenizer of bytes, a small T5."""

from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from .captions import CaptionEncoder


@dataclass(frozen=True, kw_only=True)
class ToySizes:
    """Sizes of a backbone that is to be trained from nothing, or only to be tested."""

    num_layers: int = 3
    """Blocks of the transformer (pairs of them in Open-Sora)."""
    num_heads: int = 2
    """Attention heads."""
    head_size: int = 16
    """Channels per head; a multiple of 4 (of 16 for CogVideoX's rotations in three axes)."""
    ffn_ratio: int = 2
    """Width of the feed-forward layer over that of the tokens."""
    latent_channels: int = 4
    """Channels of the latents; those of Open-Sora are always 4."""
    vae_widths: tuple[int, ...] = (8, 8, 8, 8)
    """Channels per level of the VAE, multiples of the first; all levels but one halve the sides."""
    vae_patch: int = 1
    """Pixels per side that WAN's VAE stacks into channels at its entry. From 2 on it has the form
    of 2.2: shortcuts around every level, by which a small one learns fast."""
    token_side: int = 2
    """Latents per side of one of WAN's tokens."""
    text_width: int = 32
    """Channels of the text encoder."""
    max_words: int = 16
    """Tokens (here bytes) of a caption; longer ones are cut."""

    @property
    def hidden_size(self) -> int:
        """Width of a token."""
        return self.num_heads * self.head_size


def byte_tokenizer(max_words: int) -> PreTrainedTokenizerFast:
    """A token per byte of UTF-8, then `</s>`: reads every caption without having seen data."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate(["<pad>", "</s>", "<unk>", *letters])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", vocabulary["</s>"])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=max_words,
    )


def t5_sizes(sizes: ToySizes) -> dict[str, Any]:
    """Arguments of a T5Config or UMT5Config of two layers."""
    return {
        "vocab_size": 3 + 256,
        "d_model": sizes.text_width,
        "d_kv": 8,
        "d_ff": 2 * sizes.text_width,
        "num_layers": 2,
        "num_heads": 4,
        "feed_forward_proj": "gated-gelu",
        "pad_token_id": 0,
        "eos_token_id": 1,
        "decoder_start_token_id": 0,
    }


def toy_captions(encoder: torch.nn.Module, sizes: ToySizes) -> CaptionEncoder:
    """The encoder with the tokenizer of bytes before it."""
    tokenizer = byte_tokenizer(sizes.max_words)
    return CaptionEncoder(tokenizer=tokenizer, encoder=encoder, max_words=sizes.max_words)
