// All clients as the program has told of them, by "namespace/name".

import { clockSays } from "./times.js";

/** Verdicts, worst first. */
export const VERDICTS = ["DOWN", "UNKNOWN", "DEGRADED", "SUSPENDED", "UP"];
export const WELL = new Set(["UP", "SUSPENDED"]);
const FIELDS = ["namespace", "name", "verdict", "reason", "since", "connected", "mode", "version"];

export const tiles = new Map();
export const state = { listed: false, lost: null, why: "", frozen: "", unwatched: "", now: 0, count: 0 };

export const keyOf = (namespace, name) => `${namespace}/${name}`;

/** Takes a message; returns the keys of what has changed and of what is gone. */
export function take(message) {
  Object.assign(state, message.state);
  clockSays(state.now);
  const gone = message.gone.map(([namespace, name]) => keyOf(namespace, name));
  if (message.all) {
    const there = new Set(message.tiles.map(([namespace, name]) => keyOf(namespace, name)));
    gone.push(...[...tiles.keys()].filter((key) => !there.has(key)));
  }
  for (const key of gone) tiles.delete(key);
  const changed = message.tiles.map((values) => {
    const tile = Object.fromEntries(FIELDS.map((field, n) => [field, values[n]]));
    const key = keyOf(tile.namespace, tile.name);
    tiles.set(key, tile);
    return key;
  });
  return { changed, gone };
}

/** How often each value of a field occurs among these clients, the most frequent first. */
export function counted(among, field) {
  const counts = new Map();
  for (const tile of among) counts.set(tile[field], (counts.get(tile[field]) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** The order in which clients are looked for: by the verdict, then what failed last. */
export function worstFirst(a, b) {
  return (
    VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict) ||
    (b.since ?? 0) - (a.since ?? 0) ||
    (keyOf(a.namespace, a.name) < keyOf(b.namespace, b.name) ? -1 : 1)
  );
}
