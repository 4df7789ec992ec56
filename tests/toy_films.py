"""Films of every kind of geometry with known motion, drawn once per session and judged by many."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
import pytest

from phys4d_pipeline import shapes
from phys4d_pipeline.camera import Camera, scene_camera
from phys4d_pipeline.render import GroundTruth, render
from phys4d_pipeline.scene import Body, SceneSpec, Surface
from phys4d_pipeline.states import States
from tests import judge, ray_cast, toys
from tests.crowded_scenes import flight, passing, swarm
from tests.toys import MOVING_CAMERA, times

PANE = Surface(base_color=(0.9, 1.0, 0.8), roughness=0.0, transmission=1.0, thin_walled=True)


@dataclass(frozen=True, kw_only=True, eq=False)
class Film:
    """A scene, its states, what the renderer draws, and the judge's view of it."""

    spec: SceneSpec
    states: States
    camera: Camera
    world: ray_cast.World
    frames: tuple[GroundTruth, ...]

    def at_gap(self, gap: int) -> tuple[GroundTruth, ...]:
        """The same frames, their motion taken over `gap` frames."""
        return tuple(render(self.spec, self.states, gap=gap))

    @cached_property
    def hits(self) -> tuple[ray_cast.Hits, ...]:
        """What the ray caster sees in every frame."""
        return tuple(
            ray_cast.cast_picture(self.world, self.camera, truth.frame) for truth in self.frames
        )

    @cached_property
    def verdicts(self) -> tuple[judge.Verdict, ...]:
        """On the first three frames at gap 1."""
        return tuple(self.judged(truth) for truth in self.frames[:3])

    def judged(self, truth: GroundTruth, gap: int = 1) -> judge.Verdict:
        """One frame of this film, rendered with any gap."""
        hits = self.hits[truth.frame]
        return judge.compare(truth, self.world, self.camera, gap=gap, hits=hits)


@cache
def film(make: Callable[[], tuple[SceneSpec, States]]) -> Film:
    """Draw what `make` returns, once."""
    spec, states = make()
    return Film(
        spec=spec,
        states=states,
        camera=scene_camera(spec, 0),
        world=ray_cast.world_of(spec, states),
        frames=tuple(render(spec, states)),
    )


def kinds(*fast, slow=()) -> list:
    """Parameters of a test; the slow ones are left out of the fast half of the suite."""
    marked = [pytest.param(make, marks=pytest.mark.slow, id=make.__name__) for make in slow]
    return [*(pytest.param(make, id=make.__name__) for make in fast), *marked]


def rigid() -> tuple[SceneSpec, States]:
    """Twelve boxes, fast and turning, under a camera that moves and turns."""
    spec = toys.tumbling_boxes(np.random.default_rng(3), 12, num_frames=6, size=(480, 270))
    return spec, toys.drifting(spec)


def many_shapes() -> tuple[SceneSpec, States]:
    """Curved and faceted shapes in a ring, spinning."""
    solids = [
        toys.shape("sphere", radius=0.3),
        toys.shape("dumbbell", radius=0.14, half_length=0.3),
        toys.shape("cylinder", radius=0.2, half_height=0.3),
        toys.shape("bottle", height=0.8, radius=0.16),
        toys.shape("rock", radius=0.3, roughness=0.3, seed=1.0),
        toys.shape("cone", radius=0.25, height=0.6),
    ]
    bodies = []
    for index, solid in enumerate(solids):
        angle = index / len(solids) * 2 * np.pi
        place = (float(np.cos(angle)), float(np.sin(angle)), 0.6)
        spin = (3.0 * float(np.sin(angle)), 2.0, 4.0 * float(np.cos(angle)))
        bodies.append(toys.body(f"{solid.kind}", solid, place, angular_velocity=spin))
    spec = toys.scene(bodies, num_frames=3, size=(480, 270), **MOVING_CAMERA)
    return spec, toys.drifting(spec)


def deforming() -> tuple[SceneSpec, States]:
    """A ball and a mat through which waves run while they fly and turn."""
    ball = toys.body(
        "jelly",
        toys.shape("sphere", radius=0.6),
        (0.3, 0.5, 0.8),
        form="deforming",
        linear_velocity=(0.8, -0.5, 0.3),
        angular_velocity=(1.0, 2.0, -1.5),
    )
    mat = toys.body(
        "mat",
        toys.shape("superquadric", radii=(0.7, 0.5, 0.12), exponents=(0.4, 0.4)),
        (-0.2, -0.7, 0.7),
        form="deforming",
        angular_velocity=(0.0, 2.0, 2.0),
    )
    spec = toys.scene([ball, mat], num_frames=6, size=(480, 270), **MOVING_CAMERA)
    return spec, _bent(spec)


