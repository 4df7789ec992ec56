"""Points, segments, parts -> sorted lists of pairs that may touch before the lists are made anew.

Lists hold what is nearer than a skin; slips of contacts that stay in a list are carried over.
"""

import numpy as np

from ...jit import exact, exact_part
from ..buckets import bucket_of, buckets
from .distance import GROUND, Parts, distance
from .model import LED, STILL, Bodies, Chains, Pairs, Points, Probes, World

Lists = tuple[Pairs, Pairs, Pairs]
"""Probes and parts, segments and parts, segments and segments."""
BARE_SKIN = 0.01
"""Of lists of bodies alone, in scenes without anything thin [m]."""
GROWTH = 2
FIRST_ROOM = 256


@exact
def listed(world: World, parts: Parts, lists: Lists, skin: float) -> Lists:
    """Lists of neighbours made anew."""
    points, chains, segments = world.points, world.chains, world.segments
    world.tally.travelled[0] = 0.0
    return (
        probe_pairs(points, world.probes, world.bodies, parts, skin, lists[0]),
        segment_pairs(points, chains, segments, parts, skin, lists[1]),
        strand_pairs(points, chains, segments, skin, lists[2]),
    )


@exact
def no_pairs() -> Pairs:
    """Empty lists."""
    return Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 3)))


@exact
def _grown(array: np.ndarray) -> np.ndarray:
    longer = np.empty(GROWTH * len(array), np.int64)
    longer[: len(array)] = array
    return longer


@exact
def _with_slips(one: np.ndarray, other: np.ndarray, count: int, old: Pairs) -> Pairs:
    """Pairs as found, with the slips that the same pairs had in the old list."""
    pairs = Pairs(one[:count].copy(), other[:count].copy(), np.zeros((count, 3)))
    k = 0
    for row in range(count):
        a, b = pairs.one[row], pairs.other[row]
        while k < len(old.one) and (old.one[k] < a or (old.one[k] == a and old.other[k] < b)):
            k += 1
        if k < len(old.one) and old.one[k] == a and old.other[k] == b:
            pairs.slip[row] = old.slip[k]
    return pairs


@exact_part
def is_near(parts: Parts, p: int, x: float, y: float, z: float, margin: float) -> bool:
    """Is a point nearer than this to a part?"""
    if parts.kind[p] != GROUND:
        a, b, c, turn = parts.middle[p, 0], parts.middle[p, 1], parts.middle[p, 2], parts.turn[p]
        dx = parts.place[p, 0] - x + turn[0, 0] * a + turn[0, 1] * b + turn[0, 2] * c
        dy = parts.place[p, 1] - y + turn[1, 0] * a + turn[1, 1] * b + turn[1, 2] * c
        dz = parts.place[p, 2] - z + turn[2, 0] * a + turn[2, 1] * b + turn[2, 2] * c
        square = dx * dx + dy * dy + dz * dz
        if square > (parts.reach[p] + margin) ** 2:
            return False
    return distance(parts, p, x, y, z)[0] < margin


@exact
def probe_pairs(
    points: Points,
    probes: Probes,
    bodies: Bodies,
    parts: Parts,
    skin: float,
    old: Pairs,
) -> Pairs:
    """(point, or number of points + probe of a body; part) within the skin."""
    one, other, count = np.empty(FIRST_ROOM, np.int64), np.empty(FIRST_ROOM, np.int64), 0
    N = len(points.mass)
    for probe in range(N + len(probes.owner)):
        x, y, z, radius, owner = _ball(points, probes, probe)
        for p in range(len(parts.kind)):
            body = parts.owner[p]
            if body == owner or (probe < N and points.is_inside[probe, body]):
                continue
            if probe >= N and _is_unmoved(bodies.kind[owner]) and _is_unmoved(bodies.kind[body]):
                continue
            if not is_near(parts, p, x, y, z, radius + skin):
                continue
            if count == len(one):
                one, other = _grown(one), _grown(other)
            one[count], other[count] = probe, p
            count += 1
    return _with_slips(one, other, count, old)


