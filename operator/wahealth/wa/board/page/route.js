// The views by their address, so that Back works and a view can be sent to a colleague, who runs a board too.
//
//   #/?q=words&v=DOWN,UNKNOWN&r=Reason     the map, searched and filtered
//   #/client/NAMESPACE/NAME                a client
//   #/reason/NAME                          a reason

const enc = encodeURIComponent;

export const clientAt = (namespace, name) => `#/client/${enc(namespace)}/${enc(name)}`;
export const reasonAt = (name) => `#/reason/${enc(name)}`;

/** The address of the map with a search. */
export function fleetAt({ words = "", verdicts = [], reason = "" }) {
  const query = new URLSearchParams();
  if (words) query.set("q", words);
  if (verdicts.length) query.set("v", verdicts.join(","));
  if (reason) query.set("r", reason);
  return query.size ? `#/?${query}` : "#/";
}

/** What the present address shows. */
export function route() {
  const [path, query] = location.hash.slice(1).split("?", 2);
  const [view, ...parts] = path.split("/").slice(1).map(decoded);
  if (view === "client" && parts.length === 2) return { view, namespace: parts[0], name: parts[1] };
  if (view === "reason" && parts.length === 1) return { view, name: parts[0] };
  const asked = new URLSearchParams(query ?? "");
  return {
    view: "fleet",
    words: asked.get("q") ?? "",
    verdicts: (asked.get("v") ?? "").split(",").filter(Boolean),
    reason: asked.get("r") ?? "",
  };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Goes there; `replacing` leaves no step for Back. */
export function go(address, replacing = false) {
  if (location.hash === address) return;
  if (replacing) {
    history.replaceState(null, "", address);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else location.hash = address;
}
