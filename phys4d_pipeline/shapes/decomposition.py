"""A closed surface that nobody took apart by hand -> convex parts, by CoACD (Wei et al. 2022)."""

import coacd
import numpy as np

from .solid import ConvexPart, Mesh, weld

CONCAVITY = 0.05
"""Largest distance between a part and its hull, as CoACD measures it, over the mesh's size [1]."""
ITERATIONS, NODES, DEPTH, RESOLUTION = 60, 10, 2, 1000
"""Less than CoACD's own search (150, 20, 3, 2000): 1.3 to 2.6 times as fast (2 to 7 CPU-seconds
for 642 vertices with six dents) for 1.3 to 1.7 times as many parts and the same excess volume."""
SEED = 0

coacd.set_log_level("off")  # it prints every step


def convex_parts(mesh: Mesh) -> list[ConvexPart]:
    """Hulls that cover a closed mesh and stick out of it little; the same ones in every process."""
    kept, place_of = weld(mesh)
    surface = coacd.Mesh(mesh.vertices[kept], place_of[mesh.faces].astype(np.int32))
    # The mesh is known to be closed: nothing has to be repaired first.
    parts = coacd.run_coacd(
        surface,
        threshold=CONCAVITY,
        preprocess_mode="off",
        resolution=RESOLUTION,
        mcts_iterations=ITERATIONS,
        mcts_nodes=NODES,
        mcts_max_depth=DEPTH,
        seed=SEED,
    )
    return [ConvexPart(kind="hull", points=np.asarray(points)) for points, _ in parts]
