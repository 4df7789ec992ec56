"""Rows of samples -> byte planes ready for zstd, and back (numba; one pass over the picture).

A sample becomes a code; the code minus its prediction (`left`: the left neighbour; `planar`:
left + above - above-left; 0 outside the picture) is folded to a small unsigned number (zigzag);
the bytes of these numbers are stored plane by plane, lowest byte first. All arithmetic is modulo
2^16 (2^32 for float bits). Encoders return True if a value could not be represented.
"""

import numpy as np

from ..jit import exact, inline

F = np.float32
UNDEFINED = -32_768
DEPTH_MIN, DEPTH_MAX, SKY = 0.1, 1000.0, 65_535
FLOW_STEPS = 32.0
DZ_SCALE, DZ_MAX = 1e-4, 10.0
OCT_STEPS, OCT_SKY = 2047, 4095
KELVIN_STEPS, NO_HEAT = 16.0, 65_535
HOTTEST = (NO_HEAT - 1) / KELVIN_STEPS

DEPTH_CODES_PER_OCTAVE = 65_534 / np.log2(DEPTH_MAX / DEPTH_MIN)
DZ_CODES_PER_OCTAVE = 32_767 / np.log2(1 + DZ_MAX / DZ_SCALE)
_NEAREST, _FARTHEST = F(DEPTH_MIN), F(DEPTH_MAX)
_DEPTH_GAIN, _DEPTH_START = F(DEPTH_CODES_PER_OCTAVE), F(np.log2(DEPTH_MIN))
_DZ_GAIN, _PER_DZ_SCALE = F(DZ_CODES_PER_OCTAVE), F(1 / DZ_SCALE)
_MANTISSA_STEP = F(2.0**-23)
# log2(1 + x) / x on [0, 1] in Chebyshev nodes: error 3e-8, to which float32 adds 2e-7.
_C0, _C1, _C2 = F(1.44269499), F(-0.72133951), F(0.48067889)
_C3, _C4, _C5 = F(-0.35829907), F(0.27522121), F(-0.19623895)
_C6, _C7, _C8 = F(0.11183207), F(-0.04194501), F(0.00739540)


@inline
def _log2(bits):
    """Base-2 logarithm of the positive normal float32 with these bits."""
    octave = F((bits >> 23) - 127)
    x = F(bits & 0x7FFFFF) * _MANTISSA_STEP
    fit = _C8 * x + _C7
    fit = fit * x + _C6
    fit = fit * x + _C5
    fit = fit * x + _C4
    fit = fit * x + _C3
    fit = fit * x + _C2
    fit = fit * x + _C1
    fit = fit * x + _C0
    return octave + fit * x


@inline
def _split_left(codes, low, high):
    """One row of codes -> bytes of its zigzag residuals to the left neighbour."""
    residual = np.int16(codes[0])
    folded = (residual << 1) ^ (residual >> 15)
    low[0], high[0] = np.uint8(folded), np.uint8(folded >> 8)
    for x in range(1, codes.size):
        residual = np.int16(codes[x] - codes[x - 1])
        folded = np.uint16((residual << 1) ^ (residual >> 15))
        low[x] = np.uint8(folded)
        high[x] = np.uint8(folded >> 8)


@inline
def _split_planar(codes, above, low, high):
    """One row of codes -> bytes of its zigzag residuals to left + above - above-left."""
    residual = np.int16(codes[0] - above[0])
    folded = (residual << 1) ^ (residual >> 15)
    low[0], high[0] = np.uint8(folded), np.uint8(folded >> 8)
    for x in range(1, codes.size):
        residual = np.int16(codes[x] - codes[x - 1] - above[x] + above[x - 1])
        folded = np.uint16((residual << 1) ^ (residual >> 15))
        low[x] = np.uint8(folded)
        high[x] = np.uint8(folded >> 8)


@exact
def encode_depth(depth_bits, planes):
    """Bits of float32 depth (H, W) int32 -> log codes, planar, planes (2, H, W)."""
    H, W = depth_bits.shape
    rows = np.zeros((2, W), np.uint16)
    bad = 0
    for y in range(H):
        codes, above = rows[y & 1], rows[1 - (y & 1)]
        values, source = depth_bits[y].view(np.float32), depth_bits[y]
        for x in range(W):
            value = values[x]
            code = np.int32((_log2(source[x]) - _DEPTH_START) * _DEPTH_GAIN + F(0.5))
            is_sky = value == np.inf
            bad |= (not is_sky) & (not ((value >= _NEAREST) & (value <= _FARTHEST)))
            codes[x] = np.uint16(SKY if is_sky else min(max(code, 0), SKY - 1))
        _split_planar(codes, above, planes[0, y], planes[1, y])
    return bad != 0


