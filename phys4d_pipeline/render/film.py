"""A sharp picture, its depth and its motion -> the picture a lens and a shutter would have made.

Both blur exposed light, not display values, gather from fixed patterns (no noise), and leave
pixels alone that are sharp. Only pictures change, never ground truth.
"""

import numpy as np
from jaxtyping import Float32, UInt8

from ..jit import exact, fast, inline
from ..scene import CameraPath
from .display import DECODED, encode, film
from .noise import F, clamp

LARGEST_BLUR = 20.0
"""Radius of the widest blur circle [half-size px]: what is farther out of focus stays at it."""
RINGS = ((0.0, 1), (0.42, 6), (0.74, 11), (0.98, 14))
"""Radius and number of the taps of a blur circle."""
TILE_BITS = 4
TILE = 1 << TILE_BITS
"""Pixels per side of the squares that share a largest blur."""
FAST_BITS = 6
"""The same for the fastest motion, as a power of two: wider than FASTEST."""
SHUTTER_TAPS = 13
"""Taps of the longest motion blur; short ones need fewer."""
FASTEST = F(48)
"""Longest motion blur, to each side [px]."""


def _circle() -> Float32[np.ndarray, "K 2"]:
    taps = []
    for index, (radius, count) in enumerate(RINGS):
        angle = 2 * np.pi * (np.arange(count) + 0.5 * (index % 2)) / count
        taps.append(radius * np.stack([np.cos(angle), np.sin(angle)], -1))
    return np.concatenate(taps).astype(np.float32)


CIRCLE = _circle()


def filmed(
    rgb: UInt8[np.ndarray, "H W 3"],
    depth: Float32[np.ndarray, "H W"],
    flows: tuple[Float32[np.ndarray, "H W 2"], Float32[np.ndarray, "H W 2"]],
    path: CameraPath,
    focal_px: float,
    gap: int,
) -> UInt8[np.ndarray, "H W 3"]:
    """A picture of its own, through the camera's lens and shutter.

    Args:
        rgb: The sharp picture.
        depth: Camera z [m], +inf for sky.
        flows: To the frames `gap` later and earlier [px].
        path: Holds the lens and the shutter.
        focal_px: Focal length [px].
        gap: How many frames apart the flows reach.
    """
    blurred = rgb.copy()
    depth_of_field(
        blurred,
        depth,
        focal_px=focal_px,
        aperture=path.aperture,
        focus_distance=path.focus_distance,
    )
    motion_blur(blurred, depth, *flows, shutter=path.shutter / gap)
    return blurred


