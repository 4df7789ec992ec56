import io

import numpy as np
import pytest
from PIL import Image

from phys4d_pipeline.errors import StoreError
from phys4d_pipeline.gallery import colors
from phys4d_pipeline.gallery.preview import MAX_BYTES, MAX_FRAMES, make_preview


def flow(*vectors: tuple[float, float]) -> np.ndarray:
    return np.array(vectors, np.float32)


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ((1, 0), (255, 0, 0)),  # entry 0 of the wheel: red
        ((0, 1), (255, 229, 0)),  # place 13.5 of 54: (255, 255 * 13.5 / 15, 0)
        ((-1, 0), (0, 208, 255)),  # place 27 is 2 of 11 from cyan to blue: 255 * 9 / 11
        ((0, -1), (88, 0, 255)),  # place 40.5 is 4.5 of 13 from blue to magenta
    ],
)
def test_wheel_hues_at_the_four_directions(direction, expected):
    assert tuple(colors.flow_colors(flow(direction), 1.0)[0]) == expected


def test_zero_flow_is_white_and_undefined_flow_is_black():
    picture = colors.flow_colors(flow((0, 0), (np.nan, 1), (np.nan, np.nan)), 3.0)
    assert picture.tolist() == [[255, 255, 255], [0, 0, 0], [0, 0, 0]]


def test_flow_saturates_with_its_length_and_dims_beyond_the_maximum():
    picture = colors.flow_colors(flow((2, 0), (4, 0), (8, 0)), 4.0)
    assert picture.tolist() == [[255, 127, 127], [255, 0, 0], [191, 0, 0]]


def test_the_wheel_has_55_hues_of_full_value():
    wheel = colors.flow_wheel()
    assert wheel.shape == (55, 3)
    assert np.array_equal(wheel.max(1), np.ones(55))
    assert np.array_equal(wheel.min(1), np.zeros(55))


def test_flow_maximum_suits_fast_bodies_whatever_their_size():
    flow = np.zeros((2, 40, 40, 2), np.float32)
    ids = np.zeros((2, 40, 40), np.uint16)
    assert colors.flow_maximum(flow, ids) == 1.0
    flow[..., 0] = 2.0  # the camera turns: everything moves
    assert colors.flow_maximum(flow, ids) == 2.0
    flow[:, 4, 4] = (30.0, 40.0)  # a body of one pixel, in both frames
    ids[:, 4, 4] = 7
    assert colors.flow_maximum(flow, ids) == 50.0
    flow[1, 5:] = np.nan
    assert colors.flow_maximum(flow, ids) == 50.0


def test_depth_runs_from_bright_near_to_dark_far_in_even_inverse_steps():
    scale = colors.DepthScale(near=1.0, far=4.0)
    # 1/d = 1, 0.625, 0.25: the middle depth lies half-way on the map.
    assert scale.depth_at(0.5) == pytest.approx(1.6)
    picture = colors.depth_colors(np.array([0.5, 1.0, 1.6, 4.0, 9.0], np.float32), scale)
    assert np.array_equal(picture, colors.depth_map()[[255, 255, 127, 0, 0]])
    brightness = colors.depth_map().astype(int).sum(1)
    assert brightness[0] < brightness[127] < brightness[255]


def test_sky_and_undefined_depth_have_colours_of_their_own():
    scale = colors.DepthScale(near=1.0, far=4.0)
    picture = colors.depth_colors(np.array([np.inf, np.nan], np.float32), scale)
    assert picture.tolist() == [list(colors.SKY), [0, 0, 0]]
    map_colors = colors.depth_map().astype(int)
    for reserved in (colors.SKY, colors.BLACK):
        assert np.abs(map_colors - reserved).max(1).min() > 40  # beyond any H.264 error


def test_temperature_runs_evenly_from_cold_to_hot_and_unknown_has_its_own_colour():
    scale = colors.HeatScale(cold=300.0, hot=500.0)
    assert scale.kelvin_at(0.25) == 350.0
    kelvin = np.array([250.0, 300.0, 400.0, 500.0, 600.0, np.nan], np.float32)
    picture, table = colors.heat_colors(kelvin, scale), colors.heat_map()
    expected = [*(table[at] for at in (0, 0, 128, 255, 255)), colors.BACKGROUND]
    assert np.array_equal(picture, expected)
    light = table @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) > -1.5).all() and light[-1] - light[0] > 180
    assert np.abs(table.astype(int) - colors.BACKGROUND).max(1).min() > 40  # beyond H.264's errors


