# pyright: reportInvalidTypeForm=false
"""Heat of a liquid's particles: conduction between cells, bodies and air; melting.

Every particle carries its enthalpy; a cell has the mean temperature of the particles in it. What
flows into a cell is given to its particles evenly, and they approach the cell's mean at the rate of
conduction within it, so that no temperature leaves the range of its surroundings. Explicit, in
as many parts of a step as that needs; what one cell gives its neighbour gets.
Lengths in cells, masses in cells of liquid, enthalpies in J/kg, temperatures in K.
"""

from typing import no_type_check

from ...kernels import ti
from .fields import INSIDE, Cells, Indices, Numbers, Places, Vectors, is_cell, vec3

FIXED_POINT = float(2**34)
"""Per unit of mass or mass times temperature: 1000 K in 8 cells take 47 of 63 bits."""
HEAT_POINT = float(2**28)
"""Per J/kg in a cell of liquid, in the sums of what bodies receive."""
MASS, WARMTH, PASSING, FILM, GLOW, STIFFNESS = range(6)
"""Sums of a cell: mass, and mass times temperature [K], conductance [J/kg/s/K], film
[J/kg/s/K], radiation [J/kg/s/K^4], logarithm of the viscosity [cells^2/s]."""
GLOW_SCALE = 1e9
"""On radiation in the sums: third power of 1000 K."""
SUMS = 6
(
    CAPACITY, MELTING, RANGE, LATENT, CONDUCTS, FILMS, RADIATES, LOG_VISCOSITY, THINNING, START,
    LOG_SOLID, EXPANDS,
) = range(12)  # fmt: skip
"""Columns of the table of materials: J/kg/K, K, K, J/kg, then as in the sums above; thinning 1/K
above the start temperature K, the viscosity of what is not melted, growth of the volume 1/K."""
COLUMNS = 12
FULL = 0.875
"""Filling, in a linear kernel, of a full cell under a flat surface [1]: it conducts fully."""
WITHIN = 12.0
"""Conductance at which a cell's particles approach its mean, over that between cells [1]: the
slowest wave in a cell decays at pi^2, and no flow through its sides may be faster."""
NEAREST = 0.5
"""Least distance from a cell's middle to a body [cells]: bounds what flows in a step."""

CellTable = ti.types.ndarray(dtype=ti.i64, ndim=4)
CellRates = ti.types.ndarray(dtype=ti.f64, ndim=4)
CellOwners = ti.types.ndarray(dtype=ti.i32, ndim=3)
Doubles = ti.types.ndarray(dtype=ti.f64, ndim=1)
Longs = ti.types.ndarray(dtype=ti.i64, ndim=1)
Materials = ti.types.ndarray(dtype=ti.f64, ndim=2)


@no_type_check
@ti.func
def share_melted(table: ti.template(), m, h):
    """Share that is liquid at an enthalpy."""
    whole = table[m, LATENT] + table[m, CAPACITY] * table[m, RANGE]
    melted = ti.cast(1.0 if h > 0 else 0.0, ti.f64)
    if whole > 0:
        melted = ti.min(ti.max(h / whole, 0.0), 1.0)
    return melted


@no_type_check
@ti.func
def temperature(table: ti.template(), m, h):
    """[K] at an enthalpy."""
    melted = share_melted(table, m, h)
    return table[m, MELTING] + (h - melted * table[m, LATENT]) / table[m, CAPACITY]


@no_type_check
@ti.func
def home(x, rho: ti.template()):
    """The cell that a particle is in."""
    at = ti.floor(x, ti.i32)
    for e in ti.static(range(3)):
        at[e] = ti.min(ti.max(at[e], 0), rho.shape[e] - 1)
    return at


