// What the keys do, wherever the focus is.

import { copyNext } from "./client.js";
import { byId } from "./dom.js";
import { clear, onlyBad } from "./fleet.js";
import { focusTile } from "./map.js";
import { fleetAt, go, route } from "./route.js";

const THEMES = ["", "dark", "light"];

/** Changes between the system's, dark and light. */
function theme() {
  const root = document.documentElement;
  const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? "") + 1) % THEMES.length];
  if (next) root.dataset.theme = next;
  else delete root.dataset.theme;
  if (next) localStorage.setItem("theme", next);
  else localStorage.removeItem("theme");
}

/** Back to the map from whatever is shown; from a search to all. */
function back(left) {
  if (route().view !== "fleet") left();
  else if (clear()) focusTile();
}

/** Sets all keys and buttons up; `left` leaves a view for the map. */
export function setUp(left) {
  const search = byId("search");
  const keys = byId("keys");
  const does = {
    "/": () => search.focus(),
    "?": () => keys.showModal(),
    Escape: () => back(left),
    b: () => route().view === "fleet" && onlyBad(),
    c: copyNext,
    t: theme,
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || keys.open) return;
    if (event.target === search) {
      if (event.key === "Escape") {
        search.value = "";
        go(fleetAt({ ...route(), words: "" }), true);
        search.blur();
        focusTile();
      } else if (event.key === "ArrowDown" || event.key === "Enter") {
        if (focusTile()) event.preventDefault();
      }
      return;
    }
    const done = does[event.key];
    if (!done) return;
    event.preventDefault();
    done();
  });
  search.addEventListener("input", () => {
    const now = route();
    const typed = { ...(now.view === "fleet" ? now : {}), words: search.value };
    go(fleetAt(typed), now.view === "fleet");
  });
  byId("help").addEventListener("click", () => keys.showModal());
  byId("theme").addEventListener("click", theme);
}
