"""Writers that are killed, run out of disk or may not write leave nothing half visible."""

import builtins
import contextlib
import errno
import itertools
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from analytic_clip import SOLVER_VERSION, make_spec, write_clip

from phys4d_pipeline.errors import StoreError
from phys4d_pipeline.store import (
    Store,
    collect_garbage,
    folder,
    layer_file,
    open_store,
    verify_clip,
)

CLIPS = 4
KILLS = 12
context = multiprocessing.get_context("forkserver")  # a fresh process without the cost of imports
context.set_forkserver_preload(["analytic_clip", "phys4d_pipeline.store"])


def spec_of(seed: int):
    return make_spec(num_frames=33, seed=seed)


def write_missing_clips(uri: str, renderer_version: str, pipe: Connection) -> None:
    """What a worker does: every clip that this renderer has not made yet."""
    write_clip(open_store(f"{uri}-warm"), make_spec(num_frames=1))  # kernels are loaded now
    pipe.send("ready")
    store = open_store(uri)
    for seed in range(CLIPS):
        spec = spec_of(seed)
        if not store.has_clip(spec.clip_id(SOLVER_VERSION), renderer_version=renderer_version):
            write_clip(store, spec, renderer_version=renderer_version)
    pipe.send("done")


def write_for_ever(uri: str, renderer_version: str, pipe: Connection) -> None:
    """Replace the clips round after round, so that no machine is fast enough to be done."""
    write_clip(open_store(f"{uri}-warm"), make_spec(num_frames=1))
    pipe.send("ready")
    store = open_store(uri)
    for turn in itertools.count():
        pipe.send("writing")
        write_clip(store, spec_of(turn % CLIPS), renderer_version=f"{renderer_version}-{turn}")
        pipe.send("written")


def write_under_a_limit(uri: str, num_bytes: int, pipe: Connection) -> None:
    """Every file may grow to `num_bytes`: the kernel refuses what goes beyond."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, resource.RLIM_INFINITY))
    try:
        write_clip(open_store(uri), spec_of(0))
    except StoreError as error:
        pipe.send(str(error))
    else:
        pipe.send("committed")


def content_of_a_clip(uri: str, pipe: Connection) -> None:
    pipe.send(write_clip(open_store(uri), spec_of(0)).content_sha256)


def start(function: Callable[..., None], *arguments: object) -> tuple[Any, Connection]:
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=function, args=(*arguments, sender))
    process.start()
    sender.close()
    return process, receiver


def all_said(pipe: Connection) -> list[Any]:
    """What the other side sends until its end is closed."""
    said = []
    with contextlib.suppress(EOFError):
        while True:
            said.append(pipe.recv())
    return said


def run(function: Callable[..., None], *arguments: object) -> list[Any]:
    """Everything the process sent before it ended well."""
    process, pipe = start(function, *arguments)
    said = all_said(pipe)
    process.join()
    assert process.exitcode == 0
    return said


def files_below(path: Path) -> dict[Path, int]:
    return {each: each.stat().st_mtime_ns for each in path.rglob("*") if each.is_file()}


def assert_all_whole(store: Store) -> None:
    for clip_id in store.clip_ids():
        assert all(check.passed for check in verify_clip(store, clip_id))


@pytest.mark.slow
def test_killed_writers_leave_nothing_half_visible(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    root = tmp_path / "store"
    store = open_store(root)
    caught_at_work = 0
    for number in range(KILLS):
        process, pipe = start(write_for_ever, str(root), f"r{number}")
        assert pipe.recv() == "ready"
        time.sleep(rng.uniform(0.0, 0.6))
        process.kill()  # SIGKILL
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert_all_whole(store)
        caught_at_work += all_said(pipe)[-1:] == ["writing"]
        collect_garbage(store, grace_seconds=0.0)
    assert caught_at_work >= KILLS // 2
    assert run(write_missing_clips, str(root), "final") == ["ready", "done"]
    assert store.clip_ids() == sorted(
        spec_of(seed).clip_id(SOLVER_VERSION) for seed in range(CLIPS)
    )
    assert {manifest.renderer_version for manifest in store.manifests()} == {"final"}
    assert_all_whole(store)
    collect_garbage(store, grace_seconds=0.0)
    expected = sum(len(manifest.all_files) + 1 for manifest in store.manifests())
    assert len(files_below(root)) == expected


def test_a_rerun_writes_nothing(tmp_path: Path) -> None:
    root = tmp_path / "store"
    assert run(write_missing_clips, str(root), "r1") == ["ready", "done"]
    before = files_below(root)
    assert run(write_missing_clips, str(root), "r1") == ["ready", "done"]
    assert files_below(root) == before


def test_two_processes_make_the_same_content(tmp_path: Path) -> None:
    first, second = (run(content_of_a_clip, str(tmp_path / name)) for name in "ab")
    assert first == second
    assert len(first[0]) == 64


@pytest.mark.parametrize("num_bytes", [100, 3_000, 20_000, 60_000])
def test_a_file_that_may_not_grow_gives_one_line_and_no_clip(
    tmp_path: Path, num_bytes: int
) -> None:
    (message,) = run(write_under_a_limit, str(tmp_path), num_bytes)
    assert "the file-size limit is reached" in message
    assert "\n" not in message
    assert str(tmp_path) in message
    assert not files_below(tmp_path)


def full(path: Path, mode: str, **options: Any) -> Any:
    """Open the device that answers every write with ENOSPC instead."""
    return builtins.open("/dev/full", "wb", buffering=0)


@pytest.mark.parametrize("module", [layer_file, folder])
def test_a_full_disk_gives_one_line_and_leaves_the_old_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType
) -> None:
    store = open_store(tmp_path)
    write_clip(store, spec_of(0))
    before = files_below(tmp_path)
    monkeypatch.setattr(module, "open", full, raising=False)
    with pytest.raises(StoreError, match="the disk is full; free space") as caught:
        write_clip(store, spec_of(0), renderer_version="r2")
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    assert files_below(tmp_path) == before
    assert_all_whole(store)


def test_a_disk_that_fills_up_at_the_last_moment_leaves_no_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", refuse)  # only the manifest is renamed into place
    with pytest.raises(StoreError, match=r"manifest.json: the disk is full"):
        write_clip(open_store(tmp_path), spec_of(0))
    assert not files_below(tmp_path)


@contextlib.contextmanager
def without_rights() -> Iterator[None]:
    """Root may write everywhere: step down to nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_an_unwritable_folder_gives_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with (
        without_rights(),
        pytest.raises(
            StoreError, match="no permission; choose a folder you may write to"
        ) as caught,
    ):
        write_clip(open_store(tmp_path / "store"), spec_of(0))
    tmp_path.chmod(0o755)
    assert "\n" not in str(caught.value)


def test_a_store_below_a_file_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match="is a file; give the folder of a store"):
        open_store(tmp_path / "file")
    with pytest.raises(StoreError, match="a part of the path is a file"):
        write_clip(open_store(tmp_path / "file" / "store"), spec_of(0))


def test_remote_stores_name_the_remedy() -> None:
    with pytest.raises(
        StoreError, match=r"s3://bucket/data: only local folders .* Mount the bucket"
    ):
        open_store("s3://bucket/data")
