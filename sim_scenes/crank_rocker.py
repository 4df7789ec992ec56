"""Lengths of a four-bar linkage -> where its pins are when its crank turns."""

from dataclasses import dataclass

import numpy as np

TURN = np.linspace(0.0, 2 * np.pi, 181)
"""Angles of the crank over a turn [rad]."""


@dataclass(frozen=True, kw_only=True)
class Linkage:
    """Lengths of a crank-rocker [m]; its frame is tilted to make the rocker swing about upright."""

    crank: float
    ground: float
    coupler: float
    rocker: float

    @property
    def tilt(self) -> float:
        """Of the ground link from level, that makes the rocker's swing upright [rad]."""
        angles = self.rocker_angles()
        return float(np.pi / 2 - (angles.min() + angles.max()) / 2)

    @property
    def gearing(self) -> float:
        """Largest rate of the rocker over that of the crank [1]."""
        return float(np.abs(np.diff(self.rocker_angles())).max() / TURN[1])

    def joint(self, crank_angle: np.ndarray) -> np.ndarray:
        """(N, 2) place of the pin between coupler and rocker; axles at (0, 0), (ground, 0)."""
        pins = self.crank * np.column_stack([np.cos(crank_angle), np.sin(crank_angle)])
        across = np.array((self.ground, 0.0)) - pins
        gap = np.linalg.norm(across, axis=1)
        along = (self.coupler**2 - self.rocker**2 + gap**2) / (2 * gap)
        height = np.sqrt(np.maximum(self.coupler**2 - along**2, 0.0))
        unit = across / gap[:, None]
        normal = np.column_stack([-unit[:, 1], unit[:, 0]])
        return pins + along[:, None] * unit + height[:, None] * normal

    def rocker_angles(self) -> np.ndarray:
        """Of the rocker from the direction of the ground link, over a turn [rad]."""
        pins = self.joint(TURN) - (self.ground, 0.0)
        return np.arctan2(pins[:, 1], pins[:, 0])

    def turns_fully(self, margin: float) -> bool:
        """Grashof: shortest plus longest link are below the other two, by so many cranks."""
        sides = sorted((self.crank, self.ground, self.coupler, self.rocker))
        return sides[0] + sides[3] <= sides[1] + sides[2] - margin * self.crank

    def transmission(self) -> tuple[float, float]:
        """Smallest and largest angle between coupler and rocker over a turn [rad]."""
        sides = self.coupler**2 + self.rocker**2
        product = 2 * self.coupler * self.rocker
        low, high = (
            float(np.arccos((sides - gap**2) / product))
            for gap in (self.ground - self.crank, self.ground + self.crank)
        )
        return low, high


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Where a linkage is in the world: the rocker's axle at x = 0."""

    linkage: Linkage
    height: float
    """Of the rocker's axle [m]."""

    def world(self, points: np.ndarray) -> np.ndarray:
        """(N, 2) x and z of points given with the ground link along x from (0, 0) [m]."""
        cosine, sine = np.cos(self.linkage.tilt), np.sin(self.linkage.tilt)
        turn = np.array(((cosine, -sine), (sine, cosine)))
        return (points - (self.linkage.ground, 0.0)) @ turn.T + (0.0, self.height)

    @property
    def crank(self) -> np.ndarray:
        """Its axle [m]."""
        return self.world(np.zeros((1, 2)))[0]

    @property
    def rocker(self) -> np.ndarray:
        """Its axle [m]."""
        return np.array((0.0, self.height))

    def joint(self, crank_angle: float) -> np.ndarray:
        """Pin between coupler and rocker [m]."""
        return self.world(self.linkage.joint(np.array([crank_angle])))[0]

    def knee(self, crank_angle: float) -> np.ndarray:
        """Pin between crank and coupler [m]."""
        way = np.array([(np.cos(crank_angle), np.sin(crank_angle))])
        return self.world(self.linkage.crank * way)[0]

    def mallet(self, crank_angle: np.ndarray, reach: float) -> np.ndarray:
        """(N, 2) end of the rocker's tail [m]."""
        pins = self.world(self.linkage.joint(crank_angle))
        return self.rocker - reach / self.linkage.rocker * (pins - self.rocker)
