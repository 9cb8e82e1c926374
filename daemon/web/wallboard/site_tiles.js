// The site's figures, as tiles that any board may have: giant, or in a strip.

import { duration, share } from "../common/format.js";
import { long } from "./long.js";
import { NOTHING, fillTile, tile } from "./parts.js";

/** Tiles of these names, in the words of a language. */
export function siteTiles(words, names) {
  const made = new Map(names.map((name) => [name, tile(name, words.tiles[name])]));
  const nodes = [...made.values()];
  return { nodes, fill: (figures, levels) => nodes.forEach((each) => FILL[each.id](each, words, figures, levels)) };
}

const known = (value, written = String) => (value === null || value === undefined ? NOTHING : written(value));

const FILL = {
  waiting: (made, words, { waiting, limits }, levels) => fillTile(made, words, known(waiting), words.waitingLimit(limits.warn, limits.alarm), levels.waiting),
  longest: (made, words, { longest, longestLimit }, levels) =>
    fillTile(made, words, known(longest, duration), longestLimit === null ? "" : words.limit(duration(longestLimit)), levels.longest),
  "agents-free": (made, words, { free }, levels) =>
    fillTile(made, words, known(free.free), free.present === null ? "" : words.of(free.present), levels.free),
  talking: (made, words, { tallies }) => fillTile(made, words, known(tallies === null ? null : tallies.talking + tallies.held), ""),
  level: (made, words, { today }, levels) =>
    fillTile(made, words, share(today.level), today.goal === null ? "" : words.goal(today.threshold, share(today.goal)), levels.level),
  answered: (made, words, { today }) => fillTile(made, words, known(today.figures?.answered), words.ofCalls(known(today.figures?.in))),
  "missed-share": (made, words, { today }) => fillTile(made, words, share(today.figures?.missed_share), known(today.figures?.missed, words.missedCalls)),
  "missed-open": (made, words, { missed }, levels) =>
    fillTile(made, words, known(missed.count), missed.oldest === null ? "" : words.oldest(long(missed.oldest, words)), levels.missed),
};
