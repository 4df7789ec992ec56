"""Frames -> depth by a network of the `transformers` package, from a folder in its layout.

Pictures are brought to the network's size here: the package's own processor of Depth Pro needs
torchvision, which must not be installed beside a CPU build of torch (it breaks imports).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import Float32
from torch.nn import functional

from ..errors import LabelError
from .checkpoint import (
    find_checkpoint,
    raise_if_faulty,
    tensor_files,
    torch_device,
    weights_version,
)
from .estimator import DepthLabel, Kind
from .footage import Footage, Rgb


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What preprocessor_config.json asks for."""

    height: int
    width: int
    """Aimed at [px]."""
    keep_aspect: bool
    multiple: int
    """Both sides become multiples of this."""
    mean: tuple[float, ...]
    std: tuple[float, ...]
    """Of the channels, for values in [0, 1]."""

    @staticmethod
    def read(checkpoint: Path) -> "Preparation":
        """From the checkpoint's folder."""
        path = checkpoint / "preprocessor_config.json"
        try:
            plain = json.loads(path.read_text())
            size = plain["size"]  # one number in old checkpoints
            height, width = (
                (size, size) if isinstance(size, int) else (size["height"], size["width"])
            )
            return Preparation(
                height=height,
                width=width,
                keep_aspect=plain.get("keep_aspect_ratio", False),
                multiple=plain.get("ensure_multiple_of", 1),
                mean=tuple(plain["image_mean"]),
                std=tuple(plain["image_std"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LabelError(
                f"{path}: cannot be read ({' '.join(str(error).split())}); take the whole folder "
                "of the published checkpoint."
            ) from error

    def size(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) [px] a picture is brought to."""
        tall, wide = self.height / height, self.width / width
        if self.keep_aspect:  # by the factor that changes the picture least
            tall = wide = wide if abs(1 - wide) < abs(1 - tall) else tall
        sides = (tall * height, wide * width)
        rounded = (round(side / self.multiple) * self.multiple for side in sides)
        first, second = (max(self.multiple, side) for side in rounded)
        return first, second

    def picture(self, rgb: Rgb) -> Float32[np.ndarray, "1 3 h w"]:
        """What the network takes."""
        height, width = self.size(*rgb.shape[:2])
        small = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_CUBIC)
        mean, std = (np.asarray(each, np.float32) for each in (self.mean, self.std))
        plain = (small / np.float32(255) - mean) / std
        return np.ascontiguousarray(plain.transpose(2, 0, 1)[None], np.float32)


class TransformersDepth:
    """One network, one frame after the other."""

    def __init__(
        self,
        name: str,
        weights: str,
        *,
        model_type: str,
        kind: Callable[[Any], Kind],
        read: Callable[[Any, int], torch.Tensor],
    ) -> None:
        """Load the checkpoint.

        Args:
            name: Of the estimator.
            weights: Folder or hub id.
            model_type: What its config.json must say.
            kind: Config -> what the network's numbers mean.
            read: (outputs, width of the frame [px]) -> (1, h, w) numbers of that kind.
        """
        checkpoint = find_checkpoint(name, weights)
        self.name = name
        self._device = torch_device()
        self._prepare = Preparation.read(checkpoint)
        self._network, loaded = _load(checkpoint, name, model_type)
        self._network = self._network.eval().to(self._device)
        self.kind = kind(self._network.config)
        self._read = read
        self.version = f"{name}-1 {loaded}"

    def depth(self, footage: Footage) -> Iterator[DepthLabel]:
        """A label per frame, as the network gives it: no frame is normalised by itself."""
        return (self.label(frame) for frame in footage.frames())

    def label(self, rgb: Rgb) -> DepthLabel:
        """One frame."""
        height, width = rgb.shape[:2]
        with torch.inference_mode():
            picture = torch.from_numpy(self._prepare.picture(rgb)).to(self._device)
            found = self._read(self._network(pixel_values=picture), width)
            whole = functional.interpolate(
                found[:, None].float(), (height, width), mode="bicubic", align_corners=False
            )
        depth = whole[0, 0].cpu().numpy()
        known = np.isfinite(depth) & ((depth > 0) | (self.kind is not Kind.METRIC))
        return DepthLabel(depth=np.where(known, depth, np.float32(np.nan)), valid=known)


def _load(checkpoint: Path, name: str, model_type: str) -> tuple[Any, str]:
    """The network and the version of its weights."""
    from transformers import AutoConfig, AutoModelForDepthEstimation
    from transformers.utils import logging

    files = tensor_files(checkpoint)
    logging.disable_progress_bar()
    logging.set_verbosity_error()  # what does not fit is told below, in one line
    try:
        config = AutoConfig.from_pretrained(checkpoint, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise LabelError(
            f"{checkpoint / 'config.json'}: cannot be read ({reason}); take the whole folder of "
            "the published checkpoint."
        ) from error
    if config.model_type != model_type:
        raise LabelError(
            f"{checkpoint}: holds a {config.model_type!r} network, {name} needs {model_type!r}. "
            "Choose another estimator or folder."
        )
    network, told = AutoModelForDepthEstimation.from_pretrained(
        checkpoint,
        config=config,
        local_files_only=True,
        use_safetensors=True,
        ignore_mismatched_sizes=True,  # they are told below, in one line
        output_loading_info=True,
    )
    faults = [f"{each} is missing" for each in sorted(told["missing_keys"])]
    faults += [
        f"{each} is {tuple(found)}, not {tuple(wanted)}"
        for each, found, wanted in sorted(told["mismatched_keys"])
    ]
    raise_if_faulty(checkpoint, faults)
    settings = [checkpoint / name for name in ("config.json", "preprocessor_config.json")]
    return network, weights_version([*files, *settings])
