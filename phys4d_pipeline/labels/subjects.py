"""What can be labelled: stored clips, which have a ground truth, and shots of real videos."""

from dataclasses import dataclass
from functools import partial

from ..real_video.ingest import Shot, VideoManifest, shot_path
from ..store import Clip, Store
from ..store.reader import VideoFrames
from .footage import Footage
from .second_view import second_view


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A clip to label."""

    clip_id: str
    content_sha256: str
    cameras: tuple[Footage, ...]
    views: tuple[Clip, ...] = ()
    """With ground truth, one per camera; empty for real videos."""

    @property
    def num_frames(self) -> int:
        """Of all cameras together."""
        return sum(footage.num_frames for footage in self.cameras)


def simulated(store: Store, clip_id: str) -> Subject:
    """A stored clip, all cameras."""
    manifest = store.manifest(clip_id)
    views = tuple(Clip(store, manifest, index) for index in range(manifest.cameras))
    return Subject(
        clip_id=clip_id,
        content_sha256=manifest.content_sha256,
        cameras=tuple(
            Footage(
                name=f"clip {clip_id}, camera {view.camera_index}",
                num_frames=len(view),
                fps=manifest.fps,
                width=manifest.width,
                height=manifest.height,
                frames=partial(iter, view.rgb),
                stereo=partial(second_view, view),
            )
            for view in views
        ),
        views=views,
    )


def real(store: Store, video: VideoManifest, shot: Shot) -> Subject:
    """A shot of an ingested video."""
    path = shot_path(store, video, shot)
    frames = VideoFrames(path, shot.num_frames, shot.height, shot.width)
    footage = Footage(
        name=f"{video.name}, {shot.file}",
        num_frames=shot.num_frames,
        fps=shot.fps,
        width=shot.width,
        height=shot.height,
        frames=partial(iter, frames),
    )
    return Subject(clip_id=shot.clip_id, content_sha256=shot.sha256, cameras=(footage,))
