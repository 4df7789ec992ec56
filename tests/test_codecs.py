"""Every codec gives back what it was given, within the error it states, or refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from phys4d_pipeline.errors import ClipFormatError, StoreError
from phys4d_pipeline.store.codecs import (
    BITS,
    CODECS,
    DEPTH,
    DZ,
    FLOW,
    KELVIN,
    NORMALS,
    UINT8,
    UINT16,
)
from phys4d_pipeline.store.layers import LAYERS, layer_keys, layer_of

SIZES = st.tuples(st.integers(1, 9), st.integers(1, 9))
F32 = np.float32
untimed = settings(deadline=None)  # the first call compiles


def both_ways(codec, array: np.ndarray) -> np.ndarray:
    return codec.decode(codec.encode(array), array.shape)


def test_every_depth_between_the_ends_is_within_its_relative_error() -> None:
    first, last = F32(0.1).view(np.uint32), F32(1000.0).view(np.uint32)
    step, width = 1 << 23, 2048
    for start in range(int(first), int(last) + 1, step):
        bits = np.minimum(np.arange(start, start + step, dtype=np.uint32), last)
        depth = bits.view(F32).reshape(-1, width)
        error = np.abs(both_ways(DEPTH, depth) / depth - F32(1))
        # The quotient itself is rounded to float32.
        assert error.max() <= 7.3e-5 + 1.2e-7


def test_sky_and_both_ends_of_depth_are_kept() -> None:
    depth = np.array([[0.1, 1000.0, np.inf]], F32)
    np.testing.assert_allclose(both_ways(DEPTH, depth), depth, rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.0999, 1000.1, -1.0, -np.inf, np.nan])
def test_depth_out_of_range_names_value_and_pixel(value: float) -> None:
    depth = np.full((4, 5), 2.0, F32)
    depth[3, 1] = value
    with pytest.raises(StoreError, match=rf"^value {F32(value)} at pixel \(1, 3\) is not a depth"):
        DEPTH.encode(depth)


@untimed
@given(
    SIZES.flatmap(
        lambda size: hnp.arrays(
            F32,
            (*size, 2),
            elements=st.floats(-1023.9375, 1023.9375, width=32) | st.just(float("nan")),
        )
    )
)
def test_flow_is_within_half_a_step(flow: np.ndarray) -> None:
    decoded = both_ways(FLOW, flow)
    np.testing.assert_array_equal(np.isnan(decoded), np.isnan(flow))
    assert np.nanmax(np.abs(decoded - flow), initial=0) <= 1 / 64  # exact: steps are powers of two


@pytest.mark.parametrize("value", [1024.0, -1024.0, 1e30, np.inf, -np.inf])
def test_flow_that_overflows_names_value_and_pixel(value: float) -> None:
    flow = np.zeros((4, 5, 2), F32)
    flow[2, 3, 1] = value
    with pytest.raises(StoreError, match=r"at pixel \(3, 2\) is not a displacement"):
        FLOW.encode(flow)


def test_dz_is_within_its_stated_error_over_all_magnitudes() -> None:
    sizes = np.concatenate([np.geomspace(1e-12, 10, 1 << 20), np.linspace(0, 10, 1 << 20)])
    dz = np.concatenate([sizes, -sizes]).astype(F32).reshape(-1, 1024)
    error = np.abs(both_ways(DZ, dz).astype(np.float64) - dz)
    assert (error / (np.abs(dz.astype(np.float64)) + 1e-4)).max() <= 1.8e-4


def test_dz_keeps_zero_its_ends_and_the_undefined() -> None:
    dz = np.array([[0.0, -0.0, 10.0, -10.0, np.nan]], F32)
    np.testing.assert_allclose(both_ways(DZ, dz), dz, rtol=1e-6, atol=0)


@pytest.mark.parametrize("value", [10.01, -11.0, np.inf])
def test_dz_out_of_range_names_value_and_pixel(value: float) -> None:
    dz = np.zeros((2, 3), F32)
    dz[1, 2] = value
    with pytest.raises(StoreError, match=r"at pixel \(2, 1\) is not a change of distance"):
        DZ.encode(dz)


def test_temperatures_are_within_a_thirty_second_of_a_kelvin() -> None:
    kelvin = np.linspace(0, 4095.875, 1 << 20).astype(F32).reshape(-1, 1024)
    kelvin[::7, ::3] = np.nan
    decoded = both_ways(KELVIN, kelvin)
    np.testing.assert_array_equal(np.isnan(decoded), np.isnan(kelvin))
    assert np.nanmax(np.abs(decoded - kelvin)) <= 1 / 32  # exact: steps are powers of two
    ends = np.array([[0.0, 273.125, 4095.875, np.nan]], F32)
    np.testing.assert_array_equal(both_ways(KELVIN, ends), ends)


@pytest.mark.parametrize("value", [-0.1, 4096.0, np.inf, -np.inf])
def test_a_temperature_out_of_range_names_value_and_pixel(value: float) -> None:
    kelvin = np.full((2, 3), 300, F32)
    kelvin[1, 2] = value
    with pytest.raises(StoreError, match=r"at pixel \(2, 1\) is not a temperature of 0 to 4095"):
        KELVIN.encode(kelvin)


def test_normals_are_within_six_hundredths_of_a_degree() -> None:
    rng = np.random.default_rng(0)
    normals = rng.normal(size=(2048, 2048, 3))
    normals[:64] = np.round(normals[:64])  # edges and corners of the octahedron
    normals[:64] += (np.abs(normals[:64]).sum(-1) == 0)[..., None]
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    decoded = both_ways(NORMALS, normals.astype(F32)).astype(np.float64)
    sine = np.linalg.norm(np.cross(normals, decoded), axis=-1)
    assert np.degrees(np.arcsin(sine.max())) <= 0.06
    assert ((normals * decoded).sum(-1) > 0).all()
    np.testing.assert_allclose(np.linalg.norm(decoded, axis=-1), 1, atol=3e-7)


def test_normals_of_axes_and_sky_are_exact() -> None:
    axes = np.concatenate([np.eye(3), -np.eye(3), np.zeros((1, 3))])[None].astype(F32)
    np.testing.assert_array_equal(both_ways(NORMALS, axes), axes)


@pytest.mark.parametrize("vector", [(0, 0, 2), (0.5, 0.5, 0), (np.nan, 0, 0), (1e-9, 0, 0)])
def test_normals_that_are_not_unit_are_refused(vector: tuple[float, ...]) -> None:
    normals = np.zeros((2, 2, 3), F32)
    normals[1, 0] = vector
    with pytest.raises(StoreError, match=r"at pixel \(0, 1\) is not a unit vector"):
        NORMALS.encode(normals)


@untimed
@given(SIZES.flatmap(lambda size: hnp.arrays(np.uint32, (*size, 3))))
def test_lossless_keeps_every_bit(bits: np.ndarray) -> None:
    decoded = both_ways(BITS, bits.view(F32))
    np.testing.assert_array_equal(decoded.view(np.uint32), bits)


@untimed
@given(SIZES.flatmap(lambda size: hnp.arrays(np.uint16, size)))
def test_segmentation_is_exact(ids: np.ndarray) -> None:
    np.testing.assert_array_equal(both_ways(UINT16, ids), ids)


@untimed
@given(SIZES.flatmap(lambda size: hnp.arrays(np.uint8, (2, *size))))
def test_occlusion_is_exact(codes: np.ndarray) -> None:
    np.testing.assert_array_equal(both_ways(UINT8, codes), codes)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(CODECS)), st.data())
def test_damaged_bytes_never_decode(name: str, data: st.DataObject) -> None:
    layer = next(each for each in LAYERS.values() if name in (each.codec.name, BITS.name))
    codec, shape = CODECS[name], layer.shape(6, 7)
    array = np.full(shape, 1 / np.sqrt(3), F32) if layer.dtype == "float32" else np.ones(shape)
    blob = bytearray(codec.encode(array.astype(layer.dtype)))
    if data.draw(st.booleans()):
        del blob[data.draw(st.integers(0, len(blob) - 1)) :]
    else:
        at = data.draw(st.integers(0, len(blob) - 1))
        blob[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        decoded = codec.decode(bytes(blob), shape)
    except ClipFormatError:
        return
    # A flipped bit may lie where zstd ignores it; then nothing may have changed.
    np.testing.assert_array_equal(decoded, codec.decode(codec.encode(array), shape))


@pytest.mark.parametrize("key", layer_keys())
@pytest.mark.parametrize("profile", ["default", "lossless"])
def test_each_layer_states_what_it_loses(key: str, profile: str) -> None:
    codec = layer_of(key).codec_of(profile)
    exact = profile == "lossless" or layer_of(key).dtype != "float32"
    assert (codec.max_error == "0") == exact


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(StoreError, match="Unknown profile 'best'"):
        LAYERS["depth"].codec_of("best")


def test_low_tier_keeps_the_pixels_its_camera_looks_through() -> None:
    picture = np.arange(12 * 18, dtype=F32).reshape(12, 18)
    low = LAYERS["depth"].low(picture)
    np.testing.assert_array_equal(low, picture[2::4, 2:16:4])
    flow = np.repeat(picture[..., None], 2, -1)
    np.testing.assert_array_equal(LAYERS["flow_forward"].low(flow)[..., 0], low / 4)
