"""Encoded chunks, states and checks -> a clip that becomes visible all at once.

Everything goes into a fresh attempt folder and is read back and compared; manifest.json comes
last. Whatever happens before that, readers see the store as it was.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from types import TracebackType

import pyarrow as pa

from ..camera import scene_camera
from ..checks import Check
from ..errors import SceneError, StoreError
from ..render.forms import exactness
from ..scene import SceneSpec
from ..states import States, check_states
from . import layout
from .camera_files import CameraFiles
from .chunk import EncodedChunk
from .folder import storage_errors, sync, write_file
from .manifest import Manifest, StoredFile, StoredLayer, content_hash
from .reader import Clip
from .store import STATES_FILE, Store, now
from .tables import CONTACTS, camera_table, objects_table, state_tables, write_table

CARRIED = ("flow_forward", "flow_backward", "flow_forward_dz", "occlusion", "temperature")
"""Layers that a surface made anew at every frame takes from the particles beside it."""


class ClipWriter:
    """Context manager: `add` chunks of every camera in order, then `commit`.

    Leaving without `commit` removes what was written.
    """

    def __init__(
        self,
        store: Store,
        spec: SceneSpec,
        *,
        solver_version: str,
        renderer_version: str,
        code_version: str,
    ) -> None:
        self._store, self._spec = store, spec
        self._versions = (solver_version, renderer_version, code_version)
        self.clip_id = spec.clip_id(solver_version)
        # Distinct between processes that write the same clip; found through the manifest only.
        self._attempt = secrets.token_hex(6)
        self._key = f"{layout.clip_folder(self.clip_id)}/{self._attempt}"
        self._cameras: dict[int, CameraFiles] = {}
        self._stored: dict[str, StoredFile] = {}
        self._states_digest = ""
        self._committed = False

    def __enter__(self) -> "ClipWriter":
        self._path = self._store.folder.make(self._key)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if not self._committed:
            for files in self._cameras.values():
                files.abandon()
            self._store.folder.remove(self._key)

    def add(self, camera_index: int, chunk: EncodedChunk) -> None:
        """Append the next chunk of one camera."""
        with storage_errors(self._path):
            if camera_index not in self._cameras:
                files = CameraFiles(
                    self._path, self._spec, self.clip_id, camera_index, chunk.profile
                )
                self._cameras[camera_index] = files
                files.open(chunk.layers)
            self._cameras[camera_index].add(chunk)

    def write_preview(self, camera_index: int, data: bytes) -> None:
        """Store a small animated WebP."""
        with storage_errors(self._path):
            self._write_bytes(f"camera_{camera_index}/preview.webp", data)

    def draft(self, states: States) -> Clip:
        """Finish the files and open them as a clip that nobody else sees: for checks on it."""
        self._finish(states)
        return Clip(self._store, self._manifest((), {}))

    def commit(
        self, states: States, checks: Sequence[Check], timings: Mapping[str, float]
    ) -> Manifest:
        """Write what is left, verify every byte, and make the clip visible.

        Raises:
            StoreError: A blocking check failed, frames are missing, or the disk did not keep
                what was written.
        """
        faults = [
            f"check {check.name!r} failed ({check.value:g} > {check.bound:g} {check.unit}); "
            "quarantine the clip instead"
            for check in checks
            if check.blocking and not check.passed
        ]
        if faults:
            raise StoreError(f"clip {self.clip_id}: {'; '.join(faults)}.")
        self._finish(states)
        with storage_errors(self._path):
            plain = [check.as_dict() for check in checks]
            text = json.dumps(plain, sort_keys=True, indent=1) + "\n"
            self._write_bytes("checks.json", text.encode())
            for folder in [path for path in self._path.rglob("*") if path.is_dir()]:
                sync(folder)
            sync(self._path)
            sync(self._path.parent)
        manifest = self._manifest(checks, timings)
        key = layout.manifest_key(layout.clip_folder(self.clip_id))
        self._store.folder.replace(key, manifest.to_json().encode())
        self._committed = True
        return manifest

    def _finish(self, states: States) -> None:
        """Write everything but the checks, once."""
        digest = states.digest()
        if self._states_digest == digest:
            return
        if self._states_digest:
            raise StoreError(f"clip {self.clip_id}: drafted with other states; commit the same.")
        self._check_complete(states)
        with storage_errors(self._path):
            for index, files in self._cameras.items():
                for name, expected in files.finish().items():
                    self._keep(name, expected)
                camera = scene_camera(self._spec, index)
                self._write_table(
                    f"camera_{index}/camera.parquet", camera_table(camera, self._spec.fps)
                )
            self._write_states(states)
            self._write_bytes("scene.json", self._spec.to_json().encode())
        self._states_digest = digest

    def _check_complete(self, states: States) -> None:
        spec, faults = self._spec, []
        for index in range(len(spec.cameras)):
            files = self._cameras.get(index)
            found = files.num_frames if files else 0
            if found != spec.num_frames:
                faults.append(f"camera {index} has {found} of {spec.num_frames} frames")
            if files and files.has_heat != bool(states.temperatures):
                told = "a" if files.has_heat else "no", "some" if states.temperatures else "none"
                faults.append(f"camera {index} has {told[0]} temperature layer, states {told[1]}")
        try:
            check_states(spec, states)
        except SceneError as error:
            faults.append(str(error).rstrip("."))
        if faults:
            raise StoreError(f"clip {self.clip_id}: {'; '.join(faults)}.")

    def _write_states(self, states: States) -> None:
        states_table, contacts_table = state_tables(states)
        self._write_table(STATES_FILE, states_table)
        self._write_table(CONTACTS, contacts_table)
        tables = [
            objects_table(states, index, files.sightings)
            for index, files in sorted(self._cameras.items())
        ]
        self._write_table("objects.parquet", pa.concat_tables(tables))

    def _write_table(self, name: str, table: pa.Table) -> None:
        self._keep(name, write_table(self._path / name, table))

    def _write_bytes(self, name: str, data: bytes) -> None:
        path = self._path / name
        path.parent.mkdir(exist_ok=True)
        write_file(path, data)
        self._keep(name, hashlib.sha256(data).hexdigest())

    def _keep(self, name: str, expected: str) -> None:
        """Read a finished file back from the disk and compare it with what was written."""
        path = self._path / name
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != expected:
            raise StoreError(f"{path}: the disk does not hold what was written; check it.")
        self._stored[name] = StoredFile(file=name, bytes=path.stat().st_size, sha256=found)

    def _manifest(self, checks: Sequence[Check], timings: Mapping[str, float]) -> Manifest:
        spec, stored = self._spec, self._stored
        advected = tuple(
            index + 1
            for index, body in enumerate(spec.bodies)
            if exactness(body.form) == "advected"
        )
        described = {
            name: metadata
            for files in self._cameras.values()
            for name, metadata in files.described.items()
        }
        layers = [
            StoredLayer(
                file=name,
                bytes=stored[name].bytes,
                sha256=stored[name].sha256,
                layer=metadata["layer"],
                camera=int(metadata["camera"]),
                codec=metadata["codec"],
                max_error=metadata["max_error"],
                exactness="advected" if metadata["layer"] in CARRIED and advected else "exact",
                advected_objects=advected if metadata["layer"] in CARRIED else (),
            )
            for name, metadata in sorted(described.items())
        ]
        return Manifest(
            format=layout.FORMAT,
            clip_id=self.clip_id,
            category=spec.category,
            family=spec.family,
            split=spec.split,
            seed=spec.seed,
            caption=spec.caption,
            num_frames=spec.num_frames,
            fps=spec.fps,
            width=spec.width,
            height=spec.height,
            cameras=len(spec.cameras),
            profile=next(iter(self._cameras.values())).profile,
            states_id=spec.states_id(self._versions[0]),
            attempt=self._attempt,
            layers=tuple(layers),
            files=tuple(item for name, item in stored.items() if name not in described),
            checks={"total": len(checks), "failed": sum(not check.passed for check in checks)},
            content_sha256=content_hash(stored.values()),
            solver_version=self._versions[0],
            renderer_version=self._versions[1],
            code_version=self._versions[2],
            timings={name: float(seconds) for name, seconds in timings.items()},
            created_at=now(),
        )
