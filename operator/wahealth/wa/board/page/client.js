// A client: the sentence and the next step first, then what it rests on.

import { byId, el, fill } from "./dom.js";
import { reasonAt, route } from "./route.js";
import { keyOf, tiles } from "./store.js";
import { timeline } from "./timeline.js";
import { clock, lasting, now, zone } from "./times.js";
import { topology } from "./topology.js";

const AGAIN = 15_000; // ms until it is asked for again although nothing changed: events come without a change
const PAUSE = 1000; // ms between two questions

let shown = null; // {key, version, asked}

/** Shows the client of the address; asks for it again where its tile says that it has changed. */
export function client() {
  const { view, namespace, name } = route();
  if (view !== "client") {
    shown = null;
    return;
  }
  const key = keyOf(namespace, name);
  const version = tiles.get(key)?.version ?? "";
  const fresh = shown?.key !== key;
  if (!fresh && shown.version === version && Date.now() - shown.asked < AGAIN) return;
  if (!fresh && Date.now() - shown.asked < PAUSE) return;
  shown = { key, version, asked: Date.now() };
  if (fresh) fill(byId("client"), el("h1", {}, name, place(namespace)), el("p", { class: "faint" }, "Looking …"));
  document.title = `${name} · ${namespace}`;
  ask(key, namespace, name);
}

async function ask(key, namespace, name) {
  let found;
  try {
    const answer = await fetch(`/client?${new URLSearchParams({ namespace, name })}`);
    found = await answer.json();
  } catch {
    found = { problem: "The board's program does not answer." };
  }
  if (shown?.key !== key) return;
  if (found.problem) problem(found.problem, namespace, name);
  else draw(found);
}

function problem(sentence, namespace, name) {
  const page = byId("client");
  const old = page.querySelector(".problem");
  const said = el("p", { class: "problem", role: "alert" }, sentence);
  if (old) old.replaceWith(said);
  else if (page.querySelector(".verdict")) page.prepend(said);
  else fill(page, el("h1", {}, name, place(namespace)), said);
}

const place = (namespace) => el("span", { class: "faint" }, ` · ${namespace}`);

function draw(found) {
  const page = byId("client");
  const focused = page.contains(document.activeElement) ? document.activeElement.dataset.as : null;
  const open = page.querySelector("details")?.open ?? false;
  fill(page, verdict(found), rests(found), section("Topology", topology(found.topology)), past(found, open), events(found));
  page.append(el("p", { class: "faint" }, `Times are those of ${zone()}.`));
  if (focused) [...page.querySelectorAll("[data-as]")].find((each) => each.dataset.as === focused)?.focus();
}

function section(title, ...children) {
  const inside = children.flat().filter(Boolean);
  return inside.length ? el("section", {}, el("h2", {}, title), inside) : "";
}

function verdict(found) {
  const shape = found.verdict.toLowerCase();
  const lasts = found.lastSeenBy ? `last seen ${lasting(now() - found.since)} ago by ${found.lastSeenBy}` : since(found.since);
  return el(
    "section",
    { class: `verdict is-${shape}` },
    el("h1", {}, found.name, place(found.namespace)),
    el("p", { class: "word" }, el("i", { class: `mark ${shape}`, "aria-hidden": "true" }), el("b", {}, found.verdict), " ", lasts),
    el("p", { class: "why" }, found.why),
    found.next ? el("p", { class: "next" }, el("b", {}, "Next: "), found.next) : "",
    command(found.command),
    found.also.map((each) => el("p", { class: "also" }, el("b", {}, "Also: "), each)),
    links(found),
  );
}

function since(seconds) {
  if (!seconds) return "";
  const title = `since ${clock(seconds)}`;
  return el("span", { "data-since": seconds, "data-before": "for ", title }, `for ${lasting(now() - seconds)}`);
}

function command(text) {
  if (!text) return "";
  const button = el("button", { type: "button", "data-as": "copy", onclick: () => copy(text, button) }, "Copy");
  return el("p", { class: "command" }, el("code", { tabindex: "0" }, text), button);
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(button.previousSibling);
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

/** Copies the command of the next step, where there is one. */
export const copyNext = () => byId("client").querySelector("[data-as=copy]")?.click();

function links({ reason, runbook }) {
  const known = reason ? el("a", { href: reasonAt(reason), "data-as": "reason" }, `What ${reason} means`) : "";
  const file = runbook && (runbook.url ? el("a", { href: runbook.url, rel: "noreferrer" }, runbook.name) : el("code", {}, runbook.file));
  return el("p", { class: "links" }, known, runbook ? el("span", {}, "Runbook: ", file) : "");
}

function rests(found) {
  const rows = [
    ["connected", found.connected],
    ["kind", [found.mode, found.version].filter(Boolean).join(" · ")],
    ["key", found.credential],
    ["asked", found.asked],
  ].filter(([, text]) => text);
  return el("dl", { class: "facts" }, rows.map(([name, text]) => el("div", {}, el("dt", {}, name), el("dd", {}, text))));
}

const COLUMNS = [
  ["Since", (state) => clock(state.time)],
  ["Lasted", (state, n) => (n ? `for ${lasting(state.end - state.time)}` : ["now, ", since(state.time)])],
  ["Ready", (state) => [el("i", { class: `mark ${ready(state)}`, "aria-hidden": "true" }), `Ready ${state.ready}`]],
  ["Reason", (state) => state.reason],
  ["Connected", (state) => state.connected],
  ["Carried by", (state) => [state.carried.slice(0, 2).join(", "), state.carried.length > 2 ? ` and ${state.carried.length - 2} more` : ""]],
  ["Note", (state) => state.note],
];
const isEmpty = (cell) => [cell].flat().every((part) => part === "");

function past(found, open) {
  if (!found.history.length) return section("History", el("p", { class: "faint" }, "No state was confirmed yet."));
  const columns = COLUMNS.filter(([, cell]) => !found.history.every((state, n) => isEmpty(cell(state, n))));
  const rows = found.history.map((state, n) => el("tr", {}, columns.map(([, cell]) => el("td", {}, cell(state, n)))));
  const head = columns.map(([title]) => el("th", { scope: "col" }, title));
  const table = el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
  const all = el("details", { open }, el("summary", { "data-as": "states" }, `All ${rows.length} states`), el("div", { class: "wide", tabindex: "0" }, table));
  return section("History", timeline(found), rows.length > 1 || found.history[0].note ? all : "");
}

const ready = (state) => ({ True: "up", False: "down" })[state.ready] ?? "unknown";

function events(found) {
  const lines = found.events.map((event) =>
    el(
      "li",
      { class: event.type === "Warning" ? "warning" : "" },
      el("time", {}, event.time ? clock(event.time) : ""),
      el("b", {}, `${event.type} ${event.reason}`),
      event.count > 1 ? el("span", { class: "faint" }, `${event.count} times`) : "",
      el("span", {}, event.message),
    ),
  );
  const missing = found.notShown.map((sentence) => el("p", { class: "faint" }, `Not shown: ${sentence}`));
  return section("Events", lines.length ? el("ol", { class: "events" }, lines) : "", missing);
}