def depth_of_field(
    rgb: UInt8[np.ndarray, "H W 3"],
    depth: Float32[np.ndarray, "H W"],
    *,
    focal_px: float,
    aperture: float,
    focus_distance: float,
) -> None:
    """Blur what is out of focus, in place.

    Args:
        rgb: Display values.
        depth: Camera z [m], +inf for sky.
        focal_px: Focal length [px].
        aperture: Radius of the lens opening [m]; 0 leaves the picture as it is.
        focus_distance: Camera z that is sharp [m].
    """
    strength = np.float32(0.5 * aperture * focal_px)  # circles are measured in half-size pixels
    if strength * max(1.0 / focus_distance, 1.0 / 0.05) < 0.3:
        return
    focus = np.float32(1.0 / focus_distance)
    small = np.empty((rgb.shape[0] // 2, rgb.shape[1] // 2, 4), np.float32)
    _halve(rgb, depth, strength, focus, small)
    reach = _reach(small)
    if reach.max() > 0.25:
        blurred = np.empty_like(small)
        _gather(small, reach, blurred)
        _merge(rgb, depth, strength, focus, blurred)


@inline
def _circle_radius(z, strength, focus):
    """Signed radius of the blur circle [half-size px]: negative before the focus."""
    radius = strength * (focus - F(1) / z)
    return min(max(radius, F(-LARGEST_BLUR)), F(LARGEST_BLUR))


@fast
def _halve(rgb, depth, strength, focus, small):
    """Exposed light and blur radius at half the size; the radius is the nearest point's."""
    height, width = small.shape[:2]
    for row in range(height):
        for column in range(width):
            y, x = 2 * row, 2 * column
            for channel in range(3):
                total = DECODED[rgb[y, x, channel]] + DECODED[rgb[y, x + 1, channel]]
                total += DECODED[rgb[y + 1, x, channel]] + DECODED[rgb[y + 1, x + 1, channel]]
                small[row, column, channel] = F(0.25) * total
            z = min(min(depth[y, x], depth[y, x + 1]), min(depth[y + 1, x], depth[y + 1, x + 1]))
            small[row, column, 3] = _circle_radius(min(z, F(1e6)), strength, focus)


@fast
def _reach(small):
    """Per tile, the largest blur radius that could reach into it [half-size px]."""
    height, width = small.shape[:2]
    rows, columns = (height + TILE - 1) // TILE, (width + TILE - 1) // TILE
    own = np.zeros((rows, columns), np.float32)
    for row in range(height):
        for column in range(width):
            tile = own[row >> TILE_BITS]
            tile[column >> TILE_BITS] = max(tile[column >> TILE_BITS], abs(small[row, column, 3]))
    near = np.int64(np.ceil(LARGEST_BLUR / TILE))
    reach = np.zeros_like(own)
    for row in range(rows):
        for column in range(columns):
            for y in range(max(row - near, 0), min(row + near + 1, rows)):
                for x in range(max(column - near, 0), min(column + near + 1, columns)):
                    apart = max(max(abs(y - row), abs(x - column)) - 1, 0) * TILE
                    if own[y, x] > F(apart):
                        reach[row, column] = max(reach[row, column], own[y, x])
    return reach


@fast
def _gather(small, reach, blurred):
    """Average what spreads over every pixel; the last channel becomes the weight of the result."""
    height, width = small.shape[:2]
    for row in range(height):
        for column in range(width):
            far = reach[row >> TILE_BITS, column >> TILE_BITS]
            own = small[row, column, 3]
            if far < F(0.25):
                for k in range(3):
                    blurred[row, column, k] = small[row, column, k]
                blurred[row, column, 3] = F(0)
                continue
            red, green, blue, total, before = F(0), F(0), F(0), F(0), F(0)
            spacing = F(0.3) * far + F(0.5)
            for k in range(len(CIRCLE)):
                dx, dy = CIRCLE[k, 0] * far, CIRCLE[k, 1] * far
                x = np.uint64(min(max(F(column) + dx + F(0.5), F(0)), F(width - 1)))
                y = np.uint64(min(max(F(row) + dy + F(0.5), F(0)), F(height - 1)))
                circle = small[y, x, 3]
                # What lies behind spreads over this pixel no farther than the pixel is blurred.
                spread = -circle if circle < F(0) else circle
                if circle > own:
                    spread = min(spread, abs(own) + F(0.5))
                distance = np.sqrt(dx * dx + dy * dy)
                weight = clamp((spread - distance) / spacing + F(1))
                weight = weight / (F(1) + spread * spread)
                red += small[y, x, 0] * weight
                green += small[y, x, 1] * weight
                blue += small[y, x, 2] * weight
                total += weight
                before += clamp((-circle - distance) / spacing + F(0.5))
            inverse = F(1) / max(total, F(1e-6))
            blurred[row, column, 0] = red * inverse
            blurred[row, column, 1] = green * inverse
            blurred[row, column, 2] = blue * inverse
            over = F(1.6) * before / F(len(CIRCLE))
            blurred[row, column, 3] = max(clamp(F(2) * abs(own) - F(0.4)), clamp(over))


@fast
def _merge(rgb, depth, strength, focus, blurred):
    """Lay the blurred half-size picture over the sharp one, where it is blurred."""
    height, width = rgb.shape[:2]
    rows, columns = blurred.shape[:2]
    for row in range(height):
        fy = F(0.5) * F(row) - F(0.25)
        y0 = min(max(np.int64(np.floor(fy)), 0), rows - 1)
        y1, v = min(y0 + 1, rows - 1), clamp(fy - F(y0))
        for column in range(width):
            fx = F(0.5) * F(column) - F(0.25)
            x0 = min(max(np.int64(np.floor(fx)), 0), columns - 1)
            x1, u = min(x0 + 1, columns - 1), clamp(fx - F(x0))
            a, b = (F(1) - u) * (F(1) - v), u * (F(1) - v)
            c, d = (F(1) - u) * v, u * v
            share = a * blurred[y0, x0, 3] + b * blurred[y0, x1, 3]
            share += c * blurred[y1, x0, 3] + d * blurred[y1, x1, 3]
            own = abs(_circle_radius(min(depth[row, column], F(1e6)), strength, focus))
            share = max(clamp(F(2) * own - F(0.4)), share * share)
            if share < F(0.004):
                continue
            for k in range(3):
                soft = a * blurred[y0, x0, k] + b * blurred[y0, x1, k]
                soft += c * blurred[y1, x0, k] + d * blurred[y1, x1, k]
                light = DECODED[rgb[row, column, k]]
                rgb[row, column, k] = np.uint8(encode(film(light + (soft - light) * share)))


def motion_blur(
    rgb: UInt8[np.ndarray, "H W 3"],
    depth: Float32[np.ndarray, "H W"],
    flow_forward: Float32[np.ndarray, "H W 2"],
    flow_backward: Float32[np.ndarray, "H W 2"],
    *,
    shutter: float,
) -> None:
    """Smear what moves while the shutter is open, in place.

    Gathers along the fastest motion around every pixel (McGuire et al. 2012, "A reconstruction
    filter for plausible motion blur"); what is in front decides who smears over whom.

    Args:
        rgb: Display values.
        depth: Camera z [m], +inf for sky.
        flow_forward: To the next frame [px]; NaN where unknown.
        flow_backward: To the previous frame [px]; NaN where unknown.
        shutter: Share of the frame interval that the shutter is open, centred on the frame.
    """
    if shutter <= 0.0:
        return
    motion = np.empty_like(flow_forward)
    _half_motion(flow_forward, flow_backward, np.float32(0.5 * shutter), motion)
    fastest = _fastest(motion)
    if np.abs(fastest).max() > 0.5:
        sharp = rgb.copy()
        _smear(sharp, depth, motion, fastest, rgb)


@exact
def _half_motion(forward, backward, share, motion):
    """Motion from the middle of the exposure to its end [px], from the flows that are known."""
    for row in range(motion.shape[0]):
        for column in range(motion.shape[1]):
            for k in range(2):
                ahead, back = forward[row, column, k], -backward[row, column, k]
                ahead, back = (ahead if ahead == ahead else back), (back if back == back else ahead)
                mean = F(0.5) * (ahead + back) * share
                mean = mean if mean == mean else F(0)
                motion[row, column, k] = min(max(mean, -FASTEST), FASTEST)


@fast
def _fastest(motion):
    """Per tile of a grid, the longest motion in it and its neighbours [px]."""
    height, width = motion.shape[:2]
    rows, columns = ((height - 1) >> FAST_BITS) + 1, ((width - 1) >> FAST_BITS) + 1
    own, around = np.zeros((rows, columns, 2), np.float32), np.zeros((rows, columns, 2), np.float32)
    for row in range(height):
        for column in range(width):
            tile, v = own[row >> FAST_BITS, column >> FAST_BITS], motion[row, column]
            if v[0] * v[0] + v[1] * v[1] > tile[0] * tile[0] + tile[1] * tile[1]:
                tile[0], tile[1] = v[0], v[1]
    for row in range(rows):
        for column in range(columns):
            best = around[row, column]
            for y in range(max(row - 1, 0), min(row + 2, rows)):
                for x in range(max(column - 1, 0), min(column + 2, columns)):
                    v = own[y, x]
                    if v[0] * v[0] + v[1] * v[1] > best[0] * best[0] + best[1] * best[1]:
                        best[0], best[1] = v[0], v[1]
    return around


@fast
def _smear(sharp, depth, motion, fastest, rgb):
    height, width = depth.shape
    for row in range(height):
        for column in range(width):
            vx = fastest[row >> FAST_BITS, column >> FAST_BITS, 0]
            vy = fastest[row >> FAST_BITS, column >> FAST_BITS, 1]
            length = np.sqrt(vx * vx + vy * vy)
            if length < F(0.5):
                continue
            mx, my = motion[row, column, 0], motion[row, column, 1]
            own = max(np.sqrt(mx * mx + my * my), F(0.5))
            near = F(1) / min(depth[row, column], F(1e6))
            weight = F(1) / own
            red = weight * DECODED[sharp[row, column, 0]]
            green = weight * DECODED[sharp[row, column, 1]]
            blue = weight * DECODED[sharp[row, column, 2]]
            middle = min(np.int64(F(0.7) * length) + 1, SHUTTER_TAPS >> 1)
            taps = 2 * middle + 1
            for k in range(taps):
                if k == middle:
                    continue
                t = (F(2) * F(k) + F(1)) / F(taps) - F(1)
                x = np.int64(np.floor(F(column) + vx * t + F(0.5)))
                y = np.int64(np.floor(F(row) + vy * t + F(0.5)))
                if x < 0 or y < 0 or x >= width or y >= height:
                    continue
                ox, oy = motion[y, x, 0], motion[y, x, 1]
                other = max(np.sqrt(ox * ox + oy * oy), F(0.5))
                distance = abs(t) * length
                # Inverse depths, 2 % apart or more, tell which of the two is in front.
                ahead = (F(1) / min(depth[y, x], F(1e6)) - near) / (near + F(1e-6)) * F(50)
                front, behind = clamp(F(1) + ahead), clamp(F(1) - ahead)
                w = front * clamp(F(1) - distance / other)
                w += behind * clamp(F(1) - distance / own)
                both = (F(1) if distance < other else F(0)) * (F(1) if distance < own else F(0))
                w = w / own + F(2) * both / max(own, other)
                red += w * DECODED[sharp[y, x, 0]]
                green += w * DECODED[sharp[y, x, 1]]
                blue += w * DECODED[sharp[y, x, 2]]
                weight += w
            inverse = F(1) / weight
            rgb[row, column, 0] = np.uint8(encode(film(red * inverse)))
            rgb[row, column, 1] = np.uint8(encode(film(green * inverse)))
            rgb[row, column, 2] = np.uint8(encode(film(blue * inverse)))
