import json
import subprocess
import sys
from pathlib import Path

import pytest

from phys4d_pipeline import cli
from phys4d_pipeline.store import open_dataset

SMALL = ("--frames", "4", "--width", "96", "--height", "54", "--workers", "1")
# Seed 2 of this family is well inside every bound at this size.
CLIP = ("--category", "rigid_bodies", "--family", "bouncing_drop", "--seed", "2")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    assert cli.main(["generate", *CLIP, *SMALL, "--cameras", "2", "--store", str(folder)]) == 0
    return folder


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, list[str]]:
    """Exit code, stdout, lines of stderr."""
    try:
        code = cli.main([str(word) for word in words])
    except SystemExit as stop:  # argparse ends the program itself
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    return code, out, err.splitlines()


def test_scenes_lists_every_family(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "scenes", "--json")
    rows = json.loads(out)
    assert code == 0
    assert {row["family"] for row in rows if row["category"] == "rigid_bodies"} >= {
        "billiard_break",
        "bouncing_drop",
        "domino_run",
    }
    assert all(row["split"] in ("train", "held_out") and row["summary"] for row in rows)
    code, out, _ = run(capsys, "scenes")
    assert len(out.splitlines()) == len(rows) + 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("generate", "--category", "rigid_bodis", "--seed", "1"), "Did you mean 'rigid_bodies'"),
        (("generate", *CLIP[:2], "--family", "dominos", "--seed", "1"), "Unknown family"),
        (("generate", *CLIP[:2], "--seed", "-1"), "seed (-1) must not be negative"),
        (("generate", *CLIP[:2], "--seed", "one"), "invalid int value: 'one'"),
        (("generate", *CLIP, "--clips", "0"), "--clips (0) must be at least 1"),
        (("generate", *CLIP, "--preset", "dmo"), "Did you mean 'demo'"),
        (("generate", *CLIP, "--width", "95"), "must be even"),
        (("generate", *CLIP, "--frames", "0"), "num_frames (0) must be at least 1"),
        (("generate", *CLIP, "--cameras", "0"), "cameras (0) must be 1 to"),
        (("generate", *CLIP, "--workers", "-1"), "workers (-1)"),
        (("verify",), "no clips to verify"),
        (("verify", "--clip", "rigid_bodies-000000000000"), "no clip"),
        (("rerender", "--clip", "ropes-0123456789ab", "--camera", "orbit"), "no clip"),
        (("rerender", "--clip", "ropes-0123456789ab"), "required: --camera"),
        (("info",), "no store here"),
        (("gallery", "--out", "nowhere"), "no store here"),
    ],
)
def test_a_wrong_request_is_one_line_and_makes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    code, out, err = run(capsys, *words, "--store", tmp_path / "store")
    assert code == 2
    assert out == ""
    assert len(err) == 1
    assert err[0].startswith("phys4d: error: ")
    assert told in err[0]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_store_that_cannot_be_written_is_told_before_any_work(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/phys4d")):
        code, _, err = run(capsys, "generate", *CLIP, *SMALL, "--store", place)
        assert code == 2
        assert len(err) == 1
        assert str(place) in err[0]


def test_generate_again_reuses_and_says_so(capsys: pytest.CaptureFixture[str], store: Path) -> None:
    words = ("generate", *CLIP, *SMALL, "--cameras", "2", "--store", store, "--json")
    code, out, _ = run(capsys, *words)
    (row,) = json.loads(out)
    assert code == 0
    assert row["reused"]
    assert row["clip"] == open_dataset(store)[0].clip_id
    assert open_dataset(store)[0].manifest.cameras == 2


def test_info_counts_what_is_there(capsys: pytest.CaptureFixture[str], store: Path) -> None:
    code, out, _ = run(capsys, "info", "--store", store, "--json")
    plain = json.loads(out)
    assert code == 0
    assert plain["total"]["clips"] == 1
    manifest = open_dataset(store)[0].manifest
    on_disk = sum(
        (open_dataset(store)[0].path / one.file).stat().st_size for one in manifest.all_files
    )
    assert plain["total"]["bytes"] == on_disk
    assert plain["families"][0]["family"] == "bouncing_drop"


def test_verify_finds_one_flipped_bit(capsys: pytest.CaptureFixture[str], store: Path) -> None:
    code, out, _ = run(capsys, "verify", "--store", store, "--json")
    assert code == 0
    names = {check["name"] for check in json.loads(out)["clips"][0]["checks"]}
    assert {"stored/files_intact", "energy_rise"} <= names
    assert any("ground_truth" in name for name in names)

    path = open_dataset(store)[0].path / "camera_0/depth.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:])
    try:
        code, out, _ = run(capsys, "verify", "--store", store)
    finally:
        path.write_bytes(whole)
    assert code == 1
    assert "FAILED" in out
    assert "camera_0/depth.parquet" in out


def test_a_manifest_of_a_newer_format_names_the_remedy(
    capsys: pytest.CaptureFixture[str], store: Path
) -> None:
    path = open_dataset(store)[0].path.parent / "manifest.json"
    text = path.read_text()
    path.write_text(text.replace('"format": 1', '"format": 9'))
    try:
        code, _, err = run(capsys, "info", "--store", store)
        again, _, second = run(
            capsys, "generate", *CLIP, *SMALL, "--cameras", "2", "--store", store
        )
        assert path.read_text() == text.replace('"format": 1', '"format": 9')
    finally:
        path.write_text(text)
    assert (code, again) == (2, 2)
    for lines in (err, second):
        assert len(lines) == 1
        assert "format 9, this code reads up to 1" in lines[0]


def test_gc_removes_only_what_no_manifest_names(
    capsys: pytest.CaptureFixture[str], store: Path
) -> None:
    clip = open_dataset(store)[0]
    left = clip.path.parent / "0123456789ab"
    left.mkdir()
    (left / "scene.json").write_text("{}")
    assert run(capsys, "gc", "--store", store)[0] == 0
    assert left.exists()  # younger than a day: it may still be written
    code, out, _ = run(capsys, "gc", "--store", store, "--hours", "0", "--json")
    assert code == 0
    assert json.loads(out) == [f"v1/clips/category=rigid_bodies/{clip.clip_id}/0123456789ab"]
    assert not left.exists()
    assert run(capsys, "verify", "--store", store)[0] == 0


def test_rerender_adds_a_clip_of_the_same_states(
    capsys: pytest.CaptureFixture[str], store: Path
) -> None:
    before = open_dataset(store)
    words = ("--camera", "orbit:turn=40", "--camera", "static:azimuth=200,fov=35", "--workers", "1")
    chosen = ("rerender", "--store", store, "--clip", before[0].clip_id, *words, "--json")
    code, out, _ = run(capsys, *chosen)
    row = json.loads(out)
    assert code == 0
    assert (row["reused"], row["failure"]) == (False, "")
    clip = open_dataset(store)[row["clip"]]
    assert clip.manifest.states_id == before[0].manifest.states_id
    assert clip.manifest.cameras == 2
    assert run(capsys, "verify", "--store", store, "--clip", row["clip"])[0] == 0
    assert json.loads(run(capsys, *chosen)[1])["reused"]
    manifest = clip.path.parent / "manifest.json"
    manifest.unlink()  # other tests count on one clip
    assert run(capsys, "gc", "--store", store, "--hours", "0")[0] == 0


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("orbitt", "Did you mean 'orbit'?"),
        ("static:azimut=3", "Did you mean 'azimuth'?"),
        ("static:elevation=95", "elevation (95) must lie in 0 to 85"),
        ("static:fov=wide", "fov needs a number"),
        ("nowhere.json", "camera file nowhere.json: No such file"),
    ],
)
def test_a_camera_that_is_not_understood_is_one_line(
    capsys: pytest.CaptureFixture[str], store: Path, word: str, told: str
) -> None:
    clip = open_dataset(store)[0].clip_id
    code, out, err = run(capsys, "rerender", "--store", store, "--clip", clip, "--camera", word)
    assert (code, out, len(err)) == (2, "", 1)
    assert told in err[0]


@pytest.mark.slow
def test_gallery_prints_its_page(
    capsys: pytest.CaptureFixture[str], store: Path, tmp_path: Path
) -> None:
    code, out, _ = run(capsys, "gallery", "--store", store, "--out", tmp_path / "page")
    assert code == 0
    assert Path(out.strip()) == tmp_path / "page" / "index.html"
    assert "bouncing_drop" in Path(out.strip()).read_text()


def test_help_is_fast_because_nothing_heavy_is_imported() -> None:
    heavy = "{'torch', 'taichi', 'numba', 'pybullet', 'mujoco', 'genesis', 'dagster', 'av'}"
    code = f"import sys, phys4d_pipeline.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_console_program_is_installed() -> None:
    program = Path(sys.executable).with_name("phys4d")
    done = subprocess.run([program, "generate", "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "--cameras" in done.stdout
