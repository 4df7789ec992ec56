"""SceneSpec -> Medium: the gas or liquid that fills its grid; and what is wrong with a scene of it.

A body of particles is gas, a rigid one lighter than HEAVIEST_GAS a flame.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ...continuum import Grid
from ...errors import SceneError
from ...scene import Body, SceneSpec

HEAVIEST_GAS = 10.0  # [kg/m3]; below it a rigid body is a flame: air is 1.2, cork and foam 20 up
ALIKE = 1e-6  # relative difference up to which two bodies of gas are of the same gas
QUALITIES = ("conductivity", "heat_capacity", "expansion")


@dataclass(frozen=True, kw_only=True)
class Medium:
    """The gas or liquid that fills the grid (Boussinesq: of one density but for its weight)."""

    density: float
    """[kg/m3]"""
    viscosity: float
    """Kinematic [m2/s]."""
    conductivity: float
    """[W/m/K]"""
    diffusivity: float
    """Of heat [m2/s]."""
    expansion: float
    """Of volume at the temperature of the air [1/K]."""
    saturation: float
    """A parcel warmer by T is lighter by expansion * T / (1 + saturation * T): of an ideal gas
    both are 1 / temperature, of a liquid the second is 0 [1/K]."""

    @property
    def heat_capacity(self) -> float:
        """Of a volume [J/m3/K]."""
        return self.conductivity / self.diffusivity

    def lightness(self, warmer: float) -> float:
        """Share of its weight that a parcel lacks [1]."""
        return self.expansion * warmer / (1.0 + self.saturation * warmer)


def grid_of(spec: SceneSpec) -> Grid:
    """The grid of a scene.

    Raises:
        SceneError: If it has none, or the scene cannot be that of a gas, naming every fault.
    """
    if spec.grid is None:
        raise SceneError(
            f"Scene {spec.category}/{spec.family}: solver 'gas' needs a grid; set SceneSpec.grid "
            "to the box that the gas fills."
        )
    faults = list(_faults(spec, spec.grid))
    if faults:
        raise SceneError(f"Scene {spec.category}/{spec.family}: {'; '.join(faults)}.")
    return spec.grid


def _faults(spec: SceneSpec, grid: Grid) -> Iterator[str]:
    gases = [body for body in spec.bodies if body.form == "particles"]
    if not gases:
        yield "no body of form 'particles', so nothing would be seen; add smoke or dye"
    first = next((body for body in gases if body.thermal), gases[0] if gases else None)
    for body in gases:
        yield from _gas_faults(body, first, grid)
    for body in spec.bodies:
        if body.form == "rigid" and body.is_free:
            yield (
                f"body {body.name!r} is free, but gas moves no bodies here: make it static or lead "
                "it along a path"
            )
        thermal = body.thermal
        if body.form == "rigid" and thermal and not thermal.is_held and not thermal.power:
            yield (
                f"body {body.name!r} would cool by what it gives off, which solver 'gas' does not "
                "follow: set is_held or power"
            )
        if body.form == "rigid" and is_flame(body) and not (thermal and thermal.power > 0):
            yield (
                f"body {body.name!r} is as light as gas ({body.substance.density} kg/m3, under "
                f"{HEAVIEST_GAS}) but no flame: give it power, or its true density"
            )
    if any(body.path for body in spec.bodies) and not grid.open_sides:
        yield "a led body takes up room that changes, but no side is open; open one"


def _gas_faults(body: Body, first: Body | None, grid: Grid) -> Iterator[str]:
    if any(body.linear_velocity) and not grid.open_sides:
        yield f"{body.name!r} streams into a closed box: open a side, or start it at rest"
    if first is None or body is first:
        return
    pairs = [
        (name, getattr(body.substance, name), getattr(first.substance, name))
        for name in ("density", "viscosity")
    ]
    if body.thermal and first.thermal:
        pairs += [
            (name, getattr(body.thermal, name), getattr(first.thermal, name)) for name in QUALITIES
        ]
    for name, one, other in pairs:
        if abs(one - other) > ALIKE * max(abs(one), abs(other)):
            yield (
                f"{name} of {body.name!r} ({one}) differs from that of {first.name!r} ({other}): "
                "one gas fills the grid"
            )


def is_flame(body: Body) -> bool:
    """Does gas pass through this rigid body?"""
    return body.form == "rigid" and body.substance.density < HEAVIEST_GAS


def is_inlet(body: Body) -> bool:
    """Does gas stream out of it?"""
    return body.form == "particles" and any(body.linear_velocity)


def medium_of(spec: SceneSpec) -> Medium:
    """What the bodies of particles are made of."""
    gases = [body for body in spec.bodies if body.form == "particles"]
    body = next((body for body in gases if body.thermal), gases[0])
    density, thermal = body.substance.density, body.thermal
    conductivity = thermal.conductivity if thermal else 0.0262  # air at 300 K [W/m/K]
    capacity = thermal.heat_capacity if thermal else 1006.0  # air [J/kg/K]
    is_liquid = thermal is not None and thermal.expansion != 0.0
    return Medium(
        density=density,
        viscosity=body.substance.viscosity / density,
        conductivity=conductivity,
        diffusivity=conductivity / (density * capacity),
        expansion=3.0 * thermal.expansion if thermal and is_liquid else 1.0 / spec.air_temperature,
        saturation=0.0 if is_liquid else 1.0 / spec.air_temperature,
    )
