// Durations of which the seconds matter to nobody.

import { duration } from "../common/format.js";

const HOUR_S = 3_600;
const EXACT_BELOW_S = 10 * HOUR_S;
const HOURS_BELOW_S = 48 * HOUR_S;

/** `1:02:03`, from ten hours on `17 h`, from two days on `3 d`, in the words of a language. */
export function long(seconds, words) {
  if (seconds < EXACT_BELOW_S) return duration(seconds);
  return seconds < HOURS_BELOW_S ? words.hours(Math.floor(seconds / HOUR_S)) : words.days(Math.floor(seconds / (24 * HOUR_S)));
}
