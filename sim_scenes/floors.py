"""Real floors and how they look: a name -> Ground (the plane z = 0)."""

from dataclasses import dataclass

import numpy as np

from phys4d_pipeline.scene import Ground, Substance, Surface, Texture

from .draws import Range, draw, pick
from .materials import own_share
from .palette import TINT, Look, tinted


@dataclass(frozen=True, kw_only=True)
class Floor:
    """A ground: friction and restitution against itself, looks with real repeat sizes."""

    friction: float
    restitution: float
    looks: tuple[Look, ...]
    """`repeat` is in metres here."""
    roughness: Range


# A floor hardly moves: what bounces off it loses mostly its own energy, hence the high values.
FLOORS: dict[str, Floor] = {
    "wooden floor": Floor(
        friction=0.45,
        restitution=0.72,
        looks=(
            Look(
                base_color=(0.50, 0.31, 0.15),
                second_color=(0.20, 0.10, 0.04),
                textures=("wood",),
                repeat=(0.09, 0.15),
            ),
            Look(
                base_color=(0.33, 0.20, 0.11),
                second_color=(0.12, 0.06, 0.03),
                textures=("wood",),
                repeat=(0.09, 0.15),
            ),
        ),
        roughness=(0.3, 0.5),
    ),
    "tiled floor": Floor(
        friction=0.50,
        restitution=0.85,
        looks=(
            Look(
                base_color=(0.70, 0.68, 0.63),
                second_color=(0.16, 0.17, 0.19),
                textures=("checker",),
                repeat=(0.4, 0.7),
            ),
            Look(
                base_color=(0.62, 0.52, 0.40),
                second_color=(0.34, 0.17, 0.10),
                textures=("checker",),
                repeat=(0.4, 0.7),
            ),
            Look(
                base_color=(0.56, 0.62, 0.64),
                second_color=(0.22, 0.34, 0.40),
                textures=("checker",),
                repeat=(0.4, 0.7),
            ),
        ),
        roughness=(0.15, 0.35),
    ),
    "concrete floor": Floor(
        friction=0.65,
        restitution=0.80,
        looks=(
            Look(
                base_color=(0.42, 0.41, 0.39),
                second_color=(0.25, 0.245, 0.235),
                textures=("noise",),
                repeat=(0.4, 0.8),
            ),
        ),
        roughness=(0.75, 0.95),
    ),
    "marble floor": Floor(
        friction=0.42,
        restitution=0.88,
        looks=(
            Look(
                base_color=(0.74, 0.72, 0.68),
                second_color=(0.30, 0.29, 0.28),
                textures=("marble",),
                repeat=(0.6, 1.0),
            ),
            Look(
                base_color=(0.52, 0.38, 0.27),
                second_color=(0.78, 0.66, 0.52),
                textures=("marble",),
                repeat=(0.6, 1.0),
            ),
        ),
        roughness=(0.12, 0.25),
    ),
    "green mat": Floor(
        friction=0.75,
        restitution=0.55,
        looks=(
            Look(
                base_color=(0.04, 0.14, 0.035),
                second_color=(0.07, 0.20, 0.05),
                textures=("noise",),
                repeat=(0.15, 0.3),
            ),
        ),
        roughness=(0.9, 1.0),
    ),
    "brick paving": Floor(
        friction=0.65,
        restitution=0.70,
        looks=(
            Look(
                base_color=(0.38, 0.15, 0.09),
                second_color=(0.46, 0.42, 0.37),
                textures=("brick",),
                repeat=(0.2, 0.24),
            ),
        ),
        roughness=(0.8, 0.95),
    ),
    "linoleum floor": Floor(
        friction=0.50,
        restitution=0.70,
        looks=tuple(
            Look(base_color=base, second_color=second, textures=("noise",), repeat=(0.05, 0.1))
            for base, second in (
                ((0.17, 0.23, 0.26), (0.20, 0.26, 0.29)),
                ((0.44, 0.39, 0.30), (0.48, 0.43, 0.34)),
                ((0.32, 0.16, 0.12), (0.35, 0.19, 0.145)),
            )
        ),
        roughness=(0.4, 0.6),
    ),
}


def ground(rng: np.random.Generator, name: str) -> Ground:
    """The plane z = 0 made of one of FLOORS."""
    floor = FLOORS[name]
    look = pick(rng, floor.looks)
    brightness = draw(rng, TINT)
    return Ground(
        substance=Substance(
            density=2000.0,  # never used: the ground does not move
            friction=own_share(floor.friction),
            restitution=own_share(floor.restitution),
        ),
        surface=Surface(
            base_color=tinted(look.base_color, brightness),
            roughness=draw(rng, floor.roughness, 3),
            texture=Texture(
                kind=pick(rng, look.textures),
                scale=draw(rng, look.repeat),
                second_color=tinted(look.second_color, brightness),
            ),
        ),
    )
