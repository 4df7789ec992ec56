"""MuJoCo's contacts, stage by stage -> the rows that `Recorder.add_contacts` takes, per frame."""

from typing import Any, no_type_check

import numpy as np
from jaxtyping import Float64, Int

from ..recorder import RawContact

ROUNDING = 1e-12  # [m]; bodies that overlap less do not touch
LIGHTEST = 1e-12  # [N s]; points without impulse still say where bodies touch


class Touches:
    """Sums of the contact points since the last frame, as long as the same geoms touch."""

    def __init__(self, object_of: Int[np.ndarray, " G"]) -> None:
        self.object_of = object_of
        self._geoms: list[Int[np.ndarray, "N 2"]] = []
        self._impulses: list[Float64[np.ndarray, " N"]] = []
        self._sums: list[Float64[np.ndarray, "N 7"]] = []
        self._depths: list[Float64[np.ndarray, " N"]] = []

    @no_type_check  # see Steps
    def add(self, data: Any, time_s: float) -> None:
        """Points that touch now and push so for a time."""
        contact = data.contact
        geoms, rows, depths = contact.geom, contact.efc_address, -contact.dist
        points = np.concatenate([contact.pos, contact.frame[:, :3], np.ones((len(rows), 1))], 1)
        active = (rows >= 0) & (depths > ROUNDING)
        if not active.all():
            if not active.any():
                return
            geoms, rows, depths, points = (one[active] for one in (geoms, rows, depths, points))
        impulses = data.efc_force[rows] * time_s
        points *= (impulses + LIGHTEST)[:, None]
        if self._geoms and np.array_equal(geoms, self._geoms[-1]):
            self._impulses[-1] += impulses
            self._sums[-1] += points
            np.maximum(self._depths[-1], depths, out=self._depths[-1])
        else:
            self._geoms.append(geoms.copy())
            self._impulses.append(impulses)
            self._sums.append(points)
            self._depths.append(depths)

    def rows(self) -> list[RawContact]:
        """Of all since the last call."""
        if not self._geoms:
            return []
        first, second = self.object_of[np.concatenate(self._geoms)].T
        sums = np.concatenate(self._sums)
        table = np.column_stack(
            [
                second,
                first,
                sums[:, :6] / sums[:, 6:],
                np.concatenate(self._impulses),
                np.concatenate(self._depths),
            ]
        )
        for one in (self._geoms, self._impulses, self._sums, self._depths):
            one.clear()
        return [tuple(row) for row in table.tolist()]
