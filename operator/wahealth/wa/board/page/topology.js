// The topology in rows: web pods, coreapps or entities, masters; bad ones first. A line only where messages flow.

import { el, svg } from "./dom.js";
import { lasting, now } from "./times.js";

/** The drawing; nothing without nodes. */
export function topology(rows) {
  if (!rows.length) return "";
  const lines = svg("svg", { class: "flows", "aria-hidden": "true" });
  const drawn = rows.map(row);
  const picture = el("div", { class: "topology" }, lines, drawn);
  new ResizeObserver(() => connect(picture, lines)).observe(picture);
  return picture;
}

function row({ kind, title, count, items }) {
  const more = count - items.length;
  const id = `row-${kind}`;
  return el(
    "div",
    { class: "row", "data-kind": kind },
    el("h3", { id }, title),
    el("ul", { "aria-labelledby": id }, items.map(node), more > 0 ? el("li", { class: "faint" }, `and ${more} more`) : ""),
  );
}

function node({ name, shape, words, since, more, flows }) {
  const lasts = since ? el("span", { "data-since": since, "data-before": `${words} ` }, `${words} ${lasting(now() - since)}`) : words;
  const rest = more ? `, ${more}` : "";
  return el(
    "li",
    { class: `node ${shape}`, "data-flows": flows },
    el("i", { class: `mark ${shape}`, "aria-hidden": "true" }),
    el("span", {}, el("b", {}, name), el("small", {}, lasts, rest)),
  );
}

/** From each web pod that answers to each node that is active, and from the active ones outwards. */
function connect(picture, lines) {
  const origin = picture.getBoundingClientRect();
  lines.setAttribute("viewBox", `0 0 ${origin.width} ${origin.height}`);
  const flowing = (kind) => [...picture.querySelectorAll(`[data-kind=${kind}] [data-flows]`)].map((each) => each.getBoundingClientRect());
  const active = ["nodes", "coreapps", "entities"].flatMap(flowing);
  const paths = flowing("web").flatMap((web) => active.map((node) => path(web, node, origin)));
  lines.replaceChildren(...paths);
}

function path(from, to, origin) {
  const [x1, y1] = [from.left + from.width / 2 - origin.left, from.bottom - origin.top];
  const [x2, y2] = [to.left + to.width / 2 - origin.left, to.top - origin.top];
  const middle = (y1 + y2) / 2;
  return svg("path", { d: `M${x1} ${y1} C${x1} ${middle} ${x2} ${middle} ${x2} ${y2}` });
}
