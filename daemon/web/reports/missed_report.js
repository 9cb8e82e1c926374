// What became of the missed callers: figures, the shares of what became, when they called, by whom, and each of the calls.

import { drawn, element } from "../common/dom.js";
import { isHidden } from "./call_list.js";
import { bars, heatMap, heatOf, hourName, partedBar, sign } from "./charts.js";
import { toCall, toCase } from "./links.js";
import { chart, explained, figures, named, paragraph, table } from "./parts.js";

export const OUTCOMES = ["by_us", "by_client", "external", "late", "truly_missed", "open", "dismissed", "no_case"];
const SIGNS = { by_us: "↩", by_client: "↪", external: "✉", late: "◷", truly_missed: "!", open: "…", dismissed: "×", no_case: "–" };

export function missedQuestions(query) {
  return [["reports/missed", query]];
}

/** The parts of the page; null where nobody was missed. */
export function missedReport([report], { words, spell, more }) {
  if (report.total.missed === 0) return null;
  return [
    missedFigures(report, words, spell),
    becameOf(report, words, spell),
    heat(report, words, spell),
    groups("trunk", report.by_trunk, words, spell),
    ...(report.by_department.length > 0 ? [groups("department", report.by_department, words, spell)] : []),
    list(report, words, spell, more),
  ];
}

function missedFigures({ total, total_before: before }, words, spell) {
  const names = words.figures;
  const of = (title, means, value, told, tone = null, isShare = false) => ({
    title, means, tone, value: told(value(total)),
    before: before === null ? null : told(value(before)),
    change: before === null || isShare ? "" : spell.change(value(total), value(before)),
  });
  const [count, seconds, share] = [(value) => spell.count(value), (value) => spell.seconds(value), (value) => spell.share(value)];
  return figures(words, [
    of(names.truly, "truly", (each) => each.callers_by_outcome.truly_missed, count, total.callers_by_outcome.truly_missed > 0 ? "bad" : "good"),
    of(names.callers, "outcomes", (each) => each.callers, count),
    of(names.missed, "missed", (each) => each.missed, count),
    of(names.share, "share", (each) => each.missed_share, share, null, true),
    of(names.reaction, "reaction", (each) => each.reaction.median_s, seconds),
    of(names.reaction90, null, (each) => each.reaction.p90_s, seconds),
    of(names.contact, "contact", (each) => each.contact.median_s, seconds),
    of(names.closed, null, (each) => each.closed, count),
    of(names.short, null, (each) => each.short, count),
    of(names.noNumber, null, (each) => each.calls_by_outcome.no_case, count),
  ]);
}

/** The state of a caller in words, with a sign: nobody needs the colour. */
export function state(outcome, words) {
  const mark = element("span", "mark", SIGNS[outcome] ?? "?");
  mark.setAttribute("aria-hidden", "true");
  return element("span", `state ${outcome}`, mark, words.outcomes[outcome] ?? outcome);
}

function becameOf({ total }, words, spell) {
  const title = words.charts.outcomes;
  const told = OUTCOMES.filter((outcome) => outcome !== "no_case" && total.callers_by_outcome[outcome] > 0)
    .map((outcome) => [outcome, total.callers_by_outcome[outcome]]);
  const share = (count) => spell.share(count / total.callers);
  const parts = told.map(([outcome, count]) => ({
    name: outcome, value: count, text: spell.count(count), title: `${words.outcomes[outcome]}: ${count} (${share(count)})`,
  }));
  const asList = element("ul", "outcomes", ...told.map(([outcome, count]) =>
    element("li", "", state(outcome, words), element("b", "", spell.count(count)), element("span", "share", share(count)))));
  const made = chart(words, { title, means: "outcomes", name: "wide", draw: (width) => (parts.length > 0 ? partedBar({ parts, width, label: title }) : drawn("svg")) });
  made.append(told.length > 0 ? asList : paragraph(words.outcomes.no_case));
  return made;
}

