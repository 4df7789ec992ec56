from pathlib import Path

import cv2
import numpy as np
import pytest
from textures import texture
from video_files import pan, turn, write

from phys4d_pipeline.errors import LabelError, StoreError
from phys4d_pipeline.real_video import ingest as ingesting
from phys4d_pipeline.real_video.decode import Source
from phys4d_pipeline.real_video.ingest import VideoManifest, ingest, shot_path, videos
from phys4d_pipeline.real_video.shots import ShotWatch, signature
from phys4d_pipeline.store import Store, collect_garbage, open_store
from phys4d_pipeline.store.reader import VideoFrames


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "store")


def taken(path: Path, store: Store) -> VideoManifest:
    return ingest(path, store, on_frames=lambda _: None)


def files(store: Store) -> dict[str, int]:
    root = Path(store.uri)
    return {str(each): each.stat().st_mtime_ns for each in root.rglob("*") if each.is_file()}


def test_a_video_becomes_one_shot_that_shows_it(tmp_path: Path, store: Store) -> None:
    frames = pan(30)
    video = taken(write(tmp_path / "pan.mp4", frames), store)
    (shot,) = video.shots
    assert (shot.num_frames, shot.fps, shot.width, shot.height) == (30, 24, 96, 64)
    assert (video.damage, video.left_out) == ("", ())
    read = VideoFrames(shot_path(store, video, shot), 30, 64, 96)
    for number in (0, 15, 29):
        error = np.abs(read[number].astype(int) - frames[number]).mean()
        assert error < 8  # 4.4 from two rounds of 4:2:0; the frame after differs by 12.8
    assert list(videos(store)) == [video]


def test_the_same_bytes_under_another_name_change_nothing(tmp_path: Path, store: Store) -> None:
    path = write(tmp_path / "a.mp4", pan(15))
    video, before = taken(path, store), files(store)
    assert taken(path.rename(tmp_path / "b.mp4"), store) == video
    assert files(store) == before
    assert collect_garbage(store, grace_seconds=0.0) == []
    shot_path(store, video, video.shots[0]).unlink()
    assert taken(tmp_path / "b.mp4", store).shots == video.shots  # made again, byte for byte


def test_sixty_frames_per_second_become_thirty(tmp_path: Path, store: Store) -> None:
    (shot,) = taken(write(tmp_path / "fast.mp4", pan(60), fps=60), store).shots
    assert (shot.num_frames, shot.fps) == (30, 30)


def test_a_variable_frame_rate_gets_the_nearest_frames(tmp_path: Path) -> None:
    frames = pan(20)
    times = [40 * number + (15 if number % 2 else 0) for number in range(20)]
    source = Source.open(write(tmp_path / "vfr.mp4", frames, fps=25, times_ms=times))
    ticks = list(source.ticks(25))
    assert len(ticks) == 20
    assert np.allclose(np.diff([tick.time_s for tick in ticks]), 0.04)
    halved = list(source.ticks(12))
    assert 9 <= len(halved) <= 10
    for tick in halved:
        nearest = int(np.argmin(np.abs(np.array(times) / 1000 - tick.time_s)))
        error = np.abs(np.stack(frames).astype(int) - tick.rgb).mean((1, 2, 3))
        assert abs(int(error.argmin()) - nearest) <= 1


def test_a_pause_ends_a_shot_instead_of_repeating_a_frame(tmp_path: Path, store: Store) -> None:
    times = [40 * number + (3000 if number >= 15 else 0) for number in range(30)]
    path = write(tmp_path / "gap.mp4", pan(30), fps=25, times_ms=times)
    shots = taken(path, store).shots
    assert len(shots) == 2
    assert sum(shot.num_frames for shot in shots) <= 2 * 15 + 2


@pytest.mark.parametrize("matrix", [(0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)])
def test_rotation_flags_are_obeyed_as_by_another_reader(
    tmp_path: Path, matrix: tuple[int, int, int, int]
) -> None:
    path = write(tmp_path / "turned.mp4", pan(3))
    turn(path, matrix)
    tick = next(Source.open(path).ticks(24))
    other = cv2.VideoCapture(str(path))  # turns frames by the flag, too
    expected = np.asarray(other.read()[1])[..., ::-1].astype(int)
    other.release()
    assert tick.rgb.shape == expected.shape
    error = np.abs(tick.rgb - expected).mean()
    wrong = np.abs(tick.rgb - expected[::-1, ::-1]).mean()
    assert error < 10 < wrong  # the readers differ a little in their colour matrices


