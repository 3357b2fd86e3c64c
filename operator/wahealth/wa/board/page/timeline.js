// The history as a bar. The axis is the age, by its logarithm: the last minutes matter as much as the last month.

import { el, svg } from "./dom.js";
import { clock, lasting, now } from "./times.js";

const WIDTH = 1000;
const BAR = 34;
const MARKS = 14; // pixels for the marks of events above the bar
const FLOOR = 30; // seconds: what is younger stands at the right end
const TICKS = [
  [60, "1 min"],
  [600, "10 min"],
  [3600, "1 h"],
  [6 * 3600, "6 h"],
  [86400, "1 d"],
  [7 * 86400, "1 week"],
  [30 * 86400, "30 d"],
  [365 * 86400, "1 year"],
];

/** The drawing of all states, with events as marks. */
export function timeline({ history, events }) {
  const oldest = Math.max(120, now() - history.at(-1).time);
  const whole = Math.log(oldest / FLOOR + 1);
  const at = (seconds) => WIDTH * (1 - Math.min(1, Math.log(Math.max(0, now() - seconds) / FLOOR + 1) / whole));
  const bars = history.map((state, n) => bar(state, at(state.time), n ? at(state.end) : WIDTH));
  const marks = events.filter((event) => event.time).map((event) => mark(event, at(event.time)));
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${MARKS + BAR}`, preserveAspectRatio: "none", role: "img", "aria-label": words(history) },
    bars,
    marks,
  );
  const ticks = TICKS.filter(([age]) => age < 0.8 * oldest).map(([age, text]) => tick(at(now() - age), text));
  return el("div", { class: "timeline" }, picture, el("div", { class: "ticks", "aria-hidden": "true" }, ticks, tick(WIDTH, "now")));
}

function bar(state, from, to) {
  const kind = { True: "up", False: "down" }[state.ready] ?? "unknown";
  const text = `${clock(state.time)}: Ready ${state.ready}, ${state.reason}, ${state.connected}, for ${lasting(state.end - state.time)}`;
  const half = { up: 0.5, unknown: 0.75, down: 1 }[kind] * BAR; // bad states are higher, too: not by colour alone
  const box = { x: from, y: MARKS + BAR - half, width: Math.max(2, to - from - 1), height: half, class: `state ${kind}` };
  return svg("rect", box, svg("title", {}, text));
}

function mark(event, x) {
  const kind = event.type === "Warning" ? "warning" : "normal";
  const points = kind === "warning" ? `${x - 6},0 ${x + 6},0 ${x},${MARKS - 2}` : `${x - 2},2 ${x + 2},2 ${x + 2},${MARKS - 2} ${x - 2},${MARKS - 2}`;
  return svg("polygon", { points, class: `event ${kind}` }, svg("title", {}, `${clock(event.time)}: ${event.reason}`));
}

function tick(x, text) {
  const made = el("span", {}, text);
  made.style.setProperty("inset-inline-start", `${x / (WIDTH / 100)}%`);
  return made;
}

function words(history) {
  const [last] = history;
  const down = history.filter((state) => state.ready === "False").length;
  return `${history.length} states since ${clock(history.at(-1).time)}, ${down} of them not ready; now Ready is ${last.ready}, ${last.reason}`;
}
