"""Occlusion codes against float64 rays cast in the other frame to the carried points."""

import numpy as np
import pytest

from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.render import render
from tests import ray_cast, toy_films, toys

BORDER = 1e-3
"""Codes 0 and 2 may be confused where the point is this near to the picture's border [px]."""


def names(make) -> str:
    return make.__name__


def check_codes(film, truth, gap) -> None:
    hits, last = film.hits[truth.frame], film.spec.num_frames - 1
    sure = film.verdicts[truth.frame].agree
    for codes, other in (
        (truth.occluded_forward.ravel(), truth.frame + gap),
        (truth.occluded_backward.ravel(), truth.frame - gap),
    ):
        if not 0 <= other <= last:
            assert (codes == 255).all()
            continue
        expected = ray_cast.occlusion(film.world, film.camera, hits, other)
        assert codes.max() <= 2
        out = sure & ((codes == 2) != (expected == 2))
        assert not (out & ~at_border(film, hits, other)).any()
        wrong, hidden = (codes != expected)[sure].mean(), (expected == 1).mean()
        # What is left is hidden by things that no pixel of the other frame shows.
        assert wrong < 0.03 * hidden + 2e-4, (wrong, hidden)


def at_border(film, hits, other) -> np.ndarray:
    """Points that float32 cannot tell from the picture's border or the near plane."""
    motion = ray_cast.carry(film.world, film.camera, hits, other)
    size = np.array([film.camera.width, film.camera.height])
    with np.errstate(invalid="ignore"):
        scale = 1e-5 * np.abs(motion.flow).max(1) + BORDER
        border = np.minimum(np.abs(motion.pixels), np.abs(motion.pixels - size)).min(1) < scale
    return border | (np.abs(motion.depth - ray_cast.NEAR) < 1e-5)


@pytest.mark.parametrize("make", toy_films.EVERY_KIND)
def test_codes_agree_with_brute_force(make):
    film = toy_films.film(make)
    for truth in film.frames[:3]:
        check_codes(film, truth, 1)


@pytest.mark.parametrize(
    "make",
    toy_films.kinds(
        toy_films.deforming,
        toy_films.particles,
        slow=[toy_films.rigid, toy_films.cloth, toy_films.still],
    ),
)
def test_codes_over_five_frames_agree_with_brute_force(make):
    film = toy_films.film(make)
    for truth in film.at_gap(5)[:3]:
        check_codes(film, truth, 5)


@pytest.mark.slow
@pytest.mark.parametrize("make", [toy_films.fast_boxes, toy_films.fast_particles], ids=names)
def test_much_is_hidden_where_things_are_fast(make):
    film = toy_films.film(make)
    expected = ray_cast.occlusion(film.world, film.camera, film.hits[1], 2)
    assert (expected == 1).mean() > 0.02 and (expected == 2).mean() > 1e-3


def test_a_plate_hides_exactly_the_wall_it_moves_over():
    """Both face the camera: the covered pixels are known without casting anything."""
    wall = toys.body("wall", toys.shape("box", half_extents=(0.5, 6.0, 6.0)), (-1.5, 0.0, 4.0))
    plate = toys.body(
        "plate",
        toys.shape("box", half_extents=(0.001, 0.5, 0.5)),
        (2.0, -0.4, 4.0),
        linear_velocity=(0.0, 30.0, 0.0),
    )
    spec = toys.scene([wall, plate], eye=((5.0, 0.0, 4.0),), target=((0.0, 0.0, 4.0),))
    states, camera = toys.drifting(spec), scene_camera(spec, 0)
    now = next(iter(render(spec, states)))
    focal, x = camera.K[0, 0], np.arange(spec.width) + 0.5 - spec.width / 2
    depth = 5.0 - 2.001
    across = x * depth / focal  # where the rays of a row meet the plate's plane
    covered = (across > -0.4) & (across < 0.6)  # where the plate is half a metre further
    row = spec.height // 2
    on_wall = now.segmentation[row] == 1
    assert (now.occluded_forward[row][on_wall & covered] == 1).all()
    assert (now.occluded_forward[row][on_wall & ~covered] == 0).all()
    assert (on_wall & covered).sum() > 20
    assert (now.occluded_forward[row][now.segmentation[row] == 2] == 0).all()


def test_codes_beyond_the_ends_of_the_clip_are_255():
    film = toy_films.film(toy_films.rigid)
    first, last = film.frames[0], film.frames[-1]
    assert np.isnan(first.flow_backward).all() and (first.occluded_backward == 255).all()
    assert np.isnan(last.flow_forward).all() and (last.occluded_forward == 255).all()
    assert np.isnan(last.flow_forward_dz).all()
    assert np.isfinite(first.flow_forward).all() and (first.occluded_forward <= 2).all()
