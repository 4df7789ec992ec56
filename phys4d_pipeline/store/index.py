"""Manifests -> an index to query, frozen releases to train from, and the garbage to collect."""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from ..errors import StoreError
from . import layout
from .folder import storage_errors
from .manifest import Manifest
from .store import Store, now
from .tables import read_table, write_table

COLUMNS = {
    "clip_id": pa.string(),
    "category": pa.string(),
    "family": pa.string(),
    "split": pa.string(),
    "seed": pa.int64(),
    "caption": pa.string(),
    "num_frames": pa.int32(),
    "fps": pa.int32(),
    "width": pa.int32(),
    "height": pa.int32(),
    "cameras": pa.int32(),
    "profile": pa.string(),
    "num_bytes": pa.int64(),
    "content_sha256": pa.string(),
    "solver_version": pa.string(),
    "renderer_version": pa.string(),
    "code_version": pa.string(),
    "attempt": pa.string(),
    "created_at": pa.string(),
}
GRACE_SECONDS = 24 * 3600.0  # longer than any clip takes to write and any reader holds one open


def rebuild_index(store: Store) -> int:
    """Write the next snapshot from the manifests and point to it; returns its number."""
    rows = [{name: getattr(one, name) for name in COLUMNS} for one in store.manifests()]
    table = pa.Table.from_pylist(rows, schema=pa.schema(list(COLUMNS.items())))
    taken = [name.removeprefix("snapshot-") for name in store.folder.names(layout.INDEX)]
    number = max((int(name) for name in taken if name.isdecimal()), default=0) + 1
    path = store.folder.make(f"{layout.INDEX}/snapshot-{number}")
    with storage_errors(path):
        write_table(path / "clips.parquet", table)
    store.write_json(
        layout.CURRENT_INDEX,
        {"format": layout.FORMAT, "snapshot": number, "clips": len(rows), "created_at": now()},
    )
    return number


def read_index(store: Store) -> pa.Table:
    """The current snapshot: a row per clip."""
    if not store.folder.exists(layout.CURRENT_INDEX):
        raise StoreError(f"{store.uri}: no index yet; build it with rebuild_index.")
    number = store.read_json(layout.CURRENT_INDEX)["snapshot"]
    return read_table(store.folder.path(f"{layout.INDEX}/snapshot-{number}/clips.parquet"))


def write_release(
    store: Store,
    release_id: str,
    *,
    clip_ids: Sequence[str] | None = None,
    description: str = "",
) -> dict[str, Any]:
    """Freeze a list of clips with their splits and hashes.

    Args:
        store: Where the clips lie.
        release_id: Its name; a release never changes once it is written.
        clip_ids: All visible clips by default.
        description: For people.

    Raises:
        StoreError: A release of this name lists other clips or other content.
    """
    chosen = store.clip_ids() if clip_ids is None else sorted(set(clip_ids))
    clips = [_release_row(store.manifest(clip_id)) for clip_id in chosen]
    lines = json.dumps(clips, sort_keys=True)
    release = {
        "format": layout.FORMAT,
        "release_id": release_id,
        "description": description,
        "clips": clips,
        "sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "created_at": now(),
    }
    key = layout.release_key(release_id)
    if store.folder.exists(key):
        old = store.read_json(key)
        if old["sha256"] != release["sha256"]:
            raise StoreError(
                f"release {release_id!r} is frozen with {len(old['clips'])} clips and other "
                "content; choose a new name."
            )
        return old
    store.write_json(key, release)
    return release


def read_release(store: Store, release_id: str) -> dict[str, Any]:
    """A frozen list: `clips` with clip_id, category, family, split, num_frames, content_sha256."""
    key = layout.release_key(release_id)
    if not store.folder.exists(key):
        known = [name.removesuffix(".json") for name in store.folder.names(layout.RELEASES)]
        raise StoreError(
            f"{store.uri}: no release {release_id!r}. It has: {', '.join(known) or 'none'}."
        )
    return store.read_json(key)


def collect_garbage(store: Store, *, grace_seconds: float = GRACE_SECONDS) -> list[str]:
    """Remove what no manifest names and nobody has touched for a while; returns the keys.

    Args:
        store: Where to clean.
        grace_seconds: Only what is older is removed: younger attempts may still be written, and
            a clip that was just rendered again may still be read in its old version.
    """
    latest = time.time() - grace_seconds
    removed = []
    for key in _unreferenced(store):
        if store.folder.changed_at(key) <= latest:
            store.folder.remove(key)
            removed.append(key)
    return removed


def _release_row(manifest: Manifest) -> dict[str, Any]:
    names = ("clip_id", "category", "family", "split", "num_frames", "content_sha256")
    return {name: getattr(manifest, name) for name in names}


def _unreferenced(store: Store) -> Iterator[str]:
    """Attempts that no manifest names, half-written files, and old index snapshots."""
    estimators = [f"{layout.LABELS}/{name}" for name in store.folder.names(layout.LABELS)]
    for root in (layout.CLIPS, layout.STATES, layout.VIDEOS, *estimators):
        for category in store.folder.names(root):
            for name in store.folder.names(f"{root}/{category}"):
                yield from _unreferenced_in(store, f"{root}/{category}/{name}")
    if store.folder.exists(layout.CURRENT_INDEX):
        current = store.read_json(layout.CURRENT_INDEX)["snapshot"]
        for name in store.folder.names(layout.INDEX):
            if name.startswith("snapshot-") and name != f"snapshot-{current}":
                yield f"{layout.INDEX}/{name}"


def _unreferenced_in(store: Store, folder: str) -> Iterator[str]:
    key = layout.manifest_key(folder)
    attempt = store.read_json(key)["attempt"] if store.folder.exists(key) else ""
    for name in store.folder.all_names(folder):
        if name not in (layout.MANIFEST, attempt):
            yield f"{folder}/{name}"
