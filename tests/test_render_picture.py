"""The picture against the same renderer at four times the size, and against its own layers."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline.render import render
from phys4d_pipeline.store.chunk import sightings_of
from tests import toy_films


def test_edges_are_smooth():
    """The picture lies nearer to a 16-sample average than one sample per pixel could."""
    film = toy_films.film(toy_films.rigid)
    spec = film.spec
    large = replace(spec, width=spec.width * 4, height=spec.height * 4)
    fine = next(iter(render(large, film.states, frames=range(1, 2))))
    H, W = spec.height, spec.width
    blocks = (fine.rgb.astype(np.float64) ** 2).reshape(H, 4, W, 4, 3)
    smooth = np.sqrt(blocks.mean((1, 3)))
    ids = fine.segmentation.reshape(H, 4, W, 4)
    edge = ids.min((1, 3)) != ids.max((1, 3))
    rough = fine.rgb[2::4, 2::4].astype(np.float64)
    ours = np.sqrt(((film.frames[1].rgb[edge] - smooth[edge]) ** 2).mean())
    plain = np.sqrt(((rough[edge] - smooth[edge]) ** 2).mean())
    assert ours < 0.6 * plain


def test_visible_pixels_and_boxes_are_those_of_the_segmentation():
    film = toy_films.film(toy_films.passing)
    for truth in film.frames:
        rows = {int(row[1]): row.tolist() for row in sightings_of(truth.segmentation, truth.frame)}
        seen = set(np.unique(truth.segmentation).tolist()) - {0}
        assert seen == set(rows) and seen
        for body in seen:
            y, x = np.nonzero(truth.segmentation == body)
            box = [x.min(), y.min(), x.max() + 1, y.max() + 1]
            assert rows[body] == [truth.frame, body, len(x), *box]
