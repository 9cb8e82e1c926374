// Rows of lists: calls, and callers who were missed.

import { called, element } from "../common/dom.js";
import { duration, placeOf, secondsSince } from "../common/format.js";
import { long } from "./long.js";
import { masked } from "./mask.js";
import { NOTHING, write } from "./parts.js";

const ARROWS = { in: "→ ", out: "← ", internal: "↔ " };

/** How to write a number or name of a caller. */
function shownTo(options) {
  return (text) => (options.isMasked ? masked(text) : text);
}

function row() {
  return element("li", "", element("span", "who", element("span", "arrow"), called("")), element("span", "where", called("")), element("span", "word", called("")), element("time", ""));
}

function fill(node, name, { arrow = "", who, where, word, time }) {
  if (node.className !== name) node.className = name;
  const [whoPlace, wherePlace, wordPlace] = node.querySelectorAll("bdi");
  write(node.querySelector(".arrow"), arrow);
  write(whoPlace, who);
  write(wherePlace, where);
  write(wordPlace, word);
  write(node.lastChild, time);
}

/** Rows of calls; `since(call)` says from when the time counts. */
export function callRow(words, options, at, since) {
  const shown = shownTo(options);
  return {
    key: (call) => call.id,
    make: row,
    fill: (node, call) => {
      const other = call.direction === "in" ? call.caller : call.called;
      const ours = call.waits_in?.[0]?.queue ?? call.answered_by ?? call.queue ?? shortened(call.did ?? call.called ?? "");
      const where = call.direction === "in" ? ours : call.caller ?? "";
      fill(node, `state-${call.state}`, {
        arrow: ARROWS[call.direction], who: shown(other) ?? words.anonymous, where: where === other ? "" : where,
        word: words.states[call.state] ?? call.state, time: duration(secondsSince(since(call), at)),
      });
    },
  };
}

/** Rows of callers who were missed. */
export function missedRow(words, options) {
  const shown = shownTo(options);
  return {
    key: (each) => each.id,
    make: row,
    fill: (node, each) => fill(node, `case-${each.state}`, {
      who: shown(each.number), where: placeOf(each),
      word: each.claimed_by ? words.claimed(each.claimed_by) : words.caseStates[each.state] ?? each.state,
      time: each.age === null ? NOTHING : long(each.age, words),
    }),
  };
}

/** The end of a long number: the beginning is the same on all lines of an office. */
function shortened(number) {
  return number.length > 7 ? `…${number.slice(-4)}` : number;
}
