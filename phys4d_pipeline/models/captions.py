"""Captions -> embeddings of a T5 encoder; rows of zeros beyond a caption's end are padding."""

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float
from transformers import AutoConfig, AutoTokenizer, T5EncoderModel, UMT5EncoderModel
from transformers.utils import logging as transformers_logging

from ..errors import CheckpointError
from .checkpoint import raise_if_unlike, read_json

Tensor = torch.Tensor

ENCODERS = {"t5": T5EncoderModel, "umt5": UMT5EncoderModel}


class CaptionEncoder:
    """A tokenizer and a frozen T5 (CogVideoX, Open-Sora) or UMT5 (WAN) encoder."""

    def __init__(self, *, tokenizer: Any, encoder: torch.nn.Module, max_words: int) -> None:
        self.tokenizer = tokenizer
        self.encoder = encoder.eval().requires_grad_(False)
        self.max_words = max_words

    @torch.no_grad()
    def encode(
        self, captions: Sequence[str], *, masked: bool = True
    ) -> tuple[Float[Tensor, "B words width"], Bool[Tensor, "B words"]]:
        """Embeddings padded to `max_words`, and where the captions' words are.

        Args:
            captions: Longer ones are cut.
            masked: False lets words see the padding, as CogVideoX was trained.
        """
        cleaned = [_cleaned(caption) for caption in captions]
        tokens = self.tokenizer(
            cleaned,
            padding="max_length",
            max_length=self.max_words,
            truncation=True,
            return_tensors="pt",
        )
        device = next(self.encoder.parameters()).device
        words = tokens.attention_mask.to(device)
        seen = words if masked else None
        embeddings = self.encoder(tokens.input_ids.to(device), attention_mask=seen)
        return embeddings.last_hidden_state, words.bool()


def load_captions(
    folder: Path, *, max_words: int | None, dtype: torch.dtype, most: int = 512
) -> CaptionEncoder:
    """The encoder in `text_encoder/` and the tokenizer in `tokenizer/` of a checkpoint folder.

    Args:
        folder: The checkpoint folder.
        max_words: Tokens per caption; None takes the tokenizer's limit, at most `most`.
        dtype: Of the encoder's tensors.
        most: See `max_words`.
    """
    encoder = _load_encoder(folder / "text_encoder", dtype)
    place = folder / "tokenizer"
    if not place.is_dir():
        raise CheckpointError(f"{place} is missing. Download it again.")
    try:
        tokenizer = AutoTokenizer.from_pretrained(place, local_files_only=True)
    except (ImportError, OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise CheckpointError(
            f"{place}: no tokenizer can be made of it ({reason}). Folders without tokenizer.json "
            "need sentencepiece installed."
        ) from None
    words = max_words or min(tokenizer.model_max_length, most)
    return CaptionEncoder(tokenizer=tokenizer, encoder=encoder, max_words=words)


def _load_encoder(folder: Path, dtype: torch.dtype) -> torch.nn.Module:
    kind = read_json(folder / "config.json").get("model_type")
    if kind not in ENCODERS:
        raise CheckpointError(
            f"{folder}: text encoder {kind!r}; this code reads {' and '.join(ENCODERS)}."
        )
    transformers_logging.disable_progress_bar()  # lines of a log, not of a terminal
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    with torch.device("meta"):
        empty = ENCODERS[kind](config)
    raise_if_unlike(empty, folder, ignored=("^decoder",))
    return ENCODERS[kind].from_pretrained(
        folder, dtype=dtype, use_safetensors=True, local_files_only=True
    )


def _cleaned(caption: str) -> str:
    """As the published pipelines do: entities resolved twice, runs of blanks made one."""
    return re.sub(r"\s+", " ", html.unescape(html.unescape(caption))).strip()
