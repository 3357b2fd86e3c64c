// The stream of changes: a WebSocket, because a browser has six other connections to a server over all its tabs.

const FIRST_WAIT = 500; // ms until it is tried again
const LONGEST_WAIT = 10_000;
const SILENCE = 40_000; // ms; the program says something every ten seconds

/** Gives each message to `told`; tells `broken` since when (seconds of our own clock) nothing comes, null if it does. */
export function follow(told, broken) {
  let wait = FIRST_WAIT;
  let heard = Date.now();
  let lost = false;
  let socket = null;

  const connect = () => {
    socket = new WebSocket(`ws://${location.host}/stream`);
    socket.onmessage = (event) => {
      heard = Date.now();
      wait = FIRST_WAIT;
      if (lost) broken(null);
      lost = false;
      told(JSON.parse(event.data));
    };
    socket.onclose = () => {
      say();
      setTimeout(connect, wait);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    };
  };
  const say = () => {
    if (!lost) broken(heard / 1000);
    lost = true;
  };
  setInterval(() => {
    if (Date.now() - heard > SILENCE) say();
  }, 5000);
  connect();
}
