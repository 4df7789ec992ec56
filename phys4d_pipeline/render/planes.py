"""Rows of the plane array P: what is known of the samples of a span, one float32 each.

A span is a run of samples (picture positions and visibility keys) handled together: the pixels of
a tile, or a list of anti-aliasing samples. Loops over whole spans have no branches, so they run in
SIMD lanes; bodies are visited one sample at a time.
"""

RAY_X, RAY_Y = 0, 1
"""Direction in the camera frame, z = 1."""
WORLD_X, WORLD_Y, WORLD_Z = 2, 3, 4
"""The same direction in the world frame."""
Z = 5
"""Camera z of the point [m]; 0 for sky."""
HIT = 6
"""1 on a surface, 0 for sky."""
POINT_X, POINT_Y, POINT_Z = 7, 8, 9
"""World [m]."""
NORMAL_X, NORMAL_Y, NORMAL_Z = 10, 11, 12
"""World, unit, towards the eye; the geometry's, which ground truth stores."""
RED, GREEN, BLUE = 13, 14, 15
"""Base colour, linear."""
ROUGHNESS, METALLIC = 16, 17
SUNLIT, OPEN = 18, 19
"""Share of the sun and of the sky that reaches the point."""
FOOTPRINT, WEIGHT, MAP_X, MAP_Y = 20, 21, 22, 23
"""Scratch between two steps; FOOTPRINT starts as the size of a pixel on the ground [m]."""
U, V = 24, 25
"""Barycentric weights of the second and third vertex of the triangle seen."""
BEND_X, BEND_Y, BEND_Z = 26, 27, 28
"""Normal to shade with: the geometry's, bent by fine relief."""
GLOW_RED, GLOW_GREEN, GLOW_BLUE = 29, 30, 31
"""Radiance given off."""
NUM_PLANES = 32
