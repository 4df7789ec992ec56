"""The led bodies of a scene -> which objects of a World they are, and where, step by step."""

import numpy as np
from jaxtyping import Float64

from ...motion.paths import led_rows
from ...scene import SceneSpec


class Led:
    """For solvers whose frames all have as many steps."""

    def __init__(self, spec: SceneSpec, step_s: float, steps: int) -> None:
        self._bodies = [body for body in spec.bodies if body.path]
        self._step_s, self._steps, self._fps = step_s, steps, spec.fps
        self.objects = np.array(
            [k + 1 for k, body in enumerate(spec.bodies) if body.path], np.int64
        )

    def before(self, frame: int) -> Float64[np.ndarray, "M L 13"]:
        """Pose and velocity of every led body after each of the steps that lead to a frame."""
        begun = (frame - 1) / self._fps
        return led_rows(self._bodies, begun + self._step_s * np.arange(1, self._steps + 1))
