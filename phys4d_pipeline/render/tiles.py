"""The picture in tiles: the unit in which frames are drawn, and left alone when nothing changed.

A tile's samples fit the first-level cache with all that is known of them. A tile gives the same
bytes whether it is drawn alone or with all the others.
"""

import numpy as np
from jaxtyping import Int32, Shaped, UInt8

from ..jit import exact, exact_borrowing
from .memory import stream

TILE_WIDTH, TILE_HEIGHT = 32, 8
TILE_SAMPLES = TILE_WIDTH * TILE_HEIGHT


def grid(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of tiles that cover a picture."""
    return -(-height // TILE_HEIGHT), -(-width // TILE_WIDTH)


def whole(picture: Shaped[np.ndarray, "H W"]) -> tuple[int, int, int, int]:
    """The window that shows all of a picture: first and last column, first and last row."""
    return 0, picture.shape[1] - 1, 0, picture.shape[0] - 1


def marked_tiles(marked: UInt8[np.ndarray, "R C"]) -> Int32[np.ndarray, "N 2"]:
    """Row and column of every tile that is marked."""
    return np.argwhere(marked).astype(np.int32)


def copy_tiles(
    marked: UInt8[np.ndarray, "R C"],
    source: Shaped[np.ndarray, "H W *C"],
    target: Shaped[np.ndarray, "H W *C"],
) -> None:
    """Copy the marked tiles of a picture of any type."""
    height, width = source.shape[:2]
    size = source.nbytes // (height * width)
    _copy(marked, _bytes(source), _bytes(target), size)


def _bytes(picture: Shaped[np.ndarray, "H W *C"]) -> UInt8[np.ndarray, "H B"]:
    return picture.reshape(len(picture), -1).view(np.uint8)


@exact
def tile_boxes(depth, lens, pose):
    """World boxes of the points of every tile; low > high where it shows only sky.

    Args:
        depth: (H, W) f32 camera z [m], +inf for sky.
        lens: (4,) f32 fx, fy, cx, cy [px].
        pose: (3, 4) f32 world_from_camera.

    Returns:
        (R, C, 6) f32, low xyz then high xyz [m].
    """
    height, width = depth.shape
    rows, columns = (height - 1) // TILE_HEIGHT + 1, (width - 1) // TILE_WIDTH + 1
    boxes = np.empty((rows, columns, 6), np.float32)
    boxes[:, :, :3], boxes[:, :, 3:] = 1e6, -1e6  # empty, and still finite in maps
    for row in range(height):
        for column in range(width):
            z = depth[row, column]
            if z == np.inf:
                continue
            x = (column + 0.5 - lens[2]) / lens[0] * z
            y = (row + 0.5 - lens[3]) / lens[1] * z
            box = boxes[row // TILE_HEIGHT, column // TILE_WIDTH]
            for axis in range(3):
                p = pose[axis, 0] * x + pose[axis, 1] * y + pose[axis, 2] * z + pose[axis, 3]
                box[axis] = min(box[axis], np.float32(p))
                box[axis + 3] = max(box[axis + 3], np.float32(p))
    return boxes


@exact_borrowing
def _copy(marked, source, target, size):
    rows, columns = marked.shape
    for tile_y in range(rows):
        start = 0
        while start < columns:
            stop = start + 1
            if marked[tile_y, start] == 0:
                start = stop
                continue
            while stop < columns and marked[tile_y, stop] != 0:
                stop += 1
            first, last = start * TILE_WIDTH * size, min(stop * TILE_WIDTH * size, source.shape[1])
            for row in range(tile_y * TILE_HEIGHT, min((tile_y + 1) * TILE_HEIGHT, len(source))):
                stream(target, row, first, source[row, first:last], last - first)
            start = stop
