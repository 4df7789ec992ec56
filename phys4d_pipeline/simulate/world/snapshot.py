"""What changes about the bodies of a World in a step: kept, to try the step again."""

from typing import NamedTuple

import numpy as np

from .model import Pairs, World


class Snapshot(NamedTuple):
    """Arrays of the World, or copies of them."""

    place: np.ndarray
    quaternion: np.ndarray
    turn: np.ndarray
    speed: np.ndarray
    spin: np.ndarray
    momentum: np.ndarray
    angle: np.ndarray
    rate: np.ndarray
    slip: np.ndarray
    touch: np.ndarray
    work: np.ndarray


def snapshot(world: World, pairs: Pairs) -> Snapshot:
    """Bodies, hinges, slips of contacts and what was added up, as they are now."""
    return Snapshot(*(array.copy() for array in _arrays(world, pairs)))


def restore(world: World, pairs: Pairs, before: Snapshot) -> None:
    """Back to where the snapshot was taken."""
    for array, old in zip(_arrays(world, pairs), before, strict=True):
        array[...] = old


def _arrays(world: World, pairs: Pairs) -> Snapshot:
    bodies, hinges, tally = world.bodies, world.hinges, world.tally
    return Snapshot(
        place=bodies.place,
        quaternion=bodies.quaternion,
        turn=bodies.turn,
        speed=bodies.speed,
        spin=bodies.spin,
        momentum=bodies.momentum,
        angle=hinges.angle,
        rate=hinges.rate,
        slip=pairs.slip,
        touch=tally.touch,
        work=tally.work,
    )
