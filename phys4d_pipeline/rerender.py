"""A stored clip and words for cameras -> the same motion in a new clip, without simulating again.

The new clip's scene differs in its cameras alone, so its states are the ones that are stored.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from .cameras import words as camera_words
from .cameras.sight import visited
from .cameras.views import MAX_CAMERAS
from .errors import SceneError, StoreError
from .production import Rendering, ignore, render_to_store
from .render_pool import RenderPool
from .scene import SceneSpec
from .simulate import solver_version
from .store import Clip, Store


def rerender(
    spec: SceneSpec,
    store: Store,
    *,
    workers: int = 0,
    on_frames: Callable[[int], object] = ignore,
) -> Rendering:
    """Render a scene whose states are stored, and commit the clip.

    Args:
        spec: From `with_cameras`.
        store: Holds its states, receives the clip.
        workers: Rendering processes; 0 for one per core.
        on_frames: Called with the number of frames just stored.
    """
    with RenderPool(workers) as pool:
        return render_to_store(spec, store, pool=pool, on_frames=on_frames)


def with_cameras(store: Store, clip_id: str, words: Sequence[str]) -> SceneSpec:
    """The scene of a stored clip seen by other cameras; its states lie ready in the store.

    Args:
        store: Holds the clip.
        clip_id: Of the clip whose motion is wanted.
        words: One or more, see `cameras.help.HELP`.

    Raises:
        SceneError: A word that is not understood, or a camera that cannot see the motion.
        StoreError: No such clip, or one of another version of its solver.
    """
    clip = Clip(store, store.manifest(clip_id))
    keep_states(store, clip)
    points = visited(clip.scene, clip.states)
    paths = [path for word in words for path in camera_words.cameras(word, clip.scene, points)]
    if not 1 <= len(paths) <= MAX_CAMERAS:
        raise SceneError(f"{len(paths)} cameras; give 1 to {MAX_CAMERAS}.")
    return replace(clip.scene, cameras=tuple(paths))


def keep_states(store: Store, clip: Clip) -> None:
    """Put a clip's own states where renderings look for them, if they are no longer there."""
    manifest, version = clip.manifest, solver_version(clip.scene)
    if manifest.solver_version != version:
        raise StoreError(
            f"clip {clip.clip_id} was simulated by {manifest.solver_version}, this code has "
            f"{version}: generate the clip again, then rerender that one."
        )
    states_id = clip.scene.states_id(version)
    if not store.has_states(states_id):
        store.write_states(states_id, clip.states, seconds=manifest.timings["simulate"])
