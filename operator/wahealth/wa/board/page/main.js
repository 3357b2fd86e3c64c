// The page: it follows the stream, and shows what the address asks for.

import { client } from "./client.js";
import { byId, el, fill } from "./dom.js";
import { filter, summarise } from "./fleet.js";
import { setUp as setUpKeys } from "./keys.js";
import { draw, focusTile, setUp as setUpMap } from "./map.js";
import { reason } from "./reason.js";
import { go, route } from "./route.js";
import { state, take } from "./store.js";
import { follow } from "./stream.js";
import { clock, lasting, now, tick } from "./times.js";

const REST = 1000; // ms between two counts of all
let away = null; // since when the program is silent, in seconds of our own clock
let last = { view: "" };
let left = null; // where the map was left: {address, scroll, client}
let counted = 0;

function told(message) {
  draw(take(message));
  banners();
  if (message.all || Date.now() - counted > REST) count();
  else setTimeout(() => Date.now() - counted > REST && count(), REST);
  client();
}

function count() {
  counted = Date.now();
  if (route().view === "fleet") summarise();
}

function banners() {
  const said = [];
  if (away != null) said.push(`The board's program has not answered since ${clock(away)}: start kubectl wa board again.`);
  else if (state.lost != null) said.push(`Nothing new since ${clock(state.lost)}. ${state.why}`);
  if (state.frozen) said.push(`Verdicts are frozen. ${state.frozen}`);
  if (state.unwatched) said.push(state.unwatched);
  document.body.classList.toggle("stale", away != null || state.lost != null);
  const live = byId("live");
  const word = away != null || state.lost != null ? "not current" : state.listed ? "live" : `reading, ${state.count} so far`;
  if (live.textContent !== word) live.textContent = word;
  const at = byId("banners");
  if ([...at.children].map((each) => each.textContent).join() !== said.join()) fill(at, said.map((text) => el("p", {}, text)));
}

function routed() {
  const next = route();
  if (last.view === "fleet" && next.view !== "fleet") left = { address: last.address, scroll: scrollY };
  for (const view of ["fleet", "client", "reason"]) byId(view).hidden = view !== next.view;
  if (next.view === "fleet") {
    filter();
    if (last.view && last.view !== "fleet") {
      scrollTo(0, left?.scroll ?? 0);
      focusTile(last.namespace, last.name);
    }
  } else {
    scrollTo(0, 0);
    byId("tip").hidden = true;
  }
  last = { ...next, address: location.hash };
  client();
  reason();
}

function pointed(tile) {
  const tip = byId("tip");
  tip.hidden = !tile;
  if (!tile) return;
  const lasts = tile.since ? `for ${lasting(now() - tile.since)}` : "";
  const connected = tile.connected ? `${tile.connected} connected` : "";
  fill(tip, el("b", {}, `${tile.namespace}/${tile.name}`), [tile.verdict, lasts, tile.reason, connected, tile.mode].map((text) => text && el("span", {}, text)));
}

if (location.search) history.replaceState(null, "", `/${location.hash}`);
setUpMap(pointed);
setUpKeys(() => go(left?.address || "#/"));
addEventListener("hashchange", routed);
setInterval(() => {
  tick();
  client();
}, 1000);
routed();
follow(told, (since) => {
  away = since;
  banners();
});
