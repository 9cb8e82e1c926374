// The list of calls: the latest first.

import { element } from "../common/dom.js";
import { toCall } from "./links.js";
import { named, table } from "./parts.js";

const ARROWS = { in: "→", out: "←", internal: "↔" };

export function callQuestions(query) {
  return [["reports/calls", query]];
}

/** The parts of the page; null where there was no call. */
export function callList([report], { words, spell, more }) {
  if (report.total === 0) return null;
  const { calls } = report;
  const names = words.columns;
  const columns = [
    { title: names.start, kind: "moment", cell: (call) => toCall(call.id, spell.moment(call.started_at), words) },
    { title: names.direction, kind: "phone", cell: (call) => `${ARROWS[call.direction] ?? ""} ${words.directions[call.direction] ?? call.direction}` },
    { title: names.caller, kind: "who", cell: (call) => (isHidden(call.caller) ? words.anonymous : named(call.caller_e164 ?? call.caller)) },
    { title: names.name, kind: "who", cell: (call) => named(call.client ?? call.caller_name), is: (call) => call.client ?? call.caller_name },
    { title: names.called, kind: "labelled", cell: (call) => named(call.called_e164 ?? call.called) },
    { title: names.result, cell: (call) => result(call, words) },
    { title: names.answeredBy, kind: "labelled", cell: (call) => named(call.agents[0]?.name ?? call.answered_by), is: (call) => call.answered_by },
    { title: names.queue, kind: "labelled", cell: (call) => named(call.queues.join(", ")), is: (call) => call.queue },
    { title: names.trunk, kind: "labelled", cell: (call) => named(call.trunk), is: (call) => call.trunk },
    { title: names.waited, kind: "number", cell: (call) => (call.wait_s === null ? "" : spell.seconds(call.wait_s)) },
    { title: names.talked, kind: "number", cell: (call) => (call.talk_s ? spell.seconds(call.talk_s) : "") },
  ].filter((column) => column.is === undefined || calls.some((call) => column.is(call) !== null && column.is(call) !== undefined));
  const title = words.headings.calls;
  const section = element("section", "card wide list");
  section.append(...more(calls.length, report.total), table(title, columns, [...calls].reverse(), null, "calls"));
  return [section];
}

/** Did he hide his number, by whatever word the line has for it? */
export function isHidden(number) {
  return number === null || /^(anonymous|unknown|restricted|private)$/i.test(number);
}

function result(call, words) {
  const said = words.results[call.result] ?? String(call.result);
  return call.missed ? element("span", "state missed", element("span", "mark", "!"), `${words.missedMark}: ${said}`) : said;
}
