"""The arrays that the kernels of thin and soft bodies work on, beside those of a rope World.

Float64, world frame, SI. Corners are rows of `World.points`; objects are counted as in
segmentations. Arrays without rows cost nothing.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from ..world.model import World

NO_VALVE = -1


class Sheets(NamedTuple):
    """One row per membrane; moduli times thickness, in plane stress."""

    first: Int64[np.ndarray, " S"]
    last: Int64[np.ndarray, " S"]
    """Its triangles, the last one excluded."""
    warp: Float64[np.ndarray, " S"]
    """[N/m]"""
    cross: Float64[np.ndarray, " S"]
    """Between warp and weft [N/m]."""
    weft: Float64[np.ndarray, " S"]
    """[N/m]"""
    shear: Float64[np.ndarray, " S"]
    """[N/m]"""
    damping: Float64[np.ndarray, " S"]
    """Viscous over elastic stress in the plane [s]."""
    rubber: Float64[np.ndarray, "2 S"]
    """Mooney's constants times thickness [N/m]; 0: Hooke's law."""
    drag: Float64[np.ndarray, " S"]
    """Coefficient of pressure, of air across a triangle [1]."""
    friction: Float64[np.ndarray, " S"]
    """Of air along it [1]."""


class Skins(NamedTuple):
    """Triangles of all membranes, one sheet after the other; what the solver knows of each now."""

    sheets: Sheets
    owner: Int64[np.ndarray, " F"]
    """Object."""
    corners: Int64[np.ndarray, "3 F"]
    """Points, counter-clockwise seen from outside."""
    inverse: Float64[np.ndarray, "4 F"]
    """Of the matrix whose columns are the edges from the first corner to the others at rest, along
    warp and weft [1/m]: entries 00, 01, 10, 11."""
    area: Float64[np.ndarray, " F"]
    """At rest [m2]."""
    normal: Float64[np.ndarray, "3 F"]
    """Unit vector outward, now."""
    doubled: Float64[np.ndarray, " F"]
    """Twice the area, now [m2]."""
    swing: Float64[np.ndarray, "3 F"]
    """Angular velocity of the triangle about axes in its plane [rad/s]."""
    edges: Float64[np.ndarray, "15 F"]
    """From its first corner to the second and to the third [m], the rates of both, the speed of
    the first corner [m/s], now."""
    pull: Float64[np.ndarray, "6 F"]
    """What pulls its second and its third corner back to the first, now [N]."""
    push: Float64[np.ndarray, "3 F"]
    """What air pushes every corner with, now [N]."""


class Folds(NamedTuple):
    """Hinges between neighbouring triangles."""

    ends: Int64[np.ndarray, "2 H"]
    """Points of the edge, as the first triangle runs along it."""
    sides: Int64[np.ndarray, "2 H"]
    """Triangles."""
    rest: Float64[np.ndarray, " H"]
    """Angle at which it is slack [rad]."""
    near: Int64[np.ndarray, "4 H"]
    """The other hinges of both triangles; H where there is none."""
    stiffness: Float64[np.ndarray, "5 H"]
    """Moment per angle of its own and of those [N m]."""
    damping: Float64[np.ndarray, " H"]
    """Viscous over elastic moment [s]."""
    strain: Float64[np.ndarray, " H+1"]
    """Angle beyond `rest` plus damping times its rate, now [rad]; 0 in the last row."""
    pull: Float64[np.ndarray, " H+1"]
    """Moment over the length of the edge, now [N]; 0 in the last row."""
    hinge_of: Int64[np.ndarray, "3 F"]
    """Hinge at the side opposite each corner of a triangle; the number of hinges where none is."""
    room: Float64[np.ndarray, "12 L"]
    """For edges of a block of L hinges [m], the normals on both sides, the difference of their
    swings [rad/s]."""
    around: Float64[np.ndarray, "3 F"]
    """For `pull` at the three sides of a triangle [N]."""


class Air(NamedTuple):
    """What blows at triangles; no rows of `waves` where the air has no eddies."""

    density: Float64[np.ndarray, " 1"]
    """[kg/m3]; 0: in a vacuum."""
    stream: Float64[np.ndarray, " 3"]
    """[m/s]"""
    waves: Float64[np.ndarray, "K 3"]
    """Wave vectors of eddies [rad/m]."""
    swirls: Float64[np.ndarray, "K 3"]
    """Their amplitudes, across their wave vectors [m/s]."""
    phases: Float64[np.ndarray, " K"]
    """[rad]"""
    wind: Float64[np.ndarray, "3 F"]
    """At every triangle, now [m/s]."""


class Solids(NamedTuple):
    """All soft bodies: E tetrahedra, D patches round edges, N points of all kinds."""

    corners: Int64[np.ndarray, "E 4"]
    """Points."""
    volume: Float64[np.ndarray, " E"]
    """At rest [m3]."""
    barrier: Float64[np.ndarray, " E"]
    """Of the logarithm of their own volume ratio [Pa]."""
    ratio: Float64[np.ndarray, " E"]
    """Volume over volume at rest, now [1]."""
    least: Float64[np.ndarray, " E"]
    """The smallest so far."""
    node_volume: Float64[np.ndarray, " N"]
    """A quarter of each tetrahedron's round a point at rest [m3]; 1 for points of other bodies."""
    lame: Float64[np.ndarray, " N"]
    """[Pa]; 0 for points of other bodies."""
    log: Float64[np.ndarray, " N"]
    """Of the logarithm of the volume ratio round a point [Pa]."""
    bulk_damping: Float64[np.ndarray, " N"]
    """Pressure per change of the volume ratio in a step [Pa]."""
    node_ratio: Float64[np.ndarray, " N"]
    """Volume over volume at rest round a point, a step ago [1]."""
    slope: Float64[np.ndarray, " N"]
    """Of the energy along the volume round a point, now [Pa]."""
    first: Int64[np.ndarray, " D+1"]
    """Where the rows of each patch start in the two arrays that follow."""
    point: Int64[np.ndarray, " K"]
    gradient: Float64[np.ndarray, "K 3"]
    """Of a point's shape function in the patch at rest [1/m]."""
    patch_volume: Float64[np.ndarray, " D"]
    """[m3]"""
    shear: Float64[np.ndarray, " D"]
    """[Pa]"""
    lagging: Float64[np.ndarray, " D"]
    """Twice the modulus of the spring that is in series with a damper [Pa]."""
    relaxing: Float64[np.ndarray, " D"]
    """Share of that spring's strain that its damper takes in a step [1]."""
    viscous: Float64[np.ndarray, "D 6"]
    """Strain of the damper: xx, yy, zz, yz, zx, xy."""
    limit: Float64[np.ndarray, " D"]
    """Yield stress over shear modulus [1]; 0: never yields."""
    plastic: Float64[np.ndarray, "D 6"]
    """See motion/yielding.py."""
    turned: Float64[np.ndarray, "2 3 3"]
    """Room for the deformation of a patch and its inverse [1]."""
    strain: Float64[np.ndarray, "6"]
    """Room for the strain that is left to be elastic [1]."""


