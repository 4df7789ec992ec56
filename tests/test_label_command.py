import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tiny_depth_networks as tiny
from analytic_clip import make_spec, write_clip
from transformers.utils import logging
from video_files import pan, write

from phys4d_pipeline import cli
from phys4d_pipeline.labels.label_store import label_frames, label_manifests, read_manifest
from phys4d_pipeline.store import collect_garbage, open_dataset, open_store

logging.disable_progress_bar()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    write_clip(open_store(folder), make_spec(num_frames=6, cameras=2))
    return folder


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, list[str]]:
    try:
        code = cli.main(["label", *(str(word) for word in words)])
    except SystemExit as stop:  # argparse ends the program itself
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    return code, out, err.splitlines()


def files(folder: Path) -> dict[str, int]:
    return {str(each): each.stat().st_mtime_ns for each in folder.rglob("*") if each.is_file()}


def test_labels_of_a_clip_are_stored_measured_and_reused(
    capsys: pytest.CaptureFixture[str], store: Path
) -> None:
    code, out, err = run(capsys, "--store", store, "--json")
    plain = json.loads(out)
    assert (code, err) == (0, [])
    (row,) = plain["clips"]
    assert (row["estimator"], row["kind"], row["frames"]) == ("dis", "metric", 12)
    assert [each["region"] for each in plain["quality"]["flow"]] == ["all", "objects", "background"]
    assert plain["quality"]["depth"] == []
    before = files(store)
    again = json.loads(run(capsys, "--store", store, "--json")[1])
    assert again["clips"][0]["reused"]
    assert again["quality"] == plain["quality"]
    assert files(store) == before
    table = run(capsys, "--store", store)[1]
    assert "coverage" in table
    assert "f1_all" in table


def test_stored_flow_follows_the_conventions(
    capsys: pytest.CaptureFixture[str], store: Path
) -> None:
    assert run(capsys, "--store", store)[0] == 0
    opened = open_store(store)
    (manifest,) = label_manifests(opened)
    assert manifest.category == manifest.source.clip_id.rpartition("-")[0]
    for camera in range(2):
        forward, backward, valid = (
            label_frames(opened, manifest, name, camera=camera)
            for name in ("flow_forward", "flow_backward", "valid")
        )
        assert forward.shape == (6, 48, 64, 2)
        assert valid.shape == (6, 2, 48, 64)
        assert np.isnan(forward[5]).all()
        assert np.isnan(backward[0]).all()
        assert np.isfinite(forward[:5]).all()
        assert not valid[5][0].any()
        assert not valid[0][1].any()
        assert forward.metadata["estimator"] == "dis"
        assert forward.metadata["kind"] == "metric"
        assert forward.metadata["unit"] == "px"


def test_relative_depth_is_aligned_once_per_clip_to_be_measured(
    capsys: pytest.CaptureFixture[str], store: Path, tmp_path: Path
) -> None:
    folder = tiny.depth_anything(tmp_path / "weights", "relative")
    words = ("--depth", "depth_anything_v2", "--depth-weights", folder, "--flow", "none")
    code, out, _ = run(capsys, "--store", store, *words, "--json")
    assert code == 0
    row = json.loads(out)["quality"]["depth"][0]
    assert (row["kind"], row["coverage"]) == ("affine", 1.0)
    assert 0.0 < row["abs_rel"] < 2.0  # untrained: it says nothing, but a mean depth is not far
    (manifest,) = label_manifests(open_store(store))
    assert manifest.source.space == "disparity"
    assert len(manifest.quality["alignment"]) == 2  # one pair per camera
    depth = label_frames(open_store(store), manifest, "depth")
    assert depth.metadata["kind"] == "affine"
    assert depth.metadata["codec"] == "float32_bits"


