"""Raw contacts and poses -> States; hulls shrunk for an engine's skin."""

import numpy as np
import pytest
from rigid_scenes import ball, scene, stack

from phys4d_pipeline.errors import SceneError, SimulationError
from phys4d_pipeline.simulate.recorder import Recorder
from phys4d_pipeline.simulate.rigid_pybullet.hulls import shrunk


@pytest.mark.parametrize("value", [np.nan, 2e4])
def test_a_body_that_leaves_the_world_is_an_error(value):
    recorder = Recorder(scene([ball()]), "test-1")
    poses, velocities = recorder.initial()
    recorder.add_frame(poses, velocities)
    lost = poses.copy()
    lost[0, 0] = value
    with pytest.raises(SimulationError, match="'ball' left the world at frame 1"):
        recorder.add_frame(lost, velocities)


def test_contacts_of_a_frame_are_one_row_per_pair():
    recorder = Recorder(scene(stack(2)), "test-1")
    recorder.add_frame(*recorder.initial())
    up, down = (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)
    recorder.add_contacts(
        [(1, 0, 0.0, 0.0, 0.0, *up, 1.0, 1e-4), (0, 1, 0.4, 0, 0, *down, 3.0, 2e-4)]
    )
    recorder.add_contacts([(2, 1, 0.0, 0.0, 0.2, *up, 0.5, 0.0)])
    recorder.add_frame(*recorder.initial())
    contacts = recorder.states().contacts
    assert contacts.frame.tolist() == [1, 1]
    assert contacts.object_a.tolist() == [1, 2]
    assert contacts.object_b.tolist() == [0, 1]
    np.testing.assert_allclose(contacts.impulse, (4.0, 0.5))
    np.testing.assert_allclose(contacts.position[0], (0.3, 0.0, 0.0), atol=1e-6)
    np.testing.assert_allclose(contacts.normal, (up, up), atol=1e-6)
    np.testing.assert_allclose(contacts.penetration, (2e-4, 0.0))


def test_a_shrunk_hull_lies_the_margin_inside():
    corners = np.array([(x, y, z) for x in (-1, 1) for y in (-2, 2) for z in (-3, 3)]) * 0.01
    inner = shrunk(corners, 1e-3)
    np.testing.assert_allclose(inner.max(0), (0.009, 0.019, 0.029), atol=1e-9)
    with pytest.raises(SceneError, match="thinner than twice"):
        shrunk(corners, 0.02)
