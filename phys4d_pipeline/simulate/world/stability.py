"""What vibrates -> the longest step that keeps it stable."""

import math


def longest_step(square: float, rate: float, share: float = 1.0) -> float:
    """Of velocity Verlet with damping half a step late [s].

    Stable is (frequency * step)^2 / 4 + rate * step < share.

    Args:
        square: Of the highest frequency [rad2/s2].
        rate: Damping ratio times frequency, of whatever is damped most [1/s].
        share: Of what is stable; contacts and ties may need the rest [1].
    """
    return 2 * (math.sqrt(rate**2 + share * square) - rate) / square
