from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from analytic_clip import make_spec, write_clip
from video_files import pan, write

from assets import labels as label_assets
from assets.definitions import defs
from phys4d_pipeline import cli
from phys4d_pipeline.labels.label_store import label_manifests
from phys4d_pipeline.labels.quality import quality_rows
from phys4d_pipeline.store import open_store


def materialize(
    store: Path, key: str | None, asset: str, instance: dg.DagsterInstance, **labels: str
) -> dg.ExecuteInProcessResult:
    config: Any = {
        "resources": {
            "store": {"config": {"uri": str(store)}},
            "labels": {"config": {"depth": "none", **labels}},
        },
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    return defs.resolve_implicit_global_asset_job_def().execute_in_process(
        run_config=config,
        instance=instance,
        asset_selection=[dg.AssetKey(asset)],
        partition_key=key,
    )


def shown(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = result.get_asset_materialization_events()
    return {k: v.value for k, v in event.step_materialization_data.materialization.metadata.items()}


def version(result: dg.ExecuteInProcessResult) -> str:
    (event,) = result.get_asset_materialization_events()
    tags = event.step_materialization_data.materialization.tags or {}
    return tags["dagster/data_version"]


def test_videos_of_a_folder_become_labels_and_a_bad_one_is_told(tmp_path: Path) -> None:
    folder, store = tmp_path / "videos", tmp_path / "store"
    folder.mkdir()
    write(folder / "pan.mp4", pan(15))
    (folder / "notes.txt").write_text("no video")
    with dg.instance_for_test() as instance:
        ingested = materialize(store, None, "real_videos", instance, videos=str(folder))
        assert shown(ingested)["dagster/row_count"] == 1
        assert shown(ingested)["unreadable"] == 1
        labelled = materialize(store, "real_videos", "pseudo_labels", instance)
        again = materialize(store, "real_videos", "pseudo_labels", instance)
    (row,) = (record.data for record in shown(labelled)["labels"].records)
    assert (row["estimator"], row["reused"]) == ("dis", False)
    assert shown(again)["labels"].records[0].data["reused"]
    assert version(again) == version(labelled)
    assert all(check.passed for check in labelled.get_asset_check_evaluations())


def test_poor_labels_warn_and_show_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path / "store")
    manifest = write_clip(store, make_spec(num_frames=4))
    monkeypatch.setattr("phys4d_pipeline.release.current_clips", lambda store, category: [manifest])
    monkeypatch.setitem(label_assets.BOUNDS, "epe", 0.0)
    with dg.instance_for_test() as instance:
        result = materialize(tmp_path / "store", manifest.category, "pseudo_labels", instance)
    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert check.description is not None
    assert check.description.startswith("dis: epe ")
    assert set(check.metadata) == {"flow quality"}


@pytest.mark.slow
def test_stereo_depth_of_a_rendered_clip_is_near_the_truth(tmp_path: Path) -> None:
    store = str(tmp_path)
    clip = ("--category", "rigid_bodies", "--family", "bowling", "--seed", "3", "--workers", "1")
    size = ("--frames", "2", "--width", "320", "--height", "180")
    assert cli.main(["generate", *clip, *size, "--store", store]) == 0
    assert cli.main(["label", "--depth", "sgbm", "--flow", "none", "--store", store]) == 0
    row = quality_rows(label_manifests(open_store(store)), "depth")[0]
    assert row["coverage"] > 0.5
    assert row["abs_rel"] < 0.06  # 0.03 was measured on this family
    assert row["abs_rel"] <= row["abs_rel_any"]
