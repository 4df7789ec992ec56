"""Light against closed forms: reflectance, glow, soft shadows, openness."""

import numba as nb
import numpy as np
import pytest

from phys4d_pipeline.render import ambient, glow, shade, shadow
from phys4d_pipeline.render.display import DECODED, encode
from phys4d_pipeline.render.display import film as film_curve
from phys4d_pipeline.render.planes import (
    BEND_X,
    BLUE,
    HIT,
    METALLIC,
    NORMAL_X,
    NORMAL_Z,
    NUM_PLANES,
    OPEN,
    POINT_X,
    RED,
    ROUGHNESS,
    SUNLIT,
    WORLD_X,
    WORLD_Z,
    Z,
)
from phys4d_pipeline.render.sky import draw_sky
from tests.even_light import SCALE, TEXELS, F, lighting

N = 256


def span(rng: np.random.Generator) -> np.ndarray:
    """White surfaces that face the eye at any angle."""
    P = np.zeros((NUM_PLANES, N), np.float32)
    view, normal = rng.normal(size=(2, 3, N))
    normal /= np.linalg.norm(normal, axis=0)
    view /= np.linalg.norm(view, axis=0)
    normal *= -np.sign((normal * view).sum(0))
    P[WORLD_X : WORLD_Z + 1], P[NORMAL_X : NORMAL_Z + 1] = view, normal
    P[BEND_X : BEND_X + 3] = normal
    P[RED : BLUE + 1], P[HIT], P[Z], P[SUNLIT], P[OPEN] = 1, 1, 1, 1, 1
    return P


@pytest.mark.parametrize("metallic", [0.0, 1.0])
@pytest.mark.parametrize("roughness", [0.03, 0.2, 0.5, 1.0])
def test_a_white_surface_under_a_uniform_sky_returns_at_most_what_it_receives(roughness, metallic):
    P, out = span(np.random.default_rng(1)), np.empty((3, N), np.float32)
    P[ROUGHNESS], P[METALLIC] = roughness, metallic
    shade._reflect(lighting(), P, *out)
    facing = -(P[WORLD_X : WORLD_Z + 1] * P[NORMAL_X : NORMAL_Z + 1]).sum(0) > 0.05
    assert out.max() <= 1 + 1e-4
    assert out[:, facing].min() > 0.97  # nothing lost either: repeated scattering is given back


def test_degenerate_normals_and_directions_give_numbers():
    P, out = span(np.random.default_rng(2)), np.empty((3, N), np.float32)
    P[NORMAL_X : NORMAL_Z + 1, :100] = 0
    P[BEND_X : BEND_X + 3, 50:150] = 0
    P[HIT, 200:] = 0
    light = lighting(sun_color=np.full(3, 3, np.float32))
    shade.light(light, P)
    shade.shade(light, P, *out)
    assert np.isfinite(out).all() and out.min() >= 0.5 and out.max() <= 255.5


def test_display_values_decode_to_the_light_that_made_them():
    displayed = nb.vectorize(lambda light: encode(film_curve(light)))
    curve = displayed(DECODED)
    assert np.abs(np.floor(curve) - np.arange(256)).max() <= 1  # the curve's fit: 0.4/255


# CIE 15:2004: illuminant A is a Planckian radiator of 2856 K; the locus at 6500 K.
@pytest.mark.parametrize(
    ("temperature", "xy"), [(2856.0, (0.4476, 0.4074)), (6500.0, (0.3135, 0.3237))]
)
def test_glow_has_the_colour_of_plancks_law(temperature, xy):
    rgb = glow.blackbody(np.array([temperature]))[0]
    xyz = np.linalg.inv(glow._RGB_FROM_XYZ) @ rgb
    np.testing.assert_allclose(xyz[:2] / xyz.sum(), xy, atol=4e-3)  # of the fit


def test_glow_keeps_the_ratios_of_the_integral_and_grows_with_temperature():
    kelvin = np.array([1200.0, 2000.0, 4000.0])
    rows = ((kelvin - glow.COLDEST) / glow.STEP).astype(int)
    wavelength = np.arange(380.0, 781.0, 5.0)  # coarser than the table's own
    power = wavelength**-5 / np.expm1(1.4388e7 / (wavelength * kelvin[:, None]))
    expected = power @ glow.matching_functions(wavelength).T @ glow._RGB_FROM_XYZ.T
    expected = np.maximum(expected, 0) / expected[:, :1]
    np.testing.assert_allclose(
        glow.TABLE[rows] / glow.TABLE[rows, :1], expected, rtol=0.02, atol=2e-3
    )
    luminance = glow.TABLE @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(luminance) > 0).all()
    at = lambda kelvin: luminance[int((kelvin - glow.COLDEST) / glow.STEP)]  # noqa: E731
    assert at(640) < 0.002 and 0.01 < at(760) < 0.1 and at(1500) > 4


def sunlit(light: shade.Lighting, points: np.ndarray, normal=(0.0, 0.0, 1.0)) -> np.ndarray:
    P = np.zeros((NUM_PLANES, N), np.float32)
    P[POINT_X : POINT_X + 3] = points
    P[NORMAL_X : NORMAL_Z + 1] = np.array(normal)[:, None]
    P[HIT] = 1
    shadow.find_sunlight(light, P)
    return P[SUNLIT]


