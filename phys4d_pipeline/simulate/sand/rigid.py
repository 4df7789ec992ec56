# pyright: reportInvalidTypeForm=false
"""Kernel that moves rigid bodies by one step: led ones along their paths, free ones by impulses."""

from typing import no_type_check

from ...kernels import ti
from .obstacles import (
    PLACE,
    PUSH,
    SPEED,
    SPIN,
    TALLY,
    TURN,
    TWIST,
    Table,
    Totals,
)

Exact = ti.types.ndarray(dtype=ti.f64, ndim=2)
Paths = ti.types.ndarray(dtype=ti.f64, ndim=3)
Dvec3 = ti.types.vector(3, ti.f64)
Dvec4 = ti.types.vector(4, ti.f64)
Dmat3 = ti.types.matrix(3, 3, ti.f64)
STATE_COLUMNS = 13
"""Centre [cells], quaternion wxyz, velocity [cells/s], spin [rad/s]."""


@no_type_check
@ti.func
def _matrix(q: Dvec4) -> Dmat3:
    w, x, y, z = q[0], q[1], q[2], q[3]
    return ti.Matrix(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


@no_type_check
@ti.func
def _turned(q: Dvec4, spin: Dvec3, step_s: ti.f64) -> Dvec4:
    """Quaternion after turning for a step."""
    half = 0.5 * step_s * spin
    angle = half.norm()
    scale = ti.sin(angle) / angle if angle > 1e-12 else ti.cast(1.0, ti.f64)
    w, x, y, z = ti.cos(angle), half[0] * scale, half[1] * scale, half[2] * scale
    turned = Dvec4(
        w * q[0] - x * q[1] - y * q[2] - z * q[3],
        w * q[1] + x * q[0] + y * q[3] - z * q[2],
        w * q[2] - x * q[3] + y * q[0] + z * q[1],
        w * q[3] + x * q[2] - y * q[1] + z * q[0],
    )
    return turned.normalized()


@no_type_check
@ti.func
def _moment(turn: Dmat3, principal: Dvec3, vector: Dvec3) -> Dvec3:
    """World-frame inertia, given by its principal moments, times a vector."""
    return turn @ (principal * (turn.transpose() @ vector))


@no_type_check
@ti.kernel
def move_bodies(
    state: Exact,
    inertia: Exact,
    paths: Paths,
    spent: Totals,
    totals: Totals,
    bodies: Table,
    gravity: Dvec3,
    step: ti.i32,
    step_s: ti.f64,
):
    """Led bodies to their next place; free ones by weight and the impulses since the last step.

    Args:
        state: STATE_COLUMNS of every body; changed.
        inertia: Mass (0: not free) and principal moments, in particle masses and cells.
        paths: Steps of the frame, bodies, STATE_COLUMNS.
        spent: Impulses that were acted on before; changed.
        totals: Impulses since the frame began.
        bodies: Rounded copy for the other kernels; written.
        gravity: [cells/s2]
        step: Of the frame.
        step_s: [s]
    """
    for _ in range(1):
        for b in range(state.shape[0]):
            if inertia[b, 0] > 0.0:
                push, twist, v, spin = Dvec3(0.0), Dvec3(0.0), Dvec3(0.0), Dvec3(0.0)
                for c in ti.static(range(3)):
                    push[c] = (totals[b + 1, PUSH + c] - spent[b + 1, PUSH + c]) / TALLY
                    twist[c] = (totals[b + 1, TWIST + c] - spent[b + 1, TWIST + c]) / TALLY
                    spent[b + 1, PUSH + c] = totals[b + 1, PUSH + c]
                    spent[b + 1, TWIST + c] = totals[b + 1, TWIST + c]
                    v[c], spin[c] = state[b, 7 + c], state[b, 10 + c]
                q = Dvec4(state[b, 3], state[b, 4], state[b, 5], state[b, 6])
                principal = Dvec3(inertia[b, 1], inertia[b, 2], inertia[b, 3])
                momentum = _moment(_matrix(q), principal, spin) + twist
                v += step_s * gravity + push / inertia[b, 0]
                q = _turned(q, _moment(_matrix(q), 1.0 / principal, momentum), step_s)
                spin = _moment(_matrix(q), 1.0 / principal, momentum)
                for c in ti.static(range(3)):
                    state[b, c] += step_s * v[c]
                    state[b, 7 + c], state[b, 10 + c] = v[c], spin[c]
                for c in ti.static(range(4)):
                    state[b, 3 + c] = q[c]
            else:
                for c in range(STATE_COLUMNS):
                    state[b, c] = paths[step, b, c]
            turn = _matrix(Dvec4(state[b, 3], state[b, 4], state[b, 5], state[b, 6]))
            for r in ti.static(range(3)):
                bodies[b, PLACE + r] = ti.cast(state[b, r], ti.f32)
                bodies[b, SPEED + r] = ti.cast(state[b, 7 + r], ti.f32)
                bodies[b, SPIN + r] = ti.cast(state[b, 10 + r], ti.f32)
                for c in ti.static(range(3)):
                    bodies[b, TURN + 3 * r + c] = ti.cast(turn[r, c], ti.f32)
