"""Temperatures as a layer: what is drawn, against float64 ray casts; what is not drawn is NaN."""

from dataclasses import fields, replace

import numpy as np
import pytest

from phys4d_pipeline import shapes
from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.render import GroundTruth, render
from phys4d_pipeline.store import ClipWriter, encode_chunk, open_dataset, open_store
from phys4d_pipeline.store.verify import verify_clip
from tests import judge, ray_cast, toy_films, toys


def warm_film():
    """A bar and a jelly with heat that varies over them, a ball, embers; a wall without heat."""
    rng = np.random.default_rng(5)
    bodies = [
        toys.body(
            "bar",
            toys.shape("box", half_extents=(0.9, 0.12, 0.12)),
            (0.0, -0.7, 0.5),
            angular_velocity=(0.5, 1.0, 2.0),
        ),
        toys.body(
            "jelly",
            toys.shape("sphere", radius=0.5),
            (-0.2, 0.5, 0.7),
            form="deforming",
            angular_velocity=(0.0, 2.0, 2.0),
        ),
        # Half of it is below the ground.
        toys.body("ball", toys.shape("sphere", radius=0.3), (0.6, -1.2, 0.05)),
        toys.cloud("embers"),
        toys.body("crate", toys.shape("box", half_extents=(0.2, 0.2, 0.2)), (0.8, 0.6, 0.2)),
    ]
    around = (toys.wall(toys.shape("box", half_extents=(0.1, 2.0, 0.6)), (-1.8, 0.5, 0.6)),)
    spec = toys.scene(bodies, num_frames=4, size=(320, 180), scenery=around, **toys.MOVING_CAMERA)
    times = toys.times(4)
    points = {
        1: toys.bent(bodies[1], times),
        3: toys.grains(rng, 80, times, speed=0.5, spread=(1.0, 1.0, 0.5)),
    }
    states = toys.drifting(spec, points=points, radii={3: rng.uniform(0.02, 0.06, 80)})
    return spec, replace(states, temperatures=heat_of(bodies, times, rng))


def heat_of(bodies, times, rng):
    """Waves of heat through the bar and the jelly, a ball that cools, embers of any temperature."""
    heat = {2: np.linspace(900, 600, len(times))[:, None]}
    for index in (0, 1):
        x, y, z = shapes.mesh(bodies[index].shape).vertices.T
        heat[index] = 700 + 300 * np.sin(3 * x + 2 * y + z + 9 * times[:, None])
    heat[3] = np.tile(rng.uniform(300, 1500, 80), (len(times), 1))
    return {index: values.astype(np.float32) for index, values in heat.items()}


@pytest.fixture(scope="module")
def film():
    return toy_films.film(warm_film)


def test_temperatures_are_those_of_the_points_that_are_seen(film):
    for truth in film.frames[:3]:
        verdict, hits = film.judged(truth), film.hits[truth.frame]
        assert verdict.unexplained == 0
        scene = film.spec, film.states
        off = judge.temperature_errors(truth, scene, film.world, film.camera, hits)
        for number in (1, 2, 3, 4):
            sure = verdict.on(ids=[number])
            assert sure.sum() > 50
            # Float32 places, 1e-6 m at a fair angle, on slopes of 1e3 K/m.
            assert off[sure].max() < 2e-3 and np.median(off[sure]) < 1e-4


def test_nothing_without_heat_has_a_temperature(film):
    for truth in film.frames:
        known = np.isfinite(truth.temperature)
        np.testing.assert_array_equal(known, np.isin(truth.segmentation, (1, 2, 3, 4)))
    spec, states = toy_films.rigid()
    (plain,) = render(spec, states, frames=range(1, 2))
    assert plain.temperature is None


def test_a_ball_has_one_temperature(film):
    for truth in film.frames:
        seen = truth.temperature[truth.segmentation == 3]
        assert len(seen) > 50
        assert (seen == film.states.temperatures[2][truth.frame, 0]).all()


def test_heat_changes_no_other_layer(film):
    """Below 700 K nothing glows: a clip with heat differs by its temperatures alone."""
    spec, states = film.spec, film.states
    cool = {index: heat / 4 for index, heat in states.temperatures.items()}
    frames = zip(
        render(spec, replace(states, temperatures=cool)),
        render(spec, replace(states, temperatures={})),
        strict=True,
    )
    for warm, plain in frames:
        for each in fields(GroundTruth):
            if each.name != "temperature":
                values = getattr(warm, each.name), getattr(plain, each.name)
                np.testing.assert_array_equal(*values, err_msg=each.name)


def test_a_still_camera_shows_the_same_temperatures(film):
    """Tiles that are kept from frame to frame hold what drawing them anew gives."""
    spec, states = film.spec, film.states
    path = replace(spec.cameras[0], eye=spec.cameras[0].eye[:1], target=spec.cameras[0].target[:1])
    spec = replace(spec, cameras=(path,))
    # The ball neither moves nor cools: it belongs to what is drawn once.
    heat = {**states.temperatures, 2: np.full((4, 1), 500, np.float32)}
    states = replace(states, temperatures=heat)
    kept = [frame.temperature.copy() for frame in render(spec, states, reuse_memory=True)]
    for number, kelvin in enumerate(kept):
        (alone,) = render(spec, states, frames=range(number, number + 1))
        np.testing.assert_array_equal(kelvin, alone.temperature)
        hits = ray_cast.cast_picture(ray_cast.world_of(spec, states), scene_camera(spec, 0), number)
        seen = judge.same_surface(
            hits,
            (
                alone.segmentation.ravel(),
                alone.depth.ravel().astype(np.float64),
                alone.normals.reshape(-1, 3).astype(np.float64),
            ),
        )
        expected = ray_cast.temperature(spec, states, hits)[seen]
        np.testing.assert_array_equal(np.isnan(kelvin.ravel()[seen]), np.isnan(expected))


@pytest.fixture(scope="module")
def stored(film, tmp_path_factory):
    """The store the film was written to."""
    store = open_store(tmp_path_factory.mktemp("store"))
    versions = {"solver_version": "toy-1", "renderer_version": "r", "code_version": "test"}
    with ClipWriter(store, film.spec, **versions) as writer:
        writer.add(0, encode_chunk(iter(film.frames), film.camera))
        writer.commit(film.states, [], {})
    return store


def test_a_stored_film_passes_every_check(film, stored):
    clip = open_dataset(stored.uri)[0]
    checks = verify_clip(stored, clip.clip_id)
    assert [check.name for check in checks if not check.passed] == []
    heat = [check.name.rpartition("/")[2] for check in checks if "temperature" in check.name]
    assert heat == ["temperature_of_bodies", "temperature_where_known"]


def test_what_is_stored_is_what_was_drawn(film, stored):
    clip = open_dataset(stored.uri)[0]
    for frame in film.frames:
        kelvin = clip.temperature[frame.frame]
        np.testing.assert_allclose(kelvin, frame.temperature, rtol=0, atol=1 / 32)
        low = clip.low("temperature")[frame.frame]
        np.testing.assert_array_equal(low, kelvin[2::4, 2::4])
    entry = next(one for one in clip.manifest.layers if one.layer == "temperature")
    assert (entry.codec, entry.max_error, entry.exactness) == (
        "kelvin16",
        "1/32 K; NaN exact",
        "exact",
    )
