"""Small scenes of warm solids for the tests of the solver `heat` and of its laws."""

from dataclasses import replace

import numpy as np

from phys4d_pipeline import shapes
from phys4d_pipeline.continuum import Grid, Thermal
from tests import rigid_scenes

AIR = 300.0
"""[K]"""
COPPER = {"conductivity": 400.0, "heat_capacity": 385.0}
STEEL = {"conductivity": 30.0, "heat_capacity": 650.0}
DENSITY = {"copper": 8960.0, "steel": 7800.0}


def warm(name, kind, parameters, temperature, *, at=(0.0, 0.0, 1.0), metal="copper", **thermal):
    """A static body of a metal with heat."""
    own = COPPER if metal == "copper" else STEEL
    others = {"is_static": thermal.pop("is_static", True), "form": thermal.pop("form", "rigid")}
    return rigid_scenes.body(
        name,
        kind,
        at,
        parameters,
        rigid_scenes.substance(density=DENSITY[metal]),
        thermal=Thermal(temperature=temperature, **{**own, **thermal}),
        **others,
    )


def scene(bodies, *, frames=61, rate=480, cell=None, fps=60, air=AIR):
    spec = rigid_scenes.scene(bodies, solver="heat", rate=rate, frames=frames, fps=fps)
    grid = None if cell is None else Grid(low=(-1.0, -1.0, 0.0), cell=cell, cells=(9, 9, 9))
    return replace(spec, grid=grid, air_temperature=air)


def along(spec, states, index, axis=2):
    """Places of a body's vertices along an axis [m], and their temperatures (T, V) [K]."""
    vertices = shapes.mesh(spec.bodies[index].shape).vertices
    return vertices[:, axis], states.temperatures[index].astype(np.float64)


def normals(spec, index):
    """(V, 3) of a body's vertices."""
    return shapes.mesh(spec.bodies[index].shape).normals


def clamp(end):
    """A block at the end of a strip whose layers meet at a height of 1 m."""
    half = 0.005
    return rigid_scenes.body(
        "clamp", "box", (end * (0.2 + half), 0, 1), {"half_extents": (half,) * 3}, is_static=True
    )


def layers(end, *, power=0.0, modulus=(1.4e11, 1.05e11)):
    """Invar below brass, 40 cm long; the lower one thinner."""
    halves, expansions = ((1e-3, 1.5e-3), (1.2e-6, 19e-6))
    if modulus[0] == modulus[1]:
        halves = (1e-3, 1e-3)
    strips = []
    for k, name in enumerate(("lower", "upper")):
        shape = {"half_extents": (0.2, 0.006, halves[k]), "cells": (50.0, 1.0, 1.0)}
        part = warm(
            name,
            "soft_box",
            shape,
            300.0,
            at=(0, 0, 1 + (2 * k - 1) * halves[k]),
            form="deforming",
            is_static=False,
            expansion=expansions[k],
            conductivity=100.0,
            heat_capacity=450.0,
            power=power * halves[k] / halves[0],
        )
        own = rigid_scenes.substance(density=8000.0)
        strips.append(replace(part, substance=replace(own, youngs_modulus=modulus[k])))
    return strips
