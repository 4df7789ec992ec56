"""States of bodies with points: kept bit for bit, read frame by frame, described per object."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from analytic_clip import CHECK, make_spec, make_states, render
from points_scenes import SHEET
from store_clips import writer_of

from phys4d_pipeline import shapes
from phys4d_pipeline.air import Gas
from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.errors import SceneError, StoreError
from phys4d_pipeline.scene import SceneSpec, Shape
from phys4d_pipeline.states import States, check_states
from phys4d_pipeline.store import Clip, Manifest, encode_chunk, open_dataset, open_store
from phys4d_pipeline.store.verify import verify_clip

NUM_DROPS = 500


def points_spec(num_frames: int = 19) -> SceneSpec:
    """A cloth and a liquid, where the analytic pictures show two balls."""
    spec = make_spec(num_frames=num_frames, width=32, height=24)
    cloth, liquid = spec.bodies
    return replace(
        spec,
        bodies=(
            replace(
                cloth,
                form="deforming",
                shape=Shape(kind="sheet", parameters=SHEET),
                gas=Gas(amount=1.0),
            ),
            replace(liquid, form="liquid"),
        ),
    )


def points_of(spec: SceneSpec) -> States:
    """Points around the middles of the balls, temperatures, and radii that differ."""
    rng = np.random.default_rng(7)
    states = make_states(spec)
    vertices = shapes.mesh(spec.bodies[0].shape).vertices
    offsets = [vertices, rng.normal(size=(NUM_DROPS, 3)) * 0.2]
    points = {
        index: (states.poses[:, None, index, :3] + (around - around.mean(0))).astype(np.float32)
        for index, around in enumerate(offsets)
    }
    velocities = states.velocities.copy()
    velocities[:, 1] = 0  # the solver of the liquid gives none
    T = spec.num_frames
    return replace(
        states,
        velocities=velocities,
        points=points,
        radii={1: rng.uniform(0.01, 0.02, NUM_DROPS).astype(np.float32)},
        temperatures={
            0: rng.uniform(280, 300, (T, len(vertices))).astype(np.float32),
            1: np.linspace(350, 340, T, dtype=np.float32)[:, None],
        },
        gas={0: np.linspace((2, 1.1e5), (1, 1e5), T, dtype=np.float32)},
    )


SPEC = points_spec()


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    path = tmp_path_factory.mktemp("store")
    states, camera = points_of(SPEC), scene_camera(SPEC, 0)
    with writer_of(open_store(path), SPEC) as writer:
        frames = list(render(SPEC, states, camera))
        writer.add(0, encode_chunk(frames[:16], camera))
        writer.add(0, encode_chunk(frames[16:], camera))
        return path, writer.commit(states, [CHECK], {})


@pytest.fixture
def clip(manifest: tuple[Path, Manifest]) -> Clip:
    return open_dataset(manifest[0])[0]


def test_states_with_points_come_back_bit_for_bit(clip: Clip) -> None:
    expected, found = points_of(SPEC), clip.states
    assert found.digest() == expected.digest()
    for name in ("points", "radii", "temperatures", "gas"):
        kept = getattr(found, name)
        assert list(kept) == list(getattr(expected, name))
        for index, array in getattr(expected, name).items():
            assert (kept[index].dtype, kept[index].shape) == (array.dtype, array.shape)
            assert kept[index].tobytes() == array.tobytes()
            assert kept[index].flags.writeable
    check_states(clip.scene, found)


def test_points_of_one_frame_need_one_row_group(
    clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    original = pq.ParquetFile.read_row_group

    def watched(self: pq.ParquetFile, group: int, **options: object):
        read.append((group, options))
        return original(self, group, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", watched)
    points = clip.points(2)
    assert points.shape == (19, NUM_DROPS, 3)
    np.testing.assert_array_equal(points[9], points_of(SPEC).points[1][9])
    assert read == [(1, {"columns": ["points_1"]})]
    np.testing.assert_array_equal(points[17:5:-4], points_of(SPEC).points[1][17:5:-4])


def test_an_object_without_points_says_which_have_some(clip: Clip) -> None:
    with pytest.raises(StoreError, match=r"object 3 has no points. Objects with points: 1, 2"):
        clip.points(3)


def test_objects_have_the_mean_temperature_and_a_velocity(clip: Clip) -> None:
    states = points_of(SPEC)
    rows = clip.objects.to_pylist()
    assert len(rows) == 19 * 2
    for row in rows:
        t, index = row["frame"], row["object_id"] - 1
        mean = states.points[index][t].astype(np.float64).mean(0)
        np.testing.assert_allclose(row["position"], mean, atol=1e-5)
        heat = states.temperatures[index][t].astype(np.float64).mean()
        assert row["temperature"] == pytest.approx(heat, rel=1e-7)
    liquid = [row["linear_velocity"] for row in rows if row["object_id"] == 2]
    np.testing.assert_allclose(liquid, np.tile([0.0, -1.0, 0.0], (19, 1)), atol=2e-5)
    cloth = [row["linear_velocity"] for row in rows if row["object_id"] == 1]
    np.testing.assert_array_equal(cloth, states.velocities[:, 0, :3])


def test_the_manifest_names_the_objects_whose_motion_is_advected(
    manifest: tuple[Path, Manifest], clip: Clip
) -> None:
    assert clip.manifest == manifest[1]
    motion = {"flow_forward", "flow_backward", "flow_forward_dz", "occlusion", "temperature"}
    assert {layer.layer for layer in clip.manifest.layers} >= motion
    assert clip.manifest.advected_objects == (2,)
    for layer in clip.manifest.layers:
        moves = layer.layer in motion
        assert layer.exactness == ("advected" if moves else "exact")
        assert layer.advected_objects == ((2,) if moves else ())


def test_stored_points_pass_the_checks_on_bytes_and_states(
    manifest: tuple[Path, Manifest],
) -> None:
    store = open_store(manifest[0])
    checks = verify_clip(store, manifest[1].clip_id)
    assert all(check.passed for check in checks if check.name.startswith("stored/"))


@pytest.mark.parametrize("with_layer", [True, False])
def test_a_writer_refuses_states_and_layers_of_different_heat(
    tmp_path: Path, with_layer: bool
) -> None:
    camera, warm = scene_camera(SPEC, 0), points_of(SPEC)
    cold = replace(warm, temperatures={})
    drawn, states = (warm, cold) if with_layer else (cold, warm)
    told = "a temperature layer, states none" if with_layer else "no temperature layer, states some"
    with (
        pytest.raises(StoreError, match=told),
        writer_of(open_store(tmp_path), SPEC) as writer,
    ):
        frames = list(render(SPEC, drawn, camera))
        writer.add(0, encode_chunk(frames[:16], camera))
        writer.add(0, encode_chunk(frames[16:], camera))
        writer.commit(states, [CHECK], {})


def test_chunks_and_frames_agree_on_their_layers(tmp_path: Path) -> None:
    camera, warm = scene_camera(SPEC, 0), points_of(SPEC)
    frames = list(render(SPEC, warm, camera))
    without = [replace(frame, temperature=None) for frame in frames]
    with pytest.raises(StoreError, match="only some frames have low/temperature, temperature"):
        encode_chunk([*frames[:3], without[3]], camera)
    with (
        pytest.raises(StoreError, match="only some chunks have low/temperature, temperature"),
        writer_of(open_store(tmp_path), SPEC) as writer,
    ):
        writer.add(0, encode_chunk(frames[:16], camera))
        writer.add(0, encode_chunk(without[16:], camera))


def test_a_writer_refuses_states_that_do_not_fit(tmp_path: Path) -> None:
    camera = scene_camera(SPEC, 0)
    states = replace(points_of(SPEC), radii={})
    with (
        pytest.raises(StoreError, match=r"'ball_1' \(liquid\): needs a radius for each of its 500"),
        writer_of(open_store(tmp_path), SPEC) as writer,
    ):
        frames = list(render(SPEC, states, camera))
        writer.add(0, encode_chunk(frames[:16], camera))
        writer.add(0, encode_chunk(frames[16:], camera))
        writer.commit(states, [CHECK], {})


def _broken(**changes):
    states = points_of(SPEC)
    for name, arrays in changes.items():
        changes[name] = {**getattr(states, name), **arrays}
    return replace(states, **changes)


def _with(array: np.ndarray, place: tuple[int, ...], value: float) -> np.ndarray:
    array = array.copy()
    array[place] = value
    return array


def test_faulty_states_name_body_frame_and_point() -> None:
    states = points_of(SPEC)
    points, heat = states.points, states.temperatures
    cases = [
        (_broken(points={0: _with(points[0], (3, 5, 1), np.nan)}), "'ball_0' .*frame 3, point 5"),
        (_broken(points={0: points[0][:, 1:]}), r"points of shape \(19, 272, 3\), not \(T 273 3\)"),
        (_broken(points={5: points[0]}), r"points of bodies \[5\]"),
        (_broken(radii={1: states.radii[1][1:]}), "a radius for each of its 500"),
        (_broken(radii={1: -states.radii[1]}), "radii must be positive"),
        (_broken(temperatures={0: heat[0][:, 1:]}), r"not \(T, 273\) or \(T, 1\)"),
        (_broken(temperatures={1: -heat[1]}), "below 0 K"),
        (_broken(gas={0: -states.gas[0]}), "amounts and pressures of gas must be positive"),
        (_broken(gas={**states.gas, 1: states.gas[0]}), "holds no gas"),
        (replace(states, points={1: points[1]}), r"'ball_0' \(deforming\): has no points"),
        (
            replace(states, poses=_with(states.poses, (4, 1, 0), np.inf)),
            "'ball_1': pose at frame 4",
        ),
        (points_of(points_spec(20)), r"\(20, 2\) \(frames, bodies\) for a scene of \(19, 2\)"),
    ]
    for broken, message in cases:
        with pytest.raises(SceneError, match=message):
            check_states(SPEC, broken)
    rigid = replace(SPEC, bodies=(SPEC.bodies[0], replace(SPEC.bodies[1], form="rigid")))
    with pytest.raises(SceneError, match="has points, but its pose says where it is"):
        check_states(rigid, states)
