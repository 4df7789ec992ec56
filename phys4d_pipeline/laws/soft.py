"""Soft bodies: none turned inside out, as large as pressed, no energy of their own, true tones."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial.transform import Rotation

from ..checks import Check
from ..motion.solids import Soft, elastic_energy, start, volume_ratios
from ..scene import Body
from .evidence import Evidence

WINDOW = 12
"""Frames [1]: pressure waves cross what they fill in less, and their swings cancel out."""
SMALL = 1e-4
"""Relative change of size by which elastic energies are compared [1]."""
SLOWEST_SPIN = 0.05
"""[rad/s]; slower ones leave ratios to rounding."""
SLENDER = 8.0
"""Length over height from which a beam bends by 2 % in shear at most [1]."""
SHEAR_SHARE = 5 / 6
"""Of a rectangle's area that bears shear [1] (Timoshenko)."""
FLAT = 0.12
"""Sag over length up to which it is in proportion to the load, within 1 % [1] (Bisshopp and
Drucker 1945)."""
FIRST_ROOT = 1.87510407
"""Of cos x cosh x = -1: wave number of a clamped beam's first tone times its length."""
LEAST_TONES = 2.0
"""Periods in a clip from which its frequency counts."""
LEAST_SAG = 1e-3
"""Over length: less is lost in the fall from how it starts [1]."""


def soft_inversion(evidence: Evidence) -> Check | None:
    """How many tetrahedra are turned inside out, at any frame."""
    if not evidence.softs:
        return None
    ratios = [_ratios(evidence, index) for index in evidence.softs]
    return Check(
        name="soft_inversion",
        value=float(sum(int((one <= 0.0).any(0).sum()) for one in ratios)),
        bound=0.0,
        unit="tetrahedra",
        source="The volume of every tetrahedron stays positive: matter does not enter itself",
    )


def soft_volume(evidence: Evidence) -> Check | None:
    """Change of volume beyond what the load and Poisson's ratio allow."""
    excess = []
    for index, one in evidence.softs.items():
        if evidence.is_held[index] or evidence.states.num_frames <= WINDOW:
            continue
        volume = one.volumes.sum()
        inner = _swelling_energy(evidence, index)
        outer, doubt = _load(evidence, index)
        off = np.abs(_means(inner) - outer) - doubt
        excess.append(float(off.max() / (3 * one.bulk_modulus * volume)))
    if not excess:
        return None
    return Check(
        name="soft_volume",
        value=max(0.0, *excess),
        bound=0.01,
        unit="1",
        source="Virial theorem over 12 frames: 3 V (mean stress), by places of nodes and moduli, "
        "equals what motion and contacts ask for; their difference over 3 K V, K by Poisson's "
        "ratio, is a change of volume that no load explains. Friction may add its coefficient "
        "times the impulse",
    )


def soft_energy(evidence: Evidence) -> Check | None:
    """Largest rise of the energy of a scene with soft bodies, over any earlier frame."""
    if not evidence.softs or not evidence.energy_is_known:
        return None
    kinetic, potential = evidence.energies
    balance = kinetic + potential - evidence.states.work
    floor = np.minimum.accumulate(balance + _in_contacts(evidence))
    return Check(
        name="soft_energy",
        value=float((balance - floor).max() / evidence.energy_scale),
        bound=0.01,
        unit="1",
        source="Kinetic, potential and elastic energy less work may only fall; yielding and "
        "damping only take. Relative to the energy exchanged; a contact gives back its force "
        "times its overlap, one of rigid bodies what its spring stores",
    )


def soft_spin(evidence: Evidence) -> Check | None:
    """Change of the angular momentum of a soft body that nothing touches."""
    off = []
    for body, frames in evidence.flights():
        if body in evidence.softs:
            mass = evidence.softs[body].masses
            spin, scale = angular_momentum(
                mass, evidence.soft_places[body][frames], evidence.soft_speeds[body][frames]
            )
            off.append(float(np.linalg.norm(spin - spin[0], axis=1).max() / scale))
    if not off:
        return None
    return Check(
        name="soft_spin",
        value=max(off),
        bound=0.005,
        unit="1",
        source="Angular momentum about the centre of mass is constant in flight; float32. Over "
        "mass, arm and speed of all nodes",
    )


def soft_sag(evidence: Evidence) -> Check | None:
    """How far the mean sag of clamped beams is from that of Euler and Bernoulli."""
    off = []
    for index, length, height, tip in _beams(evidence):
        sag, expected = (
            _mean_over_tones(tip, evidence.frame_s),
            _sag(evidence, index, length, height),
        )
        if sag is not None and expected > LEAST_SAG * length:
            off.append(abs(float(sag / expected) - 1.0))
    if not off:
        return None
    return Check(
        name="soft_sag",
        value=max(off),
        bound=0.05,
        unit="1",
        source="Tip of a slender beam, clamped level at one end, over whole periods: 3 rho g L^4 / "
        "(2 E h^2) (Euler and Bernoulli) and shear (Timoshenko); 3 % is asked of beams, 2 % more "
        "for large sag",
    )


