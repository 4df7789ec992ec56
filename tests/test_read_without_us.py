"""The example and the snippets of docs/format.md decode what the package's reader decodes."""

import ast
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pyarrow.parquet as pq
import pytest
from analytic_clip import make_spec, write_clip

from phys4d_pipeline.store import Clip, open_dataset, open_store
from phys4d_pipeline.store.layer_file import LayerFile
from phys4d_pipeline.store.layers import LAYERS

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "read_without_us.py"


@pytest.fixture(scope="module", params=["default", "lossless"])
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Clip:
    path = tmp_path_factory.mktemp("store")
    spec = make_spec(num_frames=10)
    write_clip(open_store(path), spec, profile=request.param, with_heat=True)
    return open_dataset(path)[0]


@pytest.fixture
def default_clip(tmp_path: Path) -> Clip:
    write_clip(open_store(tmp_path), make_spec(num_frames=10))
    return open_dataset(tmp_path)[0]


@pytest.fixture
def warm_clip(tmp_path: Path) -> Clip:
    write_clip(open_store(tmp_path), make_spec(num_frames=10), with_heat=True)
    return open_dataset(tmp_path)[0]


def load_example() -> ModuleType:
    specification = importlib.util.spec_from_file_location("read_without_us", EXAMPLE)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_example_needs_none_of_our_code_and_stays_short() -> None:
    text = EXAMPLE.read_text()
    tree = ast.parse(text)
    names = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names - sys.stdlib_module_names == {"numpy", "pyarrow", "zstandard"}
    assert len(text.splitlines()) <= 65


@pytest.mark.parametrize("layer", ["depth", "flow_forward", "flow_backward", "temperature"])
def test_the_example_decodes_what_the_reader_decodes(warm_clip: Clip, layer: str) -> None:
    example = load_example()
    for frame in (0, 7, 8, 9):
        found = example.read(warm_clip.path / "camera_0", layer, frame)
        expected = getattr(warm_clip, layer)[frame]
        np.testing.assert_allclose(found, expected, rtol=1e-7)  # a float32 step
        assert found.dtype == expected.dtype


def test_the_example_prints_the_middle_of_the_picture(
    default_clip: Clip, capsys: pytest.CaptureFixture[str]
) -> None:
    root = default_clip.path.parents[4]
    load_example().main(str(root), default_clip.clip_id, "3")
    said = capsys.readouterr().out
    assert said.startswith("depth (48, 64): ")
    value = float(re.findall(r"\): ([0-9.]+) m", said)[0])
    assert value == pytest.approx(float(default_clip.depth[3][24, 32]))


def documented() -> dict[str, object]:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "format.md").read_text(), re.S)
    names: dict[str, object] = {}
    exec(next(block for block in blocks if "def residuals" in block), names)
    return names


KEYS = [name for name in LAYERS if name != "flow_backward"]


@pytest.mark.parametrize("key", [*KEYS, "low/depth", "low/flow_backward", "low/temperature"])
def test_the_documented_decoders_agree_with_the_reader(clip: Clip, key: str) -> None:
    names = documented()
    file = LayerFile.open(clip.layer_path(key))
    codec, shape = file.metadata["codec"], list(file.shape)
    for frame in range(10):
        blob = file.blobs(frame // 8)[frame % 8]
        expected = file.decode(blob, frame)
        if codec in ("uint8", "uint16"):
            found = names["raw"](blob, shape, codec)
        else:
            found = names[codec](blob, shape)
        assert found.shape == expected.shape
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=2e-7, atol=2e-7)  # float32 steps


def test_the_documented_columns_are_the_stored_ones(default_clip: Clip) -> None:
    text = (ROOT / "docs" / "format.md").read_text()
    rows = dict(re.findall(r"^\| (\w+\.parquet) \| (.*) \|$", text, re.M))
    assert len(rows) == 4
    for name, described in rows.items():
        folder = default_clip.path / ("camera_0" if name == "camera.parquet" else "")
        stored = pq.ParquetFile(folder / name).schema_arrow
        columns = re.findall(r"`(\w+)`", described.partition("; metadata")[0])
        assert [column for column in columns if column in stored.names] == stored.names
        for key in re.findall(r"`(\w+)`", described.partition("; metadata")[2]):
            assert key.encode() in stored.metadata


def test_the_documented_files_are_the_stored_ones(warm_clip: Clip) -> None:
    text = (ROOT / "docs" / "format.md").read_text().partition("**Commit.**")[0]
    for path in warm_clip.path.rglob("*"):
        if path.is_file():
            assert path.stem in text, path


def test_other_readers_can_filter_by_frame(default_clip: Clip) -> None:
    table = pq.read_table(default_clip.layer_path("depth"), filters=[("frame", ">=", 8)])
    assert table["frame"].to_pylist() == [8, 9]
