"""Blobs of one layer <-> one Parquet file: a row per frame, row groups of 8 frames.

Columns frame int32, t float64 [s], data binary; what the blobs mean is in the file's metadata.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import ClipFormatError
from .codecs import CODECS, Shape
from .layers import Layer
from .layout import FORMAT, REMEDY

ROW_GROUP = 8
SCHEMA = pa.schema([("frame", pa.int32()), ("t", pa.float64()), ("data", pa.binary())])


class HashingFile:
    """A file that keeps the size and SHA-256 of what went through it."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "xb", buffering=0)  # noqa: SIM115  (closed by finish or abandon)
        self._sha = hashlib.sha256()
        self._is_abandoned = False
        self.num_bytes = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Append; a full disk raises OSError."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        if self._is_abandoned:
            return size
        self._sha.update(rest)
        self.num_bytes += size
        while len(rest):
            rest = rest[self._file.write(rest) :]
        return size

    def flush(self) -> None:
        """Nothing waits: the file is not buffered."""

    def tell(self) -> int:
        """Bytes written."""
        return self.num_bytes

    def finish(self) -> str:
        """Bring the bytes down to the disk, close, and return their SHA-256."""
        os.fsync(self._file.fileno())
        self._file.close()
        self.closed = True
        return self._sha.hexdigest()

    def abandon(self) -> None:
        """Close; what Arrow still writes when it lets go of the file goes nowhere."""
        self._is_abandoned = True
        self._file.close()


def layer_metadata(
    layer: Layer, *, profile: str, shape: Shape, clip_id: str, camera: int, low: bool
) -> dict[str, str]:
    """What a layer file says about itself."""
    codec = layer.codec_of(profile)
    tier = "; quarter-size tier: pixel (4i + 2, 4j + 2) of the picture, lengths in its own pixels"
    return {
        "format": str(FORMAT),
        "layer": layer.name,
        "codec": codec.name,
        "shape": json.dumps(list(shape)),
        "dtype": layer.dtype,
        "unit": layer.unit,
        "convention": layer.convention + (tier if low else ""),
        "max_error": codec.max_error,
        "clip_id": clip_id,
        "camera": str(camera),
    }


class LayerWriter:
    """Streams the frames of one layer into a new file."""

    def __init__(self, path: Path, metadata: dict[str, str], fps: int) -> None:
        self._file = HashingFile(path)
        self._schema = SCHEMA.with_metadata(metadata)
        measured: Any = ["frame", "t"]  # pyarrow takes names, its annotation knows bool only
        try:
            self._writer = pq.ParquetWriter(
                self._file,
                self._schema,
                compression="NONE",
                use_dictionary=False,
                write_statistics=measured,
                write_page_index=True,
            )
        except BaseException:
            self._file.abandon()
            raise
        self._fps = fps
        self._waiting: list[bytes] = []
        self.num_frames = 0

    def add(self, blobs: tuple[bytes, ...]) -> None:
        """Append frames."""
        self._waiting.extend(blobs)
        while len(self._waiting) >= ROW_GROUP:
            self._write(ROW_GROUP)

    def finish(self) -> str:
        """Write what is left, fsync, and return the SHA-256 of the file."""
        if self._waiting:
            self._write(len(self._waiting))
        self._writer.close()
        return self._file.finish()

    def abandon(self) -> None:
        """Close the file as it is; it is about to be removed."""
        self._file.abandon()
        self._writer.close()

    def _write(self, count: int) -> None:
        frames = np.arange(self.num_frames, self.num_frames + count, dtype=np.int32)
        columns = [frames, frames / self._fps, self._waiting[:count]]
        self._writer.write_table(pa.table(columns, schema=self._schema))
        del self._waiting[:count]
        self.num_frames += count


@dataclass(frozen=True, kw_only=True)
class LayerFile:
    """An opened layer file; reads only the row groups it is asked for."""

    path: Path
    metadata: dict[str, str]
    num_frames: int

    @staticmethod
    def open(path: Path) -> "LayerFile":
        """Read the footer; a file this code cannot read raises ClipFormatError."""
        with readable(path) as file:
            plain = {
                key.decode(): value.decode()
                for key, value in (file.metadata.metadata or {}).items()
            }
            missing = {"format", "codec", "shape", "dtype"} - set(plain)
            if missing or file.schema_arrow.names != SCHEMA.names:
                raise ClipFormatError(f"{path}: not a layer file of a clip; {REMEDY}")
            if int(plain["format"]) > FORMAT or plain["codec"] not in CODECS:
                raise ClipFormatError(
                    f"{path}: format {plain['format']} with codec {plain['codec']!r}, this code "
                    f"reads up to format {FORMAT}. Install a newer release."
                )
            return LayerFile(path=path, metadata=plain, num_frames=file.metadata.num_rows)

    @cached_property
    def shape(self) -> Shape:
        """Shape of one frame."""
        return tuple(json.loads(self.metadata["shape"]))

    def blobs(self, group: int) -> list[bytes]:
        """The compressed frames 8 * group to 8 * group + 7."""
        with readable(self.path) as file:
            return file.read_row_group(group, columns=["data"]).column(0).to_pylist()

    def decode(self, blob: bytes, frame: int) -> np.ndarray:
        """One frame as an array."""
        try:
            return CODECS[self.metadata["codec"]].decode(blob, self.shape)
        except ClipFormatError as error:
            raise ClipFormatError(f"{self.path}: frame {frame}: {error}; {REMEDY}") from error


class readable:  # noqa: N801  (used as a function)
    """A Parquet file whose faults all come out as ClipFormatError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: Any = None

    def __enter__(self) -> Any:
        try:
            self._file = pq.ParquetFile(self._path)
        except (OSError, pa.ArrowException) as error:
            raise unreadable(self._path, error) from error
        return self._file

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._file.close()
        if isinstance(error, OSError | pa.ArrowException):
            raise unreadable(self._path, error) from error


def unreadable(path: Path, error: BaseException) -> ClipFormatError:
    """The one line for a file that is missing, cut short or damaged."""
    if isinstance(error, FileNotFoundError):
        return ClipFormatError(f"{path}: missing; {REMEDY}")
    reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
    return ClipFormatError(f"{path}: corrupt or truncated ({reason}); {REMEDY}")