@exact_part
def _ball(points: Points, probes: Probes, probe: int) -> tuple[float, float, float, float, int]:
    """Place and radius of a point, or of a probe beyond their number, and its object."""
    N = len(points.mass)
    if probe < N:
        place, radius, owner = points.place[probe], points.radius[probe], points.owner[probe]
    else:
        q = probe - N
        place, radius, owner = probes.place[q], probes.radius[q], probes.owner[q]
    return place[0], place[1], place[2], radius, owner


@exact_part
def _is_unmoved(kind: int) -> bool:
    return kind in (STILL, LED)


@exact
def segment_pairs(
    points: Points, chains: Chains, segments: np.ndarray, parts: Parts, skin: float, old: Pairs
) -> Pairs:
    """(segment of a rope, part) that may touch between the segment's ends; planes never do."""
    one, other, count = np.empty(FIRST_ROOM, np.int64), np.empty(FIRST_ROOM, np.int64), 0
    for s in range(len(segments)):
        a = segments[s]
        start, end = points.place[a], points.place[a + 1]
        x, y, z = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2, (start[2] + end[2]) / 2
        half = np.sqrt(((end - start) ** 2).sum()) / 2
        margin = chains.radius[points.chain[a]] + half + skin
        for p in range(len(parts.kind)):
            body = parts.owner[p]
            if parts.kind[p] == GROUND or points.is_inside[a, body]:
                continue
            if points.is_inside[a + 1, body] or not is_near(parts, p, x, y, z, margin):
                continue
            if count == len(one):
                one, other = _grown(one), _grown(other)
            one[count], other[count] = s, p
            count += 1
    return _with_slips(one, other, count, old)


@exact
def strand_pairs(
    points: Points, chains: Chains, segments: np.ndarray, skin: float, old: Pairs
) -> Pairs:
    """(segment, later segment) of ropes, found by a hashed grid of cells."""
    S = len(segments)
    one, other, count = np.empty(FIRST_ROOM, np.int64), np.empty(FIRST_ROOM, np.int64), 0
    middles, halves, cell = _middles(points, chains, segments, skin)
    cells = np.floor(middles / cell).astype(np.int64)
    size = 64
    while size < 2 * S:
        size *= 2
    first, order = buckets(cells, size)
    found = np.empty(max(S, 1), np.int64)
    for s in range(S):
        here = 0
        chain = points.chain[segments[s]]
        for step in range(27):
            cx = cells[s, 0] + step // 9 - 1
            cy = cells[s, 1] + step // 3 % 3 - 1
            cz = cells[s, 2] + step % 3 - 1
            bucket = bucket_of(cx, cy, cz, size)
            for k in range(first[bucket], first[bucket + 1]):
                t = order[k]
                if t <= s or cells[t, 0] != cx or cells[t, 1] != cy or cells[t, 2] != cz:
                    continue
                if points.chain[segments[t]] == chain and t - s < chains.apart[chain]:
                    continue
                far = ((middles[s] - middles[t]) ** 2).sum()
                if far < (halves[s] + halves[t] + skin) ** 2:
                    found[here] = t
                    here += 1
        found[:here].sort()
        for k in range(here):
            if count == len(one):
                one, other = _grown(one), _grown(other)
            one[count], other[count] = s, found[k]
            count += 1
    return _with_slips(one, other, count, old)


@exact
def _middles(
    points: Points, chains: Chains, segments: np.ndarray, skin: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Of segments; the radius of the sphere around each; the size of cells that hold any."""
    middles, halves = np.empty((len(segments), 3)), np.empty(len(segments))
    cell = skin
    for s in range(len(segments)):
        a = segments[s]
        middles[s] = (points.place[a] + points.place[a + 1]) / 2
        length = np.sqrt(((points.place[a + 1] - points.place[a]) ** 2).sum())
        halves[s] = length / 2 + chains.radius[points.chain[a]]
        cell = max(cell, 2 * halves[s] + skin)
    return middles, halves, cell
