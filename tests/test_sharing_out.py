"""Tests that share fixtures run in one process: pytest-xdist reads groups from the tests' names."""

import pytest


def test_a_group_is_part_of_the_name(request):
    if not hasattr(request.config, "workerinput"):
        pytest.skip("one process has all tests")
    assert request.node.nodeid.endswith("@test_sharing_out")