class Chambers(NamedTuple):
    """One row per closed skin."""

    sheet: Int64[np.ndarray, " C"]
    """Row of `Sheets`."""
    first: Int64[np.ndarray, " C"]
    last: Int64[np.ndarray, " C"]
    """Its points, the last one excluded."""
    skin_mass: Float64[np.ndarray, " N"]
    """Of all points of the world, what `Points.mass` is without gas and air [kg]."""
    share: Float64[np.ndarray, " N"]
    """Of a chamber's gas and air that moves with a point; each chamber's add up to 1."""
    exponent: Float64[np.ndarray, " C"]
    molar_mass: Float64[np.ndarray, " C"]
    supply_temperature: Float64[np.ndarray, " C"]
    """Of what flows in [K]."""
    amount: Float64[np.ndarray, " C"]
    """[mol]"""
    state: Float64[np.ndarray, " C"]
    """p V^exponent [SI]."""
    volume: Float64[np.ndarray, " C"]
    pressure: Float64[np.ndarray, " C"]
    """At the middle of the chamber, absolute [Pa]."""
    lump: Float64[np.ndarray, " C"]
    """Gas and air that move with the skin [kg]."""
    valve: Int64[np.ndarray, " C"]
    """Point of the world, or NO_VALVE."""
    first_valve_face: Int64[np.ndarray, " C"]
    last_valve_face: Int64[np.ndarray, " C"]
    valve_faces: Int64[np.ndarray, " K"]
    """Triangles that take the recoil of jets."""
    valve_area: Float64[np.ndarray, " C"]
    opens: Float64[np.ndarray, " C"]
    closes: Float64[np.ndarray, " C"]
    supply: Float64[np.ndarray, " C"]
    """Absolute [Pa]; 0: the open air."""
    heights: Float64[np.ndarray, " N"]
    """Room for gravity times place of every point [m2/s2]."""
    outside: Float64[np.ndarray, "1"]
    """Pressure of the air at the origin [Pa]."""


