// What the daemon says of itself to pages, and when a page is to be loaded anew.

import { ourClock } from "./live_state.js";

const LOOK_FOR_NEWS_MS = 60_000;
// Browsers that show one page for months leak: it is loaded anew at night, when nobody looks.
const NIGHT_HOUR = 4;
const OLD_AFTER_MS = 12 * 3_600_000;

export const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * `{broker, root, language, version, now, skew}`; skew: the daemon's clock minus ours, in ms, or null. Null where there is no such
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

/**
 * Load the page anew once the daemon has another version or other settings, and each night. Not while `isBusy()`: nobody's half-written
 * note is thrown away.
 */
export async function watchForNews(config, isBusy = () => false) {
  const opened = ourClock();
  for (;;) {
    await later(LOOK_FOR_NEWS_MS);
    const now = await askConfig().catch(() => null);
    if (now === null) continue; // a page that cannot be loaded is worse than an old one
    const isNew = ["version", "broker", "root", "language"].some((key) => now[key] !== config[key]);
    const isNight = ourClock() - opened > OLD_AFTER_MS && new Date().getHours() === NIGHT_HOUR;
    if ((isNew || isNight) && !isBusy()) location.reload();
  }
}
