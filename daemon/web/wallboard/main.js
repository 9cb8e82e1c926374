// The board: where it listens, what it heard, and the picture of it.

import { BoardState, ourClock } from "./board_state.js";
import { listenToStream } from "./stream_source.js";
import { View } from "./view.js";
import { wordsOf } from "./words.js";

const TICK_MS = 250;
const AGAIN_MS = 2_000;
const LOOK_FOR_NEWS_MS = 60_000;
// Browsers that show one page for months leak: it is loaded anew at night, when nobody looks.
const NIGHT_HOUR = 4;
const OLD_AFTER_MS = 12 * 3_600_000;

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the daemon says of itself: where to listen. Null where it has no such answer; an error where nobody answers. */
async function askConfig() {
  const asked = ourClock();
  const answer = await fetch("config.json", { cache: "no-store" });
  if (!answer.ok) return null;
  const config = await answer.json();
  // Half of the way there and back has passed since it was said.
  const skew = config.now === undefined ? null : Date.parse(config.now) - (asked + ourClock()) / 2;
  return { ...config, skew };
}

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

/** Load the page anew once the daemon has another version or other settings, and each night. */
async function watchForNews(config) {
  const opened = ourClock();
  for (;;) {
    await later(LOOK_FOR_NEWS_MS);
    const now = await askConfig().catch(() => null);
    if (now === null) continue; // a page that cannot be loaded is worse than an old one
    const isNew = ["version", "broker", "root", "language"].some((key) => now[key] !== config[key]);
    const isNight = ourClock() - opened > OLD_AFTER_MS && new Date().getHours() === NIGHT_HOUR;
    if (isNew || isNight) location.reload();
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

async function run(asked) {
  const config = await firstConfig(new View(wordsOf(asked ?? navigator.language.slice(0, 2))));
  const language = asked ?? config.language;
  document.documentElement.lang = language;
  const state = new BoardState(config.skew);
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

const asked = new URLSearchParams(location.search).get("lang");
run(asked).catch(async () => {
  const words = wordsOf(asked ?? navigator.language.slice(0, 2));
  new View(words).refuse(words.again);
  await later(AGAIN_MS);
  location.reload();
});
