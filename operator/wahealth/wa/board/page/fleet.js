// The fleet: how many of each verdict, the most frequent reasons, the worst clients, and the map below them.

import { byId, el, fill } from "./dom.js";
import { show } from "./map.js";
import { clientAt, fleetAt, go, route } from "./route.js";
import { VERDICTS, WELL, counted, state, tiles, worstFirst } from "./store.js";
import { lasting, now } from "./times.js";

const REASONS = 3;
const WORST = 8;
const BAD = VERDICTS.filter((verdict) => !WELL.has(verdict));

const said = { fleet: null }; // the filter that is shown

const many = new Intl.NumberFormat("en").format;

/** Whether a client is one that is looked for. */
function matching({ words, verdicts, reason }) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const named = (tile) => `${tile.namespace}/${tile.name} ${tile.reason} ${tile.mode}`.toLowerCase();
  return (tile) =>
    (!verdicts.length || verdicts.includes(tile.verdict)) &&
    (!reason || tile.reason === reason) &&
    (!wanted.length || wanted.every((word) => named(tile).includes(word)));
}

/** Shows what the address asks for. */
export function filter() {
  said.fleet = route();
  const search = byId("search");
  if (search.value !== said.fleet.words && document.activeElement !== search) search.value = said.fleet.words;
  const count = show(matching(said.fleet));
  tell(count);
  summarise();
}

function tell(count) {
  const nothing = byId("nothing");
  nothing.hidden = count > 0;
  if (count) return;
  if (tiles.size) nothing.textContent = "No client is like that. Esc shows all.";
  else nothing.textContent = state.listed ? "There is no WhatsAppClient here." : "The clients are being read …";
}

/** Counts, reasons and the worst, of what is there now. */
export function summarise() {
  if (!said.fleet) return;
  const all = [...tiles.values()];
  const shown = all.filter(matching(said.fleet));
  const bad = all.filter((tile) => !WELL.has(tile.verdict));
  kept(byId("summary"), () => [
    el("p", { class: "chips" }, total(all.length, shown.length), ...verdicts(all)),
    el("p", { class: "chips reasons" }, ...reasons(bad)),
  ]);
  const worst = shown.filter((tile) => !WELL.has(tile.verdict)).sort(worstFirst);
  kept(byId("worst"), () => (worst.length ? [el("ol", {}, ...worst.slice(0, WORST).map(line)), more(worst.length)] : []));
  tell(shown.length);
  const down = all.filter((tile) => tile.verdict === "DOWN").length;
  document.title = down ? `${down} DOWN · WhatsApp clients` : "WhatsApp clients";
}

/** Fills an element anew, and keeps the focus where it was. */
function kept(parent, children) {
  const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.as : null;
  fill(parent, ...children());
  if (focused) [...parent.querySelectorAll("[data-as]")].find((each) => each.dataset.as === focused)?.focus();
}

function total(all, shown) {
  const noun = `${many(all)} client${all === 1 ? "" : "s"}`;
  return el("span", { class: "total" }, shown === all ? noun : `${many(shown)} of ${noun}`);
}

function verdicts(all) {
  const counts = new Map(counted(all, "verdict"));
  return VERDICTS.filter((verdict) => counts.get(verdict)).map((verdict) =>
    chip(verdict, `${many(counts.get(verdict))} ${verdict}`, said.fleet.verdicts.includes(verdict), verdict.toLowerCase(), () => {
      const { verdicts: chosen } = said.fleet;
      const next = chosen.includes(verdict) ? chosen.filter((each) => each !== verdict) : [...chosen, verdict];
      go(fleetAt({ ...said.fleet, verdicts: next }));
    }),
  );
}

function reasons(bad) {
  const frequent = counted(bad, "reason").slice(0, REASONS);
  const chosen = said.fleet.reason;
  if (chosen && !frequent.some(([reason]) => reason === chosen)) {
    frequent.push([chosen, [...tiles.values()].filter((tile) => tile.reason === chosen).length]);
  }
  return frequent.map(([reason, count]) =>
    chip(reason, `${reason || "no reason"} ${many(count)}`, reason === chosen, "", () =>
      go(fleetAt({ ...said.fleet, reason: reason === chosen ? "" : reason })),
    ),
  );
}

function chip(as, text, pressed, shape, onclick) {
  const mark = shape ? el("i", { class: `mark ${shape}`, "aria-hidden": "true" }) : "";
  return el("button", { type: "button", "aria-pressed": String(pressed), "data-as": as, onclick }, mark, text);
}

function line(tile) {
  const since = tile.since ? el("span", { class: "for", "data-since": tile.since, "data-before": "for " }) : "";
  if (since) since.textContent = `for ${lasting(now() - tile.since)}`;
  return el(
    "li",
    {},
    el("i", { class: `mark ${tile.verdict.toLowerCase()}`, "aria-hidden": "true" }),
    el("a", { href: clientAt(tile.namespace, tile.name), "data-as": `${tile.namespace}/${tile.name}` }, tile.name),
    el("span", { class: "faint" }, tile.namespace),
    el("b", {}, tile.verdict),
    el("span", {}, tile.reason),
    el("span", {}, tile.connected ? `${tile.connected} connected` : ""),
    since,
  );
}

function more(count) {
  return count > WORST ? el("p", { class: "faint" }, `and ${many(count - WORST)} more that are not well, on the map`) : "";
}

/** Shows only what is not well, or all again. */
export function onlyBad() {
  const isSo = said.fleet.verdicts.join() === BAD.join();
  go(fleetAt({ ...said.fleet, verdicts: isSo ? [] : BAD }));
}

/** Takes all filters away; false if there is none. */
export function clear() {
  if (fleetAt(said.fleet) === "#/") return false;
  byId("search").value = "";
  go("#/");
  return true;
}
