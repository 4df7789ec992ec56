"""Windows of clips, and captions -> what the frozen VAE and text encoder make of them, made once.

    <folder>/latents/<ab>/<key>.safetensors    `latents` C t h w
    <folder>/text/<ab>/<key>.safetensors       `text` words width

A key is the hash of everything that decides the content, the encoder's weights among it: other
weights, another size or a changed clip never meet an old file. Files are complete or not there, so
a filling that was stopped goes on where it was, and several processes may fill one folder.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from phys4d_pipeline.errors import TrainingError
from phys4d_pipeline.models.backbone import VideoBackbone
from phys4d_pipeline.store.folder import storage_errors, write_file

from .config import sha256

_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Window:
    """Some frames of one camera of one clip, at the size they are trained at."""

    clip_sha256: str
    """Of the clip's content."""
    camera: int
    first_frame: int
    num_frames: int
    height: int
    width: int

    @property
    def place(self) -> str:
        """What to call it in an error."""
        last = self.first_frame + self.num_frames - 1
        clip = f"clip {self.clip_sha256[:12]}"
        return f"{clip}, camera {self.camera}, frames {self.first_frame}-{last}"


class LatentCache:
    """Latents and text embeddings in one folder, for one pair of encoders."""

    def __init__(
        self,
        folder: Path,
        *,
        vae_sha256: str,
        text_encoder_sha256: str,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """Name the encoders by `module_sha256`; `dtype` is what is stored."""
        self.folder = folder
        self.vae = {"format": _FORMAT, "vae": vae_sha256, "dtype": str(dtype)}
        self.text_encoder = {"format": _FORMAT, "text": text_encoder_sha256, "dtype": str(dtype)}
        self.dtype = dtype

    def latents(self, window: Window) -> Float[torch.Tensor, "C t h w"]:
        """Mapped from the file: read when used."""
        return _mapped(self._latents_path(window), "latents", window.place)

    def text(self, caption: str) -> Float[torch.Tensor, "words width"]:
        """Likewise."""
        return _mapped(self._text_path(caption), "text", f"caption {caption!r}")

    def fill(
        self,
        backbone: VideoBackbone,
        windows: Iterable[Window],
        video: Callable[[Window], Float[torch.Tensor, "3 T H W"]],
    ) -> int:
        """Encode the windows that are not stored; how many there were.

        Args:
            backbone: Whose VAE is to be asked.
            windows: All, or this process's share of them.
            video: Reads a window's frames, RGB in [-1, 1].

        Raises:
            TrainingError: The VAE cannot encode a window of this size, or gives no finite latents.
        """
        made = 0
        for window in windows:
            path = self._latents_path(window)
            if path.exists():
                continue
            _check_size(window, backbone)
            frames = video(window)
            wanted = (3, window.num_frames, window.height, window.width)
            if frames.shape != wanted:
                raise TrainingError(
                    f"{window.place}: read as {tuple(frames.shape)}, must be {wanted}; the window "
                    "must lie inside the clip."
                )
            with torch.no_grad():
                latents = backbone.encode(frames[None])[0]
            self._write(path, "latents", latents, place=window.place, about=asdict(window))
            made += 1
        return made

    def fill_text(self, backbone: VideoBackbone, captions: Sequence[str]) -> int:
        """Encode the captions that are not stored; how many there were."""
        missing = [each for each in dict.fromkeys(captions) if not self._text_path(each).exists()]
        for caption in missing:
            with torch.no_grad():
                text = backbone.encode_text([caption])[0]
            place = f"caption {caption!r}"
            self._write(
                self._text_path(caption), "text", text, place=place, about={"caption": caption}
            )
        return len(missing)

    def _latents_path(self, window: Window) -> Path:
        return self._path("latents", sha256(self.vae | asdict(window)))

    def _text_path(self, caption: str) -> Path:
        return self._path("text", sha256(self.text_encoder | {"caption": caption}))

    def _path(self, kind: str, key: str) -> Path:
        return self.folder / kind / key[:2] / f"{key}.safetensors"

    def _write(
        self, path: Path, name: str, tensor: torch.Tensor, *, place: str, about: dict[str, object]
    ) -> None:
        if not tensor.isfinite().all():
            raise TrainingError(
                f"{place}: encoded to NaN or infinity; check the encoder's weights."
            )
        stored = tensor.detach().to("cpu", self.dtype).contiguous()
        if not stored.isfinite().all():
            raise TrainingError(f"{place}: too large for {self.dtype}; store it as float32.")
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(6)}.tmp")
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                metadata = {key: str(value) for key, value in about.items()}
                write_file(temporary, save({name: stored}, metadata))
                os.replace(temporary, path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise


def module_sha256(module: torch.nn.Module) -> str:
    """Of all names, shapes and values of a module's weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def _check_size(window: Window, backbone: VideoBackbone) -> None:
    strides, patch = backbone.vae_strides, backbone.patch
    faults = []
    if (window.num_frames - 1) % strides.time:
        bound = f"1 more than a multiple of {strides.time}"
        faults.append(f"num_frames ({window.num_frames}) must be {bound}")
    cell = strides.space * patch.space
    for name, size in (("height", window.height), ("width", window.width)):
        if size % cell:
            faults.append(f"{name} ({size}) must be a multiple of {cell}")
    if faults:
        raise TrainingError(f"{window.place}: {'; '.join(faults)}.")


def _mapped(path: Path, name: str, place: str) -> torch.Tensor:
    try:
        with safe_open(path, framework="pt") as file:
            return file.get_tensor(name)
    except FileNotFoundError:
        raise TrainingError(
            f"{place}: not encoded yet ({path}); fill the latents before training."
        ) from None
    except SafetensorError as error:
        raise TrainingError(
            f"{path}: damaged ({error}); remove it and fill the latents again."
        ) from error
