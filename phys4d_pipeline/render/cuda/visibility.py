"""Triangles and spheres -> visibility keys and the sun's map: one thread per primitive and band.

A band is a few rows of the picture, so that one large triangle occupies many threads. Arrays come
in tuples: numba's simulator leaves those as they are.
"""

# pyright: reportCallIssue=false, reportAttributeAccessIssue=false
# (numba declares what kernels call as stubs without arguments)

from numba import cuda

from ...jit import cuda_kernel
from ..raster import draw_triangles, sample_triangles
from ..spheres import draw_spheres, sample_spheres
from ..sun_depth import F, draw_sun_depth, draw_sun_spheres
from ..sun_levels import WHOLE, block_heights, build_square, halve
from . import device_memory  # noqa: F401  (registers what kernels call)

BAND = 16
"""Rows of the picture per thread."""


@cuda_kernel
def draw_faces(geometry, lens, target):
    """Depth-test face x in band y of the picture: `raster.draw_triangles`."""
    (face, band), (keys, marked) = cuda.grid(2), target
    height, width = keys.shape
    if face < len(geometry.faces) and band * BAND < height:
        window = (0, width - 1, band * BAND, min(band * BAND + BAND, height) - 1)
        draw_triangles(geometry, lens[0], face, face + 1, window, keys, marked)


@cuda_kernel
def draw_balls(geometry, lens, target):
    """Depth-test sphere x in band y of the picture: `spheres.draw_spheres`."""
    (sphere, band), (keys, marked) = cuda.grid(2), target
    height, width = keys.shape
    if sphere < len(geometry.radii) and band * BAND < height:
        window = (0, width - 1, band * BAND, min(band * BAND + BAND, height) - 1)
        draw_spheres(geometry, lens[0], sphere, sphere + 1, window, keys, marked)


@cuda_kernel
def sample_faces(geometry, lens, target):
    """Depth-test face x at the extra samples of band y: `raster.sample_triangles`."""
    (face, band), (slots, busy, samples) = cuda.grid(2), target
    height, width = slots.shape
    if face < len(geometry.faces) and band * BAND < height:
        window = (0, width - 1, band * BAND, min(band * BAND + BAND, height) - 1)
        sample_triangles(geometry, lens[0], face, face + 1, window, slots, busy, samples)


@cuda_kernel
def sample_balls(geometry, lens, target):
    """Depth-test sphere x at the extra samples of band y: `spheres.sample_spheres`."""
    (sphere, band), (seen, slots, busy, samples) = cuda.grid(2), target
    height, width = slots.shape
    if sphere < len(geometry.radii) and band * BAND < height:
        window = (0, width - 1, band * BAND, min(band * BAND + BAND, height) - 1)
        sample_spheres(
            geometry, lens[0], sphere, sphere + 1, window, seen, slots, busy, samples
        )  # fmt: skip


@cuda_kernel
def cast_faces(casters, target):
    """Draw face x in band y of the sun's map: `sun_depth.draw_sun_depth`."""
    (vertices, faces), depth = casters, target[0]
    (face, band), S = cuda.grid(2), len(depth)
    if face < len(faces) and band * BAND < S:
        window = (0, S - 1, band * BAND, min(band * BAND + BAND, S) - 1)
        draw_sun_depth(vertices, faces[face : face + 1], window, depth)


@cuda_kernel
def cast_balls(casters, texels_per_metre, target):
    """Draw sphere x in band y of the sun's map: `sun_depth.draw_sun_spheres`."""
    (centres, radii), depth = casters, target[0]
    (sphere, band), S = cuda.grid(2), len(depth)
    if sphere < len(radii) and band * BAND < S:
        window = (0, S - 1, band * BAND, min(band * BAND + BAND, S) - 1)
        one = slice(sphere, sphere + 1)
        draw_sun_spheres(centres[one], radii[one], texels_per_metre, window, depth)


@cuda_kernel
def build_fine(target):
    """Fill the finer levels of square (x, y) of the sun's map: `sun_levels.build_square`."""
    (column, row), (depth, levels) = cuda.grid(2), target
    if row * WHOLE < len(depth) and column * WHOLE < len(depth):
        build_square(depth, levels, row * WHOLE, column * WHOLE)


@cuda_kernel
def build_coarse(target, level):
    """Fill square (x, y) of one of the coarser levels: `sun_levels.halve`."""
    (column, row), (depth, levels) = cuda.grid(2), target
    squares = len(depth) >> level
    if row < squares and column < squares:
        halve(levels, level, len(depth), row, column, 1)


@cuda_kernel
def find_heights(target, ground):
    """Fill heights of block (x, y) of the sun's map: `sun_levels.block_heights`."""
    (column, row), (depth, levels, heights) = cuda.grid(2), target
    count = heights.shape[1]
    if row < count and column < count:
        heights[0, row, column], heights[1, row, column] = F(0), F(0)
        window = (column, column, row, row)
        block_heights(depth, levels, ground[0], window, heights[0], heights[1])


@cuda_kernel
def find_bounds(target, around):
    """Limits of block (x, y), from heights up to `around` blocks away: `SunMap.bounds`."""
    (column, row), (heights, limits) = cuda.grid(2), target
    count = limits.shape[1]
    if row >= count or column >= count:
        return
    lit, dark = F(0), F(1e9)
    for y in range(max(row - around, 0), min(row + around + 1, count)):
        for x in range(max(column - around, 0), min(column + around + 1, count)):
            lit, dark = max(lit, heights[0, y, x]), min(dark, heights[1, y, x])
    limits[0, row, column], limits[1, row, column] = lit, dark