function heat({ by_weekday: counts }, words, spell) {
  const names = words.charts;
  const used = [...Array(24).keys()].filter((hour) => counts.some((day) => day[hour] > 0));
  const hours = [...Array(24).keys()].slice(used[0] ?? 0, (used.at(-1) ?? 23) + 1);
  const title = (weekday, hour, count) => `${words.weekdays[weekday]} ${hourName(hour)}:00 — ${count}`;
  const scale = element("span", "scale", ...[0, 1, 2, 3, 4, 5].map((n) =>
    drawn("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, drawn("rect", { width: 16, height: 16, class: `heat heat-${n}` }))));
  return chart(words, {
    title: names.heat, note: names.heatNote, means: "heat", name: "wide",
    legend: [[element("span", "", names.fewToMany[0]), ""], [scale, names.fewToMany[1]]],
    draw: (width) => heatMap({ counts, hours, weekdays: words.weekdays, width, label: names.heat, title }),
    asTable: table(names.heat, [
      { title: words.columns.weekday, cell: (row) => row.name },
      ...hours.map((hour) => ({ title: hourName(hour), kind: `number on-heat`, cell: (row) => cell(row.counts[hour], Math.max(1, ...counts.flat())) })),
      { title: words.total, kind: "number", cell: (row) => spell.count(row.counts.reduce((sum, each) => sum + each, 0)) },
    ], counts.map((each, n) => ({ name: words.weekdays[n], counts: each }))),
  });
}

function cell(count, most) {
  return element("span", count === 0 ? "nothing" : `heated-${heatOf(count, most)}`, String(count));
}

const MOST_BARS = 12;

function groups(kind, found, words, spell) {
  const title = words.charts.groups[kind];
  const name = (group) => (group.key === null || (kind === "department" && group.key === "none") ? words.noneOf[kind] : group.key);
  const rows = found.slice(0, MOST_BARS).map((group) => ({
    name: name(group), value: group.missed, part: group.calls_by_outcome.truly_missed,
    text: `${spell.count(group.missed)} (${spell.count(group.calls_by_outcome.truly_missed)})`,
    title: `${name(group)} — ${group.missed}, ${words.outcomes.truly_missed} ${group.calls_by_outcome.truly_missed}`,
  }));
  const present = OUTCOMES.filter((outcome) => found.some((group) => group.calls_by_outcome[outcome] > 0));
  return chart(words, {
    title, means: "truly", name: "truly-hatched",
    legend: [[sign("column"), words.charts.reached], [sign("hatched"), words.charts.truly]],
    draw: (width) => bars({ rows, width, label: title }),
    asTable: table(title, [
      { title: words.columns.key[kind], cell: (group) => named(name(group)) },
      { title: words.columns.missed, kind: "number", cell: (group) => spell.count(group.missed) },
      ...present.map((outcome) => ({ title: words.outcomes[outcome], kind: "number", cell: (group) => spell.count(group.calls_by_outcome[outcome]) })),
    ], found),
  });
}

function list({ calls, total, by_department: departments }, words, spell, more) {
  const names = words.columns;
  const filled = (of) => calls.some((call) => of(call) !== null && of(call) !== 0);
  const columns = [
    { title: names.at, kind: "moment", cell: (call) => toCall(call.id, spell.moment(call.started_at), words) },
    { title: names.number, kind: "who", cell: (call) => toCase(call.case_id, isHidden(call.number) ? words.anonymous : named(call.number), words) },
    { title: names.name, kind: "who", cell: (call) => named(call.client ?? call.name), is: (call) => call.client ?? call.name },
    { title: names.state, cell: (call) => state(call.outcome, words) },
    { title: names.waited, kind: "number", cell: (call) => spell.seconds(call.wait_s) },
    { title: names.trunk, kind: "labelled", cell: (call) => named(call.trunk), is: (call) => call.trunk },
    { title: names.queue, kind: "labelled", cell: (call) => named(call.queue), is: (call) => call.queue },
    ...(departments.length > 0 ? [{ title: names.department, cell: (call) => (call.department === "none" ? element("span", "nothing", words.noneOf.department) : named(call.department)) }] : []),
    { title: names.attempts, kind: "number", cell: (call) => (call.attempts ? spell.count(call.attempts) : ""), is: (call) => call.attempts },
    { title: names.reaction, kind: "number", cell: (call) => (call.reaction_s === null ? "" : spell.seconds(call.reaction_s)), is: (call) => call.reaction_s },
    { title: names.contactAt, kind: "moment labelled", cell: (call) => toCall(call.contact_call, call.contact_at === null ? "" : spell.shortMoment(call.contact_at), words), is: (call) => call.contact_at },
    { title: names.contactBy, kind: "labelled", cell: (call) => named(call.contact_by), is: (call) => call.contact_by },
  ].filter((column) => column.is === undefined || filled(column.is));
  const title = words.list.missed;
  const section = element("section", "card wide list", element("h3", "", ...explained(words, title, "missed")));
  section.append(...more(calls.length, total.missed), table(title, columns, [...calls].reverse(), null, "calls"));
  return section;
}
