"""Short simulations of every family -> a line of family and digest each; run in a fresh process."""

from phys4d_pipeline.scene_catalog import Family, catalog, sample_scene
from phys4d_pipeline.simulate import simulate

SEED = 3
DIGEST_FRAMES = 8  # clips of 0.13 s


def digest(family: Family) -> str:
    """Of the states of a short clip."""
    spec = sample_scene(family.category, SEED, family=family.name)
    return simulate(spec.with_frames(DIGEST_FRAMES)).digest()


if __name__ == "__main__":
    for members in catalog().values():
        for member in members.values():
            print(member.name, digest(member), flush=True)
