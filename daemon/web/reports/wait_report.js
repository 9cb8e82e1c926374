// How long callers waited: figures, by hour as columns, by trunk as bars, and the table that was asked for.

import { bars, hourColumns, sign } from "./charts.js";
import { chart, figures, named, table } from "./parts.js";

const SPREAD = ["avg_s", "median_s", "p90_s", "max_s"];

/** What to ask for: the report of the table, and those of both charts. */
export function waitQuestions(query) {
  const kinds = [...new Set([query.by ?? "trunk", "hour", "trunk"])];
  return kinds.map((by) => ["reports/wait", { ...query, by }]);
}

/** The parts of the page; `reports` as asked for. */
export function waitReport(reports, { words, spell }) {
  const [own] = reports;
  if (own.total.calls + own.total.other === 0) return null;
  const by = (kind) => reports.find((each) => each.by === kind);
  return [
    waitFigures(own, words, spell),
    byHour(by("hour"), words, spell),
    byTrunk(by("trunk"), words, spell),
    tableOf(own, words, spell),
  ];
}

function waitFigures({ total, total_before: before }, words, spell) {
  const names = words.figures;
  const of = (title, means, value, told, tone = null) => ({
    title, means, tone, value: told(value(total)),
    before: before === null ? null : told(value(before)),
    change: before === null ? "" : spell.change(value(total), value(before)),
  });
  const [count, seconds] = [(value) => spell.count(value), (value) => spell.seconds(value)];
  return figures(words, [
    of(names.wait, "wait", (each) => each.wait_avg_s, seconds, "first"),
    of(names.answeredWait, "answeredWait", (each) => each.answered_wait.avg_s, seconds),
    of(names.missedWait, "missedWait", (each) => each.missed_wait.avg_s, seconds),
    of(names.calls, "calls", (each) => each.calls, count),
    of(names.missed, "missed", (each) => each.missed, count),
    of(names.talk, "talk", (each) => each.talk_avg_s, seconds),
    of(names.talkAll, null, (each) => each.talk_s, seconds),
  ]);
}

/** The rows from the first to the last hour in which somebody called. */
function busyHours(rows) {
  const used = rows.map((row, n) => (row.calls + row.other > 0 ? n : -1)).filter((n) => n >= 0);
  return used.length === 0 ? rows : rows.slice(used[0], used.at(-1) + 1);
}

function byHour(report, words, spell) {
  const names = words.charts;
  const told = busyHours(report.rows);
  const rows = told.map((row) => {
    const [value, dot] = [row.answered_wait.avg_s, row.missed_wait.avg_s];
    const title = `${row.key}:00 — ${names.answeredSeries} ${spell.seconds(value)}, ${names.missedSeries} ${spell.seconds(dot)}, ${words.columns.calls} ${row.calls}`;
    return { label: row.key, value, dot, title };
  });
  return chart(words, {
    title: names.waitByHour, note: names.waitByHourNote, means: "heat", name: "wide",
    legend: [[sign("column"), names.answeredSeries], [sign("dot"), names.missedSeries]],
    draw: (width) => hourColumns({ rows, width, label: names.waitByHour, spell: (value) => spell.seconds(value) }),
    asTable: table(names.waitByHour, [
      { title: words.columns.hour, cell: (row) => `${row.key}:00` },
      { title: words.columns.calls, kind: "number", cell: (row) => spell.count(row.calls) },
      { title: words.columns.answeredWait, kind: "number", cell: (row) => spell.seconds(row.answered_wait.avg_s) },
      { title: words.columns.missedWait, kind: "number", cell: (row) => spell.seconds(row.missed_wait.avg_s) },
    ], told),
  });
}

const MOST_BARS = 12;

function byTrunk(report, words, spell) {
  const names = words.charts;
  const told = report.rows.filter((row) => row.calls > 0).slice(0, MOST_BARS);
  const name = (row) => row.key ?? words.noneOf.trunk;
  const calls = told.map((row) => ({
    name: name(row), value: row.calls, part: row.missed, text: `${spell.count(row.calls)} (${spell.count(row.missed)})`,
    title: `${name(row)} — ${names.answeredPart} ${row.answered}, ${names.missedPart} ${row.missed}`,
  }));
  const talk = told.map((row) => ({ name: name(row), value: row.talk_s, text: spell.seconds(row.talk_s), title: `${name(row)} — ${spell.seconds(row.talk_s)}` }));
  const columns = [
    { title: words.columns.key.trunk, cell: (row) => named(name(row)) },
    { title: words.columns.calls, kind: "number", cell: (row) => spell.count(row.calls) },
    { title: words.columns.missed, kind: "number", cell: (row) => spell.count(row.missed) },
    { title: words.columns.talk, kind: "number", cell: (row) => spell.seconds(row.talk_s) },
  ];
  const both = document.createDocumentFragment();
  both.append(
    chart(words, {
      title: names.callsByTrunk, means: "calls",
      legend: [[sign("column"), names.answeredPart], [sign("hatched"), names.missedPart]],
      draw: (width) => bars({ rows: calls, width, label: names.callsByTrunk }),
      asTable: table(names.callsByTrunk, columns, report.rows),
    }),
    chart(words, {
      title: names.talkByTrunk, means: "talk",
      draw: (width) => bars({ rows: talk, width, label: names.talkByTrunk }),
      asTable: table(names.talkByTrunk, columns, report.rows),
    }),
  );
  return both;
}

function tableOf(report, words, spell) {
  const names = words.columns;
  const key = (row) => {
    if (row.key === undefined) return words.total;
    if (row.key === null || (report.by === "department" && row.key === "none")) return words.noneOf[report.by];
    if (report.by === "hour") return `${row.key}:00`;
    return report.by === "day" ? spell.dayName(row.key) : named(row.key);
  };
  const isCompared = report.rows.some((row) => row.before !== null);
  const count = (title, of) => ({ title, kind: "number", cell: (row) => spell.count(of(row)) });
  // What is spare has no room on paper.
  const seconds = (title, of, group = "", kind = "number") => ({ title, group, kind, cell: (row) => spell.seconds(of(row)) });
  const spread = (title, of) => SPREAD.map((kind, n) => seconds([names.average, names.median, names.p90, names.max][n], (row) => of(row)[kind], title));
  const columns = [
    { title: names.key[report.by], kind: report.by === "day" ? "moment" : "", cell: key },
    count(names.calls, (row) => row.calls),
    count(names.answered, (row) => row.answered),
    count(names.missed, (row) => row.missed),
    count(names.other, (row) => row.other),
    seconds(names.wait, (row) => row.wait_avg_s),
    ...(isCompared ? [seconds(names.before, (row) => row.before?.wait_avg_s ?? null, "", "number spare")] : []),
    ...spread(names.answeredWait, (row) => row.answered_wait),
    ...spread(names.missedWait, (row) => row.missed_wait),
    seconds(names.talkAvg, (row) => row.talk_avg_s),
    seconds(names.talk, (row) => row.talk_s),
    seconds(names.full, (row) => row.full_s, "", "number spare"),
  ];
  const rows = report.by === "hour" ? busyHours(report.rows) : report.rows;
  const title = words.list.wait(words.by[report.by]);
  const total = { ...report.total, before: report.total_before };
  return cardOf(title, table(title, columns, rows, total));
}

function cardOf(title, inside) {
  const section = document.createElement("section");
  section.className = "card wide list";
  const heading = document.createElement("h3");
  heading.textContent = title;
  section.append(heading, inside);
  return section;
}
