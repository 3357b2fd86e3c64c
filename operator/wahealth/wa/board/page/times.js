// Times in words, as kubectl wa has them. All are seconds of Unix time by the API server's clock.

let ahead = 0; // seconds that the API server's clock is ahead of ours

export const now = () => Date.now() / 1000 + ahead;

/** What the API server's clock says. */
export function clockSays(seconds) {
  ahead = seconds - Date.now() / 1000;
}

/** Such as "40 s", "14 min", "5 h", "25 d". */
export function lasting(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.floor(whole / 60)} min`;
  return whole < 48 * 3600 ? `${Math.floor(whole / 3600)} h` : `${Math.floor(whole / 86400)} d`;
}

const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const year = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** The time of day; with its day where it is more than a day away. */
export function clock(seconds) {
  const then = new Date(seconds * 1000);
  if (Math.abs(now() - seconds) < 86400) return time.format(then);
  const days = then.getFullYear() === new Date().getFullYear() ? day : year;
  return `${days.format(then)} ${time.format(then).slice(0, 5)}`;
}

/** The zone that times are told in. */
export function zone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Keeps what lasts current: each element with `data-since`, behind the words of its `data-before`. */
export function tick() {
  for (const each of document.querySelectorAll("[data-since]")) {
    const text = (each.dataset.before ?? "") + lasting(now() - each.dataset.since);
    if (each.textContent !== text) each.textContent = text;
  }
}