def soft() -> tuple[SceneSpec, States]:
    """A ball and a star of coarse tetrahedra through which waves run, unevenly warm."""
    ball = toys.body(
        "gum",
        toys.shape("sphere", radius=0.6, cell=0.3),
        (0.3, 0.5, 0.8),
        form="soft",
        linear_velocity=(0.8, -0.5, 0.3),
        angular_velocity=(1.0, 2.0, -1.5),
    )
    star = toys.body(
        "star",
        toys.shape("star", points=5.0, radius=0.6, half_height=0.15, cell=0.15),
        (-0.2, -0.7, 0.7),
        form="soft",
        angular_velocity=(0.0, 2.0, 2.0),
    )
    spec = toys.scene([ball, star], num_frames=6, size=(480, 270), **MOVING_CAMERA)
    states = _bent(spec)
    heat = 300.0 + 50.0 * states.points[0][:, :, 2]
    return spec, replace(states, temperatures={0: heat.astype(np.float32)})


def cloth() -> tuple[SceneSpec, States]:
    """Two waving sheets, of which the camera sees the upper and the lower side."""
    sheet = toys.shape("sheet", width=2.0, depth=1.6, columns=60.0, rows=48.0)
    low = toys.body(
        "low", sheet, (0.0, 0.0, 0.5), form="deforming", linear_velocity=(0.5, 0.3, 0.2)
    )
    high = toys.body(
        "high",
        sheet,
        (0.2, 0.1, 1.9),
        quaternion=(0.9689124217106447, -0.24740395925452294, 0.0, 0.0),
        form="deforming",
        angular_velocity=(0.5, 1.0, 2.0),
    )
    spec = toys.scene([low, high], num_frames=6, size=(480, 270), **MOVING_CAMERA)
    return spec, _bent(spec)


def rope() -> tuple[SceneSpec, States]:
    """Two ropes that swing like whips, one in front of the other and of a box."""
    at, along = times(6), np.linspace(-1.0, 1.0, 31)
    thick = toys.shape("rope", length=2.0, radius=0.08, segments=30.0, sides=24.0)
    thin = toys.shape("rope", length=2.0, radius=0.03, segments=30.0, sides=12.0)
    bodies = [
        toys.body("thick", thick, (0.0, 0.0, 0.8), form="rope"),
        toys.body("thin", thin, (0.0, 0.0, 0.8), form="rope"),
        toys.body("box", toys.shape("box", half_extents=(0.3, 0.3, 0.3)), (-0.3, 0.2, 0.4)),
    ]
    points = {}
    for index, (phase, offset) in enumerate([(0.0, 0.0), (1.5, -0.4)]):
        wave = np.sin(4 * along - 12 * at[:, None] + phase)
        turn = np.cos(3 * along + 9 * at[:, None] + phase)
        across, up = offset + 0.3 * turn, 0.9 + 0.3 * wave
        points[index] = np.stack([np.broadcast_to(along, wave.shape), across, up], -1)
    spec = toys.scene(bodies, num_frames=6, size=(480, 270), **MOVING_CAMERA)
    return spec, toys.drifting(spec, points=points)


def particles() -> tuple[SceneSpec, States]:
    """Warm grains of many sizes in flight about a box that is hot on one side."""
    spec, states = _particles(400, (0.02, 0.08), speed=1.5)
    block = 400 + 200 * shapes.mesh(spec.bodies[1].shape).vertices[:, 0]
    heat = {0: np.linspace(280, 600, 400), 1: block}
    steady = {index: np.tile(np.float32(values), (6, 1)) for index, values in heat.items()}
    return spec, replace(states, temperatures=steady)


def fast_particles() -> tuple[SceneSpec, States]:
    """Above 40 pixels per frame."""
    return _particles(200, (0.03, 0.15), speed=14.0)


def fast_boxes() -> tuple[SceneSpec, States]:
    """Above 40 pixels per frame."""
    rng = np.random.default_rng(8)
    spec = toys.tumbling_boxes(rng, 16, speed=16.0, spin=40.0, size=(480, 270))
    return spec, toys.drifting(spec)


def fast_jelly() -> tuple[SceneSpec, States]:
    """The deforming bodies at twenty times the speed, under a camera that swings round."""
    spec, _ = deforming()
    bodies = [
        replace(
            item,
            linear_velocity=(20.0, -13.0, 6.0),
            angular_velocity=tuple(12 * v for v in item.angular_velocity),
        )
        for item in spec.bodies
    ]
    path = replace(spec.cameras[0], eye=((3.0, -2.6, 1.6), (3.6, -1.6, 1.3)))
    spec = replace(spec, bodies=tuple(bodies), cameras=(path,), num_frames=3)
    return spec, _bent(spec)


