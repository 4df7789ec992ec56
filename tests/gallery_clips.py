"""Clips of a bar that moves in every layer, for the tests of the gallery."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.checks import Check
from phys4d_pipeline.render.ground_truth import UNDEFINED, GroundTruth
from phys4d_pipeline.scene import (
    Body,
    CameraPath,
    Ground,
    SceneSpec,
    Shape,
    Sky,
    Solver,
    Substance,
    Surface,
)
from phys4d_pipeline.states import Contacts, States
from phys4d_pipeline.store import CHUNK_FRAMES, ClipWriter, encode_chunk, open_dataset, open_store

WIDTH, HEIGHT, NUM_FRAMES, BAR = 128, 72, 40, 8
CAPTION = "A <b>bar</b> & </script> moves 2 px per frame."


def bar_left(frame: int) -> int:
    """Every layer of the test clips shows a bar whose place is the number of the frame."""
    return 2 * frame


def frame_of_bar(frame: int, left: int, *, with_heat: bool = False) -> GroundTruth:
    """Ground truth whose layers all differ between the bar and the rest."""
    bar = np.zeros((HEIGHT, WIDTH), bool)
    bar[:, left : left + BAR] = True

    def picture(inside, outside, dtype):
        chosen = np.where(bar[..., None], np.array(inside), np.array(outside))
        return chosen.astype(dtype).reshape(HEIGHT, WIDTH, *np.shape(inside))

    flow = picture((2.0, 0.0), (0.0, 0.0), np.float32)
    forward, backward = picture(1, 0, np.uint8), picture(0, 0, np.uint8)
    if frame == NUM_FRAMES - 1:
        flow[:], forward[:] = np.nan, UNDEFINED
    if frame == 0:
        backward[:] = UNDEFINED
    return GroundTruth(
        frame=frame,
        rgb=picture((230, 60, 40), (90, 90, 90), np.uint8),
        depth=picture(2.0, 20.0, np.float32),
        flow_forward=flow,
        flow_forward_dz=np.full((HEIGHT, WIDTH), np.nan, np.float32),
        flow_backward=np.full((HEIGHT, WIDTH, 2), np.nan, np.float32),
        occluded_forward=forward,
        occluded_backward=backward,
        segmentation=picture(1, 0, np.uint16),
        normals=picture((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), np.float32),
        temperature=picture(800.0, np.nan, np.float32) if with_heat else None,
    )


def scene(family: str, category: str, cameras: int) -> SceneSpec:
    steel = Substance(density=7800.0, friction=0.5, restitution=0.5)
    grey = Surface(base_color=(0.5, 0.5, 0.5), roughness=0.5)
    shape = Shape(kind="box", parameters={"size": (1.0, 1.0, 1.0)})
    bar = Body(name="the_bar", shape=shape, substance=steel, surface=grey, position=(0.0, 0.0, 1.0))
    return SceneSpec(
        category=category,
        family=family,
        split="train",
        seed=7,
        caption=CAPTION,
        bodies=(bar,),
        ground=Ground(substance=steel, surface=grey),
        sky=Sky(
            sun_azimuth=0.0,
            sun_elevation=1.0,
            sun_color=(1.0, 1.0, 1.0),
            zenith_color=(0.2, 0.3, 0.6),
            horizon_color=(0.6, 0.7, 0.8),
        ),
        cameras=(CameraPath(vertical_fov=0.8, eye=((0.0, -5.0, 2.0),), target=((0.0, 0.0, 0.0),)),)
        * cameras,
        solver=Solver(name="bullet", rate=240),
        num_frames=NUM_FRAMES,
        fps=60,
        width=WIDTH,
        height=HEIGHT,
    )


def falling_states(power: float) -> States:
    times = np.arange(NUM_FRAMES) / 60
    height = 2.4 - 9.81 * times**2 / 2
    zeros = np.zeros((1, 3), np.float32)
    return States(
        times=times,
        poses=np.tile(np.float32([0, 0, 0, 1, 0, 0, 0]), (NUM_FRAMES, 1, 1)),
        velocities=np.zeros((NUM_FRAMES, 1, 6), np.float32),
        in_contact=np.zeros((NUM_FRAMES, 1), bool),
        masses=np.ones(1),
        kinetic_energy=9.81 * (2.4 - height),
        potential_energy=9.81 * height,
        work=power * times,
        contacts=Contacts(
            frame=np.array([38], np.int32),
            object_a=np.array([1], np.uint16),
            object_b=np.array([0], np.uint16),
            position=zeros,
            normal=zeros,
            impulse=np.array([1.5], np.float32),
            penetration=np.zeros(1, np.float32),
        ),
        solver_version="bullet-1",
    )


def store_clip(store, family, category, *, drift=0.001, cameras=1, power=0.0, with_heat=False):
    spec = scene(family, category, cameras)
    checks = [
        Check(
            name="energy_drift",
            value=drift,
            bound=0.01,
            unit="1",
            source="closed form",
            blocking=False,
        ),
        Check(name="flow_error", value=0.01, bound=1 / 32, unit="px", source="codec <step>"),
        Check(name="momentum", value=0.0, bound=0.0, unit="kg m/s", source=""),
    ]
    versions = {"solver_version": "bullet-1", "renderer_version": "bars-1", "code_version": "0"}
    with ClipWriter(store, spec, **versions) as writer:
        for index in range(cameras):
            camera = scene_camera(spec, index)
            for first in range(0, NUM_FRAMES, CHUNK_FRAMES):
                frames = range(first, min(first + CHUNK_FRAMES, NUM_FRAMES))
                drawn = (
                    frame_of_bar(frame, bar_left(frame) + index, with_heat=with_heat)
                    for frame in frames
                )
                writer.add(index, encode_chunk(drawn, camera, fps=spec.fps))
        states = falling_states(power)
        if with_heat:
            heat = np.full((NUM_FRAMES, 1), 800, np.float32)
            states = replace(states, temperatures={0: heat})
        writer.commit(states, checks, {"simulate": 1.25, "render": 10.0})


def two_clips(folder):
    """A clip with two cameras, and one that fails a check, has a motor [2 W] and heat."""
    store = open_store(folder)
    store_clip(store, "dominoes", "rigid_bodies", cameras=2)
    store_clip(store, "pile", "ropes", drift=0.5, power=2.0, with_heat=True)
    return open_dataset(store.uri)