class Touch(NamedTuple):
    """Surfaces of thin and soft bodies that may meet each other, and ropes, by their points."""

    vertices: Int64[np.ndarray, " V"]
    edges: Int64[np.ndarray, "E 2"]
    faces: Int64[np.ndarray, "F 3"]
    rest: Float64[np.ndarray, "N 3"]
    """Places of all points in the state of rest of their own body [m]."""
    skin: Float64[np.ndarray, " 1"]
    """How far apart neighbours among them are listed [m]."""


class Elastic(NamedTuple):
    """Everything."""

    world: World
    """Points of all bodies, rigid bodies, ties, contact laws."""
    skins: Skins
    folds: Folds
    air: Air
    solids: Solids
    chambers: Chambers
    touch: Touch


class Touches(NamedTuple):
    """Pairs that may touch, in rising order, and what is remembered of each."""

    one: Int64[np.ndarray, " C"]
    """A row of `Touch.vertices`, of `Touch.edges`, or of `Probes`."""
    other: Int64[np.ndarray, " C"]
    """A row of `Touch.faces`, of `Touch.edges`, or of `Parts`."""
    reach: Float64[np.ndarray, " C"]
    """Distance from which they push each other [m]."""
    due: Float64[np.ndarray, " C"]
    """They cannot touch before the way travelled is this long [m]."""
    way: Float64[np.ndarray, "C 3"]
    """From the other to the one, which tells the side that it is on; zero: unknown. Of vertices
    and faces a unit vector; of others as long as the gap from which they push now [m]."""
    slip: Float64[np.ndarray, "C 3"]
    """Stretch of the tangential spring [m]."""


class Lists(NamedTuple):
    """Of neighbours among soft things, and of these and what rigid bodies have of corners."""

    faces: Touches
    """Of vertices and faces."""
    edges: Touches
    """Of edges and edges."""
    listed: Float64[np.ndarray, "N 3"]
    """Where points were when both were made [m]."""
    block: Int64[np.ndarray, " N"]
    """Number of the cube of space that each point was in then."""
    blocks: Int64[np.ndarray, " 3"]
    """How many cubes there are along x, y and z."""
    clock: Float64[np.ndarray, "6"]
    """Way travelled at most since the start against the mean motion; when to see whether lists
    still hold [m]; mean velocity [m/s]; way travelled by anything at most [m]."""
    probes: Touches
    """Of probes of rigid bodies and faces."""
    dips: Touches
    """Of edges and parts of rigid bodies."""