@no_type_check
@ti.kernel
def gather(
    x: Vectors, volume: Numbers, where: Places, material: Indices, enthalpy: Doubles,
    table: Materials, rho: Cells, sums: CellTable,
):  # fmt: skip
    """Add every particle to its cell's sums."""
    for p in x:
        if where[p] == INSIDE:
            at, m = home(x[p], rho), material[p]
            i, j, k = at[0], at[1], at[2]
            weight = ti.cast(volume[p], ti.f64) * FIXED_POINT
            t = temperature(table, m, enthalpy[p])
            melted = share_melted(table, m, enthalpy[p])
            flowing = table[m, LOG_VISCOSITY] - table[m, THINNING] * (t - table[m, START])
            stiff = melted * flowing + (1 - melted) * table[m, LOG_SOLID]
            sums[MASS, i, j, k] += ti.cast(weight, ti.i64)
            sums[WARMTH, i, j, k] += ti.cast(weight * t, ti.i64)
            sums[PASSING, i, j, k] += ti.cast(weight * table[m, CONDUCTS], ti.i64)
            sums[FILM, i, j, k] += ti.cast(weight * table[m, FILMS], ti.i64)
            glow = table[m, RADIATES] * GLOW_SCALE
            sums[GLOW, i, j, k] += ti.cast(weight * glow, ti.i64)
            sums[STIFFNESS, i, j, k] += ti.cast(weight * stiff, ti.i64)


@no_type_check
@ti.func
def mean(sums: ti.template(), which: int, at):
    """Of a cell that holds mass."""
    total = ti.cast(sums[which, at[0], at[1], at[2]], ti.f64)
    return total / ti.cast(sums[MASS, at[0], at[1], at[2]], ti.f64)


@no_type_check
@ti.func
def filled(sums: ti.template(), rho: ti.template(), at):
    """Share of a cell that conducts: smooth, 0 without particles, at most twice their mass."""
    mass = ti.cast(sums[MASS, at[0], at[1], at[2]], ti.f64) / FIXED_POINT
    return ti.min(ti.min(ti.cast(rho[at[0], at[1], at[2]], ti.f64) / FULL, 1.0), 2 * mass)


@no_type_check
@ti.kernel
def exchange(
    box: Indices, dt: ti.f64, air: ti.f64, sums: CellTable, rho: Cells, solid: Cells, gap: Cells,
    owner: CellOwners, body: Doubles, received: Longs, rates: CellRates,
):  # fmt: skip
    """What every cell gains per mass in a time [J/kg], and how fast its particles even out.

    Args:
        box: Of cells around the liquid.
        dt: [s]
        air: Temperature of the air [K].
        sums: Of the cells' particles.
        rho: Filling of the cells.
        solid: Share of the cells inside solids.
        gap: Signed distance of a cell's middle from the nearest warm body [cells].
        owner: Number of that body, -1 if there is none.
        body: Temperatures of warm bodies [K].
        received: What each body got [J/kg in cells of liquid times HEAT_POINT].
        rates: Gain [J/kg], then approach to the mean [J/kg/K].
    """
    for i, j in ti.ndrange((box[0], box[3]), (box[1], box[4])):
        for k in range(box[2], box[5]):
            if sums[MASS, i, j, k] > 0:
                at = ti.Vector([i, j, k])
                mass = ti.cast(sums[MASS, i, j, k], ti.f64) / FIXED_POINT
                t, passing, full = (
                    mean(sums, WARMTH, at),
                    mean(sums, PASSING, at),
                    filled(sums, rho, at),
                )
                gain, conductance = ti.cast(0.0, ti.f64), ti.cast(0.0, ti.f64)
                area = ti.cast(0.0, ti.f64)
                for e in ti.static(range(3)):
                    bare = ti.cast(0.0, ti.f64)
                    for side in ti.static((-1, 1)):
                        beside = at
                        beside[e] += side
                        a, b, c = beside[0], beside[1], beside[2]
                        if beside[e] >= 0 and beside[e] < rho.shape[e]:
                            held = owner[a, b, c]
                            if held >= 0 and gap[a, b, c] < 0:
                                reach = ti.cast(
                                    gap[i, j, k] / (gap[i, j, k] - gap[a, b, c]), ti.f64
                                )
                                g = passing * full / ti.min(ti.max(reach, NEAREST), 1.0)
                                heat = g * (body[held] - t)
                                gain += heat
                                conductance += g
                                received[held] -= ti.cast(heat * dt * HEAT_POINT, ti.i64)
                            elif sums[MASS, a, b, c] > 0 and gap[i, j, k] >= 0:
                                other = filled(sums, rho, beside)
                                there = mean(sums, PASSING, beside)
                                g = ti.min(full, other) * 2 * passing * there
                                g /= ti.max(passing + there, 1e-30)
                                gain += g * (mean(sums, WARMTH, beside) - t)
                                conductance += g
                                bare += ti.max(full - other, 0.0)
                            elif solid[a, b, c] <= 0.5:
                                bare += full
                    area += bare * bare
                area = ti.sqrt(area)
                glow = mean(sums, GLOW, at) / GLOW_SCALE
                gain += area * mean(sums, FILM, at) * (air - t)
                gain += area * glow * (air * air + t * t) * (air + t) * (air - t)
                conductance += area * mean(sums, FILM, at)
                conductance += area * glow * (air * air + t * t) * (air + t)
                rates[0, i, j, k] = gain * dt / mass
                rates[1, i, j, k] = (WITHIN * passing + conductance / mass) * dt


