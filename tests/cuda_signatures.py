"""Argument types of every CUDA kernel, from the arrays a run gives it; compiles them to PTX.

Run alone, it prints one line per kernel: python -m tests.cuda_signatures. It needs the extra `gpu`
(its compiler works without a GPU).
"""

import importlib
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import cuda, typeof, types

from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.render.bodies import Bodies
from phys4d_pipeline.render.canvas import NOTHING_BEHIND
from phys4d_pipeline.render.cuda import samples, visibility
from phys4d_pipeline.render.frame import empty_layers
from phys4d_pipeline.render.geometry import View
from phys4d_pipeline.render.lighting import Lights
from tests import toy_films

HOPPER = (9, 0)
MATRIX = np.zeros((3, 4), np.float32)


def signatures() -> dict[Any, tuple[Any, ...]]:
    """Kernel -> the types of its arguments."""
    spec, states = toy_films.particles()
    bodies = Bodies(spec, states, scene_camera(spec, 0), 1)
    lighting = Lights(spec, states, bodies).dark
    view = View(lens=bodies.lens, pose=MATRIX, to_next=MATRIX, to_previous=MATRIX)
    geometry, lens, layers = bodies.at(0), (bodies.lens,), empty_layers(4, 4)

    def empty(kind: Any, dimensions: int) -> np.ndarray:
        return np.empty((1,) * dimensions, kind)

    keys, marks, map_ = empty(np.uint64, 2), empty(np.uint8, 2), empty(np.float32, 2)
    slots, flags, levels = empty(np.int32, 2), empty(np.uint8, 1), empty(np.float32, 3)
    groups, radii, number = empty(np.int32, 1), empty(np.float32, 1), 1
    scene = (view, geometry, bodies.materials, lighting, NOTHING_BEHIND)
    target, edges = (slots, marks, keys), (slots, marks, keys, slots, groups)
    values = {
        visibility.draw_faces: (geometry, lens, (keys, marks)),
        visibility.draw_balls: (geometry, lens, (keys, marks)),
        visibility.sample_faces: (geometry, lens, target),
        visibility.sample_balls: (geometry, lens, (flags, *target)),
        visibility.cast_faces: ((map_, slots), (map_,)),
        visibility.cast_balls: ((map_, radii), np.float32(1), (map_,)),
        visibility.build_fine: ((map_, levels),),
        visibility.build_coarse: ((map_, levels), number),
        visibility.find_heights: ((map_, levels, levels), (radii,)),
        visibility.find_bounds: ((levels, levels), number),
        samples.resolve_pixels: (scene, (flags,), True, layers),
        samples.measure_pixels: ((view, geometry), layers, (map_,)),
        samples.find_near: (layers,),
        samples.find_edges: (layers, number, edges, (flags,)),
        samples.blend_edges: (scene, (flags, groups), edges, layers),
        samples.find_exits: ((keys,), (map_,)),
        samples.find_codes: ((levels, map_, marks), (layers, flags), (layers, geometry, view)),
    }
    return {kernel: tuple(map(typeof, given)) for kernel, given in values.items()}


def main() -> None:
    """Compile every kernel; on failure numba's error ends the process."""
    # Functions that kernels call are compiled for the current GPU: say which that would be.
    dispatcher = importlib.import_module(type(samples.find_near).__module__)
    device = SimpleNamespace(compute_capability=HOPPER, id=0)
    dispatcher.get_current_device = lambda: device  # pyright: ignore[reportAttributeAccessIssue]
    for kernel, arguments in signatures().items():
        ptx, _ = cuda.compile_ptx(kernel.py_func, types.void(*arguments), cc=HOPPER)
        target = next(line for line in ptx.splitlines() if line.startswith(".target"))
        atomics = "atomic" if ".max.u64" in ptx or ".max.f32" in ptx or "cas" in ptx else "-"
        print(kernel.py_func.__name__, target.split()[1], atomics)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
