"""A white, even sky over nothing, as the renderer's kernels read it."""

import numpy as np

from phys4d_pipeline.render import shade, sun_map

F = np.float32
TEXELS, SCALE = 512, 256.0  # a map of 2 m: 256 texels per metre, sun overhead


def lighting(depth=None, sun_radius=0.00465, rise=1.0, **changes) -> shade.Lighting:
    """A white, even sky without a sun over nothing, unless said otherwise."""
    depth = np.zeros((TEXELS, TEXELS), np.float32) if depth is None else depth
    ground = np.array([0, 0, 64], np.float32)
    maps = sun_map.SunMap(TEXELS, ground)
    maps.depth[:] = depth
    maps.build(np.ones_like(maps.reached))
    reach = np.tan(sun_radius) * rise * SCALE + 2.0
    one = np.ones(3, np.float32)
    half = TEXELS / 2
    fields = {
        "sun": np.array([0, 0, 1], np.float32),
        "sun_radius": F(sun_radius),
        "sun_color": np.zeros(3, np.float32),
        "zenith": one,
        "horizon": one,
        "bounce": one,
        "cloud_cover": F(0),
        "exposure": F(1),
        "sun_from_world": np.array(
            [[SCALE, 0, 0, half], [0, -SCALE, 0, half], [0, 0, 1, 64]], np.float32
        ),
        "sun_depth": maps.depth,
        "sun_levels": maps.levels,
        "sun_ground": ground,
        "sun_bounds": maps.bounds(reach),
        "sun_rise": F(rise),
        "open_from_world": np.array([1, 1, 16, 30], np.float32),
        "open_map": np.ones((32, 32, 4), np.float32),
        "open_blocks": np.zeros((2, 2), np.float32),
        **changes,
    }
    return shade.Lighting(**fields)
