// The board: where it listens, what it heard, and the picture of it.

import { BoardState } from "./board_state.js";
import { listenToStream } from "./stream_source.js";
import { View } from "./view.js";
import { wordsOf } from "./words.js";

const TICK_MS = 250;
const CONFIG_AGAIN_MS = 2_000;

/** What the daemon says of itself: where to listen. Asked again until it is there. */
async function readConfig(view) {
  for (;;) {
    const asked = Date.now();
    try {
      const answer = await fetch("config.json", { cache: "no-store" });
      if (answer.ok) {
        const config = await answer.json();
        // Half of the way there and back has passed since it was said.
        const skew = config.now === undefined ? null : Date.parse(config.now) - (asked + Date.now()) / 2;
        return { ...config, skew };
      }
      view.refuse(view.words.noConfig);
    } catch {
      view.refuse(view.words.bars.no_daemon(""));
    }
    await new Promise((resolve) => setTimeout(resolve, CONFIG_AGAIN_MS));
  }
}

async function run() {
  const asked = new URLSearchParams(location.search).get("lang");
  let view = new View(wordsOf(asked ?? navigator.language.slice(0, 2)));
  const config = await readConfig(view);
  const language = asked ?? config.language;
  document.documentElement.lang = language;
  view = new View(wordsOf(language));
  const state = new BoardState(config.skew);
  const hasBroker = Boolean(config.broker);
  let failing = false;
  const draw = () => {
    const now = Date.now();
    try {
      view.draw(state, state.verdict(now, hasBroker), now);
      failing = false;
    } catch (error) {
      // The picture before would stay, and pass for the present.
      view.refuse(view.words.fault);
      if (!failing) console.error(error);
      failing = true;
    }
  };
  let drawing = false;
  const soon = () => {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      draw();
    });
  };
  const listener = {
    connected: (there) => { state.setConnected(there, Date.now()); soon(); },
    message: (topic, text, fresh) => { state.take(topic, text, fresh, Date.now()); soon(); },
    alive: () => state.alive(Date.now()),
  };
  setInterval(draw, TICK_MS);
  if (hasBroker) {
    const { listenToBroker } = await import("./mqtt_source.js");
    listenToBroker(config.broker, config.root, listener);
  } else {
    await listenToStream("../api/v1/stream", listener);
  }
}

run();
