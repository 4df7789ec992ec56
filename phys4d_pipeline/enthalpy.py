"""Temperature <-> enthalpy of what melts: heat taken up per mass, zero when solid at melting.

Below the melting point and above its range the enthalpy rises with the heat capacity; over the
range it rises by latent heat besides, and the melted share from 0 to 1 (enthalpy method of
Voller and Prakash 1987, for a linear mushy zone).
"""

import numpy as np
from jaxtyping import Float, Float64

from .continuum import Thermal


def enthalpy(
    thermal: Thermal, temperature: Float[np.ndarray, "*N"] | float
) -> Float64[np.ndarray, "*N"]:
    """[J/kg] at temperatures [K]; at a melting point without a range: of the solid."""
    above = np.asarray(temperature, np.float64) - thermal.melting_point
    taken = thermal.latent_heat * melted(thermal, temperature)
    return np.asarray(thermal.heat_capacity * above + taken)


def melted(
    thermal: Thermal, temperature: Float[np.ndarray, "*N"] | float
) -> Float64[np.ndarray, "*N"]:
    """Share that is liquid [1]; of what never melts, all."""
    above = np.asarray(temperature, np.float64) - thermal.melting_point
    if thermal.melting_range == 0.0:
        return np.asarray(above > 0.0, np.float64)
    return np.asarray(np.clip(above / thermal.melting_range, 0.0, 1.0))
