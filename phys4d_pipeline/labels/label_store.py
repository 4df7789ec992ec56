"""Labels of one clip by one estimator -> `v1/labels/...`, visible all at once; and back.

Layer files are those of clips; each says `kind`, `estimator` and `version` in its metadata besides.
Depth keeps every bit of float32: what an estimator did not find is NaN, which `log16` cannot hold.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from types import TracebackType
from typing import Any

import numpy as np

from ..errors import ClipFormatError
from ..store import Store, layout
from ..store.codecs import BITS
from ..store.folder import storage_errors, sync
from ..store.layer_file import LayerWriter, layer_metadata
from ..store.layers import LAYERS, Layer
from ..store.manifest import StoredFile
from ..store.reader import LayerFrames
from ..store.store import now
from .estimator import Kind

REMEDY = "remove this label's manifest.json and label the clip again."
_MEANING = {
    Kind.METRIC: ("m", "distance along camera +z; NaN = not found"),
    Kind.AFFINE_DEPTH: ("1", "scale * value + shift is the distance along camera +z; NaN = none"),
    Kind.AFFINE_DISPARITY: ("1", "scale * value + shift is 1 / distance; NaN = not found"),
}
_VALID = "1 where the estimator trusts the label"
DEPTH_LAYERS = {
    kind: (
        replace(LAYERS["depth"], unit=unit, convention=convention, codec=BITS),
        replace(LAYERS["occlusion"], name="valid", convention=_VALID, before=()),
    )
    for kind, (unit, convention) in _MEANING.items()
}
FLOW_LAYERS = (
    LAYERS["flow_forward"],
    LAYERS["flow_backward"],
    replace(LAYERS["occlusion"], name="valid", convention=f"[forward, backward]: {_VALID}"),
)


@dataclass(frozen=True, kw_only=True)
class LabelSource:
    """Which clip is labelled, by which estimator; what a rerun compares."""

    clip_id: str
    source_sha256: str
    """Of the clip's content."""
    estimator: str
    version: str
    kind: str
    """`metric` or `affine`; flow is metric: pixels."""
    space: str
    """`depth`, `disparity` or `flow`."""
    num_frames: int
    fps: int
    width: int
    height: int
    cameras: int


@dataclass(frozen=True, kw_only=True)
class LabelManifest:
    """The one file that makes a label visible."""

    format: int
    category: str
    source: LabelSource
    attempt: str
    files: tuple[StoredFile, ...]
    quality: dict[str, Any]
    """Against ground truth (`quality.measure_depth`, `measure_flow`); empty for real videos."""
    seconds: float
    """It took to label and measure."""
    code_version: str
    created_at: str

    @staticmethod
    def from_plain(plain: Mapping[str, Any], where: str) -> "LabelManifest":
        """Read what was written; anything else raises ClipFormatError naming `where`."""
        try:
            if plain["format"] > layout.FORMAT:
                raise ClipFormatError(
                    f"{where}: format {plain['format']}, this code reads up to {layout.FORMAT}. "
                    "Install a newer release."
                )
            source = LabelSource(**plain["source"])
            files = tuple(StoredFile(**each) for each in plain["files"])
            return LabelManifest(**{**plain, "source": source, "files": files})
        except (TypeError, KeyError) as error:
            raise ClipFormatError(f"{where}: not a label's manifest ({error}); {REMEDY}") from error


def label_folder(estimator: str, clip_id: str) -> str:
    """Where the manifest and the attempts of a clip's label lie."""
    category = layout.category_of(clip_id)
    return f"{layout.LABELS}/estimator={estimator}/category={category}/{clip_id}"


def read_manifest(store: Store, estimator: str, clip_id: str) -> LabelManifest | None:
    """None if this estimator has not labelled the clip."""
    key = layout.manifest_key(label_folder(estimator, clip_id))
    if not store.folder.exists(key):
        return None
    return LabelManifest.from_plain(store.read_json(key), str(store.folder.path(key)))


def label_manifests(store: Store, category: str | None = None) -> Iterator[LabelManifest]:
    """Of all labels, or of those of one category."""
    for estimator in store.folder.names(layout.LABELS):
        for each in store.folder.names(f"{layout.LABELS}/{estimator}"):
            if category is not None and each != f"category={category}":
                continue
            for clip_id in store.folder.names(f"{layout.LABELS}/{estimator}/{each}"):
                found = read_manifest(store, estimator.removeprefix("estimator="), clip_id)
                if found is not None:
                    yield found


