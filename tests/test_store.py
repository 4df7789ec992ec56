"""A clip written and read back: layers within their stated error, the rest bit for bit."""

import multiprocessing
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pyarrow.parquet as pq
import pytest
from analytic_clip import CHECK, SOLVER_VERSION, make_states, render, write_clip
from store_clips import SPEC, encode_alone, small_spec, writer_of

from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.errors import StoreError
from phys4d_pipeline.render.ground_truth import GroundTruth
from phys4d_pipeline.store import Clip, Store, encode_chunk, open_dataset, open_store

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


def test_workers_give_the_same_bytes_as_one_process(tmp_path: Path, store: Store) -> None:
    spec = replace(SPEC, cameras=SPEC.cameras[:1])
    alone = write_clip(open_store(tmp_path / "alone"), spec)
    context = multiprocessing.get_context("spawn")
    with (
        context.Pool(2) as pool,
        writer_of(open_store(tmp_path / "many"), spec) as writer,
    ):
        for chunk in pool.imap(encode_alone, (0, 16, 32)):
            writer.add(0, chunk)
        many = writer.commit(make_states(spec), [CHECK], {})
    assert many.content_sha256 == alone.content_sha256