@no_type_check
@ti.kernel
def spread(
    x: Vectors, where: Places, material: Indices, enthalpy: Doubles, table: Materials, rho: Cells,
    sums: CellTable, rates: CellRates,
):  # fmt: skip
    """Give every particle its cell's gain, and what brings it closer to the cell's mean."""
    for p in x:
        if where[p] == INSIDE:
            at = home(x[p], rho)
            t = temperature(table, material[p], enthalpy[p])
            off = mean(sums, WARMTH, at) - t
            enthalpy[p] += rates[0, at[0], at[1], at[2]] + rates[1, at[0], at[1], at[2]] * off


@no_type_check
@ti.kernel
def clear(x: Vectors, where: Places, rho: Cells, sums: CellTable):
    """Take all particles out of the sums again."""
    for p in x:
        if where[p] == INSIDE:
            at = home(x[p], rho)
            for s in ti.static(range(SUMS)):
                sums[s, at[0], at[1], at[2]] = 0


@no_type_check
@ti.kernel
def viscosities(box: Indices, sums: CellTable, rho: Cells, nu: Cells):
    """Viscosity of every cell that liquid reaches: of its particles, or of those around it."""
    for i, j in ti.ndrange((box[0], box[3]), (box[1], box[4])):
        for k in range(box[2], box[5]):
            if rho[i, j, k] > 0:
                log = ti.cast(0.0, ti.f64)
                if sums[MASS, i, j, k] > 0:
                    log = mean(sums, STIFFNESS, ti.Vector([i, j, k]))
                else:
                    total, mass = ti.cast(0, ti.i64), ti.cast(0, ti.i64)
                    for o in ti.static(ti.grouped(ti.ndrange((-1, 2), (-1, 2), (-1, 2)))):
                        at = ti.Vector([i, j, k]) + o
                        if is_cell(rho, at):
                            total += sums[STIFFNESS, at[0], at[1], at[2]]
                            mass += sums[MASS, at[0], at[1], at[2]]
                    if mass > 0:
                        log = ti.cast(total, ti.f64) / ti.cast(mass, ti.f64)
                nu[i, j, k] = ti.cast(ti.exp(log), ti.f32)


@no_type_check
@ti.kernel
def temperatures(material: Indices, enthalpy: Doubles, table: Materials, out: Doubles):
    """Of all particles [K]."""
    for p in out:
        out[p] = temperature(table, material[p], enthalpy[p])


@no_type_check
@ti.kernel
def lift(
    fall: vec3, air: ti.f64, where: Places, material: Indices, enthalpy: Doubles, table: Materials,
    v: Vectors,
):  # fmt: skip
    """Buoyancy of what is warmer than the air's temperature, at which densities hold (Boussinesq).

    Args:
        fall: Change of velocity by the weight [cells/s].
        air: Its temperature [K].
        where: The particles are.
        material: Row of the table.
        enthalpy: [J/kg]
        table: Of materials.
        v: Velocities [cells/s], changed.
    """
    for p in v:
        if where[p] == INSIDE:
            warmer = temperature(table, material[p], enthalpy[p]) - air
            v[p] -= ti.cast(table[material[p], EXPANDS] * warmer, ti.f32) * fall
