// The site's figures, as tiles that any board may have: giant, or in a strip.

import { duration, share } from "../common/format.js";
import { BUSY } from "./figures.js";
import { long } from "./long.js";
import { NOTHING, fillTile, tile } from "./parts.js";

/** Tiles of these names, in the words of a language; `isNarrow`: with short ones. */
export function siteTiles(words, names, isNarrow = false) {
  const titles = isNarrow ? { ...words.tiles, ...words.narrowTiles } : words.tiles;
  const made = new Map(names.map((name) => [name, tile(name, titles[name])]));
  const nodes = [...made.values()];
  return { nodes, fill: (figures, levels) => nodes.forEach((each) => FILL[each.id](each, words, figures, levels)) };
}

const known = (value, written = String) => (value === null || value === undefined ? NOTHING : written(value));

/** The same figure by this time of yesterday; where it is not of now, of when it is. */
function besideOf(words, { today, asOf }, name, written) {
  return asOf ?? beforeOf(words, today, name, written);
}

/** The same figure by this time of yesterday. */
export function beforeOf(words, { before }, name, written) {
  const value = before?.[name] ?? null;
  return value === null ? "" : words.before(written(value));
}

function handsOf(words, tallies) {
  if (tallies === null) return "";
  const busy = BUSY.reduce((sum, state) => sum + tallies[state], 0);
  return words.hands(busy, tallies.paused);
}

const FILL = {
  waiting: (made, words, { waiting, fullest, limits }, levels) => fillTile(made, words, known(waiting), words.limits(limits.warn, limits.alarm), levels.waiting, fullest ?? ""),
  longest: (made, words, { longest, longestLimits, longestQueue }, levels) =>
    fillTile(made, words, known(longest, duration), words.limits(...longestLimits.map((each) => (each === null ? null : duration(each)))), levels.longest, longestQueue ?? ""),
  "agents-free": (made, words, { free, tallies }, levels) =>
    fillTile(made, words, known(free.free), free.present === null ? "" : words.of(free.present), levels.free, free.lonely === null ? handsOf(words, free.free === null ? null : tallies) : words.lonely(free.lonely)),
  talking: (made, words, { tallies }) => fillTile(made, words, known(tallies === null ? null : tallies.talking + tallies.held), ""),
  level: (made, words, { today, asOf }, levels) =>
    fillTile(made, words, share(today.level), today.goal === null ? "" : words.goal(today.threshold, share(today.goal)), levels.level, besideOf(words, { today, asOf }, "service_level", share)),
  answered: (made, words, { today, asOf }) => fillTile(made, words, known(today.figures?.answered), (today.isOfEnded ? words.ofEnded : words.of)(known(today.figures?.in)), "", besideOf(words, { today, asOf }, "answered", String)),
  "missed-share": (made, words, { today, asOf }) => fillTile(made, words, share(today.figures?.missed_share), known(today.figures?.missed, words.missedCalls), "", besideOf(words, { today, asOf }, "missed_share", share)),
  "missed-open": (made, words, { missed, asOf }, levels) =>
    fillTile(made, words, known(missed.count), missed.oldest === null ? "" : words.oldest(long(missed.oldest, words)), levels.missed, asOf ?? ""),
};
