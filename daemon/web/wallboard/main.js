// The board: where it listens, what it heard, and the picture of it.

import { askConfig, later, watchForNews } from "../common/config.js";
import { hourOf } from "../common/format.js";
import { speak } from "../common/language.js";
import { LiveState, ourClock } from "../common/live_state.js";
import { listenToStream } from "../common/stream_source.js";
import { optionsOf } from "./options.js";
import { Sound } from "./sound.js";
import { View } from "./view.js";
import { wordsOf } from "./words.js";

const TICK_MS = 250;
const AGAIN_MS = 2_000;
const IDLE_AFTER_MS = 5_000;

const options = optionsOf(location.search);
const sound = options.isMute ? null : new Sound(document.getElementById("sound"));
const viewIn = (language) => new View(wordsOf(speak(language)), options, sound);

/** Where to listen: as the daemon says, or, where the broker itself serves this page, to that. Asks until it knows. */
async function whereToListen(view) {
  for (;;) {
    try {
      const config = (await askConfig("config.json")) ?? (await askBroker(view));
      if (config !== null) return config;
    } catch {
      view.refuse(view.words.bars.unheard(""));
    }
    await later(AGAIN_MS);
  }
}

async function askBroker(view) {
  const { rootsAt, servingBroker } = await import("./broker_root.js");
  const broker = servingBroker();
  const roots = options.root === null ? await rootsAt(broker) : [options.root];
  if (roots.length === 1) return { broker, root: roots[0], language: null, skew: null };
  view.refuse(roots.length === 0 ? view.words.noSite : view.words.severalSites(roots));
  return null;
}

/** Draws whenever something was heard, and as time passes. */
function drawing(first, state, hasBroker) {
  let view = first;
  let failing = false;
  let isDue = false;
  const draw = () => {
    const now = ourClock();
    try {
      const language = state.get("bridge/info")?.language ?? null;
      if (language !== null && wordsOf(speak(language)) !== view.words) view = viewIn(language);
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

/** The pointer, and what only it is for, goes when nobody moves it. */
function watchPointer() {
  let timer;
  const moved = () => {
    document.body.classList.remove("idle");
    clearTimeout(timer);
    timer = setTimeout(() => document.body.classList.add("idle"), IDLE_AFTER_MS);
  };
  for (const each of ["pointermove", "pointerdown", "keydown"]) addEventListener(each, moved);
  moved();
}

async function run() {
  document.documentElement.style.setProperty("--scale", options.scale / 100);
  watchPointer();
  const config = await whereToListen(viewIn(null));
  const state = new LiveState(config.skew);
  const hasBroker = Boolean(config.broker);
  const soon = drawing(viewIn(config.language), state, hasBroker);
  const listener = {
    connected: (there, refusal) => { state.setConnected(there, ourClock(), refusal); soon(); },
    message: (topic, text, fresh) => { state.take(topic, text, fresh, ourClock()); soon(); },
    alive: () => state.alive(ourClock()),
  };
  addEventListener("resize", soon);
  watchForNews(config, undefined, () => hourOf(state.serverTime(ourClock()), state.get("bridge/info")?.timezone));
  if (hasBroker) {
    const { listenToBroker } = await import("./mqtt_source.js");
    listenToBroker(config.broker, config.root, listener);
  } else {
    await listenToStream("../api/v1/stream", listener);
  }
}

run().catch(async () => {
  const view = viewIn(null);
  view.refuse(view.words.again);
  await later(AGAIN_MS);
  location.reload();
});
