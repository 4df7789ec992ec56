"""What skins full of gas bear: over-full ones swing or burst; open and stiff ones are refused."""

from dataclasses import replace

import pytest
from gas_scenes import LATEX, RADIUS, STRETCH, THICKNESS, balloon, blown, in_vacuum, radii

from phys4d_pipeline import shapes
from phys4d_pipeline.air import GAS_CONSTANT, PRESSURE, Valve
from phys4d_pipeline.errors import SceneError, SimulationError
from phys4d_pipeline.motion.gas import chamber
from phys4d_pipeline.scene import Shape
from phys4d_pipeline.simulate import simulate
from phys4d_pipeline.simulate.elastic.gas_world import start_volume, swing


def hollow(faces_left_out):
    mesh = shapes.mesh(balloon().shape)
    parameters = {
        "vertices": tuple(mesh.vertices.ravel().tolist()),
        "faces": tuple(float(k) for k in mesh.faces[faces_left_out:].ravel()),
        "thickness": THICKNESS,
    }
    return Shape(kind="triangles", parameters=parameters)


def test_gas_in_a_skin_with_a_hole_is_refused():
    spec = blown([replace(balloon(), shape=hollow(1))])
    with pytest.raises(SceneError, match=r"not closed: edge .* has no second face. Close its mesh"):
        simulate(spec)


def test_a_valve_at_no_vertex_is_refused():
    spec = blown([balloon(gas={"valve": Valve(point=1000, area=1e-5)})])
    with pytest.raises(SceneError, match=r"vertex 1000, but its mesh has 162. Choose one of 0 to"):
        simulate(spec)


def test_a_valve_without_area_is_refused():
    with pytest.raises(SceneError, match=r"area \(0.0\) must be positive"):
        blown([balloon(gas={"valve": Valve(point=0, area=0.0)})])


def test_a_skin_without_room_or_with_too_much_gas_is_refused():
    inward = shapes.mesh(balloon().shape).vertices * (1, 1, -1)
    with pytest.raises(SceneError, match=r"encloses -0.0008\d* m3. Let its points start apart"):
        simulate(blown([balloon(deformed=inward)]))
    with pytest.raises(SceneError, match=r"at most 3.04e\+05 Pa are held by a skin. Take at most"):
        simulate(blown([balloon(start=1.2)]))


def over_full(over):
    """A balloon that starts this far over its balance [atm]."""
    body = balloon()
    one = chamber(body)
    more = over * PRESSURE * start_volume(body, one) / GAS_CONSTANT / one.gas.temperature
    return replace(body, gas=replace(one.gas, amount=one.gas.amount + more))


def test_an_over_full_balloon_swings_as_far_as_its_energy_goes():
    small, large = swing(over_full(1.0))
    states = in_vacuum(blown([over_full(1.0)], frames=40, fps=24000, rate=24000))
    sizes = radii(states) / RADIUS / STRETCH
    assert small == 1.0  # it starts at its smallest
    # A step of the sizes looked at is 1.1 %; ripples take less than that in the first swing.
    assert sizes.max() == pytest.approx(large, rel=0.015)
    assert swing(balloon()) == (1.0, 1.0)


def test_a_balloon_far_over_its_balance_is_refused():
    with pytest.raises(SceneError, match=r"out to 1\.6\d times .* at most 1\.6 times .* take 0\.5"):
        simulate(blown([over_full(1.4)]))


def test_a_skin_that_bursts_ends_the_simulation():
    valve = Valve(point=0, area=4e-2, supply=1.5e5)
    body = balloon(stretch=1.2, gas={"valve": valve})
    with pytest.raises(SimulationError, match=r"bursts at frame \d+: .* at most 7 times"):
        simulate(blown([body], frames=60))


def test_a_skin_too_stiff_for_the_step_is_refused():
    stiff = replace(LATEX, poissons_ratio=0.3, youngs_modulus=3e9)
    ball = replace(balloon(stretch=1.0), substance=stiff)
    with pytest.raises(SceneError, match=r"skin 'balloon' asks for \d+ steps per second, at most"):
        simulate(blown([ball]))