def test_heat_scale_covers_what_is_known_and_spares_bodies_of_one_temperature():
    kelvin = np.concatenate([np.full(50, np.nan), np.linspace(300, 900, 1001)])
    scale = colors.heat_scale(kelvin)
    assert (scale.cold, scale.hot) == pytest.approx((303.0, 897.0))
    flat = colors.heat_scale(np.full(9, 350.0))
    assert (flat.cold, flat.hot) == (345.0, 355.0)
    assert colors.heat_scale(np.full(3, np.nan)).cold < colors.heat_scale(np.full(3, np.nan)).hot


def test_depth_scale_ignores_sky_and_survives_a_flat_wall():
    depth = np.array([2.0] * 50 + [np.inf] * 50, np.float32)
    scale = colors.depth_scale(depth)
    assert (scale.near, scale.far) == pytest.approx((2.0, 2.2))
    sky_only = colors.depth_scale(np.full(9, np.inf, np.float32))
    assert np.isfinite([sky_only.near, sky_only.far]).all()


def test_the_same_depth_has_the_same_colour_in_every_frame():
    scale = colors.DepthScale(near=1.0, far=9.0)
    depth = np.linspace(1, 9, 50, dtype=np.float32)
    busy = np.concatenate([depth, [np.inf, np.nan, 0.2]]).astype(np.float32)
    assert np.array_equal(colors.depth_colors(depth, scale), colors.depth_colors(busy, scale)[:50])


def test_the_first_ids_are_well_apart_and_the_background_is_dark_grey():
    palette = colors.segmentation_colors(np.arange(24, dtype=np.uint16)).astype(int)
    assert tuple(palette[0]) == colors.BACKGROUND
    distance = np.abs(palette[:, None] - palette).sum(-1) + 1000 * np.eye(24, dtype=int)
    assert distance.min() > 36  # three channels at 12 each: a step that neighbours show clearly
    one_after_the_other = np.abs(np.diff(palette, axis=0)).sum(1)
    assert one_after_the_other.min() > 100


def test_every_id_has_a_colour_that_is_not_undefined_black():
    palette = colors.segmentation_colors(np.arange(65_536, dtype=np.uint32).astype(np.uint16))
    assert palette.max(1).min() >= colors.BACKGROUND[0]


def test_normals_show_right_red_up_green_towards_the_camera_blue():
    normals = np.array([[0, 0, -1], [1, 0, 0], [0, -1, 0], [0, 0, 0], [np.nan, 0, 0]], np.float32)
    assert colors.normal_colors(normals).tolist() == [
        [128, 128, 255],
        [255, 128, 128],
        [128, 255, 128],
        list(colors.SKY),
        [0, 0, 0],
    ]


def test_occlusion_codes_have_four_colours():
    codes = np.array([0, 1, 2, 255], np.uint8)
    picture = colors.occlusion_colors(codes)
    assert [tuple(color) for color in picture.tolist()] == list(colors.OCCLUSION.values())
    assert len({tuple(color) for color in picture.tolist()}) == 4


def test_nearest_sampling_takes_the_pixel_under_each_centre_and_never_averages():
    layer = np.arange(6 * 8).reshape(6, 8)
    assert np.array_equal(colors.sample_nearest(layer, 6, 8), layer)
    assert np.array_equal(colors.sample_nearest(layer, 2, 2), layer[np.ix_([1, 4], [2, 6])])
    clip = np.stack([layer, layer + 100])
    assert np.array_equal(
        colors.sample_nearest(clip, 2, 2, axis=1)[1], colors.sample_nearest(layer + 100, 2, 2)
    )


def moving_square(num_frames: int):
    for frame in range(num_frames):
        picture = np.random.default_rng(0).integers(90, 110, (270, 480, 3)).astype(np.uint8)
        left = 3 * frame % 420
        picture[100:160, left : left + 60] = (220, 60, 40)
        yield picture


@pytest.mark.parametrize("num_frames", [1, 20, 120, 301])
def test_preview_is_a_small_looping_webp_in_the_clips_own_time(num_frames):
    data = make_preview(moving_square(num_frames), fps=60.0)
    picture = Image.open(io.BytesIO(data))
    shown = getattr(picture, "n_frames", 1)
    assert len(data) < MAX_BYTES
    assert picture.format == "WEBP" and picture.size == (192, 108)
    assert min(num_frames, 15) <= shown <= MAX_FRAMES
    duration = 0
    for index in range(shown):
        picture.seek(index)
        duration += picture.load() and picture.info.get("duration", 0)
    if num_frames >= 120:
        assert duration == pytest.approx(1000 * num_frames / 60, rel=0.01)  # rounding to whole ms


def test_preview_keeps_the_proportions_of_a_tall_picture():
    frames = [np.zeros((400, 200, 3), np.uint8)] * 2
    assert Image.open(io.BytesIO(make_preview(frames))).size == (54, 108)


def test_preview_of_nothing_is_one_clear_line():
    with pytest.raises(StoreError, match="no frames"):
        make_preview([])
