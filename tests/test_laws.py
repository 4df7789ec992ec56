"""The ledger as a whole: every law is in the table of docs/physics_checks.md with its test."""

import re
from pathlib import Path

import pytest
from rigid_scenes import ball, scene, stack

from phys4d_pipeline.laws import Evidence, laws
from phys4d_pipeline.physics_checks import physics_checks
from phys4d_pipeline.simulate import simulate

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| `(\w+)` \|.*\| (yes|no) \| `(\w+)` \|$", re.MULTILINE)
ROWS = {
    name: (blocks, test)
    for name, blocks, test in ROW.findall((ROOT / "docs/physics_checks.md").read_text())
}


@pytest.fixture(scope="module")
def bounce():
    spec = scene([ball(height=0.5, restitution=0.8)], frames=60)
    return spec, simulate(spec)


def test_the_table_lists_every_law_in_no_other_words():
    assert set(ROWS) == {"finite", *laws()}


def test_every_law_names_a_planted_violation_that_is_tested():
    tests = "".join(path.read_text() for path in sorted(Path(__file__).parent.glob("test_*.py")))
    for name, (_, test) in ROWS.items():
        body = re.search(
            rf"^def {test}\(.*?(?=^(?:def|@|class|\w)|\Z)", tests, re.MULTILINE | re.DOTALL
        )
        assert body, f"{name}: no test {test}"
        assert name in body[0] or "failed(" in body[0], f"{test} does not look at {name}"


def test_checks_bear_the_name_of_their_law_and_block_as_told(bounce):
    evidence = Evidence(spec=bounce[0], states=bounce[1])
    for name, law in laws().items():
        check = law(evidence)
        if check is not None:
            assert check.name == name
            assert check.blocking is (ROWS[name][0] == "yes")
            assert check.source
            assert check.unit


def test_the_ledger_begins_with_finite_and_has_a_law_once(bounce):
    names = [check.name for check in physics_checks(*bounce)]
    assert names[0] == "finite"
    assert len(set(names)) == len(names)
    assert {"free_fall", "restitution", "kinematics", "turning"} <= set(names)


def test_a_clip_in_which_nothing_moves_is_advised_against(bounce):
    spec = scene(stack(3), frames=30)
    checks = {check.name: check for check in physics_checks(spec, simulate(spec))}
    assert checks["stillness"].value == 1.0
    assert not checks["stillness"].passed
    assert not checks["stillness"].blocking
    lively = {check.name: check for check in physics_checks(*bounce)}
    assert lively["stillness"].passed
