// The topics from the daemon's own stream of server-sent events.

const AGAIN_AFTER_MS = 1_000;
// A comment comes each five seconds.
const DEAD_AFTER_MS = 12_000;
// What the stream tells on connecting may have been said long ago, so it is no measure of clocks.
const OLD_NEWS_MS = 2_000;

/**
 * Listen to the stream at `address`; connects again for ever. `headers()` is asked each time: tokens, perhaps; who has others now
 * dispatches `again` at `anew`, and is connected anew at once.
 */
export async function listenToStream(address, { connected, message, alive }, headers = () => ({}), anew = new EventTarget()) {
  let leaving;
  anew.addEventListener("again", () => leaving.abort());
  for (;;) {
    let refusal = null;
    leaving = new AbortController();
    try {
      await listenOnce(address, { connected, message, alive }, headers(), leaving.signal);
    } catch (error) {
      if (leaving.signal.aborted) continue;
      // The daemon is gone, or on its way, or has no ear for us: told below.
      if (error instanceof FullHouse) refusal = "too_many";
    }
    connected(false, refusal);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
  }
}

class FullHouse extends Error {}

// EventSource listens to events whose names are known beforehand; ours are topics.
async function listenOnce(address, { connected, message, alive }, headers, left) {
  const patience = new AbortController();
  left.addEventListener("abort", () => patience.abort());
  let timer = setTimeout(() => patience.abort(), DEAD_AFTER_MS);
  try {
    const answer = await fetch(address, { cache: "no-store", headers, signal: patience.signal });
    if (!answer.ok) {
      // Said by the daemon itself, not by a web server before it.
      const isFull = answer.status === 503 && (await answer.text()).includes("too many listeners");
      throw isFull ? new FullHouse() : new Error(`${answer.status}`);
    }
    connected(true);
    // Who listens to the daemon itself needs nobody to say that it is there.
    message("bridge/state", "online", true);
    const since = performance.now();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => patience.abort(), DEAD_AFTER_MS);
      alive();
      const frames = (rest + value).split("\n\n");
      rest = frames.pop();
      for (const frame of frames) tell(frame, message, performance.now() - since > OLD_NEWS_MS);
    }
  } finally {
    clearTimeout(timer);
    patience.abort();
  }
}

function tell(frame, message, fresh) {
  let topic = "";
  let data = "";
  for (const line of frame.split("\n")) {
    if (line.startsWith("event: ")) topic = line.slice(7);
    else if (line.startsWith("data: ")) data = line.slice(6);
  }
  if (topic !== "") message(topic, data, fresh);
}
