"""A clip written and read back: layers within their stated error, the rest bit for bit."""

import json
import multiprocessing
import pickle
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pyarrow.parquet as pq
import pytest
from analytic_clip import (
    CHECK,
    SOLVER_VERSION,
    make_spec,
    make_states,
    render,
    render_frame,
    write_clip,
)

from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.checks import Check
from phys4d_pipeline.errors import ClipFormatError, StoreError
from phys4d_pipeline.render.ground_truth import GroundTruth
from phys4d_pipeline.store import (
    Clip,
    ClipWriter,
    Store,
    collect_garbage,
    encode_chunk,
    open_dataset,
    open_store,
    read_index,
    read_release,
    rebuild_index,
    write_release,
)

SPEC = make_spec(num_frames=37, cameras=2)  # 16 + 16 + 5 frames; the last row group has 5
LAYER_ERRORS = {
    "depth": {"rtol": 7.3e-5},
    "flow_forward": {"atol": 1 / 64},
    "flow_backward": {"atol": 1 / 64},
    "flow_forward_dz": {"rtol": 1.8e-4, "atol": 1.8e-8},
    "occluded_forward": {},
    "occluded_backward": {},
    "segmentation": {},
    "normals": {"atol": 1.1e-3},  # 0.06 degrees in radians
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = open_store(tmp_path_factory.mktemp("store"))
    write_clip(store, SPEC)
    return store


@pytest.fixture
def clip(store: Store) -> Clip:
    return open_dataset(store.uri)[0]


@pytest.fixture(scope="module")
def truth() -> list[GroundTruth]:
    return list(render(SPEC, make_states(SPEC), scene_camera(SPEC, 0)))


def small_spec(seed: int = 0):
    return make_spec(num_frames=3, width=16, height=12, seed=seed)


@pytest.mark.parametrize("layer", LAYER_ERRORS)
def test_layers_come_back_within_their_error(
    clip: Clip, truth: list[GroundTruth], layer: str
) -> None:
    stored = getattr(clip, layer)
    assert stored.shape == (37, *getattr(truth[0], layer).shape)
    for expected, found in zip(truth, stored, strict=True):
        error = {"rtol": 0, **LAYER_ERRORS[layer]}
        np.testing.assert_allclose(found, getattr(expected, layer), **error)
        assert found.dtype == getattr(expected, layer).dtype


def test_rgb_comes_back_as_one_encoder_would_give_it(clip: Clip, truth: list[GroundTruth]) -> None:
    for expected, found in zip(truth, clip.rgb, strict=True):
        # Chroma is stored for 2x2 blocks: compare brightness, which is not subsampled.
        grey, stored = (
            picture @ np.array([0.2126, 0.7152, 0.0722]) for picture in (expected.rgb, found)
        )
        assert np.abs(grey - stored).mean() < 3.0  # crf 18 on noise-free pictures


@pytest.mark.parametrize("layer", ["rgb", "depth", "occluded_backward", "segmentation"])
def test_random_access_equals_sequential(clip: Clip, layer: str) -> None:
    stored = getattr(clip, layer)
    everything = np.stack(list(stored))
    np.testing.assert_array_equal(stored[:], everything)
    rng = np.random.default_rng(1)
    for _ in range(12):
        frame = int(rng.integers(-37, 37))
        np.testing.assert_array_equal(stored[frame], everything[frame])
        cut = slice(*rng.integers(-40, 40, 2).tolist(), int(rng.choice([-5, -1, 1, 3])))
        np.testing.assert_array_equal(stored[cut], everything[cut])


def test_only_the_row_groups_asked_for_are_read(
    clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    original = pq.ParquetFile.read_row_group

    def watched(self: pq.ParquetFile, group: int, **options: object):
        read.append(group)
        return original(self, group, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", watched)
    clip.depth[14:18]
    assert read == [1, 2]


def test_frames_outside_the_clip_raise_index_error(clip: Clip) -> None:
    for frames in (clip.rgb, clip.depth):
        with pytest.raises(IndexError):
            frames[37]
        assert frames[40:].shape[0] == 0


def test_low_tier_is_the_picture_of_the_low_camera(clip: Clip, truth: list[GroundTruth]) -> None:
    low = clip.camera.low(4)
    pixels = low.pixel_centres()
    full = clip.camera.pixel_centres()[2::4, 2::4]
    np.testing.assert_allclose(low.rays(pixels), clip.camera.rays(full))
    for t in (0, 20):
        expected = truth[t]
        np.testing.assert_allclose(clip.low("depth")[t], expected.depth[2::4, 2::4], rtol=7.3e-5)
        np.testing.assert_array_equal(
            clip.low("segmentation")[t], expected.segmentation[2::4, 2::4]
        )
        np.testing.assert_allclose(
            clip.low("flow_forward")[t], expected.flow_forward[2::4, 2::4] / 4, atol=1 / 64
        )
    with pytest.raises(StoreError, match="No low tier of 'normals'"):
        clip.low("normals")


def test_states_camera_and_scene_come_back_bit_for_bit(clip: Clip) -> None:
    assert clip.states.digest() == make_states(SPEC).digest()
    assert clip.scene == SPEC
    for index in range(2):
        expected, found = scene_camera(SPEC, index), clip.from_camera(index).camera
        np.testing.assert_array_equal(found.world_from_camera, expected.world_from_camera)
        np.testing.assert_array_equal(found.K, expected.K)
        assert (found.width, found.height) == (64, 48)


def test_objects_say_where_each_body_is_seen(clip: Clip, truth: list[GroundTruth]) -> None:
    rows = clip.objects.to_pylist()
    assert len(rows) == 37 * 2
    for row in rows:
        seen = truth[row["frame"]].segmentation == row["object_id"]
        assert row["visible_pixels"] == seen.sum()
        if seen.any():
            y, x = np.nonzero(seen)
            assert row["bbox"] == [x.min(), y.min(), x.max() + 1, y.max() + 1]
        else:
            assert row["bbox"] == [-1, -1, -1, -1]
        pose = make_states(SPEC).poses[row["frame"], row["object_id"] - 1]
        assert [*row["position"], *row["quaternion"]] == pose.tolist()
    assert {row["camera"] for row in clip.from_camera(1).objects.to_pylist()} == {1}


def test_a_body_out_of_sight_has_no_box(tmp_path: Path) -> None:
    spec = small_spec()
    states = make_states(spec)
    away = states.poses.copy()
    away[:, 1, :3] = (-50.0, 0.0, 0.5)  # behind the camera
    states = replace(states, poses=away)
    store = open_store(tmp_path)
    with writer_of(store, spec) as writer:
        writer.add(
            0, encode_chunk(render(spec, states, scene_camera(spec, 0)), scene_camera(spec, 0))
        )
        writer.commit(states, [CHECK], {})
    hidden = open_dataset(tmp_path)[0].objects.to_pylist()[1]
    assert (hidden["visible_pixels"], hidden["bbox"]) == (0, [-1, -1, -1, -1])


def writer_of(store: Store, spec) -> ClipWriter:
    return ClipWriter(
        store, spec, solver_version=SOLVER_VERSION, renderer_version="r1", code_version="test"
    )


def test_checks_and_manifest_say_what_was_stored(clip: Clip) -> None:
    assert clip.checks == [CHECK.as_dict()]
    manifest = clip.manifest
    assert manifest.checks == {"total": 1, "failed": 0}
    assert (manifest.num_frames, manifest.cameras, manifest.profile) == (37, 2, "default")
    assert manifest.timings == {"simulate": 0.1, "render": 0.2}
    assert manifest["clip_id"] == SPEC.clip_id(SOLVER_VERSION)
    assert {stored.codec for stored in manifest.layers if stored.layer == "depth"} == {"log16"}
    assert len(manifest.layers) == 2 * (7 + 4)
    names = {stored.file for stored in manifest.all_files}
    on_disk = {str(p.relative_to(clip.path)) for p in clip.path.rglob("*") if p.is_file()}
    assert names == on_disk


def test_layer_files_keep_to_the_contract(clip: Clip) -> None:
    file = pq.ParquetFile(clip.layer_path("flow_forward"))
    assert [file.metadata.row_group(i).num_rows for i in range(5)] == [8, 8, 8, 8, 5]
    column = file.metadata.row_group(0).column(2)
    assert (column.compression, column.is_stats_set) == ("UNCOMPRESSED", False)
    assert column.has_offset_index and file.metadata.row_group(0).column(0).has_column_index
    assert "PLAIN_DICTIONARY" not in column.encodings and "RLE_DICTIONARY" not in column.encodings
    table = file.read(columns=["frame", "t"])
    assert table["frame"].to_pylist() == list(range(37))
    assert table["t"].to_pylist() == [frame / 60 for frame in range(37)]
    metadata = {key.decode(): value.decode() for key, value in file.metadata.metadata.items()}
    metadata.pop("ARROW:schema")
    assert metadata.pop("convention").startswith("(dx, dy), right and down")
    assert metadata == {
        "format": "1",
        "layer": "flow_forward",
        "codec": "fixed16",
        "shape": "[48, 64, 2]",
        "dtype": "float32",
        "unit": "px",
        "max_error": "1/64 px per component; NaN exact",
        "clip_id": clip.clip_id,
        "camera": "0",
    }


def test_video_is_one_constant_stream_with_closed_groups(clip: Clip) -> None:
    path = clip.path / "camera_0" / "rgb.mp4"
    data = path.read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        ticks = 1 / (60 * stream.time_base)
        assert [packet.pts for packet in packets] == [ticks * i for i in range(37)]
        assert [packet.dts for packet in packets] == [ticks * i for i in range(37)]
        keys = [i for i, packet in enumerate(packets) if packet.is_keyframe]
        assert keys == [0, 16, 32]
        context = stream.codec_context
        assert (stream.average_rate, context.pix_fmt) == (60, "yuv420p")
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)
        container.seek(0)
        decoded = [frame.pts for frame in container.decode(stream)]
        assert decoded == [packet.pts for packet in packets]


def test_lossless_profile_keeps_every_bit(tmp_path: Path) -> None:
    spec = small_spec()
    store = open_store(tmp_path)
    write_clip(store, spec, profile="lossless")
    clip = open_dataset(tmp_path)[0]
    for expected in render(spec, make_states(spec), scene_camera(spec, 0)):
        for layer in LAYER_ERRORS:
            found = getattr(clip, layer)[expected.frame]
            assert found.tobytes() == getattr(expected, layer).tobytes()


def _encode_alone(first: int):
    camera, states = scene_camera(SPEC, 0), make_states(SPEC)
    stop = min(first + 16, 37)
    frames = (render_frame(SPEC, states, camera, at) for at in range(first, stop))
    return encode_chunk(frames, camera)


def test_workers_give_the_same_bytes_as_one_process(tmp_path: Path, store: Store) -> None:
    spec = replace(SPEC, cameras=SPEC.cameras[:1])
    alone = write_clip(open_store(tmp_path / "alone"), spec)
    context = multiprocessing.get_context("spawn")
    with (
        context.Pool(2) as pool,
        writer_of(open_store(tmp_path / "many"), spec) as writer,
    ):
        for chunk in pool.imap(_encode_alone, (0, 16, 32)):
            writer.add(0, chunk)
        many = writer.commit(make_states(spec), [CHECK], {})
    assert many.content_sha256 == alone.content_sha256


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
        writer.add(0, _encode_alone(16))
    assert store.clip_ids() == []
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_unfinished_clip_cannot_be_committed(tmp_path: Path) -> None:
    missing = "camera 0 has 16 of 37 frames; camera 1 has 0 of 37"
    with (
        pytest.raises(StoreError, match=missing),
        writer_of(open_store(tmp_path), SPEC) as writer,
    ):
        writer.add(0, _encode_alone(0))
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


def test_a_new_renderer_replaces_the_clip_and_the_old_attempt_is_garbage(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    spec = small_spec()
    old = write_clip(store, spec)
    assert store.has_clip(old.clip_id, renderer_version="r1")
    assert not store.has_clip(old.clip_id, renderer_version="r2")
    new = write_clip(store, spec, renderer_version="r2")
    assert store.has_clip(old.clip_id, renderer_version="r2")
    assert collect_garbage(store) == []  # somebody may still read the old one
    removed = collect_garbage(store, grace_seconds=0.0)
    assert [key.rpartition("/")[2] for key in removed] == [old.attempt]
    assert store.manifest(old.clip_id) == new
    assert open_dataset(tmp_path)[0].depth[0].shape == (12, 16)


def test_index_rows_equal_the_manifests(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    manifests = [write_clip(store, small_spec(seed)) for seed in range(3)]
    assert rebuild_index(store) == 1
    rows = read_index(store).to_pylist()
    expected = sorted(manifests, key=lambda manifest: manifest.clip_id)
    assert len(rows) == 3
    for row, manifest in zip(rows, expected, strict=True):
        assert row == {name: getattr(manifest, name) for name in row}
    write_clip(store, small_spec(3))
    assert rebuild_index(store) == 2
    assert read_index(store).num_rows == 4


def test_a_release_is_frozen(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    manifest = write_clip(store, small_spec())
    release = write_release(store, "2026-11", description="first")
    assert release["clips"][0]["content_sha256"] == manifest.content_sha256
    assert write_release(store, "2026-11") == release == read_release(store, "2026-11")
    write_clip(store, small_spec(1))
    with pytest.raises(StoreError, match="release '2026-11' is frozen with 1 clips"):
        write_release(store, "2026-11")
    with pytest.raises(StoreError, match=r"no release 'x'. It has: 2026-11"):
        read_release(store, "x")


def test_specs_come_back(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    specs = [small_spec(seed) for seed in range(2)]
    store.write_specs("rigid_bodies", "batch-0", specs)
    assert store.read_specs("rigid_bodies", "batch-0") == specs


def test_states_are_kept_for_reuse_and_checked(tmp_path: Path) -> None:
    store, states = open_store(tmp_path), make_states(SPEC)
    states_id = SPEC.states_id(SOLVER_VERSION)
    assert not store.has_states(states_id)
    with pytest.raises(StoreError, match="simulate the scene first"):
        store.read_states(states_id)
    store.write_states(states_id, states)
    assert store.has_states(states_id)
    assert store.read_states(states_id).digest() == states.digest()
    file = next(tmp_path.rglob("contacts.parquet"))
    data = bytearray(file.read_bytes())
    data[40] ^= 1
    file.write_bytes(data)
    with pytest.raises(ClipFormatError, match=r"contacts.parquet: corrupt"):
        store.read_states(states_id)


def test_quarantine_says_why(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.quarantine("ropes-0123456789ab", "energy grew", [CHECK])
    assert store.quarantined() == {"ropes-0123456789ab": "energy grew"}
    assert store.clip_ids() == []


def test_dataset_finds_clips_by_place_name_and_category(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    ids = sorted(write_clip(store, small_spec(seed)).clip_id for seed in range(2))
    dataset = open_dataset(tmp_path)
    assert [clip.clip_id for clip in dataset] == ids
    assert dataset[ids[1]].clip_id == dataset[-1].clip_id == ids[1]
    assert len(dataset.category("rigid_bodies")) == 2
    assert len(dataset.category("ropes")) == 0
    with pytest.raises(StoreError, match=f"Did you mean '{ids[0]}'"):
        dataset[ids[0][:-1] + "_"]
    with pytest.raises(IndexError):
        dataset[2]
    clip = pickle.loads(pickle.dumps(dataset[0]))
    np.testing.assert_array_equal(clip.depth[1], dataset[0].depth[1])


def test_same_spec_and_code_give_the_same_manifest_but_for_time_and_attempt(tmp_path: Path) -> None:
    first, second = (write_clip(open_store(tmp_path / name), SPEC) for name in "ab")
    changed = {"attempt": first.attempt, "created_at": first.created_at}
    assert json.loads(replace(second, **changed).to_json()) == json.loads(first.to_json())
