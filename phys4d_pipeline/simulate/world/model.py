"""The arrays that the rope kernels work on: points of ropes, rigid bodies, ties, contact laws.

Float64, world frame, SI. Objects are counted as in segmentations: 0 is the ground, body k of the
scene is k + 1; arrays of bodies have a row for every object and leave those of ropes unused.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64

STILL, FREE, LED, HINGED = 0, 1, 2, 3
"""What moves a body: nothing, forces, a path, forces about a fixed axis."""
NO_CHAIN = -1
"""Chain of a point that belongs to no rope."""


class Chains(NamedTuple):
    """One row per rope."""

    first: Int64[np.ndarray, " R"]
    last: Int64[np.ndarray, " R"]
    """Its points, the last one excluded."""
    radius: Float64[np.ndarray, " R"]
    """[m]"""
    spacing: Float64[np.ndarray, " R"]
    """Of its points at rest [m]."""
    stretch: Float64[np.ndarray, " R"]
    """EA / spacing [N/m]."""
    stretch_damping: Float64[np.ndarray, " R"]
    """[N s/m]"""
    bending: Float64[np.ndarray, " R"]
    """EI / spacing^3 [N/m]."""
    bending_damping: Float64[np.ndarray, " R"]
    """[N s/m]"""
    apart: Int64[np.ndarray, " R"]
    """Segments whose numbers differ by less cannot touch each other."""


class Points(NamedTuple):
    """Of all ropes, one after the other, then of sheets and soft bodies."""

    place: Float64[np.ndarray, "N 3"]
    speed: Float64[np.ndarray, "N 3"]
    force: Float64[np.ndarray, "N 3"]
    mass: Float64[np.ndarray, " N"]
    radius: Float64[np.ndarray, " N"]
    """[m]"""
    chain: Int64[np.ndarray, " N"]
    owner: Int64[np.ndarray, " N"]
    """Object it belongs to."""
    is_inside: Bool[np.ndarray, "N O"]
    """Does it start inside this object, at a tie? Then the two never push each other."""


class Bodies(NamedTuple):
    """Rigid bodies, by object."""

    kind: Int64[np.ndarray, " O"]
    place: Float64[np.ndarray, "O 3"]
    quaternion: Float64[np.ndarray, "O 4"]
    turn: Float64[np.ndarray, "O 3 3"]
    """world-from-body"""
    speed: Float64[np.ndarray, "O 3"]
    spin: Float64[np.ndarray, "O 3"]
    """World [rad/s]."""
    momentum: Float64[np.ndarray, "O 3"]
    """Angular, about the centre of mass, of free bodies [N m s]."""
    force: Float64[np.ndarray, "O 3"]
    torque: Float64[np.ndarray, "O 3"]
    mass: Float64[np.ndarray, " O"]
    moments: Float64[np.ndarray, "O 3"]
    lightness: Float64[np.ndarray, " O"]
    """One over the mass that a push meets where the body is lightest [1/kg]; 0: unmovable."""
    reach: Float64[np.ndarray, " O"]
    """Of its farthest point from where it turns about [m]."""


class Hinges(NamedTuple):
    """Of bodies that turn about an axis fixed in the world, by object."""

    axis: Float64[np.ndarray, "O 3"]
    anchor: Float64[np.ndarray, "O 3"]
    inertia: Float64[np.ndarray, " O"]
    """About the axis [kg m2]."""
    angle: Float64[np.ndarray, " O"]
    rate: Float64[np.ndarray, " O"]
    damping: Float64[np.ndarray, " O"]
    friction: Float64[np.ndarray, " O"]
    stiffness: Float64[np.ndarray, " O"]
    rest: Float64[np.ndarray, " O"]
    start_place: Float64[np.ndarray, "O 3"]
    start_quaternion: Float64[np.ndarray, "O 4"]


class Probes(NamedTuple):
    """Balls that stand for the surfaces of bodies that move: corners of radius 0, spheres."""

    owner: Int64[np.ndarray, " Q"]
    place_in_body: Float64[np.ndarray, "Q 3"]
    radius: Float64[np.ndarray, " Q"]
    share: Float64[np.ndarray, " Q"]
    """Of the stiffness of a body's contact that each has [1]."""
    place: Float64[np.ndarray, "Q 3"]
    """Now, world [m]."""


class Ties(NamedTuple):
    """What holds a point at a place of an object."""

    point: Int64[np.ndarray, " K"]
    holder: Int64[np.ndarray, " K"]
    place_in_body: Float64[np.ndarray, "K 3"]
    until: Float64[np.ndarray, " K"]
    """[s]; +inf: never let go."""
    is_exact: Bool[np.ndarray, " K"]
    """Is the point where its holder carries it? Others are held by springs."""
    stiffness: Float64[np.ndarray, " K"]
    damping: Float64[np.ndarray, " K"]


class Laws(NamedTuple):
    """How two objects push each other, by both of them."""

    friction: Float64[np.ndarray, "O O"]
    rolling: Float64[np.ndarray, "O O"]
    """Resisting moment per normal force [m]."""
    damping_ratio: Float64[np.ndarray, "O O"]
    """Of the contact spring and its damper [1]."""
    stiffening: Float64[np.ndarray, "O O"]
    """Of contacts between a sheet and a rigid body, see `contact_law.hardness` [1]."""
    frequency: Float64[np.ndarray, "1"]
    """Of a contact spring with the mass it moves [rad/s]."""
    gravity: Float64[np.ndarray, "3"]


class Tally(NamedTuple):
    """What is added up between frames."""

    touch: Float64[np.ndarray, "O O 8"]
    """Of two objects, the higher number first: impulse times place, impulse times normal (towards
    the first), impulse, deepest overlap."""
    work: Float64[np.ndarray, "1"]
    """Done on the scene by led bodies since the start [J]."""
    travelled: Float64[np.ndarray, "1"]
    """At most, by anything, since lists of neighbours were made [m]."""


class Pairs(NamedTuple):
    """Neighbours that may touch, in rising order, and how far each contact's spring has slipped."""

    one: Int64[np.ndarray, " C"]
    other: Int64[np.ndarray, " C"]
    slip: Float64[np.ndarray, "C 3"]
    """Stretch of the tangential spring [m]."""


class World(NamedTuple):
    """Everything."""

    chains: Chains
    points: Points
    segments: Int64[np.ndarray, " S"]
    """First point of every segment, rising; the other one is the next."""
    bodies: Bodies
    hinges: Hinges
    probes: Probes
    ties: Ties
    laws: Laws
    tally: Tally
