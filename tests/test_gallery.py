"""The gallery, in a real browser: what is drawn, that everything moves in step, and the files."""

import functools
import http.server
import json
import shutil
import threading
import time
from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from phys4d_pipeline.camera import scene_camera
from phys4d_pipeline.checks import Check
from phys4d_pipeline.errors import StoreError
from phys4d_pipeline.gallery import build, page, panels
from phys4d_pipeline.gallery.build import build_gallery
from phys4d_pipeline.gallery.contact_sheet import contact_sheet
from phys4d_pipeline.render.ground_truth import UNDEFINED, GroundTruth
from phys4d_pipeline.scene import (
    Body,
    CameraPath,
    Ground,
    SceneSpec,
    Shape,
    Sky,
    Solver,
    Substance,
    Surface,
)
from phys4d_pipeline.states import Contacts, States
from phys4d_pipeline.store import (
    CHUNK_FRAMES,
    ClipWriter,
    encode_chunk,
    open_dataset,
    open_store,
)
from phys4d_pipeline.store.reader import Frames

WIDTH, HEIGHT, NUM_FRAMES, BAR = 128, 72, 40, 8
LAYERS = list(panels.LAYERS)
CAPTION = "A <b>bar</b> & </script> moves 2 px per frame."


def bar_left(frame: int) -> int:
    """Every layer of the test clips shows a bar whose place is the number of the frame."""
    return 2 * frame


def frame_of_bar(frame: int, left: int) -> GroundTruth:
    """Ground truth whose layers all differ between the bar and the rest."""
    bar = np.zeros((HEIGHT, WIDTH), bool)
    bar[:, left : left + BAR] = True

    def picture(inside, outside, dtype):
        chosen = np.where(bar[..., None], np.array(inside), np.array(outside))
        return chosen.astype(dtype).reshape(HEIGHT, WIDTH, *np.shape(inside))

    flow = picture((2.0, 0.0), (0.0, 0.0), np.float32)
    forward, backward = picture(1, 0, np.uint8), picture(0, 0, np.uint8)
    if frame == NUM_FRAMES - 1:
        flow[:], forward[:] = np.nan, UNDEFINED
    if frame == 0:
        backward[:] = UNDEFINED
    return GroundTruth(
        frame=frame,
        rgb=picture((230, 60, 40), (90, 90, 90), np.uint8),
        depth=picture(2.0, 20.0, np.float32),
        flow_forward=flow,
        flow_forward_dz=np.full((HEIGHT, WIDTH), np.nan, np.float32),
        flow_backward=np.full((HEIGHT, WIDTH, 2), np.nan, np.float32),
        occluded_forward=forward,
        occluded_backward=backward,
        segmentation=picture(1, 0, np.uint16),
        normals=picture((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), np.float32),
    )


def scene(family: str, category: str, cameras: int) -> SceneSpec:
    steel = Substance(density=7800.0, friction=0.5, restitution=0.5)
    grey = Surface(base_color=(0.5, 0.5, 0.5), roughness=0.5)
    shape = Shape(kind="box", parameters={"size": (1.0, 1.0, 1.0)})
    bar = Body(name="the_bar", shape=shape, substance=steel, surface=grey, position=(0.0, 0.0, 1.0))
    return SceneSpec(
        category=category,
        family=family,
        split="train",
        seed=7,
        caption=CAPTION,
        bodies=(bar,),
        ground=Ground(substance=steel, surface=grey),
        sky=Sky(
            sun_azimuth=0.0,
            sun_elevation=1.0,
            sun_color=(1.0, 1.0, 1.0),
            zenith_color=(0.2, 0.3, 0.6),
            horizon_color=(0.6, 0.7, 0.8),
        ),
        cameras=(CameraPath(vertical_fov=0.8, eye=((0.0, -5.0, 2.0),), target=((0.0, 0.0, 0.0),)),)
        * cameras,
        solver=Solver(name="bullet", rate=240),
        num_frames=NUM_FRAMES,
        fps=60,
        width=WIDTH,
        height=HEIGHT,
    )


def falling_states() -> States:
    times = np.arange(NUM_FRAMES) / 60
    height = 2.4 - 9.81 * times**2 / 2
    zeros = np.zeros((1, 3), np.float32)
    return States(
        times=times,
        poses=np.tile(np.float32([0, 0, 0, 1, 0, 0, 0]), (NUM_FRAMES, 1, 1)),
        velocities=np.zeros((NUM_FRAMES, 1, 6), np.float32),
        in_contact=np.zeros((NUM_FRAMES, 1), bool),
        masses=np.ones(1),
        kinetic_energy=9.81 * (2.4 - height),
        potential_energy=9.81 * height,
        work=np.zeros(NUM_FRAMES),
        contacts=Contacts(
            frame=np.array([38], np.int32),
            object_a=np.array([1], np.uint16),
            object_b=np.array([0], np.uint16),
            position=zeros,
            normal=zeros,
            impulse=np.array([1.5], np.float32),
            penetration=np.zeros(1, np.float32),
        ),
        solver_version="bullet-1",
    )


