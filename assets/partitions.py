"""Partition keys: `<category>|<first seed>-<last seed>`, for example `rigid_bodies|0-7`."""

import re
import warnings
from dataclasses import dataclass

import dagster as dg

from phys4d_pipeline.errors import SceneError
from phys4d_pipeline.scene_catalog import catalog

CATEGORY, SEED_BATCH = "category", "seed_batch"  # Dagster orders dimensions by name

REAL_VIDEOS = "real_videos"

categories = dg.StaticPartitionsDefinition(list(catalog()))
label_categories = dg.StaticPartitionsDefinition([*catalog(), REAL_VIDEOS])
"""Whatever can be labelled."""
seed_batches = dg.DynamicPartitionsDefinition(name=SEED_BATCH)
clip_batches = dg.MultiPartitionsDefinition({CATEGORY: categories, SEED_BATCH: seed_batches})
with warnings.catch_warnings():
    warnings.simplefilter("ignore", dg.BetaWarning)  # tested here, and pinned to 1.13
    all_batches = dg.MultiToSingleDimensionPartitionMapping(CATEGORY)
    """A category needs every batch of it."""
    simulated_only = dg.StaticPartitionMapping({name: name for name in catalog()})
    """Labels of a category need its clips; those of real videos need none."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The clips of one partition: one category, consecutive seeds."""

    category: str
    seeds: range

    @property
    def name(self) -> str:
        """The seeds as in the key, `0-7`."""
        return seed_key(self.seeds)

    @property
    def key(self) -> dg.MultiPartitionKey:
        """What Dagster calls this batch."""
        return dg.MultiPartitionKey({CATEGORY: self.category, SEED_BATCH: self.name})


def seed_key(seeds: range) -> str:
    """`range(0, 8)` -> `0-7`."""
    return f"{seeds.start}-{seeds.stop - 1}"


def parse_seeds(key: str) -> range:
    """`0-7` -> `range(0, 8)`; anything else raises SceneError."""
    match = re.fullmatch(r"(\d+)-(\d+)", key, re.ASCII)
    if match is None:
        raise SceneError(
            f"Seed batch {key!r} is not of the form <first>-<last>, for example '0-7'."
        )
    first, last = (int(number) for number in match.groups())
    if last < first:
        raise SceneError(f"Seed batch {key!r} ends before it starts; write '{last}-{first}'.")
    return range(first, last + 1)


def parse_batch(partition_key: str) -> Batch:
    """`rigid_bodies|0-7` -> its category and seeds."""
    category, _, seeds = partition_key.partition("|")
    return Batch(category=category, seeds=parse_seeds(seeds))


def next_seeds(known_keys: list[str], size: int) -> range:
    """The `size` seeds after the highest one any batch holds."""
    first = max((parse_seeds(key).stop for key in known_keys), default=0)
    return range(first, first + size)
