import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from textures import shifted, texture

from phys4d_pipeline.errors import LabelError
from phys4d_pipeline.labels.depth.sgbm import find_disparity, has_texture
from phys4d_pipeline.labels.estimator import (
    depth_estimators,
    flow_estimators,
    load_depth,
    load_flow,
)
from phys4d_pipeline.labels.raft import LARGE, SMALL, Raft, RaftSize, correlations, look_up
from phys4d_pipeline.labels.raft_flow import RaftFlow
from phys4d_pipeline.labels.validity import agrees

KEYS = Path(__file__).with_name("raft_keys.txt")
"""Names and shapes of torchvision 0.28's raft_large and raft_small, printed from its own models."""
PARAMETERS = {"raft_large": 5_257_536, "raft_small": 990_162}  # as torchvision publishes them


def inner(array: np.ndarray, margin: int = 20) -> np.ndarray:
    return array[margin:-margin, margin:-margin]


def test_estimators_are_the_files() -> None:
    assert depth_estimators() == ["depth_anything_v2", "depth_pro", "dpt", "sgbm"]
    assert flow_estimators() == ["dis", "raft_large", "raft_small"]


@pytest.mark.parametrize("name", ["raft_larg", "dos"])
def test_a_typo_gets_the_nearest_name(name: str) -> None:
    near = {"raft_larg": "raft_large", "dos": "dis"}[name]
    with pytest.raises(LabelError, match=f"Unknown flow estimator '{name}'. Did you mean '{near}'"):
        load_flow(name)
    with pytest.raises(LabelError, match="Known: depth_anything_v2, depth_pro, dpt, sgbm"):
        load_depth("xyzzy")


def test_weights_without_effect_and_missing_weights_are_told() -> None:
    with pytest.raises(LabelError, match="dis has no weights"):
        load_flow("dis", "folder")
    with pytest.raises(LabelError, match="raft_small needs weights"):
        load_flow("raft_small")


@pytest.mark.parametrize("shift", [(5.3, -3.1), (-1.5, 0.25)])
def test_dis_finds_a_shift(shift: tuple[float, float]) -> None:
    first = texture(320, 180)
    flow = load_flow("dis").flow(first, shifted(first, *shift))
    error = np.linalg.norm(inner(flow - np.float32(shift)), axis=-1)
    assert error.mean() < 0.1  # px; 0.02 to 0.08 was measured for its presets


def test_sgbm_finds_a_disparity_and_refuses_a_bare_wall() -> None:
    left = texture(320, 120)
    left[:, 200:] = 128
    right = shifted(left, -12.0, 0.0)
    right[:, 188:] = 128
    found = find_disparity(left, right, largest_px=40.0)
    textured = inner(found[:, :180])
    assert np.isfinite(textured).mean() > 0.9
    assert np.nanmedian(np.abs(textured - 12.0)) <= 1 / 16  # one step of OpenCV's disparities
    assert has_texture(left)[:, :180].mean() > 0.99
    assert not has_texture(left)[:, 220:].any()


def test_sgbm_does_not_look_outside_the_right_picture() -> None:
    left = texture(160, 60)
    found = find_disparity(left, shifted(left, -12.0, 0.0), largest_px=40.0)
    assert np.isnan(found[:, :6]).all()  # these would lie left of it
    assert np.isfinite(inner(found, 16)).mean() > 0.8


def test_constant_flow_agrees_but_for_what_leaves_the_picture() -> None:
    flow = np.full((20, 30, 2), (4.0, 0.0), np.float32)
    valid = agrees(flow, -flow)
    assert valid[:, :26].all()
    assert not valid[:, 26:].any()


def test_what_an_occluder_hides_does_not_agree() -> None:
    """A square moves 8 px right over a still background; what it covers next is hidden."""
    forward, backward = np.zeros((2, 40, 60, 2), np.float32)
    forward[10:30, 10:30, 0], backward[10:30, 18:38, 0] = 8.0, -8.0
    valid = agrees(forward, backward)
    assert valid[10:30, 10:30].all()  # the square itself
    assert not valid[10:30, 30:38].any()  # background that will be hidden
    assert valid[:9].all()
    assert valid[10:30, 39:].all()


