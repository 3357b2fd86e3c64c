// A reason: what it means and what to do, as the table of reasons has it.

import { byId, el, fill } from "./dom.js";
import { fleetAt, route } from "./route.js";

/** Shows the reason of the address. */
export async function reason() {
  const { view, name } = route();
  if (view !== "reason") return;
  document.title = name;
  let found;
  try {
    found = await (await fetch(`/reason?${new URLSearchParams({ name })}`)).json();
  } catch {
    found = { problem: "The board's program does not answer." };
  }
  if (route().name !== name) return;
  const rows = found.rows?.map((row) => el("li", {}, el("p", {}, row.means), row.next ? el("p", { class: "next" }, el("b", {}, "Next: "), row.next) : ""));
  fill(
    byId("reason"),
    el("h1", {}, name),
    found.problem ? el("p", { class: "problem" }, found.problem) : el("p", { class: "faint" }, found.subject),
    rows ? el("ul", { class: "meanings" }, rows) : "",
    el("p", {}, el("a", { href: fleetAt({ reason: name }) }, "Clients with this reason")),
  );
}
