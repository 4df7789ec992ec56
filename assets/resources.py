"""Where clips are stored and how they are made: the two things a deployment sets.

PHYS4D_STORE and PHYS4D_PRESET set them from outside; a run's launchpad may override every field.
"""

import os
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from phys4d_pipeline.scene import SceneSpec
from phys4d_pipeline.scene_catalog import preset, resized, sample_scene

from .partitions import Batch

if TYPE_CHECKING:  # their imports bring in the renderer and the store
    from phys4d_pipeline.production import Limits
    from phys4d_pipeline.store import Store


class StoreResource(dg.ConfigurableResource):
    """The dataset that the assets read and write."""

    uri: str = Field(default="data", description="A folder.")

    def open(self) -> "Store":
        """The store behind `uri`."""
        from phys4d_pipeline.store import open_store

        return open_store(self.uri)


class StudioResource(dg.ConfigurableResource):
    """Length and size of the clips, and how many cores may work on them."""

    preset: str = Field(default="demo", description="demo, standard or full.")
    num_frames: int | None = Field(default=None, description="Instead of the preset's.")
    width: int | None = Field(default=None, description="Instead of the preset's [px].")
    height: int | None = Field(default=None, description="Instead of the preset's [px].")
    workers: int = Field(
        default=0, description="Processes that simulate or render; 0: one per core."
    )
    timeout_s: float = Field(
        default=900.0, description="A simulation is stopped after this long [s]."
    )
    memory_gb: float = Field(default=8.0, description="A simulation may take this much [GiB].")

    def limits(self) -> "Limits":
        """What one simulation may take."""
        from phys4d_pipeline.production import Limits

        return Limits(timeout_s=self.timeout_s, memory_gb=self.memory_gb)

    def scenes(self, batch: Batch) -> list[SceneSpec]:
        """The scenes that the batch's seeds stand for."""
        chosen = resized(
            preset(self.preset), num_frames=self.num_frames, width=self.width, height=self.height
        )
        return [sample_scene(batch.category, seed, preset=chosen) for seed in batch.seeds]


the_store = StoreResource(uri=os.environ.get("PHYS4D_STORE", "data"))
the_studio = StudioResource(preset=os.environ.get("PHYS4D_PRESET", "demo"))