def test_undefined_flow_never_agrees() -> None:
    flow = np.full((8, 8, 2), np.nan, np.float32)
    assert not agrees(flow, np.zeros_like(flow)).any()
    assert not agrees(np.zeros_like(flow), flow).any()


@pytest.mark.parametrize("size", [LARGE, SMALL], ids=lambda size: size.name)
def test_raft_has_the_tensors_that_torchvision_publishes(size: RaftSize) -> None:
    expected = [line.split()[1:] for line in KEYS.read_text().splitlines() if size.name in line]
    with torch.device("meta"):
        network = Raft(size)
    found = [
        [name, "x".join(map(str, tensor.shape)) or "scalar"]
        for name, tensor in network.state_dict().items()
    ]
    assert found == expected
    assert sum(each.numel() for each in network.parameters()) == PARAMETERS[size.name]


def test_correlations_peak_where_the_features_match() -> None:
    rng = torch.Generator().manual_seed(0)
    first = torch.randn(1, 32, 16, 16, generator=rng)
    second = first.roll((2, -1), (2, 3))  # what is at (x, y) comes to (x - 1, y + 2)
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    window = look_up(correlations(first, second), torch.stack([x, y])[None], 3)[0, :49, 8, 8]
    # torchvision's order: the first axis of the 7 x 7 window is x.
    assert divmod(int(window.argmax()), 7) == (3 - 1, 3 + 2)


@pytest.fixture(scope="module")
def small_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raft_small")
    torch.manual_seed(0)
    save_file(Raft(SMALL).state_dict(), folder / "model.safetensors")
    return folder


def test_raft_runs_on_any_size_and_repeats_itself(small_weights: Path) -> None:
    estimator = RaftFlow(SMALL, str(small_weights), updates=1)
    first = texture(60, 37)
    flow = estimator.flow(first, shifted(first, 2.0, 0.0))
    assert flow.shape == (37, 60, 2)
    assert np.isfinite(flow).all()
    again = RaftFlow(SMALL, str(small_weights / "model.safetensors"), updates=1)
    assert np.array_equal(again.flow(first, shifted(first, 2.0, 0.0)), flow)
    assert again.version == estimator.version
    assert estimator.version.startswith("raft_small-1 ")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("missing", "update_block.flow_head.conv2.bias is missing"),
        ("shape", r"update_block.flow_head.conv2.bias is \(3,\), not \(2,\)"),
        ("unknown", "extra is unknown"),
        ("pickle", "only the pickle raft.pth; raft_small reads safetensors only. Convert"),
        ("renamed", "not a safetensors file"),
        ("empty", "no .safetensors file"),
        ("nowhere", "no such folder, and the hub does not give it"),
    ],
)
def test_a_bad_checkpoint_is_one_line(
    tmp_path: Path,
    small_weights: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    told: str,
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    from safetensors.torch import load_file

    tensors = load_file(small_weights / "model.safetensors")
    bias = "update_block.flow_head.conv2.bias"
    if fault == "missing":
        del tensors[bias]
    elif fault == "shape":
        tensors[bias] = torch.zeros(3)
    elif fault == "unknown":
        tensors["extra"] = torch.zeros(1)
    if fault == "pickle":
        torch.save(tensors, tmp_path / "raft.pth")
    elif fault == "renamed":
        torch.save(tensors, tmp_path / "model.safetensors")
    elif fault not in ("empty", "nowhere"):
        save_file(tensors, tmp_path / "model.safetensors")
    weights = "no/such-model" if fault == "nowhere" else str(tmp_path)
    with pytest.raises(LabelError, match=re.sub(r"(?<!\\)\.", r"\.", told)) as caught:
        load_flow("raft_small", weights)
    assert "\n" not in str(caught.value)