def half_plane(height: float) -> np.ndarray:
    """A caster over x > 0."""
    depth = np.zeros((TEXELS, TEXELS), np.float32)
    depth[:, TEXELS // 2 :] = 64 + height
    return depth


def across(width: float) -> np.ndarray:
    points = np.zeros((3, N))
    points[0], points[1] = np.linspace(-width, width, N), 0.013
    return points


@pytest.mark.parametrize("sun_radius", [0.03, 0.08, 0.15])
def test_a_straight_edge_casts_the_penumbra_of_a_disc(sun_radius):
    height = 0.4
    reach = height * np.tan(sun_radius)
    points = across(1.6 * reach)
    share = sunlit(lighting(half_plane(height), sun_radius), points)
    u = np.clip(points[0] / reach, -1, 1)
    expected = 0.5 - (np.arcsin(u) + u * np.sqrt(1 - u * u)) / np.pi
    # The filter weighs the disc's middle a little more, and squares of the map are finite.
    assert np.abs(share - expected).max() < 0.12
    assert np.abs(share - expected).mean() < 0.03
    assert np.diff(share).max() < 0.01 and np.diff(share).min() > -0.06  # smooth, no bands


def test_shadows_grow_softer_with_the_suns_radius():
    widths = []
    for sun_radius in (0.00465, 0.02, 0.05, 0.1, 0.15):
        share = sunlit(lighting(half_plane(0.5), sun_radius), across(0.15))
        widths.append(int(((share > 0.05) & (share < 0.95)).sum()))
    assert widths == sorted(widths) and widths[-1] > 8 * widths[0]


@pytest.mark.parametrize("sun_radius", [0.00465, 0.05, 0.15])
@pytest.mark.parametrize("slope", [0.0, 0.3, 1.5])
def test_a_lit_surface_does_not_shade_itself(sun_radius, slope):
    x = (np.arange(TEXELS) + 0.5 - TEXELS / 2) / SCALE
    depth = np.broadcast_to(64 + 2 + slope * x, (TEXELS, TEXELS)).astype(np.float32)
    rng = np.random.default_rng(4)
    points = rng.uniform(-0.5, 0.5, (3, N))
    points[2] = 2 + slope * points[0]
    normal = np.array([-slope, 0, 1]) / np.hypot(slope, 1)
    share = sunlit(lighting(depth.copy(), sun_radius, rise=3.0), points, tuple(normal))
    assert share.min() > 0.999


def test_a_contact_shadow_starts_at_the_contact():
    share = sunlit(lighting(half_plane(0.02)), across(0.05))
    shadowed = np.linspace(-0.05, 0.05, N)[share < 0.5]
    assert abs(shadowed.min()) < 1.5 / SCALE  # texels


def openness_at(top: np.ndarray, low: np.ndarray, points: np.ndarray, normal_z=1.0) -> np.ndarray:
    scale = 160.0  # 2 m over 320 texels
    values, limits = ambient.openness(top, low, scale)
    light = lighting(
        open_map=values,
        open_blocks=limits,
        open_from_world=np.array([1, 1, scale, len(top) - 2], np.float32),
    )
    P = np.zeros((NUM_PLANES, N), np.float32)
    P[POINT_X : POINT_X + 3], P[NORMAL_Z], P[HIT] = points, normal_z, 1
    ambient.find_openness(light, P)
    return P[OPEN]


def plateau(height: float, half: float) -> tuple[np.ndarray, np.ndarray]:
    """Heights of a square block that stands on the ground."""
    x = (np.arange(320) + 0.5) / 160 - 1
    inside = (np.abs(x)[:, None] < half) & (np.abs(x)[None] < half)
    top = np.where(inside, height, 0).astype(np.float32)
    return top, np.where(inside, 0, np.inf).astype(np.float32)


def test_ground_darkens_towards_a_block_and_is_open_far_away():
    points = np.zeros((3, N))
    points[0] = np.linspace(0.22, 0.95, N)
    share = openness_at(*plateau(0.3, 0.2), points)
    assert share[0] < 0.75 and share[-1] > 0.98
    assert np.diff(share).min() > -0.02  # no halo: it only gets lighter with distance


def test_the_top_of_a_table_is_open_and_grounds_what_stands_on_it():
    top, low = plateau(0.7, 0.6)
    x = (np.arange(320) + 0.5) / 160 - 1
    ball = (x[:, None] ** 2 + x[None] ** 2) < 0.05**2
    top[ball] = 0.8
    points = np.zeros((3, N))
    points[0], points[2] = np.linspace(0.06, 0.57, N), 0.7
    share = openness_at(top, low, points)
    assert share[0] < 0.85 and share[N // 2 :].min() > 0.97


def test_bare_ground_sees_the_whole_sky():
    nothing = np.zeros((320, 320), np.float32), np.full((320, 320), np.inf, np.float32)
    points = np.random.default_rng(5).uniform(-1.5, 1.5, (3, N))
    points[2] = 0
    assert (openness_at(*nothing, points) == 1).all()


def test_clouds_cover_the_share_asked_for():
    rng = np.random.default_rng(6)
    P, out = np.zeros((NUM_PLANES, 20_000), np.float32), np.empty((3, 20_000), np.float32)
    P[WORLD_X : WORLD_Z + 1] = rng.normal(size=(3, 20_000))
    P[WORLD_Z] = 0.3 + np.abs(P[WORLD_Z])
    clear = lighting(zenith=np.array([0.2, 0.4, 0.8], np.float32))
    shares = []
    draw_sky(clear, P, *out)
    plain = out.copy()
    for cover in (0.0, 0.3, 0.6, 0.9):
        draw_sky(clear._replace(cloud_cover=F(cover)), P, *out)
        assert np.isfinite(out).all()
        shares.append(float((np.abs(out - plain).max(0) > 0.05).mean()))
    assert shares[0] == 0 and shares == sorted(shares)
    np.testing.assert_allclose(shares[1:], (0.3, 0.6, 0.9), atol=0.2)
