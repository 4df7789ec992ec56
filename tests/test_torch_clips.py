"""Windows of stored clips, smaller: the values rendered, the camera that sees them."""

import numpy as np
import pytest
import torch
from analytic_clip import cast, make_spec, make_states, write_clip
from hypothesis import given
from hypothesis import strategies as st

import phys4d_pipeline as p4
from phys4d_pipeline.camera import Camera
from phys4d_pipeline.errors import StoreError
from phys4d_pipeline.objectives import Truth, warp_residual
from phys4d_pipeline.store import Dataset, open_dataset, open_store
from phys4d_pipeline.torch_clips import Reduction, TorchClips

SPEC = make_spec(num_frames=20, cameras=2)


@pytest.fixture(scope="module")
def ds(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    store = open_store(tmp_path_factory.mktemp("store"))
    write_clip(store, SPEC)
    return open_dataset(store.uri)


def test_a_window_of_stored_size_is_what_is_stored(ds: Dataset) -> None:
    clips = p4.TorchClips(ds, frames=8, height=48, width=64, hop=4)
    assert len(clips) == 2 * 4  # cameras times starts 0, 4, 8, 12
    item, clip = clips[6], ds[0].from_camera(1)
    assert (item["camera"], item["first_frame"], item["clip_id"]) == (1, 8, clip.clip_id)
    assert item["caption"] == SPEC.caption
    np.testing.assert_array_equal(item["depth"][0], clip.depth[8:16])
    np.testing.assert_array_equal(item["segmentation"], clip.segmentation[8:16])
    flow, dz = clip.flow_forward[8:15], clip.flow_forward_dz[8:15]
    np.testing.assert_array_equal(item["motion"][:2, :-1].permute(1, 2, 3, 0), flow)
    np.testing.assert_array_equal(item["motion"][2, :-1], dz)
    np.testing.assert_array_equal(item["occluded_forward"][:-1], clip.occluded_forward[8:15])
    np.testing.assert_allclose(item["K"], clip.camera.K, rtol=1e-7)
    rgb = (item["rgb"].permute(1, 2, 3, 0) + 1) * 127.5
    np.testing.assert_allclose(rgb, clip.rgb[8:16], atol=1e-4)  # float32 there and back


def test_the_last_frame_of_a_window_has_no_motion(ds: Dataset) -> None:
    item = TorchClips(ds, frames=5, height=12, width=16)[0]
    assert item["motion"][:, -1].isnan().all() and not item["motion"][:2, :-1].isnan().any()
    assert (item["occluded_forward"][-1] == 255).all()
    assert set(item["occluded_forward"][:-1].unique().tolist()) <= {0, 1, 2}


@pytest.mark.parametrize("height, width", [(24, 32), (12, 16), (16, 64), (6, 8)])
def test_small_pictures_are_what_their_camera_sees(ds: Dataset, height: int, width: int) -> None:
    item = TorchClips(ds, frames=3, height=height, width=width, hop=16)[0]
    camera = Camera(
        K=item["K"].double().numpy(),
        width=width,
        height=height,
        world_from_camera=item["world_from_camera"].double().numpy(),
    )
    for frame in range(3):
        depth, ids, _ = cast(make_states(SPEC), camera, frame, camera.pixel_centres())
        np.testing.assert_array_equal(item["segmentation"][frame], ids)
        # 7.3e-5 as stored; float32 poses and K turn grazing rays by as much again.
        np.testing.assert_allclose(item["depth"][0, frame], depth, rtol=1.5e-4)


def test_a_quarter_of_the_size_comes_from_the_low_tier(
    ds: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = TorchClips(ds, frames=4, height=48, width=64)[0]
    taken = []
    original = p4.store.Clip.low  # type: ignore[attr-defined]
    monkeypatch.setattr(
        p4.store.Clip, "low", lambda clip, name: taken.append(name) or original(clip, name)
    )
    item = TorchClips(ds, frames=4, height=12, width=16)[0]
    assert taken == ["depth", "segmentation"]
    assert torch.equal(item["depth"], expected["depth"][:, :, 2::4, 2::4])
    assert torch.equal(item["segmentation"], expected["segmentation"][:, 2::4, 2::4])
    flow, dz = expected["motion"][:2, :-1, 2::4, 2::4] / 4, expected["motion"][2, :-1, 2::4, 2::4]
    assert torch.equal(item["motion"][:2, :-1], flow)
    np.testing.assert_array_equal(item["motion"][2, :-1], dz)  # NaN in the sky


def test_rgb_is_the_mean_over_each_pixel(ds: Dataset) -> None:
    item = TorchClips(ds, frames=2, height=12, width=16, layers=["rgb"])[0]
    blocks = ds[0].rgb[:2].reshape(2, 12, 4, 16, 4, 3).mean((2, 4))
    found = (item["rgb"].permute(1, 2, 3, 0).numpy() + 1) * 127.5
    np.testing.assert_allclose(found, blocks, atol=0.51)  # rounded to 8 bits
    assert set(item) == {
        "rgb", "K", "world_from_camera", "caption", "clip_id", "camera", "first_frame"
    }  # fmt: skip


@given(small=st.integers(1, 400), ratio=st.integers(1, 9), extra=st.integers(0, 399))
def test_pixels_taken_are_within_half_a_stored_pixel(small: int, ratio: int, extra: int) -> None:
    stored = small * ratio + extra % small
    reduction = Reduction(stored=stored, small=small, name="width")
    positions = (np.arange(small) + 0.5) * stored / small
    away = reduction.taken + 0.5 - positions
    assert np.abs(away).max() <= 0.5 + 1e-9
    assert reduction.taken.min() >= 0 and reduction.taken.max() < stored
    if stored % small == 0:
        np.testing.assert_allclose(away, reduction.offset, atol=1e-9)


def test_ground_truth_of_small_pictures_is_consistent(ds: Dataset) -> None:
    item = TorchClips(ds, frames=16, height=24, width=32)[0]
    batch = {name: item[name][None] for name in ("depth", "motion", "segmentation")}
    truth = Truth.of({**batch, "occluded_forward": item["occluded_forward"][None]})
    residual, expected = warp_residual(truth.depth, truth.motion.nan_to_num())
    mask = truth.warp_mask()
    relative = (residual.abs() / expected)[mask]
    assert mask.double().mean() > 0.4
    assert relative.median() < 1e-3  # flow is stored to 1/64 px; ground grows by up to 20 % a px
    on_balls = mask & (truth.segmentation[:, None, :-1] > 0)
    assert on_balls.sum() > 100
    assert (residual.abs() / expected)[on_balls].median() < 2e-3  # curved: 1/D is not linear


def test_strided_windows_skip_frames(ds: Dataset) -> None:
    item = TorchClips(ds, frames=4, height=48, width=64, layers=["depth"], stride=3)[0]
    np.testing.assert_array_equal(item["depth"][0], ds[0].depth[0:12:3])
    poses = ds[0].camera.world_from_camera[0:12:3]
    np.testing.assert_allclose(item["world_from_camera"], poses, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"layers": ["rgb", "depht"]}, "Unknown layer 'depht'. Did you mean 'depth'?"),
        ({"frames": 21}, "span 21 frames, but 1 clips are shorter"),
        ({"frames": 11, "stride": 2, "layers": ["rgb"]}, "span 21 frames"),
        ({"stride": 2}, "motion and occluded_forward are stored to the very next frame only"),
        ({"height": 49}, "height 49: clips are stored with 48"),
        ({"width": 0}, "width 0: .* Ask for 1 to 64"),
        ({"hop": 0}, "hop 0, .*: give whole numbers"),
        ({"geometry_reduction": 5}, "geometry_reduction 5 must divide height 12 and width 16"),
        ({"height": 98, "geometry_reduction": 2}, "height 98: clips are stored with 48"),
    ],
)
def test_bad_requests_say_what_to_ask_for(ds: Dataset, options: dict, message: str) -> None:
    # "occluded_forward" sorts after "motion"; both are named.
    with pytest.raises(StoreError, match=message.replace("?", r"\?")):
        TorchClips(ds, **{"frames": 4, "height": 12, "width": 16, **options})


def test_geometry_may_be_coarser_than_rgb(ds: Dataset) -> None:
    item = TorchClips(ds, frames=2, height=48, width=64, geometry_reduction=4)[0]
    quarter = TorchClips(ds, frames=2, height=12, width=16)[0]
    assert item["rgb"].shape == (3, 2, 48, 64)
    for name in ("depth", "motion", "segmentation", "occluded_forward", "K"):
        np.testing.assert_array_equal(item[name], quarter[name])