@exact
def encode_kelvin(values, planes):
    """Temperatures (H, W) float32 [K] -> steps of 1/16 K, planar, planes (2, H, W)."""
    H, W = values.shape
    rows = np.zeros((2, W), np.uint16)
    bad = 0
    for y in range(H):
        codes, above = rows[y & 1], rows[1 - (y & 1)]
        for x in range(W):
            value = values[y, x]
            fits = (value >= F(0.0)) & (value <= F(HOTTEST))
            bad |= (value == value) & (not fits)
            steps = np.rint(value * F(KELVIN_STEPS))
            codes[x] = np.uint16(np.int32(steps if fits else F(NO_HEAT)))
        _split_planar(codes, above, planes[0, y], planes[1, y])
    return bad != 0


@exact
def encode_fixed(values, planes):
    """Flow, interleaved (H, 2 W) float32 [px] -> steps of 1/32 px, left, planes (2, 2, H, W)."""
    H, W = values.shape[0], values.shape[1] // 2
    codes = np.zeros((2, W), np.int16)
    across, down = codes[0], codes[1]
    bad = 0
    for y in range(H):
        row = values[y]
        for x in range(W):
            steps_x, steps_y = (
                np.rint(row[2 * x] * F(FLOW_STEPS)),
                np.rint(row[2 * x + 1] * F(FLOW_STEPS)),
            )
            fits_x, fits_y = abs(steps_x) <= F(32_767.0), abs(steps_y) <= F(32_767.0)
            bad |= (steps_x == steps_x) & (not fits_x)
            bad |= (steps_y == steps_y) & (not fits_y)
            across[x] = np.int16(np.int32(steps_x if fits_x else F(UNDEFINED)))
            down[x] = np.int16(np.int32(steps_y if fits_y else F(UNDEFINED)))
        _split_left(across, planes[0, 0, y], planes[0, 1, y])
        _split_left(down, planes[1, 0, y], planes[1, 1, y])
    return bad != 0


@exact
def encode_signed_log(values, planes):
    """Signed lengths (H, W) float32 [m] -> signed log codes, left, planes (2, H, W)."""
    H, W = values.shape
    codes = np.zeros(W, np.int16)
    sizes = np.zeros(W, np.float32)
    bits = sizes.view(np.int32)
    bad = 0
    for y in range(H):
        for x in range(W):
            size = abs(values[y, x])
            bad |= size > F(DZ_MAX)
            sizes[x] = F(1.0) + (size if size <= F(DZ_MAX) else F(0.0)) * _PER_DZ_SCALE
        for x in range(W):
            value = values[y, x]
            code = min(np.int32(_log2(bits[x]) * _DZ_GAIN + F(0.5)), 32_767)
            signed = -code if value < F(0.0) else code
            codes[x] = np.int16(signed if value == value else UNDEFINED)
        _split_left(codes, planes[0, y], planes[1, y])
    return bad != 0


@exact
def encode_normals(normals, planes):
    """Unit vectors or 0, interleaved (H, 3 W) -> octahedral codes, left, planes (2, 2, H, W)."""
    H, W = normals.shape[0], normals.shape[1] // 3
    across, down = np.zeros(W, np.int16), np.zeros(W, np.int16)
    bad = 0
    for y in range(H):
        row = normals[y]
        for x in range(W):
            nx, ny, nz = row[3 * x], row[3 * x + 1], row[3 * x + 2]
            length = abs(nx) + abs(ny) + abs(nz)
            square = nx * nx + ny * ny + nz * nz
            is_sky = length == F(0.0)
            is_unit = (square > F(0.999)) & (square < F(1.001))
            bad |= (not is_sky) & (not is_unit)
            scale = F(1.0) / (length if is_unit else F(1.0))
            u, v = nx * scale, ny * scale
            folded_u = F(1.0) - abs(v) if nx >= F(0.0) else abs(v) - F(1.0)
            folded_v = F(1.0) - abs(u) if ny >= F(0.0) else abs(u) - F(1.0)
            # Surfaces that face the camera (z < 0) lie in the middle of the map, unfolded.
            u = folded_u if nz > F(0.0) else u
            v = folded_v if nz > F(0.0) else v
            code_u = np.int32((u + F(1.0)) * F(OCT_STEPS) + F(0.5))
            code_v = np.int32((v + F(1.0)) * F(OCT_STEPS) + F(0.5))
            across[x] = np.int16(code_u if is_unit else OCT_SKY)
            down[x] = np.int16(code_v if is_unit else OCT_SKY)
        _split_left(across, planes[0, 0, y], planes[0, 1, y])
        _split_left(down, planes[1, 0, y], planes[1, 1, y])
    return bad != 0


