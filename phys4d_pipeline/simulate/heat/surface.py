"""Temperatures of patches of a surface -> temperatures of the vertices of its mesh."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial import KDTree

from ...shapes import Mesh
from .cells import Wall

NEIGHBOURS = 16
SAME_SIDE = 0.3
"""Least cosine between the normals of a vertex and of a patch that tells of it [1]."""
RIDGE = 1e-3
"""Keeps slopes small that neighbours do not tell [1]."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Spread:
    """Every vertex takes a weighted sum of some patches."""

    patches: Int64[np.ndarray, "V K"]
    weights: Float64[np.ndarray, "V K"]
    """Sum to 1; 0 for patches of another side."""

    def __call__(self, values: Float64[np.ndarray, " P"]) -> Float64[np.ndarray, " V"]:
        """At the vertices."""
        return np.einsum("vk,vk->v", values[self.patches], self.weights)


def spread_over(mesh: Mesh, wall: Wall) -> Spread:
    """Fit a plane to the patches around each vertex, nearer ones counting more."""
    V, K = len(mesh.vertices), min(NEIGHBOURS, len(wall.area))
    found = KDTree(wall.place).query(mesh.vertices, k=K)
    apart, patches = (np.reshape(np.asarray(each), (V, K)) for each in found)
    facing = np.einsum("vki,vi->vk", wall.normal[patches], mesh.normals) > SAME_SIDE
    facing[~facing.any(1), 0] = True
    reach = np.sort(np.where(facing, apart, np.inf), axis=1)[:, min(3, K - 1)]
    reach = np.maximum(np.where(np.isfinite(reach), reach, apart.max(1)), 1e-12)[:, None]
    trust = np.where(facing, np.exp(-((apart / reach) ** 2)) + 1e-12, 0.0)
    away = (wall.place[patches] - mesh.vertices[:, None]) / reach[:, :, None]
    basis = np.concatenate([np.ones((V, K, 1)), away], axis=2)
    moments = np.einsum("vk,vki,vkj->vij", trust, basis, basis)
    moments += RIDGE * trust.sum(1)[:, None, None] * np.diag([0.0, 1.0, 1.0, 1.0])
    first = np.linalg.solve(moments, np.tile(np.eye(4)[:, :1], (V, 1, 1)))[:, :, 0]
    return Spread(patches=patches, weights=trust * np.einsum("vki,vi->vk", basis, first))