def store_clip(store, family, category, *, drift=0.001, cameras=1):
    spec = scene(family, category, cameras)
    checks = [
        Check(
            name="energy_drift",
            value=drift,
            bound=0.01,
            unit="1",
            source="closed form",
            blocking=False,
        ),
        Check(name="flow_error", value=0.01, bound=1 / 32, unit="px", source="codec <step>"),
        Check(name="momentum", value=0.0, bound=0.0, unit="kg m/s", source=""),
    ]
    versions = {"solver_version": "bullet-1", "renderer_version": "bars-1", "code_version": "0"}
    with ClipWriter(store, spec, **versions) as writer:
        for index in range(cameras):
            camera = scene_camera(spec, index)
            for first in range(0, NUM_FRAMES, CHUNK_FRAMES):
                frames = range(first, min(first + CHUNK_FRAMES, NUM_FRAMES))
                drawn = (frame_of_bar(frame, bar_left(frame) + index) for frame in frames)
                writer.add(index, encode_chunk(drawn, camera, fps=spec.fps))
        writer.commit(falling_states(), checks, {"simulate": 1.25, "render": 10.0})


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    store = open_store(tmp_path_factory.mktemp("store"))
    store_clip(store, "dominoes", "rigid_bodies", cameras=2)
    store_clip(store, "pile", "ropes", drift=0.5)
    return open_dataset(store.uri)


@pytest.fixture(scope="module")
def gallery(dataset, tmp_path_factory):
    return build_gallery(dataset, tmp_path_factory.mktemp("out") / "gallery").parent


@pytest.fixture(scope="module")
def names(gallery):
    return json.loads((gallery / "gallery.json").read_text())["pages"]


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """The plainest static server there is: it cannot even send a part of a file."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address(gallery):
    handler = functools.partial(QuietHandler, directory=str(gallery))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not chromedriver:
        pytest.skip("needs a browser: apt-get install -y chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1440,900",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    yield driver
    driver.quit()


def wait_for(condition, what: str, *, seconds: float = 20):
    """Poll: the machine may be busy, so the limit is generous and only ends a failure."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen within {seconds} s")


class Player:
    """The clip page as a user sees it."""

    FIND_BAR = """
      const canvas = document.querySelector(`figure[data-layer=${arguments[0]}] canvas`);
      const {width, height} = canvas;
      const row = canvas.getContext("2d").getImageData(0, height / 2, width, 1).data;
      const other = (width - 3) * 4;
      let sum = 0, count = 0;
      for (let x = 0; x < width; x += 1) {
        let difference = 0;
        for (let c = 0; c < 3; c += 1) difference += Math.abs(row[4 * x + c] - row[other + c]);
        if (difference > 90) { sum += x; count += 1; }
      }
      return count ? sum / count : null;
    """

    def __init__(self, browser, url: str):
        self.browser = browser
        browser.get(url)
        wait_for(lambda: self.bar("rgb") is not None, "first picture")
        for box in browser.find_elements(By.CSS_SELECTOR, ".toggle input"):
            if not box.is_selected():
                browser.execute_script("arguments[0].click()", box)

    @property
    def frame(self) -> int:
        return int(self.browser.find_element(By.ID, "frame").text)

    def bar(self, layer: str) -> float | None:
        """Middle of the bar in a panel [px], None where there is none."""
        return self.browser.execute_script(self.FIND_BAR, layer)

    def pictured(self, layer: str) -> int | None:
        """The frame a panel shows, read from its pixels."""
        middle = self.bar(layer)
        return None if middle is None else round((middle - (BAR - 1) / 2) / 2)

    def cursor(self) -> float:
        line = self.browser.find_element(By.CSS_SELECTOR, "#energy .cursor")
        return float(line.get_attribute("x1"))

    def press(self, *keys):
        webdriver.ActionChains(self.browser).send_keys(*keys).perform()

    def click(self, name: str):
        self.browser.find_element(By.ID, name).click()

    def seek(self, frame: int):
        self.browser.execute_script(
            "const s = document.getElementById('scrubber'); s.value = arguments[0];"
            "s.dispatchEvent(new Event('input'))",
            frame,
        )
        self.arrives_at(frame)

    def arrives_at(self, frame: int):
        wait_for(
            lambda: self.frame == frame and self.pictured("rgb") == frame,
            f"frame {frame} (counter {self.frame}, picture {self.pictured('rgb')})",
        )