def test_odd_sizes_lose_a_row_and_a_column(tmp_path: Path, store: Store) -> None:
    (shot,) = taken(write(tmp_path / "odd.mkv", pan(15, width=97, height=65)), store).shots
    assert (shot.width, shot.height) == (96, 64)


def test_large_pictures_are_made_smaller(tmp_path: Path) -> None:
    path = write(tmp_path / "large.mp4", [texture(160, 2400, grain=8.0)] * 2)
    assert next(Source.open(path).ticks(24)).rgb.shape == (1920, 128, 3)


def test_a_cut_parts_two_shots_and_a_pan_does_not(tmp_path: Path, store: Store) -> None:
    dark = [frame // 3 for frame in pan(20, seed=1)]
    video = taken(write(tmp_path / "cut.mp4", pan(20) + dark), store)
    assert [shot.num_frames for shot in video.shots] == [20, 20]
    assert [shot.start_s for shot in video.shots] == [0.0, pytest.approx(20 / 24, abs=0.002)]


def test_what_stands_still_or_is_short_is_left_out(tmp_path: Path, store: Store) -> None:
    still = [texture(96, 64, 5)] * 20
    flash = [frame // 4 for frame in pan(5, seed=3)]
    video = taken(write(tmp_path / "mixed.mp4", still + flash + pan(20)), store)
    assert [shot.num_frames for shot in video.shots] == [20]
    assert len(video.left_out) == 2
    assert video.left_out[0].endswith("nothing moves")
    assert video.left_out[1].endswith("shorter than 0.5 s")


def test_a_small_moving_thing_is_not_still() -> None:
    watch, picture = ShotWatch(), texture(480, 270)
    watch.begin(signature(picture))
    for step in range(5):
        moved = picture.copy()
        moved[100:120, 100 + 20 * step : 120 + 20 * step] = 255  # 0.3 % of the picture
        assert not watch.is_cut(signature(moved))
    assert not watch.is_static


def test_long_takes_continue_in_a_new_clip(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingesting, "LONGEST_S", 1.0)
    video = taken(write(tmp_path / "long.mp4", pan(40)), store)
    assert [shot.num_frames for shot in video.shots] == [24, 16]
    assert len({shot.clip_id for shot in video.shots}) == 2


def test_a_corrupt_tail_is_left_out_and_told(tmp_path: Path, store: Store) -> None:
    path = write(tmp_path / "cut.mp4", pan(72))
    whole = path.read_bytes()
    path.write_bytes(whole[: 6 * len(whole) // 10])
    video = taken(path, store)
    assert video.damage
    assert 15 <= sum(shot.num_frames for shot in video.shots) < 60


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("notes.mp4", b"this is not a video\n" * 50, "not a readable video"),
        ("empty.mp4", b"", "not a readable video"),
        ("missing.mp4", None, "No such file"),
        ("picture.png", "picture", "a single picture"),
        ("headless.mp4", "headless", "not a readable video"),
    ],
)
def test_what_is_no_video_is_one_line_and_changes_nothing(
    tmp_path: Path, store: Store, name: str, data: bytes | str | None, told: str
) -> None:
    taken(write(tmp_path / "good.mp4", pan(15)), store)
    before, path = files(store), tmp_path / name
    if data == "picture":
        cv2.imwrite(str(path), texture(64, 48))
    elif data == "headless":
        path.write_bytes(write(tmp_path / "whole.mp4", pan(15)).read_bytes()[3000:])
    elif isinstance(data, bytes):
        path.write_bytes(data)
    with pytest.raises(LabelError, match=told) as caught:
        taken(path, store)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert files(store) == before


def test_a_newer_manifest_is_refused(tmp_path: Path, store: Store) -> None:
    path = write(tmp_path / "a.mp4", pan(15))
    video = taken(path, store)
    manifest = shot_path(store, video, video.shots[0]).parents[1] / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 9'))
    with pytest.raises(StoreError, match="format 9, this code reads up to 1"):
        taken(path, store)