@exact
def encode_bits(bits, planes):
    """Bits of float32 (H, W, C) int32 -> planar, planes (C, 4, H, W)."""
    H, W, channels = bits.shape
    for channel in range(channels):
        for y in range(H):
            for x in range(W):
                left = bits[y, x - 1, channel] if x else 0
                above = bits[y - 1, x, channel] if y else 0
                corner = bits[y - 1, x - 1, channel] if x and y else 0
                residual = np.int32(bits[y, x, channel] - left - above + corner)
                folded = np.uint32((residual << 1) ^ (residual >> 31))
                planes[channel, 0, y, x] = np.uint8(folded)
                planes[channel, 1, y, x] = np.uint8(folded >> 8)
                planes[channel, 2, y, x] = np.uint8(folded >> 16)
                planes[channel, 3, y, x] = np.uint8(folded >> 24)


@exact
def merge_left(planes, codes):
    """Planes (C, 2, H, W) -> codes (C, H, W) uint16 of a `left` layer."""
    channels, _, H, W = planes.shape
    for channel in range(channels):
        for y in range(H):
            code = np.uint16(0)
            for x in range(W):
                folded = np.uint16(planes[channel, 0, y, x]) | (
                    np.uint16(planes[channel, 1, y, x]) << 8
                )
                code = np.uint16(code + ((folded >> 1) ^ -(folded & 1)))
                codes[channel, y, x] = code


@exact
def merge_planar(planes, codes):
    """Planes (C, 2 or 4, H, W) -> codes (C, H, W) uint16 or uint32 of a `planar` layer."""
    channels, num_bytes, H, W = planes.shape
    for channel in range(channels):
        for y in range(H):
            run = np.uint32(0)
            for x in range(W):
                folded = np.uint32(planes[channel, 0, y, x])
                for byte in range(1, num_bytes):
                    folded |= np.uint32(planes[channel, byte, y, x]) << np.uint32(8 * byte)
                run = np.uint32(run + ((folded >> 1) ^ -(folded & 1)))
                codes[channel, y, x] = run + (codes[channel, y - 1, x] if y else 0)


@exact
def decode_fixed(codes, values):
    """Flow codes (2, H, W) int16 -> interleaved (H, 2 W) float32 [px]."""
    _, H, W = codes.shape
    step = F(1 / FLOW_STEPS)
    for y in range(H):
        across, down, row = codes[0, y], codes[1, y], values[y]
        for x in range(W):
            row[2 * x] = F(across[x]) * step if across[x] != UNDEFINED else F(np.nan)
            row[2 * x + 1] = F(down[x]) * step if down[x] != UNDEFINED else F(np.nan)


@exact
def decode_normals(codes, normals):
    """Octahedral codes (2, H, W) int16 -> unit vectors, interleaved (H, 3 W) float32."""
    _, H, W = codes.shape
    step = F(1 / OCT_STEPS)
    for y in range(H):
        across, down, row = codes[0, y], codes[1, y], normals[y]
        for x in range(W):
            u, v = F(across[x]) * step - F(1.0), F(down[x]) * step - F(1.0)
            facing = F(1.0) - abs(u) - abs(v)
            back = max(-facing, F(0.0))
            u += -back if u >= F(0.0) else back
            v += -back if v >= F(0.0) else back
            scale = F(1.0) / np.sqrt(u * u + v * v + facing * facing)
            scale = scale if across[x] != OCT_SKY else F(0.0)
            row[3 * x], row[3 * x + 1], row[3 * x + 2] = u * scale, v * scale, -facing * scale
