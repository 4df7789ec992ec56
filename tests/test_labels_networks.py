import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import tiny_depth_networks as tiny
import torch
from safetensors.torch import load_file, save_file
from textures import texture
from transformers import AutoModelForDepthEstimation
from transformers.models.dpt.image_processing_pil_dpt import get_resize_output_image_size
from transformers.utils import logging

from phys4d_pipeline.errors import LabelError
from phys4d_pipeline.labels.depth import depth_pro
from phys4d_pipeline.labels.estimator import Kind, load_depth
from phys4d_pipeline.labels.transformers_depth import Preparation, TransformersDepth

logging.disable_progress_bar()
MAKE = {
    ("depth_anything_v2", Kind.AFFINE_DISPARITY): lambda at: tiny.depth_anything(at, "relative"),
    ("depth_anything_v2", Kind.METRIC): lambda at: tiny.depth_anything(at, "metric"),
    ("dpt", Kind.AFFINE_DISPARITY): tiny.dpt,
    ("depth_pro", Kind.METRIC): tiny.depth_pro,
}


@pytest.mark.parametrize(("name", "kind"), MAKE)
def test_a_published_class_labels_a_frame_of_any_size(
    tmp_path: Path, name: str, kind: Kind
) -> None:
    estimator = load_depth(name, str(MAKE[name, kind](tmp_path)))
    assert isinstance(estimator, TransformersDepth)
    assert estimator.kind is kind
    label = estimator.label(texture(101, 67))
    assert label.depth.shape == label.valid.shape == (67, 101)
    assert np.isfinite(label.depth[label.valid]).all()
    assert kind is not Kind.METRIC or (label.depth[label.valid] > 0).all()


def test_the_label_is_what_the_network_says(tmp_path: Path) -> None:
    folder = tiny.depth_anything(tmp_path, "relative")
    picture = texture(70, 70)  # the size the network wants: nothing is resized
    network = AutoModelForDepthEstimation.from_pretrained(folder).eval()
    plain = picture / 255 - [0.485, 0.456, 0.406]
    plain = (plain / [0.229, 0.224, 0.225]).transpose(2, 0, 1)[None]
    with torch.inference_mode():
        expected = network(torch.tensor(plain, dtype=torch.float32)).predicted_depth[0].numpy()
    estimator = load_depth("depth_anything_v2", str(folder))
    assert isinstance(estimator, TransformersDepth)
    np.testing.assert_allclose(estimator.label(picture).depth, expected, rtol=1e-3, atol=1e-8)


@pytest.mark.parametrize("shape", [(1080, 1920), (270, 480), (1920, 1080), (333, 517), (518, 518)])
def test_pictures_get_the_size_that_the_published_processor_gives(shape: tuple[int, int]) -> None:
    channels = {"mean": (0.5,) * 3, "std": (0.5,) * 3}
    ours = Preparation(height=518, width=518, keep_aspect=True, multiple=14, **channels)
    theirs = get_resize_output_image_size(np.empty((3, *shape)), (518, 518), True, 14)
    assert ours.size(*shape) == (theirs.height, theirs.width)


def test_depth_pro_turns_inverse_depth_and_lens_into_metres() -> None:
    class Outputs:
        predicted_depth = torch.full((1, 2, 2), 0.25)
        field_of_view = torch.tensor([90.0])

    # A lens of 90 degrees: width = 2 focal, so inverse depth 0.25 becomes 0.5 per metre.
    np.testing.assert_allclose(depth_pro._read(Outputs, 640), np.full((1, 2, 2), 2.0), rtol=1e-6)
    Outputs.field_of_view = None
    np.testing.assert_allclose(depth_pro._read(Outputs, 640), np.full((1, 2, 2), 4.0), rtol=1e-6)


def test_a_resized_ramp_stays_a_ramp() -> None:
    channels = {"mean": (0.0,) * 3, "std": (1.0,) * 3}
    halved = Preparation(height=20, width=40, keep_aspect=False, multiple=1, **channels)
    ramp = np.repeat(np.arange(80, dtype=np.uint8)[None, :, None], 40, 0).repeat(3, 2)
    picture = halved.picture(ramp)
    assert picture.shape == (1, 3, 20, 40)
    expected = cv2.resize(ramp, (40, 20), interpolation=cv2.INTER_CUBIC)[..., 0] / 255
    np.testing.assert_allclose(picture[0, 0], expected, atol=1e-6)


def _spoil(folder: Path, fault: str) -> None:
    weights = folder / "model.safetensors"
    tensors = load_file(weights)
    name = "head.conv1.bias"
    if fault == "missing":
        del tensors[name]
    elif fault == "shape":
        tensors[name] = torch.zeros(7)
    if fault in ("missing", "shape"):
        save_file(tensors, weights, metadata={"format": "pt"})
    elif fault == "pickle":
        weights.unlink()
        torch.save(tensors, folder / "pytorch_model.bin")
    elif fault == "cut":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif fault == "processor":
        (folder / "preprocessor_config.json").unlink()
    elif fault == "config":
        (folder / "config.json").write_text("{")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("missing", "head.conv1.bias is missing"),
        ("shape", "head.conv1.bias is (7,), not (8,)"),
        ("pickle", "only the pickle pytorch_model.bin"),
        ("cut", "not a safetensors file"),
        ("processor", "preprocessor_config.json: cannot be read"),
        ("config", "config.json: cannot be read"),
        ("other", "holds a 'depth_anything' network, dpt needs 'dpt'"),
    ],
)
def test_a_bad_folder_is_one_line(tmp_path: Path, fault: str, told: str) -> None:
    folder = tiny.depth_anything(tmp_path, "relative")
    _spoil(folder, fault)
    with pytest.raises(LabelError) as caught:
        load_depth("dpt" if fault == "other" else "depth_anything_v2", str(folder))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_weights_or_settings_are_another_version(tmp_path: Path) -> None:
    folder = tiny.depth_anything(tmp_path, "metric")
    before = load_depth("depth_anything_v2", str(folder)).version
    assert load_depth("depth_anything_v2", str(folder)).version == before
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "max_depth": 80}))
    assert load_depth("depth_anything_v2", str(folder)).version != before
