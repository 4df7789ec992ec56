"""The gallery in a real browser: what is drawn, and that everything moves in step."""

import functools
import http.server
import json
import shutil
import threading
import time

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from phys4d_pipeline.gallery import panels
from phys4d_pipeline.gallery.build import build_gallery
from tests.gallery_clips import BAR, CAPTION, NUM_FRAMES, two_clips

LAYERS = list(panels.LAYERS)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return two_clips(tmp_path_factory.mktemp("store"))


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
    assert player.frame == 12


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
    opened = Player(browser, f"{url}#frame=21")
    opened.arrives_at(21)
    assert opened.frame == 21


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


def test_a_second_camera_has_a_page_of_its_own(browser, names, address, player):
    links = player.browser.find_elements(By.CSS_SELECTOR, "nav[aria-label=Cameras] a")
    assert [link.text for link in links] == ["camera 0", "camera 1"]
    Player(browser, links[1].get_attribute("href"))
    player.seek(0)
    assert player.bar("segmentation") == pytest.approx((BAR - 1) / 2 + 1, abs=0.3)  # 1 px further
    assert names == sorted(names) and not any("camera" in name for name in names)


def test_the_work_of_motors_is_a_curve_of_its_own_where_there_is_any(browser, names, address):
    player = Player(browser, f"{address}/clips/{names[1]}/index.html")
    player.seek(30)
    assert browser.find_element(By.ID, "work").text == "1 J"  # 2 W for half a second
    assert len(browser.find_elements(By.CSS_SELECTOR, "#energy .curve")) == 4
