// What the daemon says of itself to pages, and when a page is to be loaded anew.

import { ourClock } from "./live_state.js";

const LOOK_FOR_NEWS_MS = 60_000;
// Browsers that show one page for months leak: it is loaded anew at night, when nobody looks.
const NIGHT_HOUR = 4;
const OLD_AFTER_MS = 12 * 3_600_000;

export const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * `{broker, root, language, dial, version, now, skew}`; skew: the daemon's clock minus ours, in ms, or null. Null where there is no such
 * answer; an error where nobody answers.
 */
export async function askConfig(address = "../wallboard/config.json") {
  const asked = ourClock();
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok) return null;
  const config = await answer.json();
  // Half of the way there and back has passed since it was said.
  const skew = config.now === undefined ? null : Date.parse(config.now) - (asked + ourClock()) / 2;
  return { ...config, skew };
}

/** Is a page that was opened so long ago (ms) to be loaded anew, at this hour of the day? */
export function isForTheNight(age, hour) {
  return age > OLD_AFTER_MS && hour === NIGHT_HOUR;
}

/**
 * Load the page anew once the daemon has another version or other settings, and each night; nightly only where a broker serves it, and
 * nobody tells of versions (`config.version` undefined). Not while `isBusy()`: nobody's half-written note is thrown away. `hour()`: that
 * of the site, where the page knows it; a television may be set to another zone, and its night is the office's noon.
 */
export async function watchForNews(config, isBusy = () => false, hour = () => new Date().getHours()) {
  const opened = ourClock();
  for (;;) {
    await later(LOOK_FOR_NEWS_MS);
    const now = config.version === undefined ? config : await askConfig().catch(() => null);
    const isNew = now !== null && ["version", "broker", "root", "language", "dial"].some((key) => JSON.stringify(now[key]) !== JSON.stringify(config[key]));
    const isDue = isNew || isForTheNight(ourClock() - opened, hour());
    // A page that cannot be loaded is worse than an old one.
    if (isDue && !isBusy() && (await canBeLoaded())) location.reload();
  }
}

async function canBeLoaded() {
  return fetch(location.href, { cache: "no-store" }).then((answer) => answer.ok, () => false);
}