def soft_tone(evidence: Evidence) -> Check | None:
    """How far the first frequency of clamped beams is from that of Euler and Bernoulli."""
    off = []
    for index, length, height, tip in _beams(evidence):
        substance = evidence.spec.bodies[index].substance
        zeros = _zeros(tip, evidence.frame_s)
        if len(zeros) - 1 < 2 * LEAST_TONES:
            continue
        measured = (len(zeros) - 1) / (2 * (zeros[-1] - zeros[0]))
        wave = np.sqrt(substance.youngs_modulus / (12 * substance.density)) * height / length**2
        off.append(abs(float(2 * np.pi * measured / (FIRST_ROOT**2 * wave)) - 1.0))
    if not off:
        return None
    return Check(
        name="soft_tone",
        value=max(off),
        bound=0.05,
        unit="1",
        source="First bending frequency of a slender beam, clamped at one end: 1.8751^2 sqrt(E I / "
        "(rho A L^4)) (Euler and Bernoulli); 5 % is asked of beams",
    )


def angular_momentum(
    mass: Float64[np.ndarray, " N"],
    places: Float64[np.ndarray, "T N 3"],
    speeds: Float64[np.ndarray, "T N 3"],
) -> tuple[Float64[np.ndarray, "T 3"], float]:
    """Of nodes about their centre of mass [kg m2/s], and the largest sum of its parts."""
    share = mass / mass.sum()
    arms = places - np.einsum("n,tnk->tk", share, places)[:, None]
    rates = speeds - np.einsum("n,tnk->tk", share, speeds)[:, None]
    lengths = np.linalg.norm(arms, axis=2)
    parts = lengths * (np.linalg.norm(rates, axis=2) + SLOWEST_SPIN * lengths)
    return np.einsum("n,tnk->tk", mass, np.cross(arms, rates)), float((parts @ mass).max())


def _in_contacts(evidence: Evidence) -> Float64[np.ndarray, " T"]:
    """At most this much is stored in contacts that are springs [J].

    Those of rigid bodies last less than a frame, so that their mean force says little.
    """
    contacts, bodies = evidence.states.contacts, evidence.contact_bodies
    is_soft = np.isin(bodies, list(evidence.softs)).any(1)
    pushed = contacts.impulse / evidence.frame_s * contacts.penetration.astype(np.float64)
    energy = np.where(is_soft, pushed, evidence.spring_energies)
    return np.bincount(contacts.frame, energy, evidence.states.num_frames).astype(np.float64)


@lru_cache(maxsize=8)
def _ratios(evidence: Evidence, index: int) -> Float64[np.ndarray, "T E"]:
    return volume_ratios(evidence.softs[index], evidence.soft_places[index])


def _swelling_energy(evidence: Evidence, index: int) -> Float64[np.ndarray, " T"]:
    """Change of the elastic energy with the size, 3 V times the mean stress [J]."""
    one, places = evidence.softs[index], evidence.soft_places[index]
    centre = _centre(one, places)
    larger, smaller = (
        elastic_energy(one, centre + (1 + way) * (places - centre)) for way in (SMALL, -SMALL)
    )
    return (larger - smaller) / (2 * SMALL)


def _load(
    evidence: Evidence, index: int
) -> tuple[Float64[np.ndarray, " W"], Float64[np.ndarray, " W"]]:
    """3 V times the mean stress that motion and contacts ask for, over windows [J]; its doubt."""
    one, places = evidence.softs[index], evidence.soft_places[index]
    speeds, contacts = evidence.soft_speeds[index], evidence.states.contacts
    centre = _centre(one, places)
    arms, rates = places - centre, speeds - _centre(one, speeds)
    moving = (rates**2).sum(2) @ one.masses
    swelling = (arms * rates).sum(2) @ one.masses
    squeezed, rubbed = np.zeros(len(places)), np.zeros(len(places))
    friction = evidence.pair_product("friction")
    reach = np.linalg.norm(arms, axis=2).max(1)
    for ids, sign in ((contacts.object_a, 1.0), (contacts.object_b, -1.0)):
        rows = np.flatnonzero(ids == index + 1)
        frames, push = contacts.frame[rows], contacts.impulse[rows].astype(np.float64)
        arm = contacts.position[rows] - (centre[frames, 0] + centre[frames - 1, 0]) / 2
        np.add.at(squeezed, frames, sign * push * (arm * contacts.normal[rows]).sum(1))
        np.add.at(rubbed, frames, friction[rows] * push * reach[frames])
    time = WINDOW * evidence.frame_s
    gained = (swelling[WINDOW:] - swelling[:-WINDOW]) / time
    touched = _sums(squeezed) / time
    return _means(moving) - gained + touched, _sums(rubbed) / time


def _means(values: Float64[np.ndarray, " T"]) -> Float64[np.ndarray, " W"]:
    """Over windows, by trapezoids."""
    total = np.append(0.0, np.cumsum((values[1:] + values[:-1]) / 2))
    return (total[WINDOW:] - total[:-WINDOW]) / WINDOW


