import numpy as np
import pytest
from analytic_clip import make_spec, write_clip
from jaxtyping import Float32

from phys4d_pipeline.camera import follow, scene_camera
from phys4d_pipeline.errors import LabelError
from phys4d_pipeline.labels.depth.sgbm import Sgbm
from phys4d_pipeline.labels.estimator import DepthLabel, Kind
from phys4d_pipeline.labels.footage import Footage, Rgb, Stereo
from phys4d_pipeline.labels.label_clips import flow_labels, label_depth, label_flow
from phys4d_pipeline.labels.quality import quality_rows
from phys4d_pipeline.labels.second_view import shifted
from phys4d_pipeline.labels.subjects import simulated
from phys4d_pipeline.store import Store, open_store
from tests import textures


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    opened = open_store(tmp_path_factory.mktemp("store"))
    write_clip(opened, make_spec(num_frames=6))
    return opened


class Oracle:
    """Says the truth, times `gain`, in the clip's own order; every second column is not valid."""

    def __init__(self, store: Store, *, gain: float, kind: Kind) -> None:
        self.name, self.version, self.kind, self._gain = f"oracle_{kind}", f"{gain}", kind, gain
        self._clip = simulated(store, store.clip_ids()[0]).views[0]

    def depth(self, footage: Footage):
        for depth in self._clip.depth:
            label = self._gain * depth
            if self.kind is Kind.AFFINE_DISPARITY:
                label = self._gain / depth + 3.0
            valid = np.zeros(depth.shape, bool)
            valid[:, ::2] = True
            yield DepthLabel(depth=np.where(np.isinf(depth), np.nan, label), valid=valid)


@pytest.mark.parametrize("kind", [Kind.METRIC, Kind.AFFINE_DISPARITY])
def test_a_scaled_truth_is_as_wrong_as_its_scale(store: Store, kind: Kind) -> None:
    subject = simulated(store, store.clip_ids()[0])
    label = label_depth(subject, Oracle(store, gain=1.1, kind=kind), store)
    row = quality_rows([label.manifest], "depth")[0]
    expected = 0.1 if kind is Kind.METRIC else 0.0  # a free scale takes the factor away
    assert row["abs_rel"] == pytest.approx(expected, abs=2e-3)  # stored truth: 7e-5 of distance
    assert row["delta1"] == 1.0
    assert row["coverage"] == pytest.approx(0.5, abs=0.01)
    assert row["kind"] == kind.family


def test_rows_pool_the_pixels_of_a_category(store: Store) -> None:
    write_clip(store, make_spec(num_frames=6, seed=1))
    made = [
        label_depth(simulated(store, clip_id), Oracle(store, gain=gain, kind=Kind.METRIC), store)
        for clip_id, gain in zip(store.clip_ids(), (1.1, 1.3), strict=True)
    ]
    row = quality_rows([each.manifest for each in made], "depth")[0]
    assert row["clips"] == 2
    assert row["abs_rel"] == pytest.approx(0.2, abs=2e-3)  # both show the same scene
    assert row["delta1"] == pytest.approx(0.5, abs=2e-3)


class Constant:
    """One flow everywhere, too large in one corner."""

    name, version = "constant", "1"

    def flow(self, first: Rgb, second: Rgb) -> Float32[np.ndarray, "H W 2"]:
        flow = np.zeros((*first.shape[:2], 2), np.float32)
        flow[0, 0] = 5000.0
        return flow


def test_flow_that_cannot_be_stored_becomes_undefined(store: Store) -> None:
    subject = simulated(store, store.clip_ids()[0])
    forward, _ = next(flow_labels(subject.cameras[0].frames(), Constant()))
    assert np.isnan(forward.flow[0, 0]).all()
    assert not forward.valid[0, 0]
    assert forward.valid[1:].all()
    manifest = label_flow(subject, Constant(), store).manifest
    truth = subject.views[0].flow_forward[:5]
    expected = np.linalg.norm(truth[np.isfinite(truth).all(-1)], axis=-1).mean()
    row = quality_rows([manifest], "flow")[0]
    assert row["epe_any"] == pytest.approx(expected, rel=1e-2)  # but for the corner


def test_an_estimator_that_ends_early_leaves_no_label(store: Store) -> None:
    class Lazy(Oracle):
        def depth(self, footage: Footage):
            yield next(iter(super().depth(footage)))

    subject = simulated(store, store.clip_ids()[0])
    lazy = Lazy(store, gain=1.0, kind=Kind.AFFINE_DEPTH)
    with pytest.raises(LabelError, match="1 labels for 6 frames"):
        label_depth(subject, lazy, store)
    assert not list(store.folder.path("v1/labels/estimator=oracle_affine_depth").rglob("*.parquet"))


def test_the_second_camera_looks_the_same_way_from_its_right() -> None:
    spec = make_spec(num_frames=7)
    camera = scene_camera(spec, 0)
    beside = follow(shifted(spec.cameras[0], camera, 0.25), 7, spec.width, spec.height)
    rotation = camera.world_from_camera[:, :3, :3]
    np.testing.assert_allclose(beside.world_from_camera[:, :3, :3], rotation, atol=1e-9)
    moved = beside.world_from_camera[:, :3, 3] - camera.world_from_camera[:, :3, 3]
    np.testing.assert_allclose(moved, 0.25 * rotation[:, :, 0], atol=1e-9)
    np.testing.assert_allclose(beside.K, camera.K)


def test_stereo_depth_of_a_plane_is_its_distance() -> None:
    left = textures.texture(320, 120)
    right = textures.shifted(left, -16.0, 0.0)
    stereo = Stereo(
        baseline_m=0.1, focal_px=480.0, nearest_m=1.0, frames=lambda: iter([right, right])
    )
    footage = Footage(
        name="plane",
        num_frames=2,
        fps=30,
        width=320,
        height=120,
        frames=lambda: iter([left, left]),
        stereo=lambda: stereo,
    )
    for label in Sgbm().depth(footage):
        valid = label.valid[20:-20, 40:-20]
        assert valid.mean() > 0.9
        depth = label.depth[20:-20, 40:-20][valid]
        # 480 px * 0.1 m / 16 px = 3 m; OpenCV's step of 1/16 px is 0.4 % of that.
        assert np.median(np.abs(depth - 3.0)) < 0.012


def test_stereo_of_a_video_names_the_remedy() -> None:
    footage = Footage(
        name="holiday.mp4", num_frames=1, fps=30, width=8, height=8, frames=lambda: iter([])
    )
    with pytest.raises(LabelError, match=r"holiday.mp4: depth by sgbm needs a second view"):
        next(Sgbm().depth(footage))
