"""Every family of scenes: reproducible, true to its caption, well lit, in the picture, moving."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from phys4d_pipeline import scene_catalog, shapes
from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.physics_checks import physics_checks
from phys4d_pipeline.render.textures import KINDS
from phys4d_pipeline.scene import MEDIA, Body, SceneSpec
from phys4d_pipeline.scene_catalog import catalog, sample_scene
from phys4d_pipeline.simulate import simulate, solvers
from sim_scenes.draws import in_words
from sim_scenes.materials import BOLD
from sim_scenes.rigid_bodies import block_tower
from tests.sampled_scenes import (
    FAMILIES,
    SEEDS,
    drawn_again,
    every_family,
    in_picture,
    moving,
    sampled,
    surface_points,
)

ROUND = ("sphere", "cylinder", "ellipsoid")
CATEGORIES_PAGE = Path(__file__).parents[1] / "docs" / "categories.md"


@every_family
def test_same_seed_gives_the_same_bytes_and_other_seeds_differ(family):
    texts = [sampled(family, seed).to_json() for seed in SEEDS]
    assert texts[0] == drawn_again(family, SEEDS[0]).to_json()
    assert len(set(texts)) == len(texts)


@every_family
def test_json_reads_back_as_the_same_scene(family):
    spec = sampled(family, 3)
    assert SceneSpec.from_json(spec.to_json()) == spec


@every_family
def test_scene_is_named_after_its_module_and_keeps_the_preset(family):
    chosen = scene_catalog.resized(scene_catalog.preset("standard"), width=640, height=360)
    spec = sample_scene(family.category, 5, family=family.name, preset=chosen)
    assert (spec.category, spec.family, spec.seed) == (family.category, family.name, 5)
    assert (spec.split, spec.solver.name) == (family.split, family.solver)
    assert (spec.num_frames, spec.fps, spec.width, spec.height) == (300, 60, 640, 360)
    assert spec.solver.name in solvers()


@every_family
def test_caption_states_a_count_and_true_speeds(family):
    """Of a liquid, grains or a gas, which have none, any quantity instead."""
    for seed in SEEDS:
        spec = sampled(family, seed)
        caption = spec.caption
        assert re.fullmatch(r"[A-Z][^\n]+\.", caption)
        assert len(re.findall(r"\.(?: |$)", caption)) <= 2, caption
        is_counted = any(counted.search(caption.lower()) for counted in _counts(spec))
        is_measured = any(body.form in MEDIA for body in spec.bodies) and re.search(r"\d", caption)
        assert is_counted or is_measured, caption
        speeds = [np.linalg.norm(body.linear_velocity) for body in spec.bodies]
        speeds += [np.linalg.norm(spec.wind.velocity)] if spec.wind else []
        for stated in re.findall(r"(\d+(?:\.\d)?) m/s", caption):
            step = 0.1 if "." in stated else 1.0
            # Half a step is rounding; the engine's micrometres never reach a tenth of it.
            assert min(abs(float(stated) - speed) for speed in speeds) <= 0.51 * step, caption


def _counts(spec: SceneSpec) -> Iterator[re.Pattern[str]]:
    """`six oak blocks` for six bodies called block_<k>, and `ten bodies` for all that move."""
    groups = Counter(re.sub(r"[_\d]+$", "", body.name).replace("_", " ") for body in spec.bodies)
    totals = dict.fromkeys(("body", "solid", "ball"), len(moving(spec)))
    for noun, count in (*groups.items(), *totals.items()):
        number, things = in_words(count, noun).split(" ", 1)
        yield re.compile(rf"\b{number} (?:[a-z]+ ){{0,2}}{things}\b")


@every_family
def test_bodies_start_above_the_ground_and_apart(family):
    """Places are rounded to a micrometre, so two bodies may overlap by that much."""
    for seed in SEEDS:
        spec = sampled(family, seed)
        clouds = [surface_points(body) for body in spec.bodies]
        # Posts stand in the ground, and some come out of it.
        above = [
            cloud
            for cloud, body in zip(clouds, spec.bodies, strict=True)
            if not body.is_static and not (body.path and body.name == "post")
        ]
        assert min(points[:, 2].min() for points in above) > -2e-6
        joined = {frozenset((joint.child, joint.parent)) for joint in spec.joints}
        # A bar lies in the hem that is tied to it.
        joined |= {frozenset((tie.body, tie.holder)) for tie in spec.ties}
        for one, other in combinations(range(len(spec.bodies)), 2):
            # A pin sits in its hole.
            if frozenset((spec.bodies[one].name, spec.bodies[other].name)) in joined:
                continue
            # Parts of furniture that never moves.
            if spec.bodies[one].is_static and spec.bodies[other].is_static:
                continue
            if _led_as_one(spec.bodies[one], spec.bodies[other]):
                continue
            # Solvers leave out particles that would start in a body.
            if any(spec.bodies[index].form in MEDIA for index in (one, other)):
                continue
            depth = _depth(spec.bodies[one], clouds[one], spec.bodies[other], clouds[other])
            assert depth < 3e-6, f"{spec.bodies[one].name} in {spec.bodies[other].name}, {seed=}"


def _led_as_one(one: Body, other: Body) -> bool:
    """Are they led alike about one axis: parts of a mannequin?"""
    if one.path is None or one.path != other.path:
        return False
    apart = np.cross(np.subtract(one.position, other.position), one.path.axis)
    return not one.path.turns or float(np.linalg.norm(apart)) < 1e-6


def _depth(one: Body, one_points: np.ndarray, other: Body, other_points: np.ndarray) -> float:
    """How deep surface points of either lie in the other [m]."""
    solids = [shapes.build(body.shape) for body in (one, other)]
    gap = np.linalg.norm(np.subtract(one.position, other.position))
    if gap > sum(solid.bounding_radius for solid in solids):
        return 0.0
    depth = 0.0
    for points, body, solid in zip((other_points, one_points), (one, other), solids, strict=True):
        if body.form in ("rope", "particles", "deforming") or not solid.parts:
            continue  # its points were looked for in the other; among soft ones: by their solvers
        turn = Rotation.from_quat(body.quaternion, scalar_first=True).as_matrix()
        local = (points - body.position) @ turn
        near = local[np.linalg.norm(local, axis=1) <= solid.bounding_radius]
        if len(near):
            depth = max(depth, *(-part.signed_distance(near).min() for part in solid.parts))
    return depth


@every_family
def test_looks_are_known_to_the_renderer_and_show_rotation(family):
    for seed in SEEDS:
        spec = sampled(family, seed)
        for look in (spec.ground.surface, *(body.surface for body in spec.bodies)):
            assert look.texture.kind in KINDS
            colors = (*look.base_color, *look.texture.second_color)
            # Of a clear body: the light left after 0.1 m of it, which may be none; of a pane: left.
            assert min(colors) >= (0.0 if look.transmission else 0.02)
            assert max(colors) <= (1.0 if look.thin_walled else 0.9)
        for index in moving(spec):
            body = spec.bodies[index]
            is_round = body.shape.kind in ROUND and body.form not in MEDIA
            if is_round and body.surface.transmission == 0:
                assert body.surface.texture.kind in BOLD, body.name
                # Two repeats at least across the body, so that a part is always seen.
                assert body.surface.texture.scale < 1.5 * shapes.build(body.shape).bounding_radius


def test_at_least_two_families_are_held_out():
    assert {family.split for family in FAMILIES} == {"train", "held_out"}
    assert sum(family.split == "held_out" for family in FAMILIES) >= 2


def test_seeds_walk_through_the_families():
    names = list(catalog()["rigid_bodies"])
    assert [sample_scene("rigid_bodies", seed).family for seed in range(len(names))] == names


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: sample_scene("rigid_bodes", 0), "Unknown scene category 'rigid_bodes'. Did you"),
        (
            lambda: sample_scene("rigid_bodies", 0, family="bowlin"),
            "Unknown family of rigid_bodies 'bowlin'. Did you mean 'bowling'?",
        ),
        (lambda: scene_catalog.preset("dmo"), "Unknown preset 'dmo'. Did you mean 'demo'?"),
        (
            lambda: sample_scene("rigid_bodies", -1),
            "seed (-1) must not be negative; use 0 or more.",
        ),
    ],
)
def test_a_wrong_name_or_seed_gets_one_clear_line(ask, message):
    with pytest.raises(SceneError, match=f"^{re.escape(message)}") as caught:
        ask()
    assert "\n" not in str(caught.value)


def test_a_tower_leans_beyond_its_support_exactly_if_it_is_said_to_fall():
    """Statics: a stack of blocks stands while the weight above each one lies over its face."""
    rng = np.random.Generator(np.random.PCG64(5))
    for _ in range(50):
        for stands in (True, False):
            tower = block_tower._tower(rng, 30.0, stands=stands)
            beyond, above = tower.overhang()
            assert (beyond < 0) == stands
            if not stands:
                low, high = (part * tower.half[0] for part in block_tower.OVERHANG)
                assert low - 1e-9 <= beyond <= high + 1e-9
                steps = np.diff(tower.offsets[-above:, 0])
                assert (steps < 2 * tower.half[0]).all(), "a block without anything under it"


@every_family
def test_the_page_of_categories_tells_what_the_code_does(family):
    lines = CATEGORIES_PAGE.read_text().splitlines()
    solver = family.module.SOLVER
    cells = (f"`{family.name}`", family.summary, family.split, f"`{solver.name}` {solver.rate} Hz")
    assert f"| {' | '.join(cells)} |" in lines
    (ranges,) = [line for line in lines if line.startswith(f"- `{family.name}`: ")]
    quoted = re.findall(r"`([A-Z_]+)` ([^`;]*?) (?=[a-z[])", ranges)
    assert len(quoted) >= 4
    for name, value in quoted:
        assert value == str(getattr(family.module, name)), name


@pytest.mark.slow
@every_family
def test_a_clip_moves_early_and_stays_in_the_picture_by_the_laws_of_physics(family):
    spec = sampled(family, 3)
    states = simulate(spec)
    failed = [
        check for check in physics_checks(spec, states) if check.blocking and not check.passed
    ]
    assert not failed
    alive = moving(spec)
    speeds = states.velocities[:, alive]
    # Visible: 2 cm/s are 0.3 px a frame at 1 m, 0.3 rad/s the same at the rim of a ball.
    is_moving = np.linalg.norm(speeds[..., :3], axis=2) > 0.02
    is_moving |= np.linalg.norm(speeds[..., 3:], axis=2) > 0.3
    media = [column for column, index in enumerate(alive) if spec.bodies[index].form in MEDIA]
    for column in media:  # their middle may rest while a part of them flows
        fastest = np.linalg.norm(states.point_velocities[alive[column]], axis=2)
        is_moving[:, column] |= np.quantile(fastest, 0.95, axis=1) > 0.02
    if not any(body.thermal for body in spec.bodies):  # what warms, melts or glows changes, too
        assert is_moving.any(1).mean() >= (0.15 if media else 0.5)  # sand soon comes to rest
    begins = _first_event(states.contacts, spec.fps)
    is_led = any(body.path or body.form == "deforming" for body in spec.bodies)
    if spec.ties or spec.joints or is_led or media:
        begins = min(begins, is_moving.any(1).argmax() / spec.fps)  # what is held need not collide
    assert begins < 0.75
    alive = [index for index in alive if spec.bodies[index].form not in MEDIA]  # some wait in pipes
    if not alive:
        return
    inside = in_picture(spec, states.poses[:, alive, :3].astype(np.float64))
    assert inside.mean() >= 0.9
    # One in ten may be flung away or roll off.
    assert (inside.mean(0) >= 0.7).mean() >= 0.85
    if family.name in ("domino_run", "block_tower"):
        assert states.contacts.penetration.max() < 1e-3


def _first_event(contacts, fps: int) -> float:
    """When a pair first touches that did not touch at the start [s]."""
    pairs = np.stack([contacts.object_a, contacts.object_b], 1).astype(int)
    resting = {tuple(pair) for pair in pairs[contacts.frame <= 1]}
    return min(
        (
            frame / fps
            for frame, pair in zip(contacts.frame, pairs, strict=True)
            if tuple(pair) not in resting
        ),
        default=np.inf,
    )
