"""A store that the stages of training can learn from: small labelled clips of rigid bodies."""

from pathlib import Path

from phys4d_pipeline.cli import main
from phys4d_pipeline.production import produce
from phys4d_pipeline.scene_catalog import Preset, sample_scene
from phys4d_pipeline.store import open_store

CLIPS = Preset(name="test", num_frames=9, fps=15, width=64, height=48)
FAMILIES = ("bouncing_drop", "block_tower", "bowling")
"""Two of split `train`, one that is held out."""


def make_lessons(folder: Path) -> str:
    """A clip of each family, simulated, rendered and labelled; the store's URI."""
    uri = str(folder)
    specs = [sample_scene("rigid_bodies", 2, family=each, preset=CLIPS) for each in FAMILIES]
    assert all(made.manifest for made in produce(specs, open_store(uri), workers=1))
    assert main(["label", "--store", uri, "--depth", "sgbm", "--flow", "dis"]) == 0
    return uri