def is_stored(store: Store, source: LabelSource) -> bool:
    """Is this very label there, with every file of the right size?"""
    found = read_manifest(store, source.estimator, source.clip_id)
    if found is None or found.source != source:
        return False
    paths = [label_path(store, found) / each.file for each in found.files]
    sizes = [path.stat().st_size if path.is_file() else -1 for path in paths]
    return sizes == [each.bytes for each in found.files]


def label_path(store: Store, manifest: LabelManifest) -> Any:
    """The folder a manifest's files lie in."""
    source = manifest.source
    key = f"{label_folder(source.estimator, source.clip_id)}/{manifest.attempt}"
    return store.folder.path(key)


def label_frames(
    store: Store, manifest: LabelManifest, layer: str, *, camera: int = 0
) -> LayerFrames:
    """A layer of a label as a lazy array: `depth`, `flow_forward`, `flow_backward`, `valid`."""
    path = label_path(store, manifest) / f"camera_{camera}" / f"{layer}.parquet"
    return LayerFrames(path, manifest.source.num_frames)


class LabelWriter:
    """Context manager: `add` frames of every camera in order, `finish`, then `commit`.

    Leaving without `commit` removes what was written.
    """

    def __init__(self, store: Store, source: LabelSource, layers: tuple[Layer, ...]) -> None:
        self._store, self._source, self._layers = store, source, layers
        # Distinct between processes that write the same label; found through the manifest only.
        self.attempt = secrets.token_hex(6)
        self._folder = label_folder(source.estimator, source.clip_id)
        self._writers: dict[str, LayerWriter] = {}
        self._files: tuple[StoredFile, ...] = ()
        self._committed = False

    def __enter__(self) -> "LabelWriter":
        self._path = self._store.folder.make(f"{self._folder}/{self.attempt}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if not self._committed:
            for writer in self._writers.values():
                writer.abandon()
            self._store.folder.remove(f"{self._folder}/{self.attempt}")

    def add(self, camera: int, **arrays: np.ndarray) -> None:
        """Append one frame of every layer of one camera."""
        with storage_errors(self._path):
            for layer in self._layers:
                name = f"camera_{camera}/{layer.name}.parquet"
                if name not in self._writers:
                    (self._path / name).parent.mkdir(exist_ok=True)
                    metadata = self._metadata(layer, camera)
                    self._writers[name] = LayerWriter(self._path / name, metadata, self._source.fps)
                self._writers[name].add((layer.codec.encode(arrays[layer.name]),))

    def finish(self) -> None:
        """Close every file; they can be read from now on."""
        with storage_errors(self._path):
            sums = {name: writer.finish() for name, writer in self._writers.items()}
            self._writers = {}
            self._files = tuple(
                StoredFile(file=name, bytes=(self._path / name).stat().st_size, sha256=digest)
                for name, digest in sorted(sums.items())
            )

    def frames(self, layer: str, camera: int) -> LayerFrames:
        """What was written, after `finish`."""
        path = self._path / f"camera_{camera}" / f"{layer}.parquet"
        return LayerFrames(path, self._source.num_frames)

    def commit(self, *, quality: dict[str, Any], seconds: float) -> LabelManifest:
        """Make the label visible."""
        with storage_errors(self._path):
            for folder in (*self._path.iterdir(), self._path, self._path.parent):
                sync(folder)
        manifest = LabelManifest(
            format=layout.FORMAT,
            category=layout.category_of(self._source.clip_id),
            source=self._source,
            attempt=self.attempt,
            files=self._files,
            quality=quality,
            seconds=round(seconds, 3),
            code_version=version("phys4d-pipeline"),
            created_at=now(),
        )
        self._store.write_json(layout.manifest_key(self._folder), asdict(manifest))
        self._committed = True
        return manifest

    def _metadata(self, layer: Layer, camera: int) -> dict[str, str]:
        source = self._source
        return {
            **layer_metadata(
                layer,
                profile="default",
                shape=layer.shape(source.height, source.width),
                clip_id=source.clip_id,
                camera=camera,
                low=False,
            ),
            "kind": source.kind,
            "space": source.space,
            "estimator": source.estimator,
            "version": source.version,
        }
