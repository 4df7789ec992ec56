// One video of all layers -> canvases, scrubber, readouts and plot cursor, always of one frame.
"use strict";
(() => {
  const clip = JSON.parse(document.getElementById("clip-data").textContent);
  const byId = (id) => document.getElementById(id);
  const video = byId("sheet"), scrubber = byId("scrubber"), panels = byId("panels");
  const figures = [...panels.querySelectorAll("figure")];
  const last = clip.num_frames - 1;
  const showEnergy = energyPlot(byId("energy"), clip, (frame) => seek(frame));
  let shown = 0; // the frame on screen
  let aim = 0; // the frame on screen or being sought

  function draw() {
    const { width, height } = clip.panel;
    for (const figure of figures) {
      if (figure.hidden) continue;
      const place = Number(figure.dataset.place);
      const left = place % clip.columns * width, top = Math.floor(place / clip.columns) * height;
      figure.querySelector("canvas").getContext("2d")
        .drawImage(video, left, top, width, height, 0, 0, width, height);
    }
  }

  // Everything that names a frame changes here, and only here.
  function show(frame) {
    shown = Math.min(Math.max(frame, 0), last);
    if (!video.seeking) aim = shown;
    draw();
    scrubber.value = shown;
    scrubber.setAttribute("aria-valuetext", `frame ${shown}, ${(shown / clip.fps).toFixed(3)} seconds`);
    byId("frame").value = shown;
    byId("time").value = `${(shown / clip.fps).toFixed(3)} s`;
    showEnergy(shown);
  }

  function goToAim() {
    // The middle of a frame's time: rounding can then never land on its neighbour.
    video.currentTime = (aim + 0.5) / clip.fps;
  }

  function seek(frame) {
    aim = Math.min(Math.max(frame, 0), last);
    video.pause();
    if (!video.seeking) goToAim(); // otherwise `seeked` goes on to the newest aim
  }

  function onFrame(_now, metadata) {
    show(Math.round(metadata.mediaTime * clip.fps));
    video.requestVideoFrameCallback(onFrame);
  }

  video.addEventListener("seeked", () => {
    const reached = Math.floor(video.currentTime * clip.fps + 1e-3);
    if (video.paused && reached !== aim) goToAim();
    else if (video.paused) show(reached);
  });
  if ("requestVideoFrameCallback" in video) {
    video.requestVideoFrameCallback(onFrame);
  } else {
    const tick = () => {
      if (!video.paused) show(Math.floor(video.currentTime * clip.fps + 1e-3));
      requestAnimationFrame(tick);
    };
    tick();
  }
  video.addEventListener("loadeddata", () => {
    const linked = /^#frame=(\d+)$/.exec(location.hash);
    seek(linked ? Number(linked[1]) : 0);
  }, { once: true });
  // Some plain static servers (python -m http.server) cannot send parts of a file, and a video that
  // comes from one cannot seek. Read as a whole first it can; a file opened from disk can anyway.
  async function load() {
    if (location.protocol.startsWith("http")) {
      const answer = await fetch(clip.sheet);
      video.src = URL.createObjectURL(await answer.blob());
    } else {
      video.src = clip.sheet;
    }
  }
  video.addEventListener("error", () => {
    byId("trouble").textContent = "This browser cannot play sheet.mp4 (H.264). Open the page in a browser that can.";
    byId("trouble").hidden = false;
  });
  load();

  function toggle() {
    if (video.paused) video.play(); else seek(shown);
  }
  function playing(is) {
    byId("play-shape").setAttribute("d", is ? "M6 4.5h4.5v15H6zM13.5 4.5H18v15h-4.5z" : "M7 4.5v15l13-7.5z");
    byId("play").setAttribute("aria-label", is ? "Pause" : "Play");
  }
  video.addEventListener("play", () => playing(true));
  video.addEventListener("pause", () => playing(false));
  video.addEventListener("ended", () => playing(false));

  function setLoop(is) {
    video.loop = is;
    byId("loop").setAttribute("aria-pressed", is);
  }
  byId("play").addEventListener("click", toggle);
  byId("first").addEventListener("click", () => seek(0));
  byId("back").addEventListener("click", () => seek(aim - 1));
  byId("forward").addEventListener("click", () => seek(aim + 1));
  byId("loop").addEventListener("click", () => setLoop(!video.loop));
  scrubber.addEventListener("input", () => seek(Number(scrubber.value)));

  const speeds = [...document.querySelectorAll("[data-speed]")];
  for (const speed of speeds) {
    speed.addEventListener("click", () => {
      video.playbackRate = Number(speed.dataset.speed);
      for (const other of speeds) other.setAttribute("aria-pressed", other === speed);
    });
  }

  // Layers: shown by toggle, enlarged one at a time.
  function arrange() {
    panels.dataset.shown = figures.filter((figure) => !figure.hidden).length;
    draw();
  }
  for (const box of document.querySelectorAll(".toggle input")) {
    const figure = figures.find((each) => each.dataset.layer === box.value);
    const apply = () => { figure.hidden = !box.checked; arrange(); };
    box.addEventListener("change", apply);
    apply();
  }
  function enlarge(figure) {
    const chosen = figure && !figure.classList.contains("enlarged");
    for (const each of figures) each.classList.toggle("enlarged", Boolean(chosen) && each === figure);
    panels.classList.toggle("solo", Boolean(chosen));
  }
  for (const figure of figures) {
    const stage = figure.querySelector(".stage");
    figure.querySelector(".enlarge").addEventListener("click", () => enlarge(figure));
    stage.addEventListener("pointermove", (event) => {
      const box = stage.getBoundingClientRect();
      panels.style.setProperty("--u", (event.clientX - box.left) / box.width);
      panels.style.setProperty("--v", (event.clientY - box.top) / box.height);
      panels.classList.add("pointing");
    });
    stage.addEventListener("pointerleave", () => panels.classList.remove("pointing"));
  }

  const keys = {
    " ": toggle,
    ArrowLeft: (event) => seek(aim - (event.shiftKey ? 10 : 1)),
    ArrowRight: (event) => seek(aim + (event.shiftKey ? 10 : 1)),
    Home: () => seek(0),
    End: () => seek(last),
    l: () => setLoop(!video.loop),
    Escape: () => enlarge(null),
  };
  document.addEventListener("keydown", (event) => {
    const action = keys[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    // Space on a button or box is that control's own click.
    if (event.key === " " && event.target.closest("button, input[type=checkbox], a")) return;
    event.preventDefault();
    action(event);
  });
})();