@pytest.fixture
def player(browser, names, address):
    yield Player(browser, f"{address}/clips/{names[0]}/index.html")
    errors = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert errors == []


def test_a_frame_sought_is_the_frame_shown_in_every_panel(player):
    for frame in (0, 37, 1, 15, 16, 17, 38):  # 15 to 17: across a group of pictures
        player.seek(frame)
        assert {layer: player.pictured(layer) for layer in LAYERS} == dict.fromkeys(LAYERS, frame)


def test_the_last_frame_is_reached_and_its_forward_flow_is_black(player):
    player.press(Keys.END)
    player.arrives_at(NUM_FRAMES - 1)
    assert player.bar("flow") is None and player.bar("occlusion") is None
    assert player.pictured("depth") == NUM_FRAMES - 1


def test_stepping_moves_video_counter_time_and_cursor_together(player):
    player.seek(0)
    first = player.cursor()
    player.press(Keys.END)
    player.arrives_at(NUM_FRAMES - 1)
    per_frame = (player.cursor() - first) / (NUM_FRAMES - 1)
    player.seek(9)
    for move, frame in (
        (lambda: player.click("forward"), 10),
        (lambda: player.click("back"), 9),
        (lambda: player.press(Keys.ARROW_RIGHT), 10),
        (lambda: player.press(Keys.ARROW_LEFT), 9),
        (lambda: player.press(Keys.HOME), 0),
    ):
        move()
        player.arrives_at(frame)
        assert player.cursor() == pytest.approx(first + frame * per_frame)
        assert player.browser.find_element(By.ID, "time").text == f"{frame / 60:.3f} s"


def test_stepping_faster_than_the_video_can_seek_loses_no_step(player):
    player.seek(0)
    player.press(*[Keys.ARROW_RIGHT] * 12)
    player.arrives_at(12)


def test_the_energies_shown_are_those_of_the_frame(player):
    player.seek(30)
    fallen = 9.81 * 0.5**2 / 2  # [m] after 30 frames of 1/60 s
    deepest = 9.81 * ((NUM_FRAMES - 1) / 60) ** 2 / 2  # potential energy counts from there
    shown = {
        name: player.browser.find_element(By.ID, name).text
        for name in ("kinetic", "potential", "total")
    }
    assert shown == {
        "kinetic": f"{9.81 * fallen:.4g} J",
        "potential": f"{9.81 * (deepest - fallen):.4g} J",
        "total": f"{9.81 * deepest:.4g} J",
    }


def test_playing_advances_and_pausing_leaves_everything_on_one_frame(player):
    player.seek(0)
    player.browser.find_element(By.CSS_SELECTOR, "[data-speed='0.25']").click()
    player.press(Keys.ESCAPE)  # the focus is on a button; space there would press it
    player.browser.execute_script("document.activeElement.blur()")
    player.press(" ")
    wait_for(lambda: player.frame > 3, "playing")
    assert player.browser.find_element(By.ID, "play").get_attribute("aria-label") == "Pause"
    player.press(" ")
    wait_for(
        lambda: player.browser.execute_script(
            "const v = document.getElementById('sheet'); return v.paused && !v.seeking"
        ),
        "pausing",
    )
    player.arrives_at(player.frame)
    assert {player.pictured(layer) for layer in LAYERS} == {player.frame}


def test_without_loop_the_clip_stops_at_its_end(player):
    player.seek(30)
    player.click("loop")
    player.click("play")
    ended = "return document.getElementById('sheet').ended"
    wait_for(lambda: player.browser.execute_script(ended), "the end")
    player.arrives_at(NUM_FRAMES - 1)
    assert player.browser.find_element(By.ID, "play").get_attribute("aria-label") == "Play"


def test_layers_are_shown_hidden_and_enlarged(player):
    browser = player.browser

    def visible():
        figures = browser.find_elements(By.CSS_SELECTOR, "#panels figure")
        return [f.get_attribute("data-layer") for f in figures if f.is_displayed()]

    assert visible() == LAYERS
    box = browser.find_element(By.CSS_SELECTOR, ".toggle input[value=normals]")
    browser.execute_script("arguments[0].click()", box)
    assert visible() == [layer for layer in LAYERS if layer != "normals"]
    button = browser.find_element(By.CSS_SELECTOR, "figure[data-layer=depth] .enlarge")
    browser.execute_script("arguments[0].click()", button)
    assert visible() == ["depth"]
    player.press(Keys.ESCAPE)
    assert len(visible()) == len(LAYERS) - 1