def test_other_weights_replace_the_label_and_a_fault_keeps_it(
    capsys: pytest.CaptureFixture[str], store: Path, tmp_path: Path
) -> None:
    words = ("--store", store, "--depth", "depth_anything_v2", "--flow", "none", "--depth-weights")
    first, second = (tiny.depth_anything(tmp_path / kind, kind) for kind in ("relative", "metric"))
    clip_id = open_dataset(store)[0].clip_id
    assert run(capsys, *words, first)[0] == 0
    before = read_manifest(open_store(store), "depth_anything_v2", clip_id)
    (second / "model.safetensors").write_bytes(b"\x80\x04not a tensor")
    code, out, err = run(capsys, *words, second)
    assert (code, out, len(err)) == (2, "", 1)
    assert read_manifest(open_store(store), "depth_anything_v2", clip_id) == before
    third = tiny.depth_anything(tmp_path / "third", "metric")
    assert run(capsys, *words, third)[0] == 0
    after = read_manifest(open_store(store), "depth_anything_v2", clip_id)
    assert after is not None
    assert before is not None
    assert after.source.version != before.source.version
    removed = collect_garbage(open_store(store), grace_seconds=0.0)
    assert [key.rpartition("/")[2] for key in removed] == [before.attempt]


def test_a_video_is_ingested_and_labelled(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    video = write(tmp_path / "pan.mp4", pan(15))
    store = tmp_path / "store"
    code, out, err = run(capsys, video, "--store", store, "--json")
    assert (code, err) == (0, [])
    plain = json.loads(out)
    assert plain["quality"] == {"depth": [], "flow": []}  # nothing is known of it
    (manifest,) = label_manifests(open_store(store), "real_videos")
    flow = label_frames(open_store(store), manifest, "flow_forward")[7]
    assert np.median(flow[16:-16, 16:-16], (0, 1)) == pytest.approx([2.0, 0.0], abs=0.2)
    before = files(store)
    assert json.loads(run(capsys, video, "--store", store, "--json")[1])["clips"][0]["reused"]
    assert files(store) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--flow", "diss"), "Did you mean 'dis'?"),
        (("--depth", "sgbn"), "Did you mean 'sgbm'?"),
        (("--flow", "none"), "name an estimator for one of them"),
        (("--flow", "raft_large"), "raft_large needs weights"),
        (("--flow-weights", "folder"), "dis has no weights"),
        (("--depth-weights", "folder"), "give --depth, too"),
        (("--clip", "ropes-0123456789ab"), "no clip 'ropes-0123456789ab'"),
        (("nowhere.mp4",), "nowhere.mp4: No such file"),
        (("a.mp4", "--depth", "sgbm"), "it renders a second view"),
        (("a.mp4", "--clip", "ropes-0123456789ab"), "give one of them"),
    ],
)
def test_a_wrong_request_is_one_line_and_changes_nothing(
    capsys: pytest.CaptureFixture[str], store: Path, words: tuple[str, ...], told: str
) -> None:
    before = files(store)
    code, out, err = run(capsys, "--store", store, *words)
    assert (code, out, len(err)) == (2, "", 1)
    assert err[0].startswith("phys4d: error: ")
    assert told in err[0]
    assert files(store) == before


def test_a_store_without_clips_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "--store", tmp_path / "nothing")
    assert code == 2
    assert "no clips to label" in err[0]


def test_a_killed_run_goes_on_where_it_was(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    for seed in range(3):
        write_clip(open_store(store), make_spec(num_frames=33, seed=seed))
    words = [sys.executable, "-m", "phys4d_pipeline.cli", "label", "--store", str(store)]
    process = subprocess.Popen(words, env={**os.environ, "OMP_NUM_THREADS": "1"})
    labels = store / "v1/labels"
    while not list(labels.rglob("manifest.json")):
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    done = {path: path.stat().st_mtime_ns for path in labels.rglob("manifest.json")}
    assert 1 <= len(done) < 3
    code, out, _ = run(capsys, "--store", store, "--json")
    assert code == 0
    assert sum(row["reused"] for row in json.loads(out)["clips"]) == len(done)
    assert {path: path.stat().st_mtime_ns for path in done} == done
    opened = open_store(store)
    assert len(list(label_manifests(opened))) == 3
    collect_garbage(opened, grace_seconds=0.0)
    expected = sum(len(each.files) + 1 for each in label_manifests(opened))
    assert len(files(labels)) == expected
