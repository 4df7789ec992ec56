"""Specs, writers and chunks that several tests of the store start from."""

from analytic_clip import SOLVER_VERSION, make_spec, make_states, render_frame

from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.scene import SceneSpec
from phys4d_pipeline.store import ClipWriter, EncodedChunk, Store, encode_chunk

SPEC = make_spec(num_frames=37, cameras=2)  # 16 + 16 + 5 frames; the last row group has 5


def small_spec(seed: int = 0) -> SceneSpec:
    return make_spec(num_frames=3, width=16, height=12, seed=seed)


def writer_of(store: Store, spec: SceneSpec) -> ClipWriter:
    return ClipWriter(
        store, spec, solver_version=SOLVER_VERSION, renderer_version="r1", code_version="test"
    )


def encode_alone(first: int) -> EncodedChunk:
    """A chunk of SPEC, as a worker process would make it."""
    camera, states = scene_camera(SPEC, 0), make_states(SPEC)
    stop = min(first + 16, 37)
    frames = (render_frame(SPEC, states, camera, at) for at in range(first, stop))
    return encode_chunk(frames, camera)
