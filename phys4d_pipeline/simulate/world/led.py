"""The led bodies of a scene -> which objects of a World they are, and where, step by step."""

import numpy as np
from jaxtyping import Float64, Int64

from ...motion.paths import led_rows
from ...scene import SceneSpec


class Led:
    """For solvers whose frames all have as many steps."""

    def __init__(self, spec: SceneSpec, step_s: float, steps: int) -> None:
        self._bodies = [body for body in spec.bodies if body.path]
        self._step_s, self._steps, self._fps = step_s, steps, spec.fps
        self._objects = np.array(
            [k + 1 for k, body in enumerate(spec.bodies) if body.path], np.int64
        )

    def before(self, frame: int) -> tuple[Float64[np.ndarray, "M L 13"], Int64[np.ndarray, " L"]]:
        """Pose and velocity of led bodies after each step that leads to a frame; their objects."""
        times = (frame - 1) / self._fps + self._step_s * np.arange(1, self._steps + 1)
        return led_rows(self._bodies, times), self._objects
