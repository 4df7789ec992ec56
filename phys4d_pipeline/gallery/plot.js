// Energies per frame -> an SVG plot with a cursor; `energyPlot(svg, clip, seek)` returns `show(frame)`.
"use strict";

function energyPlot(svg, clip, seek) {
  const WIDTH = 348, HEIGHT = 210, LEFT = 44, RIGHT = 8, TOP = 10, BOTTOM = 24, IMPULSES = 26;
  const names = Object.keys(clip.energy);
  const last = clip.num_frames - 1;
  const floor = HEIGHT - BOTTOM - IMPULSES;
  const values = names.flatMap((name) => clip.energy[name]).filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...values), Math.max(1e-9, ...values)];
  const x = (frame) => LEFT + (last ? frame / last : 0) * (WIDTH - LEFT - RIGHT);
  const y = (joule) => floor - (joule - low) / (high - low) * (floor - TOP);

  function add(kind, attributes, text) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", kind);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return svg.appendChild(node);
  }

  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  const levels = ticks(low, high, 5);
  for (const joule of levels) {
    add("line", { class: joule === 0 ? "zero" : "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(joule), y2: y(joule) });
    add("text", { x: LEFT - 6, y: y(joule) + 4, "text-anchor": "end" }, short(joule) + (joule === levels.at(-1) ? " J" : ""));
  }
  for (const second of ticks(0, last / clip.fps, 5)) {
    add("text", { x: x(second * clip.fps), y: HEIGHT - 6, "text-anchor": "middle" }, `${short(second)} s`);
  }
  const strongest = Math.max(...clip.impulse, 0);
  const ground = HEIGHT - BOTTOM;
  clip.impulse.forEach((impulse, frame) => {
    if (impulse > 0) add("line", { class: "impulse", x1: x(frame), x2: x(frame), y1: ground, y2: ground - 2 - 14 * impulse / strongest });
  });
  add("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: ground, y2: ground });
  add("text", { x: LEFT - 6, y: ground - 2, "text-anchor": "end" }, "impulse");
  for (const name of names) {
    const points = clip.energy[name].map((joule, frame) => `${x(frame).toFixed(2)},${y(joule).toFixed(2)}`);
    add("polyline", { class: "curve", style: `stroke: var(--${name})`, points: points.join(" ") });
  }
  const cursor = add("line", { class: "cursor", y1: TOP - 4, y2: ground });
  const dots = names.map((name) => add("circle", { class: "dot", r: 3.5, style: `fill: var(--${name})` }));

  function point(event) {
    const box = svg.getBoundingClientRect();
    const place = ((event.clientX - box.left) / box.width * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT);
    seek(Math.round(place * last));
  }
  svg.addEventListener("pointerdown", (event) => { svg.setPointerCapture(event.pointerId); point(event); });
  svg.addEventListener("pointermove", (event) => { if (event.buttons) point(event); });

  return (frame) => {
    cursor.setAttribute("x1", x(frame));
    cursor.setAttribute("x2", x(frame));
    names.forEach((name, index) => {
      const joule = clip.energy[name][frame];
      dots[index].setAttribute("cx", x(frame));
      dots[index].setAttribute("cy", y(joule));
      document.getElementById(name).textContent = `${short(joule)} J`;
    });
  };
}

// Round numbers that divide a range into about `count` parts.
function ticks(low, high, count) {
  const raw = (high - low) / count;
  if (!(raw > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
  const found = [];
  for (let index = Math.ceil(low / step); index * step <= high * (1 + 1e-9); index += 1) found.push(index * step);
  return found;
}

// Four significant digits, without trailing zeros.
function short(number) {
  if (number === 0) return "0";
  const size = Math.abs(number);
  return size >= 1e5 || size < 1e-3 ? number.toExponential(1) : String(Number(number.toPrecision(4)));
}
