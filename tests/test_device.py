"""PHYS4D_DEVICE: what is asked for is what draws, or one clear line says why not."""

import os
import subprocess
import sys

import pytest

from phys4d_pipeline import device
from phys4d_pipeline.cli import main
from phys4d_pipeline.errors import DeviceError


@pytest.fixture
def without_gpu(monkeypatch) -> None:
    monkeypatch.setattr(device, "missing_for_cuda", lambda: "no NVIDIA GPU was found")


@pytest.fixture
def with_gpu(monkeypatch) -> None:
    monkeypatch.setattr(device, "missing_for_cuda", lambda: "")


@pytest.mark.parametrize("value", [None, "auto", "cpu"])
def test_without_a_gpu_the_cpu_draws(monkeypatch, without_gpu, value) -> None:
    monkeypatch.delenv(device.VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(device.VARIABLE, value)
    assert device.chosen_device() == "cpu"


@pytest.mark.parametrize(
    ("value", "expected"), [(None, "cuda"), ("auto", "cuda"), ("cuda", "cuda"), ("cpu", "cpu")]
)
def test_with_a_gpu_only_cpu_keeps_the_cpu(monkeypatch, with_gpu, value, expected) -> None:
    monkeypatch.delenv(device.VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(device.VARIABLE, value)
    assert device.chosen_device() == expected


@pytest.mark.parametrize("value", ["gpu", "CUDA", "cuda:0", ""])
def test_an_unknown_value_is_named_with_the_known_ones(monkeypatch, value) -> None:
    monkeypatch.setenv(device.VARIABLE, value)
    with pytest.raises(DeviceError, match=f"PHYS4D_DEVICE='{value}': .*auto, cpu, cuda"):
        device.chosen_device()


def test_a_forced_gpu_that_is_missing_says_what_to_do(monkeypatch, without_gpu) -> None:
    monkeypatch.setenv(device.VARIABLE, "cuda")
    with pytest.raises(DeviceError, match=r"no NVIDIA GPU was found.*set PHYS4D_DEVICE to cpu"):
        device.chosen_device()


def test_the_command_line_refuses_a_wrong_device_before_work(monkeypatch, capsys, tmp_path) -> None:
    monkeypatch.setenv(device.VARIABLE, "tpu")
    words = ["generate", "--category", "rigid_bodies", "--seed", "1", "--store", str(tmp_path)]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "PHYS4D_DEVICE='tpu'" in error


def test_asking_for_the_cpu_never_loads_cuda() -> None:
    code = (
        "import sys, phys4d_pipeline.render\n"
        "from phys4d_pipeline.device import chosen_device\n"
        "print(chosen_device(), any(name.startswith('numba.cuda') for name in sys.modules))"
    )
    environment = {**os.environ, device.VARIABLE: "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.stdout.split() == ["cpu", "False"], done.stderr