def scenery() -> tuple[SceneSpec, States]:
    """A wall, a turned slab and a pillar that belong to the background, before and behind boxes."""
    spec, _ = rigid()
    around = (
        toys.wall(toys.shape("box", half_extents=(0.1, 2.0, 1.0)), (-2.0, 1.0, 1.0)),
        toys.wall(
            toys.shape("box", half_extents=(0.4, 0.3, 0.05)),
            (1.0, -0.6, 0.6),
            quaternion=(0.8, 0.0, 0.6, 0.0),
        ),
        toys.wall(toys.shape("cylinder", radius=0.1, half_height=0.9), (0.6, 0.9, 0.9)),
    )
    spec = replace(spec, scenery=around, num_frames=3)
    return spec, toys.drifting(spec)


def panes() -> tuple[SceneSpec, States]:
    """Warm grains, a hot box and a clear ball among thin panes, two of which move."""
    spec, states = particles()
    sides = ((0.8, 0.01, 0.5), (0.01, 0.6, 0.7), (0.5, 0.4, 0.02))
    places = ((0.2, -0.9, 0.6), (1.1, -0.4, 0.9), (-0.3, 0.2, 1.3))
    drift = ((0.0, 0.0, 0.0), (0.4, -0.6, 0.2), (-0.3, 0.0, -0.5))
    thin = [
        toys.body(
            f"pane{k}", toys.shape("box", half_extents=size), places[k], surface=PANE,
            linear_velocity=drift[k], angular_velocity=(0.0, 0.0, float(k)),
        )
        for k, size in enumerate(sides)
    ]  # fmt: skip
    clear = replace(PANE, thin_walled=False, base_color=(0.2, 0.5, 0.8))
    ball = toys.body("ball", toys.shape("sphere", radius=0.25), (0.6, -0.6, 0.6), surface=clear)
    spec = replace(spec, bodies=(*spec.bodies, ball, *thin))
    moved = toys.drifting(spec, points=states.points, radii=states.radii)
    return spec, replace(moved, temperatures=states.temperatures)


def still() -> tuple[SceneSpec, States]:
    """A camera that stands, and boxes and grains of which half never move."""
    rng = np.random.default_rng(9)
    spec = toys.tumbling_boxes(rng, 10, num_frames=6, size=(480, 270), speed=3.0)
    boxes = [
        replace(item, linear_velocity=(0.0, 0.0, 0.0), angular_velocity=(0.0, 0.0, 0.0))
        if index % 2
        else item
        for index, item in enumerate(spec.bodies)
    ]
    clouds = [toys.cloud("sand"), toys.cloud("spray")]
    path = replace(spec.cameras[0], eye=((3.0, -2.6, 1.6),), target=((0.0, 0.0, 0.6),))
    around = (toys.wall(toys.shape("box", half_extents=(0.1, 2.0, 0.8)), (-1.6, 0.5, 0.8)),)
    spec = replace(spec, bodies=(*boxes, *clouds), cameras=(path,), scenery=around)
    points = {
        10: toys.grains(rng, 100, np.zeros(6), speed=0.0, spread=(1.2, 1.2, 0.1)),
        11: toys.grains(rng, 60, times(6), speed=3.0, spread=(1.0, 1.0, 0.6)),
    }
    radii = {10: rng.uniform(0.03, 0.08, 100), 11: rng.uniform(0.02, 0.1, 60)}
    return spec, toys.drifting(spec, points=points, radii=radii)


def _particles(count: int, sizes: tuple[float, float], *, speed: float) -> tuple[SceneSpec, States]:
    rng = np.random.default_rng(5)
    pile = toys.cloud("grains")
    block = toys.body("block", toys.shape("box", half_extents=(0.3, 0.2, 0.3)), (0.0, 0.0, 0.5))
    spec = toys.scene([pile, block], num_frames=6, size=(480, 270), **MOVING_CAMERA)
    points = toys.grains(rng, count, times(6), speed=speed, spread=(1.2, 1.2, 0.7))
    return spec, toys.drifting(spec, points={0: points}, radii={0: rng.uniform(*sizes, count)})


def _bent(spec: SceneSpec) -> States:
    at = times(spec.num_frames)
    bodies: list[Body] = list(spec.bodies)
    return toys.drifting(spec, points={k: toys.bent(item, at) for k, item in enumerate(bodies)})


FORMS = (many_shapes, deforming, soft, cloth, rope, particles)
CALM = (rigid, scenery, still, swarm, passing, flight)
CALM_KINDS = kinds(*FORMS, slow=CALM)
EVERY_KIND = kinds(*FORMS, slow=(*CALM, fast_boxes, fast_jelly, fast_particles))
"""Every form of body; the calm scenes and those whose flow exceeds 40 px are slow."""
