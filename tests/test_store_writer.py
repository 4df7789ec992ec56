"""Writing a clip: what is refused leaves nothing behind, and nobody sees half a clip."""

from dataclasses import replace
from pathlib import Path

import pytest
from analytic_clip import CHECK, make_spec, make_states, render, render_frame, write_clip
from store_clips import SPEC, encode_alone, small_spec, writer_of

from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.checks import Check
from phys4d_pipeline.errors import StoreError
from phys4d_pipeline.store import encode_chunk, open_store


def test_encoding_holds_one_frame_at_a_time() -> None:
    import gc
    import weakref

    camera, states = scene_camera(SPEC, 0), make_states(SPEC)
    alive: list[weakref.ref] = []

    def watched():
        for frame in range(16):
            gc.collect()
            assert sum(each() is not None for each in alive) == 0
            truth = render_frame(SPEC, states, camera, frame)
            alive.append(weakref.ref(truth.depth))
            yield truth
            del truth

    encode_chunk(watched(), camera)
    assert len(alive) == 16


def test_a_value_no_codec_can_hold_names_frame_and_layer() -> None:
    camera, states = scene_camera(SPEC, 0), make_states(SPEC)
    truth = render_frame(SPEC, states, camera, 3)
    truth.depth[5, 7] = 2000.0
    with pytest.raises(StoreError, match=r"^frame 3, layer depth: value 2000.0 at pixel \(7, 5\)"):
        encode_chunk([truth], camera)


def test_a_picture_without_a_low_tier_is_refused() -> None:
    spec = make_spec(num_frames=1, width=64, height=2)
    camera = scene_camera(spec, 0)
    with pytest.raises(StoreError, match="picture of 64x2: a stored one has at least 4x4"):
        encode_chunk(render(spec, make_states(spec), camera), camera)


def test_chunks_out_of_order_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    with pytest.raises(StoreError, match="16 frames with"), writer_of(store, SPEC) as writer:
        writer.add(0, encode_alone(16))
    assert store.clip_ids() == []
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_unfinished_clip_cannot_be_committed(tmp_path: Path) -> None:
    missing = "camera 0 has 16 of 37 frames; camera 1 has 0 of 37"
    with (
        pytest.raises(StoreError, match=missing),
        writer_of(open_store(tmp_path), SPEC) as writer,
    ):
        writer.add(0, encode_alone(0))
        writer.commit(make_states(SPEC), [CHECK], {})
    assert open_store(tmp_path).clip_ids() == []


def test_a_failed_blocking_check_keeps_the_clip_out(tmp_path: Path) -> None:
    broken = Check(name="energy", value=2.0, bound=1.0, unit="J", source="the test itself")
    store = open_store(tmp_path)
    with pytest.raises(StoreError, match=r"check 'energy' failed \(2 > 1 J\); quarantine"):
        write_clip(store, small_spec(), checks=(broken,))
    assert store.clip_ids() == []
    write_clip(store, small_spec(), checks=(replace(broken, blocking=False),))
    assert len(store.clip_ids()) == 1


def test_a_draft_is_read_like_a_clip_but_nobody_sees_it(tmp_path: Path) -> None:
    spec = small_spec()
    states, camera = make_states(spec), scene_camera(spec, 0)
    store = open_store(tmp_path)
    with writer_of(store, spec) as writer:
        writer.add(0, encode_chunk(render(spec, states, camera), camera))
        draft = writer.draft(states)
        assert draft.depth[2].shape == (12, 16)
        assert draft.states.digest() == states.digest()
        assert store.clip_ids() == []
        writer.commit(states, [CHECK], {})
    assert store.clip_ids() == [draft.clip_id]
