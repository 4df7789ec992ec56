"""Other renderers drawing the reference scene, each in a process of its own.

A peer is a module of this package: `python -m peers.NAME` prints one JSON object per scene it
draws as its last lines, read back as `Row`; a module that cannot run says why and how to cure it.
"""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

NAMES = ("tiny", "genesis", "cycles")
TIMEOUTS = {"tiny": 300.0, "genesis": 600.0, "cycles": 900.0}  # [s]
MARK = "row:"
PICTURES = "PHYS4D_PEER_PICTURES"
"""Environment variable: a folder for the pictures that peers draw."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One renderer's measurement."""

    renderer: str
    particles: bool
    """Does it draw them? Compare with our time for the same content."""
    cpu_s: float
    """Process CPU time a frame, all threads [s]."""
    wall_s: float
    """[s]"""
    lacks: str
    """What of our frame it does not give."""


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A renderer that could not be measured."""

    renderer: str
    reason: str


def report(row: Row) -> None:
    """Called by a peer's own process."""
    print(MARK + json.dumps(asdict(row)), flush=True)


def measure(name: str) -> list[Row | Skipped]:
    """Run one peer; a failure or a timeout becomes a `Skipped` after the rows that came."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"peers.{name}"],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # its own children end with it
    )
    reason = ""
    try:
        output, _ = process.communicate(timeout=TIMEOUTS[name])
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        reason = f"no result within {TIMEOUTS[name]:.0f} s"
    lines = re.sub(r"\x1b\[[0-9;]*m", "", output).splitlines()
    rows: list[Row | Skipped] = [
        Row(**json.loads(line.removeprefix(MARK))) for line in lines if line.startswith(MARK)
    ]
    if process.returncode and not reason:
        said = [line for line in lines if line.strip()] or [f"exit code {process.returncode}"]
        reason = said[-1].strip()
    return [*rows, Skipped(renderer=name, reason=reason)] if reason else rows


def keep_picture(name: str, rgb: NDArray[np.uint8]) -> None:
    """Write what a peer drew, if the caller named a folder for it."""
    if folder := os.environ.get(PICTURES):
        cv2.imwrite(str(Path(folder) / f"{name}.png"), np.asarray(rgb)[..., 2::-1])
