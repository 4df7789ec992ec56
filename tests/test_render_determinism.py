"""Same scene, same bytes: whatever frames are asked for, in whatever process, with any threads."""

import hashlib
import os
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phys4d_pipeline.cameras.views import seen_by
from phys4d_pipeline.render import GroundTruth, render, render_cameras, through
from phys4d_pipeline.render.clip import Run
from phys4d_pipeline.scene import SceneSpec
from phys4d_pipeline.scene_catalog import PRESETS, resized, sample_scene
from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.states import States
from tests import toy_films, toys

ROOT = Path(__file__).parents[1]
KINDS = [
    toy_films.rigid,
    toy_films.deforming,
    toy_films.particles,
    toy_films.scenery,
    toy_films.still,
    toy_films.panes,
]
IN_ANOTHER_PROCESS = """
import sys
from tests import test_render_determinism, toy_films
for name in sys.argv[1:]:
    print(test_render_determinism.film_digest(getattr(toy_films, name)))
"""


def names(make) -> str:
    return make.__name__


def digest(frame: GroundTruth) -> str:
    sha = hashlib.sha256()
    for each in fields(frame):
        found = getattr(frame, each.name)
        value = np.asarray(0 if found is None else found)  # the bytes of None differ every time
        sha.update(f"{each.name}{value.dtype}{value.shape}".encode() + value.tobytes())
    return sha.hexdigest()


def film_digest(make) -> str:
    spec, states = make()
    together = "".join(digest(frame) for frame in render(spec, states))
    return hashlib.sha256(together.encode()).hexdigest()


@pytest.mark.parametrize("make", KINDS, ids=names)
def test_a_second_run_gives_the_same_bytes(make):
    film = toy_films.film(make)
    again = [digest(frame) for frame in render(film.spec, film.states)]
    assert again == [digest(frame) for frame in film.frames]


@pytest.mark.parametrize("frames", [range(2, 3), range(0, 2), range(1, 6), range(5, 6)], ids=str)
@pytest.mark.parametrize("make", [toy_films.rigid, toy_films.particles, toy_films.still], ids=names)
def test_a_frame_does_not_depend_on_its_neighbours_being_asked_for(make, frames):
    film = toy_films.film(make)
    some = [digest(frame) for frame in render(film.spec, film.states, frames=frames)]
    assert some == [digest(film.frames[at]) for at in frames]


def test_a_frame_over_a_gap_does_not_depend_on_what_is_asked_for():
    film = toy_films.film(toy_films.rigid)
    whole = [digest(frame) for frame in film.at_gap(2)]
    some = render(film.spec, film.states, frames=range(2, 5), gap=2)
    assert [digest(frame) for frame in some] == whole[2:5]


@pytest.mark.parametrize("gap", [1, 2])
@pytest.mark.parametrize("make", [toy_films.still, toy_films.particles], ids=names)
def test_reused_memory_holds_the_same_frames(make, gap):
    film = toy_films.film(make)
    reused = render(film.spec, film.states, gap=gap, reuse_memory=True)
    assert [digest(frame) for frame in reused] == [digest(frame) for frame in film.at_gap(gap)]


@pytest.mark.parametrize("make", [toy_films.still, toy_films.deforming], ids=names)
def test_cameras_side_by_side_draw_what_each_draws_alone(make):
    spec, states = make()
    spec = seen_by(spec, 2)
    frames = range(1, 4)
    alone = [
        [digest(frame) for frame in render(spec, states, camera=camera, frames=frames)]
        for camera in (1, 0)
    ]
    both = render_cameras(spec, states, cameras=(1, 0), frames=frames, reuse_memory=True)
    assert [[digest(frame) for frame in views] for views in both] == [
        list(views) for views in zip(*alone, strict=True)
    ]


def room(family: str) -> tuple[SceneSpec, States]:
    """A furnished room with a camera that stands, small and short."""
    preset = resized(PRESETS["demo"], width=320, height=180)
    spec = sample_scene("rigid_bodies", 3, family=family, preset=replace(preset, num_frames=5))
    assert len(spec.cameras[0].eye) == 1
    return spec, simulate(spec)


def behind_panes() -> tuple[SceneSpec, States]:
    """The still film with panes in it, some of which move."""
    spec, states = toy_films.still()
    thin = [body for body in toy_films.panes()[0].bodies if body.surface.thin_walled]
    spec = replace(spec, bodies=(*spec.bodies, *thin))
    return spec, toys.drifting(spec, points=states.points, radii=states.radii)


@pytest.mark.parametrize(
    "make", [toy_films.still, behind_panes, lambda: room("billiard_break")], ids=range(3)
)
def test_frames_over_a_still_layer_are_those_drawn_whole(make):
    spec, states = make()
    frames = range(spec.num_frames)
    layered, whole = (Run(spec, states, 0, frames, 1) for _ in range(2))
    assert layered.still_layer is not None
    whole.still_layer = None
    for one, other in zip(layered.all_frames(True), whole.all_frames(True), strict=True):
        assert digest(one) == digest(other)


@pytest.mark.parametrize("make", [toy_films.still, toy_films.particles], ids=names)
def test_tiles_without_clear_bodies_need_no_second_drawing(make, monkeypatch):
    spec, states = make()
    glass, *others = spec.bodies
    glass = replace(glass, surface=replace(glass.surface, transmission=1.0))
    spec = replace(spec, bodies=(glass, *others))
    some = [digest(frame) for frame in render(spec, states, frames=range(2))]
    add, marked = through.draw_over, []

    def whole(*what: Any) -> np.ndarray:
        marked.append(add(*what))
        return np.ones_like(marked[-1])

    monkeypatch.setattr(through, "draw_over", whole)
    assert [digest(frame) for frame in render(spec, states, frames=range(2))] == some
    assert all(0 < tiles.mean() < 1 for tiles in marked)


@pytest.mark.slow
@pytest.mark.parametrize("threads", ["1", "2"])
def test_other_processes_and_thread_counts_give_the_same_bytes(threads):
    counts = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {
        **os.environ,
        **dict.fromkeys(counts, threads),
        "PYTHONHASHSEED": threads,
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS, *(make.__name__ for make in KINDS)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [film_digest(make) for make in KINDS]
