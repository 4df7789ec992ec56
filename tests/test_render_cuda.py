"""The GPU's way through the renderer: simulated, compiled, and, where there is one, on a GPU."""

import importlib.util
import os
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from phys4d_pipeline.device import missing_for_cuda
from phys4d_pipeline.render import GroundTruth, lighting, render
from tests import toy_films

ROOT = Path(__file__).parents[1]
TINY = {"width": 32, "height": 16}
TINY_SUN = 256
"""Texels of the sun's map each way: of 2,048, the simulator would spend minutes on them."""
KERNELS = 17
RACING = {"draw_faces", "draw_balls", "sample_faces", "sample_balls", "cast_faces", "cast_balls"}
IN_THE_SIMULATOR = """
import sys
import numpy as np
from tests.test_render_cuda import tiny_frames
np.savez(sys.argv[1], **tiny_frames(sys.argv[2]))
"""

gpu = pytest.mark.gpu
needs_gpu = pytest.mark.skipif(bool(missing_for_cuda()), reason=missing_for_cuda())
needs_compiler = pytest.mark.skipif(
    importlib.util.find_spec("numba_cuda") is None,
    reason="numba-cuda, the compiler for GPUs, is not installed: pip install '.[gpu]'",
)


def layers(frame: GroundTruth) -> dict[str, np.ndarray]:
    arrays = {each.name: getattr(frame, each.name) for each in fields(frame)}
    return {name: np.array(values) for name, values in arrays.items() if values is not None}


def tiny_frames(name: str) -> dict[str, np.ndarray]:
    """All layers of a film's second frame, 32 x 16 pixels."""
    spec, states = getattr(toy_films, name)()
    with mock.patch.object(lighting, "SUN_TEXELS", TINY_SUN):
        (frame,) = render(replace(spec, **TINY), states, frames=range(1, 2))
    return layers(frame)


def assert_alike(cpu: dict[str, np.ndarray], cuda: dict[str, np.ndarray]) -> None:
    """Equal but for rounding: a GPU fuses products and sums, and divides to 2 ulp."""
    size = cpu["depth"].size
    same = cpu["segmentation"] == cuda["segmentation"]
    assert (~same).sum() <= 1e-5 * size  # a pixel whose centre lies on a silhouette may flip
    for name in ("occluded_forward", "occluded_backward"):
        assert (cpu[name] != cuda[name]).sum() <= 1e-5 * size + 4 * (~same).sum(), name
    for name in ("depth", "flow_forward", "flow_backward", "flow_forward_dz"):
        a, b = cpu[name][same], cuda[name][same]
        np.testing.assert_array_equal(np.isfinite(a), np.isfinite(b), err_msg=name)
        relative = {"rtol": 1e-5, "atol": 0.0} if name == "depth" else {"rtol": 0.0, "atol": 1e-3}
        finite = np.isfinite(a)
        np.testing.assert_allclose(b[finite], a[finite], err_msg=name, **relative)
    assert cpu.keys() == cuda.keys()
    if "temperature" in cpu:  # of slopes of 1000 K/m
        a, b = cpu["temperature"][same], cuda["temperature"][same]
        np.testing.assert_allclose(b, a, atol=1e-2)
    np.testing.assert_allclose(cuda["normals"][same], cpu["normals"][same], atol=1e-4)
    apart = np.abs(cpu["rgb"].astype(int) - cuda["rgb"]).max(-1)
    assert (apart > 2).sum() <= 1e-4 * size, np.bincount(apart.ravel())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rigid", "particles"])
def test_the_simulated_gpu_draws_what_the_cpu_draws(tmp_path, monkeypatch, name) -> None:
    monkeypatch.setenv("PHYS4D_DEVICE", "cpu")
    out = tmp_path / "simulated.npz"
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1", "PHYS4D_DEVICE": "cuda"}
    command = [sys.executable, "-c", IN_THE_SIMULATOR, str(out), name]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    cpu = tiny_frames(name)
    assert (cpu["segmentation"] > 0).any()
    assert_alike(cpu, dict(np.load(out)))


@pytest.mark.slow
@needs_compiler
def test_every_kernel_compiles_for_hopper_without_a_gpu() -> None:
    command = [sys.executable, "-m", "tests.cuda_signatures"]
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "0"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert len(lines) == KERNELS
    assert {target for _, target, _ in lines} == {"sm_90"}
    assert {name for name, _, atomics in lines if atomics == "atomic"} >= RACING


def whole_frames(monkeypatch, device: str, name: str) -> list[dict[str, np.ndarray]]:
    monkeypatch.setenv("PHYS4D_DEVICE", device)
    spec, states = getattr(toy_films, name)()
    spec = replace(spec, width=1920, height=1080)
    return [layers(frame) for frame in render(spec, states, frames=range(0, 3))]


FILMS = ["rigid", "particles", "deforming", "scenery", "many_shapes", "panes"]


@gpu
@needs_gpu
@pytest.mark.parametrize("name", FILMS)
def test_a_gpu_draws_what_the_cpu_draws(monkeypatch, name) -> None:
    frames = whole_frames(monkeypatch, "cpu", name), whole_frames(monkeypatch, "cuda", name)
    for cpu, cuda in zip(*frames, strict=True):
        assert_alike(cpu, cuda)


@gpu
@needs_gpu
@pytest.mark.parametrize("name", FILMS)
def test_a_gpu_draws_the_same_bytes_twice(monkeypatch, name) -> None:
    once, again = (whole_frames(monkeypatch, "cuda", name) for _ in range(2))
    for one, other in zip(once, again, strict=True):
        for layer, values in one.items():
            assert values.tobytes() == other[layer].tobytes(), layer
