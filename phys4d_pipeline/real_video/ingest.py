"""A video file -> its shots below `v1/videos`, visible all at once; frames are streamed.

A file is known by the SHA-256 of its bytes: giving it again, under any name, does nothing.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import ClipFormatError, LabelError
from ..store import Store, layout
from ..store.folder import storage_errors, sync
from ..store.store import now
from ..store.video import GROUP, GroupEncoder, VideoWriter
from .decode import LEAST_SIDE, Rgb, Source, Tick
from .shots import ShotWatch, signature

CATEGORY = "real_videos"
FASTEST_FPS = 30
SHORTEST_S, LONGEST_S = 0.5, 10.0
"""Shorter shots are left out, longer ones continue in a new clip [s]."""
VERSION = f"ingest-1 fps<={FASTEST_FPS} {SHORTEST_S}-{LONGEST_S}s"
REMEDY = "remove the file and ingest the video again."


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A stored clip of a real video."""

    clip_id: str
    file: str
    """Path below the attempt."""
    bytes: int
    sha256: str
    start_s: float
    num_frames: int
    fps: int
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class VideoManifest:
    """The one file that makes the shots of a video visible."""

    format: int
    source_id: str
    name: str
    """Of the file, without its folder."""
    sha256: str
    """Of the file."""
    version: str
    attempt: str
    codec: str
    average_fps: float
    damage: str
    """What was wrong with the end of the file; empty if nothing."""
    shots: tuple[Shot, ...]
    left_out: tuple[str, ...]
    """A line for every shot that was not kept."""
    created_at: str


def ingest(path: Path, store: Store, *, on_frames: Callable[[int], object]) -> VideoManifest:
    """Store the shots of a video.

    Args:
        path: A file that PyAV can read.
        store: Receives them.
        on_frames: Called with the number of frames just read.

    Raises:
        LabelError: The file is no video, a single picture, or too small.
    """
    try:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LabelError(f"{path}: {error.strerror}; check the path of the video.") from error
    source_id = f"{CATEGORY}-{digest[:12]}"
    stored = read_video(store, source_id)
    if stored is not None and stored.version == VERSION and _is_whole(store, stored):
        return stored
    source = Source.open(path)
    folder, attempt = video_folder(source_id), secrets.token_hex(6)
    place = store.folder.make(f"{folder}/{attempt}")
    cutter = _Cutter(place, digest, min(FASTEST_FPS, max(1, round(source.average_fps))))
    try:
        with storage_errors(place):
            for tick in source.ticks(cutter.fps):
                cutter.add(tick)
                on_frames(1)
            cutter.end()
            sync(place)
        if source.tail.num_decoded < 2:
            raise LabelError(f"{path}: a single picture, not a video; give one that moves.")
        manifest = VideoManifest(
            format=layout.FORMAT,
            source_id=source_id,
            name=path.name,
            sha256=digest,
            version=VERSION,
            attempt=attempt,
            codec=source.codec,
            average_fps=round(source.average_fps, 3),
            damage=source.tail.damage,
            shots=tuple(cutter.shots),
            left_out=tuple(cutter.left_out),
            created_at=now(),
        )
        store.write_json(layout.manifest_key(folder), asdict(manifest))
    except BaseException:
        cutter.abandon()
        store.folder.remove(f"{folder}/{attempt}")
        raise
    return manifest


def video_folder(source_id: str) -> str:
    """Where the manifest and the attempts of a video lie."""
    return f"{layout.VIDEOS}/category={layout.category_of(source_id)}/{source_id}"


def read_video(store: Store, source_id: str) -> VideoManifest | None:
    """None if it was never ingested."""
    key = layout.manifest_key(video_folder(source_id))
    if not store.folder.exists(key):
        return None
    plain = store.read_json(key)
    try:
        if plain["format"] > layout.FORMAT:
            raise ClipFormatError(
                f"{store.folder.path(key)}: format {plain['format']}, this code reads up to "
                f"{layout.FORMAT}. Install a newer release."
            )
        plain["shots"] = tuple(Shot(**each) for each in plain["shots"])
        plain["left_out"] = tuple(plain["left_out"])
        return VideoManifest(**plain)
    except (TypeError, KeyError) as error:
        where = store.folder.path(key)
        raise ClipFormatError(f"{where}: not a video's manifest ({error}); {REMEDY}") from error


