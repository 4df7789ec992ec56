"""Writes past the caches put the same bytes in the same places as plain ones."""

import numba as nb
import numpy as np
import pytest

from phys4d_pipeline.render.frame import empty_layers
from phys4d_pipeline.render.memory import LINE, stream


@nb.njit
def write(picture, row, column, pixels, count):
    stream(picture, row, column, pixels, count)


@pytest.mark.parametrize(
    ("width", "column", "count"),
    [
        pytest.param(64, 32, 32, id="whole lines"),
        pytest.param(50, 32, 18, id="rows across lines"),
        pytest.param(64, 33, 7, id="within a line"),
    ],
)
def test_only_the_pixels_asked_for_are_written(width: int, column: int, count: int) -> None:
    rng = np.random.default_rng(1)
    for name, picture in empty_layers(5, width)._asdict().items():
        assert picture.ctypes.data % LINE == 0, name
        channels = picture.size // (5 * width)
        pixels = rng.integers(0, 200, 32 * channels).astype(picture.dtype)
        picture[:] = 7
        write(picture, 3, column, pixels, count)
        expected = np.full_like(picture, 7)
        stream(expected, 3, column, pixels, count)
        assert (picture == expected).all(), name
        mine = pixels[: count * channels].reshape(count, -1)
        assert (expected[3, column : column + count].reshape(count, -1) == mine).all()
        assert (expected != 7).sum() <= count * channels
