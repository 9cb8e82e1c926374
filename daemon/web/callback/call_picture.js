// A call drawn: a line for each who took part, time from left to right. The same is told in words beside it.

import { drawn } from "../common/dom.js";
import { duration } from "../common/format.js";

const LANE = 52;
const BAR = 22;
const TOP = 8;
const AXIS = 26;
const SIDE = 10;
const LETTER = 7.2;
const TICKS_MOST = 8;
const TICK_LEAST = 70;
const FILLS = { ring: "url(#hatch-ring)", hold: "url(#hatch-hold)", parked: "url(#hatch-hold)" };
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 86_400];

/** The picture of a story, `width` pixels wide. `words`: of calls. */
export function pictureOf(story, words, width) {
  const { start, end, lanes, passes } = story;
  const lasted = Math.max(end - start, 1000);
  const x = (at) => SIDE + ((at - start) / lasted) * (width - 2 * SIDE);
  const height = TOP + lanes.length * LANE + AXIS;
  const floor = height - AXIS;
  const picture = drawn("svg", { class: "picture", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words.alt(lanes.length) });
  picture.append(hatches(), ...axis(lasted / 1000, x, start, floor, width));
  lanes.forEach((lane, n) => {
    const top = TOP + n * LANE;
    const [name, result] = nameOf(lane, words);
    const room = width - 2 * SIDE - result.length * LETTER;
    const title = drawn("text", { class: "name", x: SIDE, y: top + 16 }, drawn("tspan", { class: "of" }, fitting(name, room)), drawn("tspan", {}, result));
    picture.append(title, ...lane.bars.flatMap((bar) => barOf(bar, x, top + 22, words)));
  });
  for (const pass of passes) picture.append(...passOf(pass, x, words, width));
  picture.append(drawn("line", { class: "end", x1: x(end), x2: x(end), y1: TOP, y2: floor }));
  return picture;
}

/** What the bars say that are too short to say it themselves: `{words, sign}` of each kind, in the order of their first. */
export function legendOf(story, words, width) {
  const scale = (width - 2 * SIDE) / Math.max(story.end - story.start, 1000);
  const found = new Map();
  for (const bar of story.lanes.flatMap((lane) => lane.bars)) {
    const said = bar.kind === "queue" ? words.queue : barWords(bar, words);
    if (hasRoom(toldBy(bar, words), (bar.to - bar.from) * scale) || found.has(said)) continue;
    const sign = drawn("rect", { class: `bar ${bar.kind}`, x: 1, y: 1, width: 22, height: 12, rx: 3, ...(FILLS[bar.kind] && { fill: FILLS[bar.kind] }) });
    found.set(said, { words: said, sign: drawn("svg", { class: "picture sign", width: 24, height: 14, "aria-hidden": "true" }, sign) });
  }
  return [...found.values()];
}

/** What a bar says in words. */
export function barWords(bar, words) {
  if (bar.kind === "rest") return words[bar.rest ?? "rest"];
  if (bar.kind === "hold" || bar.kind === "parked") return words.heldBy[bar.by] ?? words[bar.kind];
  return words[bar.kind];
}

// Who it is, and what came of it where he was rung and did not answer.
function nameOf(lane, words) {
  const name = lane.name || words.caller;
  const missed = lane.isCaller ? undefined : lane.bars.find((bar) => bar.kind === "ring" && bar.result !== "answered");
  return [name, missed?.result ? `: ${words.results[missed.result] ?? missed.result}` : ""];
}

function barOf(bar, x, top, words) {
  const [left, wide] = [x(bar.from), Math.max(x(bar.to) - x(bar.from), 2)];
  const told = toldBy(bar, words);
  const time = duration((bar.to - bar.from) / 1000);
  const tip = drawn("title", {}, `${told}, ${time}${bar.isOpen ? ` (${words.unseen})` : ""}`);
  const made = [drawn("rect", { class: `bar ${bar.kind} ${bar.result ?? ""}${bar.isOpen ? " unseen" : ""}`, x: left, y: top, width: wide, height: BAR, rx: 3, ...(FILLS[bar.kind] && { fill: FILLS[bar.kind] }) }, tip)];
  const text = [`${told} ${time}`, told, time].find((each) => hasRoom(each, wide));
  if (text !== undefined) made.push(drawn("text", { class: `in ${bar.kind} ${bar.result ?? ""}`, x: left + wide / 2, y: top + 16 }, text));
  return made;
}

function toldBy(bar, words) {
  return bar.kind === "queue" ? `${words.queue} ${bar.who}` : barWords(bar, words);
}

function hasRoom(text, wide) {
  return text.length * LETTER + 8 <= wide;
}

function passOf(pass, x, words, width) {
  if (pass.from < 0 && pass.to < 0) return [];
  const at = x(pass.at);
  const y = (lane) => TOP + Math.max(lane, 0) * LANE + 22 + BAR / 2;
  const [from, to] = [y(pass.from), y(pass.to < 0 ? pass.from : pass.to)];
  const down = to >= from ? -1 : 1;
  const text = words.transfer[pass.kind];
  const isRight = at + text.length * LETTER + 14 > width - SIDE;
  return [
    drawn("line", { class: "pass", x1: at, x2: at, y1: from, y2: to + 6 * down }),
    drawn("path", { class: "tip", d: `M${at - 5} ${to + 8 * down}L${at + 5} ${to + 8 * down}L${at} ${to}Z` }, drawn("title", {}, text)),
    drawn("text", { class: "pass-word", x: isRight ? at - 8 : at + 8, y: Math.max(from, to) - 17, "text-anchor": isRight ? "end" : "start" }, text),
  ];
}

function axis(seconds, x, start, floor, width) {
  const most = Math.max(2, Math.min(TICKS_MOST, Math.floor(width / TICK_LEAST)));
  const step = STEPS_S.find((each) => seconds / each <= most) ?? Math.ceil(seconds / most);
  const made = [drawn("line", { class: "axis", x1: SIDE, x2: width - SIDE, y1: floor, y2: floor })];
  for (let at = 0; at <= seconds; at += step) {
    const left = x(start + at * 1000);
    made.push(drawn("line", { class: "tick", x1: left, x2: left, y1: TOP, y2: floor + 4 }),
      drawn("text", { class: "when", x: left, y: floor + 18, "text-anchor": at === 0 ? "start" : left > width - 30 ? "end" : "middle" }, duration(at)));
  }
  return made;
}

// What is no talk is told by its pattern too.
function hatches() {
  const hatch = (id, kind) => drawn("pattern", { id, class: kind, width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    drawn("rect", { class: "ground", width: 8, height: 8 }), drawn("rect", { class: "stripe", width: 3, height: 8 }));
  return drawn("defs", {}, hatch("hatch-ring", "ring"), hatch("hatch-hold", "hold"));
}

function fitting(text, room) {
  const most = Math.max(4, Math.floor(room / LETTER));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
