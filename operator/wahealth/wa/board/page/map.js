// The heat map: a tile for each client, real links in groups by namespace. Only one of them is a stop of the Tab key.

import { el, byId } from "./dom.js";
import { clientAt } from "./route.js";
import { VERDICTS, keyOf, tiles } from "./store.js";
import { clock } from "./times.js";

const SIZES = [24, 12]; // pixels from one tile to the next, as in the style sheet: for few, and for many
const MANY = 1500;
const HEAD = 26; // pixels of a group's heading
const NARROWEST = 150; // pixels of a group, for its heading

const groups = new Map(); // namespace -> {section, grid, count}
const links = new Map(); // key -> link
let matches = () => true;
let stop = null; // the link that the Tab key stops at

/** Draws what has changed. */
export function draw({ changed, gone }) {
  const fresh = new Map(); // namespace -> links that are new
  for (const key of changed) {
    const tile = tiles.get(key);
    let link = links.get(key);
    if (!link) {
      link = el("a", { href: clientAt(tile.namespace, tile.name), tabindex: "-1" });
      link.key = key;
      links.set(key, link);
      if (!fresh.has(tile.namespace)) fresh.set(tile.namespace, []);
      fresh.get(tile.namespace).push(link);
    }
    dress(link, tile);
  }
  const touched = new Set([...changed, ...gone].map((key) => key.split("/", 1)[0]));
  for (const key of gone) dropped(key);
  for (const namespace of [...fresh.keys()].sort()) added(namespace, fresh.get(namespace));
  head(sized() ? groups.keys() : touched);
}

/** Many tiles are smaller, so that one sees them all at once. Returns whether that has changed. */
function sized() {
  const dense = links.size > MANY;
  return dense !== byId("map").classList.contains("dense") && (byId("map").classList.toggle("dense"), true);
}

const pitch = () => SIZES[Number(byId("map").classList.contains("dense"))];

function dress(link, tile) {
  link.className = VERDICTS.includes(tile.verdict) ? tile.verdict.toLowerCase() : "unknown";
  const since = tile.since ? `, since ${clock(tile.since)}` : "";
  const connected = tile.connected ? `, ${tile.connected} connected` : "";
  link.setAttribute("aria-label", `${tile.name}: ${tile.verdict}, ${tile.reason || "no reason"}${connected}${since}`);
  const hidden = !matches(tile);
  if (link.hidden !== hidden) link.hidden = hidden;
}

function added(namespace, fresh) {
  const group = groups.get(namespace) ?? grouped(namespace);
  if (group.grid.childElementCount === 0) {
    fresh.sort(byKey);
    group.grid.append(...fresh);
    return;
  }
  for (const link of fresh) {
    const next = [...group.grid.children].find((other) => byKey(link, other) < 0);
    group.grid.insertBefore(link, next ?? null);
  }
}

const byKey = (a, b) => (a.key < b.key ? -1 : 1);

function grouped(namespace) {
  const count = el("span");
  const heading = el("h2", { id: `in-${namespace}` }, `${namespace} `, count);
  const grid = el("div", { class: "tiles" });
  const section = el("section", { class: "group", "aria-labelledby": heading.id }, heading, grid);
  const group = { section, grid, count, shown: 0 };
  const after = [...groups.keys()].filter((other) => other > namespace).sort()[0];
  byId("map").insertBefore(section, after ? groups.get(after).section : null);
  groups.set(namespace, group);
  return group;
}

function dropped(key) {
  const link = links.get(key);
  if (!link) return;
  if (link === document.activeElement) (neighbour(link, 1) ?? neighbour(link, -1))?.focus();
  if (link === stop) stop = null;
  const grid = link.parentElement;
  link.remove();
  links.delete(key);
  for (const [namespace, group] of groups) {
    if (group.grid === grid && !grid.childElementCount) {
      group.section.remove();
      groups.delete(namespace);
    }
  }
}

/** Shows only the tiles for which `matching` holds, and returns how many there are. */
export function show(matching) {
  matches = matching;
  for (const [key, link] of links) {
    const hidden = !matching(tiles.get(key));
    if (link.hidden !== hidden) link.hidden = hidden;
  }
  return head(groups.keys());
}

/** The headings of these groups, the room that they take while they are not on the screen, and the stop of the Tab key.
 * Returns how many tiles are shown in all of them. */
