"""What a store keeps beside clips, and how clips are found: index, releases, specs, states."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from analytic_clip import CHECK, SOLVER_VERSION, make_states, write_clip
from store_clips import SPEC, small_spec

from phys4d_pipeline.errors import ClipFormatError, StoreError
from phys4d_pipeline.store import (
    collect_garbage,
    open_dataset,
    open_store,
    read_index,
    read_release,
    rebuild_index,
    write_release,
)


def test_a_new_renderer_replaces_the_clip_and_the_old_attempt_is_garbage(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    spec = small_spec()
    old = write_clip(store, spec)
    assert store.has_clip(old.clip_id, renderer_version="r1")
    assert not store.has_clip(old.clip_id, renderer_version="r2")
    new = write_clip(store, spec, renderer_version="r2")
    assert store.has_clip(old.clip_id, renderer_version="r2")
    assert collect_garbage(store) == []  # somebody may still read the old one
    removed = collect_garbage(store, grace_seconds=0.0)
    assert [key.rpartition("/")[2] for key in removed] == [old.attempt]
    assert store.manifest(old.clip_id) == new
    assert open_dataset(tmp_path)[0].depth[0].shape == (12, 16)


def test_index_rows_equal_the_manifests(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    manifests = [write_clip(store, small_spec(seed)) for seed in range(3)]
    assert rebuild_index(store) == 1
    rows = read_index(store).to_pylist()
    expected = sorted(manifests, key=lambda manifest: manifest.clip_id)
    assert len(rows) == 3
    for row, manifest in zip(rows, expected, strict=True):
        assert row == {name: getattr(manifest, name) for name in row}
    write_clip(store, small_spec(3))
    assert rebuild_index(store) == 2
    assert read_index(store).num_rows == 4


def test_a_release_is_frozen(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    manifest = write_clip(store, small_spec())
    release = write_release(store, "2026-11", description="first")
    assert release["clips"][0]["content_sha256"] == manifest.content_sha256
    assert write_release(store, "2026-11") == release == read_release(store, "2026-11")
    write_clip(store, small_spec(1))
    with pytest.raises(StoreError, match="release '2026-11' is frozen with 1 clips"):
        write_release(store, "2026-11")
    with pytest.raises(StoreError, match=r"no release 'x'. It has: 2026-11"):
        read_release(store, "x")


def test_specs_come_back(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    specs = [small_spec(seed) for seed in range(2)]
    store.write_specs("rigid_bodies", "batch-0", specs)
    assert store.read_specs("rigid_bodies", "batch-0") == specs


def test_states_are_kept_for_reuse_and_checked(tmp_path: Path) -> None:
    store, states = open_store(tmp_path), make_states(SPEC)
    states_id = SPEC.states_id(SOLVER_VERSION)
    assert not store.has_states(states_id)
    with pytest.raises(StoreError, match="simulate the scene first"):
        store.read_states(states_id)
    store.write_states(states_id, states)
    assert store.has_states(states_id)
    assert store.read_states(states_id).digest() == states.digest()
    file = next(tmp_path.rglob("contacts.parquet"))
    data = bytearray(file.read_bytes())
    data[40] ^= 1
    file.write_bytes(data)
    with pytest.raises(ClipFormatError, match=r"contacts.parquet: corrupt"):
        store.read_states(states_id)


def test_quarantine_says_why(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.quarantine("ropes-0123456789ab", "energy grew", [CHECK])
    assert store.quarantined() == {"ropes-0123456789ab": "energy grew"}
    assert store.clip_ids() == []


def test_dataset_finds_clips_by_place_name_and_category(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    ids = sorted(write_clip(store, small_spec(seed)).clip_id for seed in range(2))
    dataset = open_dataset(tmp_path)
    assert [clip.clip_id for clip in dataset] == ids
    assert dataset[ids[1]].clip_id == dataset[-1].clip_id == ids[1]
    assert len(dataset.category("rigid_bodies")) == 2
    assert len(dataset.category("ropes")) == 0
    with pytest.raises(StoreError, match=f"Did you mean '{ids[0]}'"):
        dataset[ids[0][:-1] + "_"]
    with pytest.raises(IndexError):
        dataset[2]
    clip = pickle.loads(pickle.dumps(dataset[0]))
    np.testing.assert_array_equal(clip.depth[1], dataset[0].depth[1])


def test_same_spec_and_code_give_the_same_manifest_but_for_time_and_attempt(tmp_path: Path) -> None:
    first, second = (write_clip(open_store(tmp_path / name), SPEC) for name in "ab")
    changed = {"attempt": first.attempt, "created_at": first.created_at}
    assert json.loads(replace(second, **changed).to_json()) == json.loads(first.to_json())
