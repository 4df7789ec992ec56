"""Scene specs and manifests -> the clips that belong to the dataset now, frozen as a release."""

import hashlib
from collections.abc import Sequence
from typing import Any

from .errors import StoreError
from .simulate import solver_version
from .store import Manifest, Store, layout, read_index, rebuild_index, write_release


def current_clips(store: Store, category: str) -> list[Manifest]:
    """Committed clips of the category's stored scene specs, in the order of their ids.

    Clips in quarantine are not in this list, nor those of scenes that were described anew since:
    both stay in the store.
    """
    files = store.folder.names(layout.specs_key(category, "").rpartition("/")[0])
    batches = [name.removesuffix(".json") for name in files]
    named = {
        spec.clip_id(solver_version(spec))
        for batch in batches
        for spec in store.read_specs(category, batch)
    }
    return [store.manifest(clip_id) for clip_id in store.clip_ids(category) if clip_id in named]


def release(store: Store, manifests: Sequence[Manifest]) -> dict[str, Any]:
    """Freeze the clips under a name made from their content, and refresh the index.

    The same clips give the same release; asking for it again changes nothing.

    Raises:
        StoreError: There is nothing to release.
    """
    if not manifests:
        raise StoreError(f"{store.uri}: no clip to release; render a batch of scenes first.")
    content = "".join(f"{each.clip_id} {each.content_sha256}\n" for each in manifests)
    name = f"release-{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    if not _index_is_current(store):
        rebuild_index(store)
    return write_release(store, name, clip_ids=[each.clip_id for each in manifests])


def _index_is_current(store: Store) -> bool:
    if not store.folder.exists(layout.CURRENT_INDEX):
        return False
    rows = read_index(store).select(["clip_id", "attempt"]).to_pylist()
    found = [(row["clip_id"], row["attempt"]) for row in rows]
    return found == [(each.clip_id, each.attempt) for each in store.manifests()]
