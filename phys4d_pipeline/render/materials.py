"""Surfaces -> the material table that the kernels read."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from ..errors import SceneError
from ..scene import Surface
from .geometry import NUM_COLUMNS
from .textures import KINDS


def material_table(surfaces: Sequence[Surface]) -> Float32[np.ndarray, "O C"]:
    """A row for every surface; columns as in `geometry`."""
    return np.stack([_row(surface) for surface in surfaces])


def _row(surface: Surface) -> Float32[np.ndarray, " C"]:
    texture = surface.texture
    if texture.kind not in KINDS:
        raise SceneError(f"texture kind {texture.kind!r}: known are {', '.join(KINDS)}.")
    row = (
        *surface.base_color,
        surface.roughness,
        surface.metallic,
        KINDS.index(texture.kind),
        1.0 / texture.scale,
        *texture.second_color,
        surface.transmission,
        surface.refractive_index,
        surface.thin_walled,
        *surface.emission,
    )
    assert len(row) == NUM_COLUMNS
    return np.array(row, np.float32)