def videos(store: Store) -> Iterator[VideoManifest]:
    """Every ingested video."""
    for source_id in store.folder.names(f"{layout.VIDEOS}/category={CATEGORY}"):
        found = read_video(store, source_id)
        if found is not None:
            yield found


def shot_path(store: Store, video: VideoManifest, shot: Shot) -> Path:
    """The mp4 file of a shot."""
    return store.folder.path(f"{video_folder(video.source_id)}/{video.attempt}/{shot.file}")


def _is_whole(store: Store, video: VideoManifest) -> bool:
    paths = [shot_path(store, video, shot) for shot in video.shots]
    sizes = [path.stat().st_size if path.is_file() else -1 for path in paths]
    return sizes == [shot.bytes for shot in video.shots]


class _Cutter:
    """Ticks of one file -> shots; holds at most one group of pictures."""

    def __init__(self, place: Path, digest: str, fps: int) -> None:
        self._place, self._digest, self.fps = place, digest, fps
        self._watch = ShotWatch()
        self._writing: _ShotFile | None = None
        self.shots: list[Shot] = []
        self.left_out: list[str] = []

    def add(self, tick: Tick) -> None:
        small, writing = signature(tick.rgb), self._writing
        if writing is not None:
            is_full = writing.num_frames >= LONGEST_S * self.fps
            same_size = tick.rgb.shape == writing.shape
            if is_full or not same_size or not tick.follows or self._watch.is_cut(small):
                self.end()
        if self._writing is None:
            self._watch.begin(small)
            name = f"shot_{len(self.shots) + len(self.left_out):04d}.mp4"
            self._writing = _ShotFile(self._place / name, tick, self.fps)
        self._writing.add(tick.rgb)

    def end(self) -> None:
        """Keep the present shot, or leave it out."""
        writing, self._writing = self._writing, None
        if writing is None:
            return
        writing.close()
        seconds = writing.num_frames / self.fps
        told = f"{writing.start_s:.2f} to {writing.start_s + seconds:.2f} s"
        height, width, _ = writing.shape
        if seconds < SHORTEST_S:
            self._leave_out(writing, f"{told}: shorter than {SHORTEST_S} s")
        elif self._watch.is_static:
            self._leave_out(writing, f"{told}: nothing moves")
        elif min(height, width) < LEAST_SIDE:
            self._leave_out(writing, f"{told}: {width}x{height}, smaller than {LEAST_SIDE} px")
        else:
            self.shots.append(self._shot(writing))

    def abandon(self) -> None:
        """Let go of the open file; the folder is about to be removed."""
        if self._writing is not None:
            self._writing.abandon()

    def _leave_out(self, writing: "_ShotFile", reason: str) -> None:
        writing.path.unlink()
        self.left_out.append(reason)

    def _shot(self, writing: "_ShotFile") -> Shot:
        path, height, width = writing.path, *writing.shape[:2]
        named = f"{self._digest} {VERSION} {path.name}"
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        sync(path)
        return Shot(
            clip_id=f"{CATEGORY}-{hashlib.sha256(named.encode()).hexdigest()[:12]}",
            file=path.name,
            bytes=path.stat().st_size,
            sha256=digest,
            start_s=round(writing.start_s, 6),
            num_frames=writing.num_frames,
            fps=self.fps,
            width=width,
            height=height,
        )


class _ShotFile:
    """A growing mp4 file."""

    def __init__(self, path: Path, first: Tick, fps: int) -> None:
        self.path, self.start_s, self.shape = path, first.time_s, first.rgb.shape
        self._fps, self.num_frames = fps, 0
        self._video = VideoWriter(path, fps)
        self._group: Any = None

    def add(self, rgb: Rgb) -> None:
        if self._group is None:
            self._group = GroupEncoder(self.shape[1], self.shape[0], self._fps)
        self._group.add(rgb)
        self.num_frames += 1
        if self.num_frames % GROUP == 0:
            self._flush()

    def close(self) -> None:
        if self._group is not None:
            self._flush()
        self._video.close()

    def abandon(self) -> None:
        self._video.abandon()

    def _flush(self) -> None:
        self._video.add(self._group.finish())
        self._group = None
