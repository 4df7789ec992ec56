"""`PHYS4D_DEVICE` and this machine -> the processor that frames are drawn on.

    auto  (default) an NVIDIA GPU if there is one and the extra `gpu` is installed, else the CPU
    cpu   the CPU
    cuda  an NVIDIA GPU, or an error

The GPU's architecture is asked from the GPU when its kernels are compiled.
"""

import importlib
import importlib.util
import os
from functools import cache
from typing import Literal

from .errors import DeviceError

__all__ = ["VARIABLE", "Device", "chosen_device", "missing_for_cuda", "wanted_device"]

Device = Literal["cpu", "cuda"]
VARIABLE = "PHYS4D_DEVICE"
_CHOICES = ("auto", "cpu", "cuda")
_REMEDY = f"or set {VARIABLE} to cpu or auto."


def chosen_device() -> Device:
    """Where to draw.

    Raises:
        DeviceError: The variable has an unknown value, or asks for a GPU that cannot be used.
    """
    wanted = wanted_device()
    if wanted == "cpu":
        return "cpu"
    missing = missing_for_cuda()
    if not missing:
        return "cuda"
    if wanted == "cuda":
        raise DeviceError(f"{VARIABLE}=cuda: {missing}, {_REMEDY}")
    return "cpu"


def wanted_device() -> str:
    """What the variable asks for: `auto`, `cpu` or `cuda`.

    Raises:
        DeviceError: It has another value.
    """
    wanted = os.environ.get(VARIABLE, "auto")
    if wanted not in _CHOICES:
        raise DeviceError(f"{VARIABLE}={wanted!r}: must be one of {', '.join(_CHOICES)}.")
    return wanted


@cache
def missing_for_cuda() -> str:
    """What keeps this process from using an NVIDIA GPU, with its remedy; nothing if it can."""
    if os.environ.get("NUMBA_ENABLE_CUDASIM") == "1":  # numba's simulator needs neither
        return ""
    if importlib.util.find_spec("numba_cuda") is None:
        return "the package numba-cuda is not installed: pip install 'phys4d-pipeline[gpu]'"
    cuda = importlib.import_module("numba.cuda")
    if not cuda.is_available():
        return "no NVIDIA GPU with a working driver was found: check nvidia-smi"
    return ""
