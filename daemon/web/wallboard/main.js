// The board: where it listens, what it heard, and the picture of it.

import { askConfig, later, watchForNews } from "../common/config.js";
import { speak } from "../common/language.js";
import { LiveState, ourClock } from "../common/live_state.js";
import { listenToStream } from "../common/stream_source.js";
import { View } from "./view.js";
import { wordsOf } from "./words.js";

const TICK_MS = 250;
const AGAIN_MS = 2_000;

async function firstConfig(view) {
  for (;;) {
    try {
      const config = await askConfig();
      if (config !== null) return config;
      view.refuse(view.words.noConfig);
    } catch {
      view.refuse(view.words.bars.unheard(""));
    }
    await later(AGAIN_MS);
  }
}

/** Draws whenever something was heard, and as time passes. */
function drawing(view, state, hasBroker) {
  let failing = false;
  let isDue = false;
  const draw = () => {
    const now = ourClock();
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
  setInterval(draw, TICK_MS);
  return () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      draw();
    });
  };
}

async function run() {
  const config = await firstConfig(new View(wordsOf(speak())));
  const language = speak(config.language);
  const state = new LiveState(config.skew);
  const hasBroker = Boolean(config.broker);
  const soon = drawing(new View(wordsOf(language)), state, hasBroker);
  const listener = {
    connected: (there, refusal) => { state.setConnected(there, ourClock(), refusal); soon(); },
    message: (topic, text, fresh) => { state.take(topic, text, fresh, ourClock()); soon(); },
    alive: () => state.alive(ourClock()),
  };
  watchForNews(config);
  if (hasBroker) {
    const { listenToBroker } = await import("./mqtt_source.js");
    listenToBroker(config.broker, config.root, listener);
  } else {
    await listenToStream("../api/v1/stream", listener);
  }
}

run().catch(async () => {
  new View(wordsOf(speak())).refuse(wordsOf(speak()).again);
  await later(AGAIN_MS);
  location.reload();
});
