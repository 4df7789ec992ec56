"""A stored clip -> Checks: every byte, every frame, every recorded check, and the ground truth."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from .. import ground_truth_checks as ground_truth  # it reads clips: the modules import each other
from ..checks import Check
from ..errors import Phys4DError, StoreError
from ..states import check_states
from .layers import layer_keys, layer_of
from .manifest import Manifest, content_hash
from .reader import Clip, LayerFrames
from .store import Store


def verify_clip(store: Store, clip_id: str) -> list[Check]:
    """Read everything back.

    A damaged file is a failed check that names the file; ground truth is measured only if all
    files are whole.

    Raises:
        StoreError: There is no such clip, or its manifest cannot be read.
    """
    manifest = store.manifest(clip_id)
    path = store.attempt_path(manifest)
    checks = [
        _count("files_intact", _damaged_files(path, manifest), "size and SHA-256 in manifest.json"),
        _count("content_hash", _wrong_content(manifest), "content_sha256 in manifest.json"),
    ]
    clip = Clip(store, manifest)
    checks.append(_count("recorded_checks", _failed_checks(clip), "checks.json"))
    views = [clip.from_camera(index) for index in range(manifest.cameras)]
    checks += [
        _count(
            f"camera_{view.camera_index}/decodable",
            _undecodable(view),
            f"all {len(view)} frames of every layer and of rgb.mp4 decode",
        )
        for view in views
    ]
    if all(check.passed for check in checks):
        for view in views:
            checks += ground_truth.ground_truth_checks(
                view, f"camera_{view.camera_index}/ground_truth/"
            )
    return checks


def _count(name: str, faults: Iterator[str], source: str) -> Check:
    """A check that nothing is wrong; the first fault is told in its source."""
    found = list(faults)
    told = f"{source}; first fault: {found[0]}" if found else source
    value = float(len(found))
    return Check(name=f"stored/{name}", value=value, bound=0.0, unit="faults", source=told)


def _damaged_files(path: Path, manifest: Manifest) -> Iterator[str]:
    for stored in manifest.all_files:
        try:
            with open(path / stored.file, "rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
        except OSError as error:
            yield f"{stored.file}: {error.strerror}"
            continue
        if size != stored.bytes:
            yield f"{stored.file}: {size} bytes, not {stored.bytes}"
        elif found != stored.sha256:
            yield f"{stored.file}: SHA-256 {found[:12]}, not {stored.sha256[:12]}"


def _wrong_content(manifest: Manifest) -> Iterator[str]:
    found = content_hash(manifest.all_files)
    if found != manifest.content_sha256:
        yield f"{found[:12]}, not {manifest.content_sha256[:12]}"


def _failed_checks(clip: Clip) -> Iterator[str]:
    try:
        yield from (one["name"] for one in clip.checks if one["blocking"] and not one["pass"])
    except StoreError as error:
        yield str(error)


def _undecodable(view: Clip) -> Iterator[str]:
    """Decode every frame of every layer and of the video; faults of the tables too."""

    def everything(key: str) -> LayerFrames:
        return LayerFrames(view.layer_path(key), len(view))

    expected = [key for key in layer_keys() if key in view.layer_keys or not layer_of(key).optional]
    readers: list[Callable[[], object]] = [
        *(lambda key=key: sum(1 for _ in everything(key)) for key in expected),
        lambda: sum(1 for _ in view.rgb),
        lambda: (view.camera, view.objects, view.contacts),
        lambda: check_states(view.scene, view.states),
        lambda: view.temperature if view.states.temperatures else None,
    ]
    for read in readers:
        try:
            read()
        except Phys4DError as error:
            yield str(error)
