"""Bodies and joints of a scene -> links of MuJoCo's trees, parents first.

A joint that would close a loop hangs a copy of its body on the other side instead; body and copies
share the mass and are welded together. So every joint has a coordinate of its own, and springs,
limits, motors and couplings work on all of them alike.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...scene import SceneSpec

WORLD = -1


@dataclass(frozen=True, kw_only=True)
class Link:
    """One MuJoCo body: a body of the scene, or a copy of one."""

    name: str
    body: int
    """Index of the body in the scene."""
    parent: str = ""
    """Name of the link it hangs on; empty: the world."""
    joint: int | None = None
    """Index of the joint it hangs on; None: it moves freely, along its path or not at all."""
    is_reversed: bool = False
    """The joint's parent hangs on its child."""
    is_copy: bool = False
    mass_share: float = 1.0


def link_name(body: int) -> str:
    """Of the link that is the body itself; empty for the world."""
    return "" if body == WORLD else f"{body}"


def links(spec: SceneSpec, masses: Sequence[float]) -> list[Link]:
    """All links of a scene.

    Args:
        spec: The scene.
        masses: Of its bodies [kg]: the heaviest of a group that hangs on nothing moves freely.
    """
    index = {body.name: number for number, body in enumerate(spec.bodies)} | {"": WORLD}
    ends = [(index[joint.child], index[joint.parent]) for joint in spec.joints]
    groups = _Groups([body for body, one in enumerate(spec.bodies) if not one.is_free])
    branches, loops = [], []
    for joint, (child, parent) in enumerate(ends):
        (branches if groups.join(child, parent) else loops).append(joint)
    chain = [Link(name=link_name(body), body=body) for body in _roots(spec, groups, masses)]
    reached = {WORLD, *(link.body for link in chain)}
    while waiting := [joint for joint in branches if not reached.issuperset(ends[joint])]:
        for joint in waiting:
            if len(reached.intersection(ends[joint])) == 1:
                outer = next(body for body in ends[joint] if body not in reached)
                chain.append(_hung(joint, outer, ends))
                reached.add(outer)
    for joint in loops:
        child, parent = ends[joint]
        split = child if spec.bodies[child].is_free else parent
        copy = replace(_hung(joint, split, ends), name=f"{split} at joint {joint}", is_copy=True)
        chain.append(copy)
    parts = Counter(link.body for link in chain)
    return [replace(link, mass_share=1.0 / parts[link.body]) for link in chain]


def rigid_groups(spec: SceneSpec) -> list[int]:
    """A number for the ground and each body: equal where nothing can move one against another."""
    index = {body.name: number for number, body in enumerate(spec.bodies)} | {"": WORLD}
    groups = _Groups([body for body, one in enumerate(spec.bodies) if one.is_static])
    for joint in spec.joints:
        if joint.kind == "fixed":
            groups.join(index[joint.child], index[joint.parent])
    return [groups.of(body) for body in range(WORLD, len(spec.bodies))]


def _hung(joint: int, outer: int, ends: Sequence[tuple[int, int]]) -> Link:
    child, parent = ends[joint]
    return Link(
        name=link_name(outer),
        body=outer,
        parent=link_name(parent if outer == child else child),
        joint=joint,
        is_reversed=outer == parent,
    )


def _roots(spec: SceneSpec, groups: "_Groups", masses: Sequence[float]) -> list[int]:
    """What hangs on nothing: all that forces do not move, and the heaviest of each other group."""
    held = [body for body, one in enumerate(spec.bodies) if not one.is_free]
    heaviest: dict[int, int] = {}
    for body in range(len(spec.bodies)):
        group = groups.of(body)
        if group != groups.of(WORLD):
            best = heaviest.setdefault(group, body)
            heaviest[group] = body if masses[body] > masses[best] else best
    return sorted(held + list(heaviest.values()))


class _Groups:
    """Which bodies hang together; all that forces do not move is one with the world."""

    def __init__(self, held: Sequence[int]) -> None:
        self.above: dict[int, int] = dict.fromkeys(held, WORLD)

    def of(self, body: int) -> int:
        while body in self.above:
            body = self.above[body]
        return body

    def join(self, one: int, other: int) -> bool:
        """False if they hung together already."""
        first, second = sorted((self.of(one), self.of(other)))
        if first != second:
            self.above[second] = first
        return first != second
