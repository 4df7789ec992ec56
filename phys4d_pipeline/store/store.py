"""Store: what a dataset folder holds, by name; writes are atomic, listings start from manifests."""

import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..checks import Check
from ..errors import ClipFormatError, SceneError, StoreError
from ..scene import SceneSpec
from ..states import States
from . import layout
from .folder import Folder, storage_errors, sync
from .manifest import Manifest
from .tables import CONTACTS, read_states, write_states

STATES_FILE = "states.parquet"


def open_store(uri: str | Path) -> "Store":
    """The store in a local folder, which is made on the first write."""
    text = str(uri)
    if "://" in text and not text.startswith("file://"):
        raise StoreError(
            f"{text}: only local folders can be opened. Mount the bucket (for example with "
            "s3fs or rclone mount) and give the mounted folder."
        )
    path = Path(text.removeprefix("file://")).expanduser()
    with storage_errors(path):
        is_file = path.exists() and not path.is_dir()
    if is_file:
        raise StoreError(f"{path}: is a file; give the folder of a store.")
    return Store(Folder(path.absolute()))


class Store:
    """Clips, states, specs and quarantine below one folder."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    @property
    def uri(self) -> str:
        """Where the store lies."""
        return str(self.folder.root)

    def categories(self) -> list[str]:
        """Categories with at least one clip folder."""
        names = self.folder.names(layout.CLIPS)
        return [name.removeprefix("category=") for name in names if name.startswith("category=")]

    def clip_ids(self, category: str | None = None) -> list[str]:
        """Visible clips in alphabetical order."""
        chosen = self.categories() if category is None else [category]
        return sorted(
            name
            for each in chosen
            for name in self.folder.names(f"{layout.CLIPS}/category={each}")
            if self.folder.exists(layout.manifest_key(layout.clip_folder(name)))
        )

    def manifest(self, clip_id: str) -> Manifest:
        """The manifest of a visible clip."""
        key = layout.manifest_key(layout.clip_folder(clip_id))
        if not self.folder.exists(key):
            raise StoreError(f"{self.uri}: no clip {clip_id!r}. List the clips with 'phys4d info'.")
        return Manifest.from_json(_text(self.folder, key), str(self.folder.path(key)))

    def manifests(self, category: str | None = None) -> Iterator[Manifest]:
        """The manifests of all visible clips."""
        return (self.manifest(clip_id) for clip_id in self.clip_ids(category))

    def has_clip(self, clip_id: str, *, renderer_version: str) -> bool:
        """Is the clip there, rendered by this version?"""
        if not self.folder.exists(layout.manifest_key(layout.clip_folder(clip_id))):
            return False
        return self.manifest(clip_id).renderer_version == renderer_version

    def attempt_path(self, manifest: Manifest) -> Path:
        """The folder a manifest's files lie in."""
        return self.folder.path(f"{layout.clip_folder(manifest.clip_id)}/{manifest.attempt}")

    def write_specs(self, category: str, batch: str, specs: Sequence[SceneSpec]) -> None:
        """Keep the scenes of one partition."""
        plain = {"format": layout.FORMAT, "specs": [json.loads(spec.to_json()) for spec in specs]}
        self.write_json(layout.specs_key(category, batch), plain)

    def read_specs(self, category: str, batch: str) -> list[SceneSpec]:
        """The scenes of one partition."""
        key = layout.specs_key(category, batch)
        plain = self.read_json(key)
        try:
            return [SceneSpec.from_json(json.dumps(item)) for item in plain["specs"]]
        except (KeyError, TypeError, SceneError) as error:
            raise ClipFormatError(
                f"{self.folder.path(key)}: not a list of scenes ({error}); sample them again."
            ) from error

    def has_states(self, states_id: str) -> bool:
        """Are these states kept for reuse?"""
        return self.folder.exists(layout.manifest_key(layout.states_folder(states_id)))

    def write_states(self, states_id: str, states: States, *, seconds: float = 0.0) -> None:
        """Keep states for reuse; the manifest comes last and names their checksums.

        Args:
            states_id: `SceneSpec.states_id`.
            states: What the solver produced.
            seconds: What that took.
        """
        folder = layout.states_folder(states_id)
        attempt = secrets.token_hex(6)  # distinct between processes, read from the manifest only
        path = self.folder.make(f"{folder}/{attempt}")
        try:
            with storage_errors(path):
                write_states(path / STATES_FILE, states)
                sync(path)
            sums = {name: _sha256(path / name) for name in (STATES_FILE, CONTACTS)}
            plain = {"format": layout.FORMAT, "attempt": attempt, "files": sums}
            self.write_json(layout.manifest_key(folder), {**plain, "seconds": seconds})
        except BaseException:
            self.folder.remove(f"{folder}/{attempt}")
            raise

    def read_states(self, states_id: str) -> States:
        """States kept by `write_states`, after checking their checksums."""
        folder = layout.states_folder(states_id)
        if not self.has_states(states_id):
            raise StoreError(f"{self.uri}: no states {states_id!r}; simulate the scene first.")
        plain = self.read_json(layout.manifest_key(folder))
        path = self.folder.path(f"{folder}/{plain['attempt']}")
        for name, expected in plain["files"].items():
            if _sha256(path / name) != expected:
                raise ClipFormatError(f"{path / name}: corrupt (checksum); simulate again.")
        return read_states(path / STATES_FILE)

    def states_seconds(self, states_id: str) -> float:
        """What simulating the stored states took [s]."""
        return self.read_json(layout.manifest_key(layout.states_folder(states_id)))["seconds"]

    def quarantine(self, clip_id: str, reason: str, checks: Sequence[Check]) -> None:
        """Record why a clip was kept out."""
        plain = {
            "format": layout.FORMAT,
            "clip_id": clip_id,
            "reason": reason,
            "checks": [check.as_dict() for check in checks],
            "created_at": now(),
        }
        self.write_json(layout.quarantine_key(clip_id), plain)

    def quarantined(self) -> dict[str, str]:
        """Clip id -> reason of every clip that was kept out."""
        keys = [
            f"{layout.QUARANTINE}/{category}/{name}"
            for category in self.folder.names(layout.QUARANTINE)
            for name in self.folder.names(f"{layout.QUARANTINE}/{category}")
        ]
        records = [self.read_json(key) for key in keys]
        return {record["clip_id"]: record["reason"] for record in records}

    def read_json(self, key: str) -> Any:
        """A JSON file of the store; anything else raises ClipFormatError."""
        try:
            return json.loads(_text(self.folder, key))
        except ValueError as error:
            raise ClipFormatError(
                f"{self.folder.path(key)}: not JSON ({error}); restore or regenerate the file."
            ) from error

    def write_json(self, key: str, plain: Any) -> None:
        """Replace a JSON file of the store."""
        text = json.dumps(plain, sort_keys=True, indent=1) + "\n"
        self.folder.replace(key, text.encode())


def now() -> str:
    """This moment, UTC, ISO 8601, seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _text(folder: Folder, key: str) -> str:
    try:
        return folder.read(key).decode()
    except UnicodeDecodeError as error:
        raise ClipFormatError(
            f"{folder.path(key)}: corrupt ({error}); restore or remove the file."
        ) from error


def _sha256(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ClipFormatError(f"{path}: {error.strerror}; restore the file.") from error
