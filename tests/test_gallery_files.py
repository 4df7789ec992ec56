"""The gallery's files: what is built, built again, copied, linked and refused."""

import json
import shutil
from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image

from phys4d_pipeline.errors import StoreError
from phys4d_pipeline.gallery import build, colors, page, panels
from phys4d_pipeline.gallery.build import build_gallery
from phys4d_pipeline.gallery.contact_sheet import contact_sheet
from phys4d_pipeline.store import open_dataset, open_store
from phys4d_pipeline.store.reader import Frames
from tests.gallery_clips import HEIGHT, NUM_FRAMES, WIDTH, store_clip, two_clips


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return two_clips(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def gallery(dataset, tmp_path_factory):
    return build_gallery(dataset, tmp_path_factory.mktemp("out") / "gallery").parent


@pytest.fixture(scope="module")
def names(gallery):
    return json.loads((gallery / "gallery.json").read_text())["pages"]


def test_the_sheet_has_every_frame_at_the_rate_of_the_clip(gallery):
    for path in gallery.glob("clips/*/sheet.mp4"):
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            assert stream.average_rate == 60
            rows = 3 if path.parent.name.startswith("ropes") else 2  # with heat: seven panels
            assert (stream.width, stream.height) == (3 * WIDTH, rows * HEIGHT)
            assert sum(1 for _ in container.decode(stream)) == NUM_FRAMES


def test_a_clip_with_heat_shows_it(gallery, names):
    cold, warm = (
        (gallery / "clips" / name / "index.html").read_text() for name in (names[0], names[-1])
    )
    assert 'data-layer="temperature"' not in cold
    assert 'data-layer="temperature" data-place="6"' in warm
    assert "&le;795.0 K" in warm and "&ge;805.0 K" in warm
    assert "depth, flow, temperature and segmentation at a quarter" in warm
    with av.open(str(gallery / "clips" / names[-1] / "sheet.mp4")) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    panel = picture[2 * HEIGHT :, :WIDTH]
    middle = colors.heat_map()[128]  # 800 K, in the middle of ten kelvin
    assert np.abs(panel[8:-8, 2:6] - middle).max() < 40  # H.264 at its colours' half size
    assert np.abs(panel[8:-8, 40:] - colors.BACKGROUND).max() < 12
    assert picture[2 * HEIGHT + 8 :, WIDTH + 8 :].max() < 12


def original_of(path):
    link = path.read_text().split("Original video")[0].rpartition('href="')[2].split('"')[0]
    assert not link.startswith("/")
    return (path.parent / link).resolve()


def test_outside_the_store_the_gallery_holds_a_copy_of_the_video(dataset, gallery, names):
    for clip, name in zip(dataset, names, strict=True):
        original = original_of(gallery / "clips" / name / "index.html")
        assert original.is_relative_to(gallery)
        assert original.read_bytes() == (clip.path / "camera_0" / "rgb.mp4").read_bytes()


def test_inside_the_store_the_page_links_to_the_stored_video(tmp_path):
    store = open_store(tmp_path / "store")
    store_clip(store, "dominoes", "ropes")
    dataset = open_dataset(store.uri)
    index = build_gallery(dataset, tmp_path / "store" / "gallery")
    page_path = index.parent / "clips" / dataset[0].clip_id / "index.html"
    assert original_of(page_path) == (dataset[0].path / "camera_0" / "rgb.mp4").resolve()
    assert not list(index.parent.rglob("rgb.mp4"))
    assert len(open_dataset(store.uri)) == 1  # the gallery is no clip


@pytest.fixture
def no_drawing(monkeypatch):
    def refuse(*_):
        raise RuntimeError("drawn again")

    monkeypatch.setattr(build, "write_sheet", refuse)


def test_building_again_draws_only_what_changed(dataset, gallery, tmp_path, no_drawing):
    out = tmp_path / "gallery"
    shutil.copytree(gallery, out)
    build_gallery(dataset, out)
    assert contents(out) == contents(gallery)
    made = out / "clips" / dataset[1].clip_id / "made.json"
    made.write_text(made.read_text().replace(dataset[1].manifest.content_sha256, "other"))
    before = contents(out)
    with pytest.raises(RuntimeError, match="drawn again"):
        build_gallery(dataset, out)
    assert contents(out) == before  # a failure leaves the gallery in place as it was
    assert [path.name for path in tmp_path.iterdir()] == ["gallery"]


def contents(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_two_processes_draw_the_same_files_as_one(dataset, gallery, tmp_path):
    drawn = build_gallery(dataset, tmp_path / "gallery", workers=2).parent
    assert contents(drawn) == contents(gallery)


def test_a_whole_clip_is_never_in_memory(dataset, monkeypatch, tmp_path):
    read = Frames.__getitem__
    lengths = []

    def watched(self, index):
        found = read(self, index)
        lengths.append(len(found) if isinstance(index, slice) else 1)
        return found

    monkeypatch.setattr(Frames, "__getitem__", watched)
    build_gallery(dataset, tmp_path / "gallery")
    assert max(lengths) <= panels.WINDOW < NUM_FRAMES


def test_what_is_no_gallery_is_never_replaced(dataset, tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("dear")
    for place in (tmp_path, letter):
        with pytest.raises(StoreError, match="no gallery"):
            build_gallery(dataset, place)
    assert letter.read_text() == "dear"


def test_an_empty_store_is_one_clear_line(dataset, tmp_path):
    for make in (build_gallery, contact_sheet):
        with pytest.raises(StoreError, match="no clips"):
            make(dataset[:0], tmp_path / "out")


def test_page_data_cannot_close_its_script_element():
    assert page._script_json({"text": "</script>"}) == '{"text":"\\u003c/script>"}'


def test_contact_sheet_has_a_row_of_six_pictures_per_clip(dataset, tmp_path):
    path = contact_sheet(dataset, tmp_path / "sheet.png", picture_width=WIDTH)
    sheet = np.asarray(Image.open(path).convert("RGB")).astype(int)
    assert list(tmp_path.iterdir()) == [path]
    rows = [42 + HEIGHT // 2, 42 + HEIGHT // 2 + HEIGHT + 30]  # margin, header; picture, label
    for row in rows:
        line = sheet[row, 16:-16].reshape(-1, 3)
        starts = [column * (WIDTH + 6) for column in range(6)]
        found = []
        for start in starts:
            panel = line[start : start + WIDTH]
            bar = np.abs(panel - panel[-4]).sum(1)[1:-1] > 90
            found.append(round((np.flatnonzero(bar).mean() + 1 - 3.5) / 2))
        middle = round(0.45 * (NUM_FRAMES - 2))
        assert found == [0, middle, round(0.9 * (NUM_FRAMES - 2)), middle, middle, middle]


def test_panels_fit_the_box_and_are_even(dataset):
    clip = dataset[0]
    sizes = {(1920, 1080): (360, 640), (1080, 1920): (360, 202), (64, 48): (48, 64)}
    for (width, height), expected in sizes.items():
        clip.manifest = replace(clip.manifest, width=width, height=height)
        assert panels.panel_size(clip) == expected