def test_the_table_has_a_row_per_check_and_the_page_shows_the_text_as_written(player):
    rows = player.browser.find_elements(By.CSS_SELECTOR, "#checks tbody tr")
    assert len(rows) == 3
    assert "codec <step>" in rows[1].text and "0.03125" in rows[1].text
    assert player.browser.find_element(By.TAG_NAME, "h1").text == CAPTION
    assert "the bar" in player.browser.find_element(By.CSS_SELECTOR, ".bodies").text


def test_every_control_has_a_name(player):
    names = player.browser.execute_script(
        "return [...document.querySelectorAll('button, input, canvas, img, [role=img]')].map("
        "e => e.getAttribute('aria-label') || e.textContent.trim() || e.alt"
        " || e.labels?.[0]?.textContent.trim())"
    )
    assert len(names) > 20 and all(names)


def test_a_link_can_name_a_frame(browser, player):
    url = browser.current_url
    browser.get("about:blank")
    Player(browser, f"{url}#frame=21").arrives_at(21)


def test_the_page_opens_from_disk(browser, gallery, names):
    browser.get((gallery / "clips" / names[1] / "index.html").as_uri())
    ready = "return document.getElementById('sheet').readyState"
    wait_for(lambda: browser.execute_script(ready) >= 2, "loading from disk")
    browser.find_element(By.ID, "forward").click()
    wait_for(lambda: browser.find_element(By.ID, "frame").text == "1", "a step")
    assert browser.find_element(By.CSS_SELECTOR, "tr.failed").text.startswith("energy drift")
    assert [e for e in browser.get_log("browser") if e["level"] == "SEVERE"] == []


def test_the_index_shows_filters_and_links_every_clip(browser, address):
    browser.get(f"{address}/index.html")
    cards = browser.find_elements(By.CSS_SELECTOR, "#cards > li")
    assert [card.is_displayed() for card in cards] == [True, True]
    assert "3/3 checks" in cards[0].text and "2/3 checks" in cards[1].text
    loaded = "return [...document.images].every(i => i.complete && i.naturalWidth > 0)"
    wait_for(lambda: browser.execute_script(loaded), "loading the previews")
    browser.find_element(By.ID, "search").send_keys("bar PILE")
    assert [card.is_displayed() for card in cards] == [False, True]
    browser.find_element(By.ID, "search").clear()
    browser.find_element(By.ID, "search").send_keys(Keys.BACKSPACE)
    browser.find_element(By.CSS_SELECTOR, "[data-category=ropes]").click()
    assert [card.is_displayed() for card in cards] == [False, True]
    assert browser.find_element(By.ID, "count").text == "1 of 2 clips"
    cards[1].find_element(By.TAG_NAME, "a").click()
    assert browser.find_element(By.TAG_NAME, "h1").text == CAPTION
    assert [e for e in browser.get_log("browser") if e["level"] == "SEVERE"] == []


def test_nothing_is_loaded_from_elsewhere(browser, address, player):
    loaded = player.browser.execute_script(
        "return performance.getEntriesByType('resource').map(e => e.name)"
    )
    assert len(loaded) >= 4
    assert all(name.startswith((address, "blob:", "data:")) for name in loaded)


def test_the_sheet_has_every_frame_at_the_rate_of_the_clip(gallery):
    for path in gallery.glob("clips/*/sheet.mp4"):
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            assert stream.average_rate == 60
            assert (stream.width, stream.height) == (3 * WIDTH, 2 * HEIGHT)
            assert sum(1 for _ in container.decode(stream)) == NUM_FRAMES


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


def test_a_second_camera_has_a_page_of_its_own(browser, names, address, player):
    links = player.browser.find_elements(By.CSS_SELECTOR, "nav[aria-label=Cameras] a")
    assert [link.text for link in links] == ["camera 0", "camera 1"]
    Player(browser, links[1].get_attribute("href"))
    player.seek(0)
    assert player.bar("segmentation") == pytest.approx((BAR - 1) / 2 + 1, abs=0.3)  # 1 px further
    assert names == sorted(names) and not any("camera" in name for name in names)


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


def test_the_same_store_gives_the_same_files(dataset, gallery, tmp_path):
    assert contents(build_gallery(dataset, tmp_path / "gallery").parent) == contents(gallery)


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
