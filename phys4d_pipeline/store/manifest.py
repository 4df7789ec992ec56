"""Manifest: the one file that makes a clip visible, and says what belongs to it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..errors import ClipFormatError
from .layout import FORMAT, REMEDY

NOT_CONTENT = ("checks.json", "preview.webp")


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file of an attempt."""

    file: str
    """Path below the attempt."""
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class StoredLayer(StoredFile):
    """A layer file of an attempt."""

    layer: str
    camera: int
    codec: str
    max_error: str
    exactness: str
    """`exact`, or `advected` if it is that for one of the objects."""
    advected_objects: tuple[int, ...] = ()
    """Ids of the objects whose surface is reconstructed: their motion is that of the particles
    beside it. For all others the layer is exact."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything a reader or an index needs to know about a clip without opening its files."""

    format: int
    clip_id: str
    category: str
    family: str
    split: str
    seed: int
    caption: str
    num_frames: int
    fps: int
    width: int
    height: int
    cameras: int
    profile: str
    states_id: str
    attempt: str
    layers: tuple[StoredLayer, ...]
    files: tuple[StoredFile, ...]
    """All other files."""
    checks: dict[str, int]
    """Number of checks: `total`, `failed`."""
    content_sha256: str
    """See `content_hash`."""
    solver_version: str
    renderer_version: str
    code_version: str
    timings: dict[str, float]
    """Seconds per stage: simulate, render, encode, store."""
    created_at: str
    """UTC, ISO 8601."""

    def __getitem__(self, name: str) -> Any:
        """A field by name, as in the JSON."""
        if name not in {field.name for field in fields(self)}:
            raise KeyError(name)
        return getattr(self, name)

    @property
    def all_files(self) -> tuple[StoredFile, ...]:
        """Layers and other files."""
        return (*self.layers, *self.files)

    @property
    def num_bytes(self) -> int:
        """Size of the clip [bytes]."""
        return sum(stored.bytes for stored in self.all_files)

    @property
    def advected_objects(self) -> tuple[int, ...]:
        """Ids of the objects for which some layer is not exact."""
        return tuple(sorted({one for layer in self.layers for one in layer.advected_objects}))

    def to_json(self) -> str:
        """Readable JSON with sorted keys."""
        return json.dumps(asdict(self), sort_keys=True, indent=1, allow_nan=False) + "\n"

    @staticmethod
    def from_json(text: str, where: str) -> "Manifest":
        """Read what `to_json` wrote; anything else raises ClipFormatError naming `where`."""
        try:
            plain = json.loads(text)
            found = plain["format"]
            if found > FORMAT:
                raise ClipFormatError(
                    f"{where}: format {found}, this code reads up to {FORMAT}. "
                    "Install a newer release."
                )
            plain["layers"] = tuple(_layer(**item) for item in plain["layers"])
            plain["files"] = tuple(StoredFile(**item) for item in plain["files"])
            return Manifest(**plain)
        except (ValueError, TypeError, KeyError) as error:
            reason = str(error).splitlines()[0]
            raise ClipFormatError(f"{where}: not a manifest ({reason}); {REMEDY}") from error


def _layer(*, advected_objects: Iterable[int] = (), **item: Any) -> StoredLayer:
    return StoredLayer(**item, advected_objects=tuple(advected_objects))


def content_hash(files: Iterable[StoredFile]) -> str:
    """SHA-256 over the lines `<file> <sha256>` in the order of the file names.

    checks.json and previews do not count: measured values may gain digits and previews are for
    people. Same scene, same code, same platform: same hash.
    """
    lines = sorted(
        f"{stored.file} {stored.sha256}\n"
        for stored in files
        if stored.file.rpartition("/")[2] not in NOT_CONTENT
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()