function head(namespaces) {
  const width = byId("map").clientWidth;
  const size = pitch();
  for (const group of [...namespaces].map((namespace) => groups.get(namespace)).filter(Boolean)) {
    const shown = shownIn(group);
    const bad = shown.filter((link) => link.className !== "up" && link.className !== "suspended").length;
    const text = `${shown.length}${bad ? `, ${bad} not well` : ""}`;
    if (group.count.textContent !== text) group.count.textContent = text;
    group.section.hidden = shown.length === 0;
    const wide = Math.min(width, Math.max(NARROWEST, shown.length * size));
    const height = HEAD + size * Math.ceil(shown.length / Math.floor(wide / size));
    group.section.style.setProperty("inline-size", `${wide}px`);
    group.section.style.setProperty("contain-intrinsic-block-size", `auto ${height}px`);
    group.shown = shown.length;
  }
  if (!stop || stop.hidden) stopAt(first());
  return [...groups.values()].reduce((all, group) => all + group.shown, 0);
}

const shownIn = (group) => [...group.grid.children].filter((link) => !link.hidden);

function stopAt(link) {
  if (stop) stop.tabIndex = -1;
  stop = link ?? null;
  if (stop) stop.tabIndex = 0;
}

const first = () => byId("map").querySelector(".group:not([hidden]) .tiles > a:not([hidden])");

/** Focuses the tile of a client, or the first one. */
export function focusTile(namespace, name) {
  const link = (namespace && links.get(keyOf(namespace, name))) || (stop && !stop.hidden ? stop : first());
  link?.focus();
  return Boolean(link);
}

function neighbour(link, step) {
  const shown = [...byId("map").querySelectorAll(".tiles > a:not([hidden])")];
  return shown[shown.indexOf(link) + step];
}

/** The tile that an arrow key leads to from this one. */
function reached(link, key) {
  if (key === "ArrowRight") return neighbour(link, 1);
  if (key === "ArrowLeft") return neighbour(link, -1);
  if (key === "Home") return first();
  if (key === "End") return [...byId("map").querySelectorAll(".tiles > a:not([hidden])")].at(-1);
  const down = key === "ArrowDown";
  const own = link.parentElement;
  const row = [...own.children].filter((each) => !each.hidden);
  const columns = columnsOf(own);
  const at = row.indexOf(link);
  const last = Math.floor((row.length - 1) / columns);
  const line = Math.floor(at / columns);
  if (down && line < last) return row[Math.min(at + columns, row.length - 1)];
  if (!down && line > 0) return row[at - columns];
  return beyond(link, down);
}

const columnsOf = (grid) => Math.max(1, Math.floor(grid.parentElement.clientWidth / pitch()));

/** The nearest tile of a group below or above this tile's own group. */
function beyond(link, down) {
  const own = link.closest(".group").getBoundingClientRect();
  const x = link.getBoundingClientRect().x;
  const boxes = [...groups.values()]
    .filter((group) => !group.section.hidden)
    .map((group) => ({ group, box: group.section.getBoundingClientRect() }))
    .filter(({ box }) => (down ? box.top >= own.bottom - 1 : box.bottom <= own.top + 1));
  const far = ({ box }) => [down ? box.top : -box.top, Math.max(0, box.left - x, x - box.right)];
  const nearest = boxes.sort((a, b) => far(a)[0] - far(b)[0] || far(a)[1] - far(b)[1])[0];
  if (!nearest) return null;
  const row = shownIn(nearest.group);
  const columns = columnsOf(nearest.group.grid);
  const column = Math.min(columns - 1, Math.max(0, Math.floor((x - nearest.box.left) / pitch())));
  const start = down ? 0 : Math.floor((row.length - 1) / columns) * columns;
  return row[Math.min(start + column, row.length - 1)];
}

const KEYS = new Set(["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"]);

/** Sets the map up; `pointed` is told of the client that is pointed at, or null. */
export function setUp(pointed) {
  const map = byId("map");
  map.addEventListener("keydown", (event) => {
    if (!KEYS.has(event.key) || !event.target.key || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const found = reached(event.target, event.key);
    found?.focus();
    found?.scrollIntoView({ block: "nearest" });
  });
  new ResizeObserver(() => head(groups.keys())).observe(map);
  map.addEventListener("focusin", (event) => {
    if (!event.target.key) return;
    stopAt(event.target);
    pointed(tiles.get(event.target.key));
  });
  map.addEventListener("focusout", () => pointed(null));
  map.addEventListener("pointerover", (event) => pointed(event.target.key ? tiles.get(event.target.key) : null));
  map.addEventListener("pointerleave", () => pointed(null));
}
