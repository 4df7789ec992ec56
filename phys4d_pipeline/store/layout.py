"""Names of things in a store -> keys below its root (contract: docs/format.md)."""

from ..errors import StoreError

FORMAT = 1
CLIPS = "v1/clips"
STATES = "v1/states"
LABELS = "v1/labels"
VIDEOS = "v1/videos"
RELEASES = "v1/releases"
INDEX = "v1/index"
CURRENT_INDEX = "v1/index/current.json"
QUARANTINE = "quarantine"
MANIFEST = "manifest.json"
REMEDY = "restore the file, or remove the clip's manifest.json and render it again."


def category_of(clip_id: str) -> str:
    """The category in `<category>-<12 hex>`."""
    category, dash, digits = clip_id.rpartition("-")
    if not dash or not category or "/" in clip_id or not digits.isalnum():
        raise StoreError(f"{clip_id!r} is not a clip id; it looks like 'ropes-0123456789ab'.")
    return category


def clip_folder(clip_id: str) -> str:
    """Where the manifest and the attempts of a clip lie."""
    return f"{CLIPS}/category={category_of(clip_id)}/{clip_id}"


def states_folder(states_id: str) -> str:
    """Where reusable states lie."""
    return f"{STATES}/category={category_of(states_id)}/{states_id}"


def manifest_key(folder: str) -> str:
    """The file that makes a folder's content visible."""
    return f"{folder}/{MANIFEST}"


def specs_key(category: str, batch: str) -> str:
    """Scene specs of one partition."""
    return f"v1/specs/category={category}/{batch}.json"


def release_key(release_id: str) -> str:
    """A frozen list of clips."""
    return f"{RELEASES}/{release_id}.json"


def quarantine_key(clip_id: str) -> str:
    """Why a clip was kept out."""
    return f"{QUARANTINE}/category={category_of(clip_id)}/{clip_id}.json"
