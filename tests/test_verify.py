"""Verification notices every damaged file, and every layer that tells another story."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from analytic_clip import SOLVER_VERSION, make_spec, make_states, render, warm, write_clip

from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.checks import Check
from phys4d_pipeline.errors import ClipFormatError, StoreError
from phys4d_pipeline.ground_truth_checks import RULES, ground_truth_checks
from phys4d_pipeline.render.ground_truth import GroundTruth
from phys4d_pipeline.store import (
    Clip,
    ClipWriter,
    Store,
    encode_chunk,
    open_dataset,
    open_store,
    verify_clip,
)

NAN = np.float32(np.nan)
SPEC = make_spec(num_frames=18)
FILES = [
    "scene.json",
    "states.parquet",
    "contacts.parquet",
    "objects.parquet",
    "checks.json",
    "camera_0/camera.parquet",
    "camera_0/rgb.mp4",
    "camera_0/preview.webp",
    "camera_0/depth.parquet",
    "camera_0/occlusion.parquet",
    "camera_0/low/flow_forward.parquet",
]
READERS: dict[str, Callable[[Clip], object]] = {
    "scene.json": lambda clip: clip.scene,
    "states.parquet": lambda clip: clip.states,
    "contacts.parquet": lambda clip: clip.contacts,
    "objects.parquet": lambda clip: clip.objects,
    "checks.json": lambda clip: clip.checks,
    "camera_0/camera.parquet": lambda clip: clip.camera,
    "camera_0/rgb.mp4": lambda clip: clip.rgb[:],
    "camera_0/depth.parquet": lambda clip: clip.depth[:],
    "camera_0/occlusion.parquet": lambda clip: clip.occluded_forward[:],
    "camera_0/low/flow_forward.parquet": lambda clip: clip.low("flow_forward")[:],
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole")
    write_clip(open_store(path), SPEC)
    return path


@pytest.fixture
def store(whole: Path, tmp_path: Path) -> Store:
    shutil.copytree(whole, tmp_path / "store")
    return open_store(tmp_path / "store")


def failed(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.source for check in checks if not check.passed}


def test_a_whole_clip_passes_everything(store: Store) -> None:
    checks = verify_clip(store, store.clip_ids()[0])
    assert failed(checks) == {}
    names = [check.name for check in checks]
    assert names[:4] == [
        "stored/files_intact",
        "stored/content_hash",
        "stored/recorded_checks",
        "stored/camera_0/decodable",
    ]
    assert names[4:] == [f"camera_0/ground_truth/{rule}" for rule in RULES]


def test_every_camera_and_profile_is_verified(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    manifest = write_clip(store, make_spec(num_frames=5, cameras=2), profile="lossless")
    checks = verify_clip(store, manifest.clip_id)
    assert failed(checks) == {}
    assert len(checks) == 3 + 2 + 2 * len(RULES)


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_in_any_file_is_named(store: Store, name: str) -> None:
    clip_id = store.clip_ids()[0]
    path = store.attempt_path(store.manifest(clip_id)) / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    found = failed(verify_clip(store, clip_id))
    assert f"first fault: {name}: SHA-256" in found["stored/files_intact"]


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_named(store: Store, name: str) -> None:
    clip_id = store.clip_ids()[0]
    path = store.attempt_path(store.manifest(clip_id)) / name
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[: size // 2])
    found = failed(verify_clip(store, clip_id))
    assert f"{name}: {size // 2} bytes, not {size}" in found["stored/files_intact"]


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("damage", ["truncated", "empty", "missing", "noise"])
def test_reading_a_damaged_file_gives_one_line_with_its_path(
    store: Store, name: str, damage: str
) -> None:
    clip = open_dataset(store.uri)[0]
    path = clip.path / name
    data = path.read_bytes()
    noise = np.random.default_rng(0).bytes(len(data))
    damaged = {"truncated": data[: len(data) // 2], "empty": b"", "noise": noise}
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(damaged[damage])
    with pytest.raises(ClipFormatError) as caught:
        READERS[name](clip)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}', "\xff"])
def test_a_damaged_manifest_gives_one_line_with_its_path(store: Store, text: str) -> None:
    path = next(Path(store.uri).rglob("manifest.json"))
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ClipFormatError) as caught:
        open_dataset(store.uri)[0]
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_newer_manifest_asks_for_a_newer_release(store: Store) -> None:
    path = next(Path(store.uri).rglob("manifest.json"))
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2, "extra": []}))
    with pytest.raises(ClipFormatError, match=r"format 2, this code reads up to 1\. Install"):
        verify_clip(store, store.clip_ids()[0])


@pytest.mark.parametrize(("key", "value"), [(b"format", b"2"), (b"codec", b"wavelet")])
def test_a_newer_layer_file_asks_for_a_newer_release(
    store: Store, key: bytes, value: bytes
) -> None:
    clip = open_dataset(store.uri)[0]
    path = clip.layer_path("depth")
    table = pq.ParquetFile(path).read()
    table = table.replace_schema_metadata({**table.schema.metadata, key: value})
    pq.write_table(table, path, row_group_size=8)
    with pytest.raises(ClipFormatError, match=r"Install a newer release"):
        clip.depth[0]


def test_a_swapped_file_of_another_clip_is_noticed(store: Store) -> None:
    other = write_clip(store, replace(SPEC, seed=1, num_frames=17))
    clip = open_dataset(store.uri)[SPEC.clip_id(SOLVER_VERSION)]
    shutil.copy(store.attempt_path(other) / "camera_0/depth.parquet", clip.layer_path("depth"))
    with pytest.raises(ClipFormatError, match="17 frames, the manifest says 18"):
        clip.depth[0]


def test_a_clip_that_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(StoreError, match="no clip 'ropes-0123456789ab'"):
        verify_clip(store, "ropes-0123456789ab")
    with pytest.raises(StoreError, match="'ropes' is not a clip id"):
        verify_clip(store, "ropes")


def body(frame: GroundTruth, number: int = 1) -> np.ndarray:
    return frame.segmentation == number


def nudge(frame: GroundTruth) -> np.ndarray:
    return np.float32(0.05) * body(frame)[..., None]  # [px]


def moved_flow(frame: GroundTruth) -> GroundTruth:
    return replace(frame, flow_forward=frame.flow_forward + nudge(frame))


def moved_backward_flow(frame: GroundTruth) -> GroundTruth:
    return replace(frame, flow_backward=frame.flow_backward + nudge(frame))


def scaled_depth(frame: GroundTruth) -> GroundTruth:
    return replace(frame, depth=frame.depth * np.float32(1.002))


def wrong_dz(frame: GroundTruth) -> GroundTruth:
    return replace(frame, flow_forward_dz=frame.flow_forward_dz + np.float32(1e-3) * body(frame))


def unknown_flow(frame: GroundTruth) -> GroundTruth:
    return replace(frame, flow_forward=np.where(body(frame)[..., None], NAN, frame.flow_forward))


def unknown_dz(frame: GroundTruth) -> GroundTruth:
    return replace(frame, flow_forward_dz=np.full_like(frame.flow_forward_dz, np.nan))


def flow_in_the_last_frame(frame: GroundTruth) -> GroundTruth:
    return replace(frame, flow_forward=np.nan_to_num(frame.flow_forward))


def everything_visible(frame: GroundTruth) -> GroundTruth:
    return replace(frame, occluded_forward=np.zeros_like(frame.occluded_forward))


def everything_leaves(frame: GroundTruth) -> GroundTruth:
    return replace(frame, occluded_backward=np.full_like(frame.occluded_backward, 2))


def unknown_code(frame: GroundTruth) -> GroundTruth:
    return replace(
        frame, occluded_forward=np.where(body(frame), np.uint8(7), frame.occluded_forward)
    )


def hidden_ground(frame: GroundTruth) -> GroundTruth:
    hidden = (frame.segmentation == 0) & (frame.occluded_forward == 0)
    return replace(frame, occluded_forward=np.where(hidden, np.uint8(1), frame.occluded_forward))


def swapped_bodies(frame: GroundTruth) -> GroundTruth:
    ids = np.array([0, 2, 1], np.uint16)
    return replace(frame, segmentation=ids[frame.segmentation])


def body_in_the_sky(frame: GroundTruth) -> GroundTruth:
    ids = np.where(np.isinf(frame.depth), np.uint16(1), frame.segmentation)
    return replace(frame, segmentation=ids)


@pytest.mark.parametrize(
    ("tamper", "rule"),
    [
        (moved_flow, "flow_from_depth_and_poses"),
        (moved_backward_flow, "flow_from_depth_and_poses"),
        (scaled_depth, "dz_from_depth_and_poses"),
        (wrong_dz, "dz_from_depth_and_poses"),
        (swapped_bodies, "flow_from_depth_and_poses"),
        (unknown_flow, "undefined_flow"),
        (unknown_dz, "undefined_flow"),
        (flow_in_the_last_frame, "undefined_flow"),
        (everything_visible, "occlusion_out_of_frame"),
        (everything_leaves, "occlusion_out_of_frame"),
        (unknown_code, "occlusion_codes"),
        (hidden_ground, "occlusion_against_ids"),
        (body_in_the_sky, "sky"),
    ],
)
def test_a_layer_that_tells_another_story_is_noticed(
    tmp_path: Path, tamper: Callable[[GroundTruth], GroundTruth], rule: str
) -> None:
    spec = make_spec(num_frames=6, width=160, height=120)
    states, camera = make_states(spec), scene_camera(spec, 0)
    with ClipWriter(
        open_store(tmp_path),
        spec,
        solver_version=SOLVER_VERSION,
        renderer_version="r1",
        code_version="test",
    ) as writer:
        frames = (tamper(frame) for frame in render(spec, states, camera))
        writer.add(0, encode_chunk(frames, camera))
        assert rule in {
            name.rpartition("/")[2] for name in failed(ground_truth_checks(writer.draft(states)))
        }


def test_slivers_may_hide_more_where_pixels_are_wider() -> None:
    rule = RULES["occlusion_against_ids"]
    assert [rule.bound_at(rows) for rows in (96, 1080, 2160)] == [0.01125, 0.001, 0.001]
    assert RULES["sky"].bound_at(96) == 0


def warmer(frame: GroundTruth) -> GroundTruth:
    return replace(frame, temperature=frame.temperature + np.float32(0.1))


def warm_ground(frame: GroundTruth) -> GroundTruth:
    return replace(frame, temperature=np.nan_to_num(frame.temperature, nan=300.0))


def unknown_heat(frame: GroundTruth) -> GroundTruth:
    return replace(frame, temperature=np.full_like(frame.temperature, np.nan))


@pytest.mark.parametrize(
    ("tamper", "rules"),
    [
        (lambda frame: frame, set()),
        (warmer, {"temperature_of_bodies"}),
        (warm_ground, {"temperature_where_known"}),
        (unknown_heat, {"temperature_where_known"}),
    ],
)
def test_wrong_temperatures_are_noticed(
    tmp_path: Path, tamper: Callable[[GroundTruth], GroundTruth], rules: set[str]
) -> None:
    spec = make_spec(num_frames=6, width=160, height=120)
    states, camera = warm(make_states(spec)), scene_camera(spec, 0)
    with ClipWriter(
        open_store(tmp_path),
        spec,
        solver_version=SOLVER_VERSION,
        renderer_version="r1",
        code_version="test",
    ) as writer:
        frames = (tamper(frame) for frame in render(spec, states, camera))
        writer.add(0, encode_chunk(frames, camera))
        checks = ground_truth_checks(writer.draft(states))
    found = {name.rpartition("/")[2] for name in failed(checks)}
    assert found == rules
    assert {"ground_truth/temperature_of_bodies"} <= {check.name for check in checks}


def test_clips_without_heat_have_no_checks_of_it(store: Store) -> None:
    clip = open_dataset(store.uri)[0]
    assert not [one.name for one in ground_truth_checks(clip) if "temperature" in one.name]
    assert "temperature" not in clip.layer_keys
    with pytest.raises(StoreError, match=r"no layer 'temperature'. It has depth, flow_forward, "):
        _ = clip.temperature
    with pytest.raises(StoreError, match="No low tier of 'temperature'"):
        clip.low("temperature")


def test_wrong_counts_in_the_table_of_objects_are_noticed(store: Store) -> None:
    clip = open_dataset(store.uri)[0]
    table = pq.ParquetFile(clip.path / "objects.parquet").read()
    counts = table["visible_pixels"].to_numpy() + 1
    place = table.schema.get_field_index("visible_pixels")
    table = table.set_column(place, table.schema.field(place), [counts])
    pq.write_table(table, clip.path / "objects.parquet")
    assert set(failed(ground_truth_checks(clip))) == {"ground_truth/visible_pixels"}