def _sums(values: Float64[np.ndarray, " T"]) -> Float64[np.ndarray, " W"]:
    """Over windows, of what came since the frame before each."""
    total = np.cumsum(values)
    return total[WINDOW:] - total[:-WINDOW]


def _centre(one: Soft, values: Float64[np.ndarray, "T N 3"]) -> Float64[np.ndarray, "T 1 3"]:
    return np.einsum("n,tnk->tk", one.masses / one.masses.sum(), values)[:, None]


def _beams(evidence: Evidence) -> Iterator[tuple[int, float, float, Float64[np.ndarray, " T"]]]:
    """(body, length, height, fall of its tip) of level slender boxes clamped at one end only."""
    spec = evidence.spec
    for index, one in evidence.softs.items():
        body = spec.bodies[index]
        if evidence.states.in_contact[:, index].any() or any(
            [body.points, body.substance.yield_stress, *body.linear_velocity]
        ):
            continue
        if (sides := _sides(body, evidence)) is None:
            continue
        length, height, way = sides
        along, held = one.nodes @ way, _held(evidence, index)
        if not len(held) or (side := _side(along[held])) == 0.0:
            continue
        free = length / 2 + np.abs(along[held]).min()
        if free < SLENDER * height or _sag(evidence, index, free, height) > FLAT * free:
            continue
        is_tip = side * along < 1e-6 * length - length / 2
        down = evidence.gravity / max(evidence.weight_rate, 1e-12)
        moved = evidence.soft_places[index][:, is_tip] - start(body)[is_tip]
        yield index, free, height, moved.mean(1) @ down


def _sag(evidence: Evidence, index: int, length: float, height: float) -> float:
    """Of the tip of a clamped beam under its own weight, by bending and shear (Timoshenko) [m]."""
    substance = evidence.spec.bodies[index].substance
    load = 1.5 * substance.density * evidence.weight_rate * length**4
    shear = 2 * (1 + substance.poissons_ratio) / (3 * SHEAR_SHARE) * (height / length) ** 2
    return load / (substance.youngs_modulus * height**2) * (1 + shear)


def _side(places: Float64[np.ndarray, " K"]) -> float:
    """+1 or -1 where all are on one side of the middle, else 0."""
    side = float(np.sign(places[0]))
    return side if (side * places > 0.0).all() else 0.0


def _sides(body: Body, evidence: Evidence) -> tuple[float, float, Float64[np.ndarray, "3"]] | None:
    """Length, height and long axis (in the body) of a box that lies level; None: it is no such."""
    if body.shape.kind != "box":
        return None
    halves = np.array(body.shape.parameters["half_extents"])
    long = int(halves.argmax())
    turn = Rotation.from_quat(body.quaternion, scalar_first=True).as_matrix()
    down = turn.T @ evidence.gravity / max(evidence.weight_rate, 1e-12)
    upright = int(np.abs(down).argmax())
    if upright == long or abs(down[upright]) < 1.0 - 1e-6:
        return None
    return 2 * float(halves[long]), 2 * float(halves[upright]), np.eye(3)[long]


def _held(evidence: Evidence, index: int) -> Int64[np.ndarray, " K"]:
    """Nodes tied for good to what does not move; none if others hold it, too."""
    spec, nodes = evidence.spec, []
    for tie in spec.ties:
        if evidence.number[tie.body] == index:
            holder = evidence.number[tie.holder]
            if tie.until is not None or (holder >= 0 and not spec.bodies[holder].is_static):
                return np.zeros(0, np.int64)
            nodes.append(tie.point)
    return np.array(nodes, np.int64)


def _zeros(values: Float64[np.ndarray, " T"], frame_s: float) -> Float64[np.ndarray, " Z"]:
    """When values pass their mean over whole periods [s]."""
    mean, zeros = float(values.mean()), np.zeros(0)
    for _ in range(3):
        off = values - mean
        before = np.flatnonzero(off[1:] * off[:-1] < 0.0)
        zeros = before + off[before] / (off[before] - off[before + 1])
        if len(zeros) < 3:
            return zeros * frame_s
        mean = _mean_between(values, zeros[0], zeros[2 * ((len(zeros) - 1) // 2)])
    return zeros * frame_s


def _mean_between(values: Float64[np.ndarray, " T"], begin: float, end: float) -> float:
    """Of straight lines between values, at times in frames."""
    fine = np.linspace(begin, end, 8 * len(values))
    return float(np.interp(fine, np.arange(len(values)), values).mean())


def _mean_over_tones(tip: Float64[np.ndarray, " T"], frame_s: float) -> float | None:
    """Over whole periods; None if there are too few."""
    zeros = _zeros(tip, frame_s) / frame_s
    if len(zeros) - 1 < 2 * LEAST_TONES:
        return None
    return _mean_between(tip, zeros[0], zeros[2 * ((len(zeros) - 1) // 2)])
