// Charts as drawings of our own. Each value is written, or told by a table beside it; shape and pattern say what colour says.

import { drawn } from "../common/dom.js";
import { plain } from "../common/format.js";

const LABEL_ROOM = 34;
/** Below this width hours and weekdays go down the page, and not across it. */
export const NARROW = 640;
let drawings = 0;

function text(x, y, name, words, anchor = "middle") {
  return drawn("text", { x, y, class: name, "text-anchor": anchor }, words);
}

function drawing(width, height, label, ...inside) {
  return drawn("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label, class: "drawing" }, ...inside);
}

/** Lines of another direction over a colour: for who cannot tell the colours. Gives the definition and the paint's name. */
function hatching() {
  drawings += 1;
  const id = `hatching-${drawings}`;
  return [
    drawn("defs", {}, drawn("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      drawn("rect", { width: 6, height: 6, class: "hatch-ground" }), drawn("rect", { width: 2.5, height: 6, class: "hatch-line" }))),
    `url(#${id})`,
  ];
}

/** The sign of one series, as a legend shows it. */
export function sign(kind) {
  const [defs, paint] = hatching();
  const shape = {
    column: () => drawn("rect", { x: 2, y: 2, width: 14, height: 14, rx: 2, class: "solid" }),
    hatched: () => drawn("rect", { x: 2, y: 2, width: 14, height: 14, rx: 2, fill: paint, class: "hatched" }),
    dot: () => drawn("circle", { cx: 9, cy: 9, r: 5, class: "dot" }),
  }[kind]();
  return drawn("svg", { viewBox: "0 0 18 18", width: 18, height: 18, "aria-hidden": "true", class: "sign" }, defs, shape);
}

function ticksUpTo(greatest, steps) {
  const wanted = greatest / 4;
  const step = steps.find((each) => each >= wanted) ?? Math.ceil(wanted / 3600) * 3600;
  const ticks = [];
  for (let at = 0; at < greatest + step; at += step) ticks.push(at);
  return ticks;
}

const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600];

/**
 * Durations by hour: a column for each of `rows` (`{label, value, dot, title}`, null where nobody was), its value above it, and a dot for
 * another figure. `spell` writes seconds.
 */
export function hourColumns({ rows, width, label, spell }) {
  if (width < NARROW) return hourBars({ rows, width, label, spell });
  const [left, top, bottom, height] = [52, 22, 26, Math.min(250, Math.round(width * 0.27))];
  const slot = (width - left - 6) / rows.length;
  const ticks = ticksUpTo(Math.max(1, ...rows.flatMap((row) => [row.value ?? 0, row.dot ?? 0])), SECONDS);
  const most = ticks.at(-1);
  const y = (value) => top + (1 - value / most) * (height - top - bottom);
  const parts = ticks.map((tick) => drawn("g", {},
    drawn("line", { x1: left, x2: width, y1: y(tick), y2: y(tick), class: "grid" }), text(left - 6, y(tick) + 4, "axis", spell(tick), "end")));
  rows.forEach((row, n) => {
    const middle = left + slot * (n + 0.5);
    const inside = [drawn("title", {}, row.title)];
    if (row.value !== null) {
      inside.push(drawn("rect", { x: middle - slot * 0.32, y: y(row.value), width: slot * 0.64, height: Math.max(y(0) - y(row.value), 1), rx: 2, class: "solid" }));
    }
    if (row.dot !== null) inside.push(drawn("circle", { cx: middle, cy: y(row.dot), r: Math.min(5, slot * 0.2), class: "dot" }));
    if (row.value !== null) {
      // Where a dot lies in the way the value stands above both.
      const isInTheWay = row.dot !== null && Math.abs(y(row.dot) - y(row.value) + 9) < 13;
      const above = isInTheWay ? Math.min(y(row.value), y(row.dot)) - 9 : y(row.value) - 5;
      if (slot >= LABEL_ROOM) inside.push(text(middle, above, "value", spell(row.value)));
    }
    inside.push(text(middle, height - 8, "axis", row.label));
    parts.push(drawn("g", {}, ...inside));
  });
  return drawing(width, height, label, ...parts);
}

function hourBars({ rows, width, label, spell }) {
  const [row_height, left, right] = [26, 48, 56];
  const most = Math.max(1, ...rows.flatMap((row) => [row.value ?? 0, row.dot ?? 0]));
  const x = (value) => left + (value / most) * (width - left - right);
  const parts = rows.map((row, n) => {
    const y = n * row_height;
    const inside = [drawn("title", {}, row.title), text(left - 8, y + 17, "axis", row.label, "end")];
    if (row.value !== null) {
      inside.push(drawn("rect", { x: left, y: y + 4, width: Math.max(x(row.value) - left, 1), height: 17, rx: 2, class: "solid" }));
      inside.push(text(width - 2, y + 17, "value", spell(row.value), "end"));
    }
    if (row.dot !== null) inside.push(drawn("circle", { cx: x(row.dot), cy: y + 12.5, r: 5, class: "dot" }));
    return drawn("g", {}, ...inside);
  });
  return drawing(width, rows.length * row_height + 4, label, ...parts);
}

/** A bar for each of `rows` (`{name, value, part, text, title}`): `part` of the value, at its end, is hatched. */
export function bars({ rows, width, label, nameRoom = Math.min(180, width * 0.34) }) {
  const [row_height, gap] = [30, 10];
  const right = Math.max(...rows.map((row) => row.text.length)) * 7 + 10;
  const most = Math.max(1e-9, ...rows.map((row) => row.value));
  const room = Math.max(20, width - nameRoom - gap - right);
  const [defs, paint] = hatching();
  const parts = rows.map((row, n) => {
    const y = n * row_height;
    const whole = (row.value / most) * room;
    const part = ((row.part ?? 0) / most) * room;
    const inside = [drawn("title", {}, row.title), text(nameRoom, y + 20, "name", fitting(row.name, nameRoom), "end")];
    if (whole - part > 0) inside.push(drawn("rect", { x: nameRoom + gap, y: y + 6, width: Math.max(whole - part, 1), height: 20, rx: 2, class: "solid" }));
    if (part > 0) inside.push(drawn("rect", { x: nameRoom + gap + whole - part, y: y + 6, width: Math.max(part, 2), height: 20, rx: 2, fill: paint, class: "hatched" }));
    inside.push(text(nameRoom + gap + whole + 6, y + 21, "value", row.text, "start"));
    return drawn("g", {}, ...inside);
  });
  return drawing(width, rows.length * row_height + 6, label, defs, ...parts);
}

function fitting(name, room) {
  const most = Math.max(3, Math.floor(room / 8.2));
  const letters = [...plain(name)];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : name;
}

/** How hot a cell is: 0 where nothing is, else 1 to 5. */
export function heatOf(count, most) {
  return count === 0 ? 0 : Math.max(1, Math.ceil((count / most) * 5));
}

/** `counts[weekday][hour]` as a map of heat; each cell has its number. `hours`: which of them are shown. */
export function heatMap({ counts, hours, weekdays, width, label, title }) {
  const most = Math.max(1, ...counts.flat());
  const isNarrow = width < NARROW;
  const left = isNarrow ? 40 : 34;
  const [columns, lines] = isNarrow ? [weekdays, hours.map(hourName)] : [hours.map(hourName), weekdays];
  const cell = (width - left) / columns.length;
  const line = isNarrow ? 28 : 34;
  const parts = columns.map((name, n) => text(left + cell * (n + 0.5), 14, "axis", name));
  lines.forEach((name, m) => {
    const y = 22 + m * line;
    parts.push(text(left - 8, y + line / 2 + 4, "axis", name, "end"));
    columns.forEach((_, n) => {
      const [weekday, hour] = isNarrow ? [n, hours[m]] : [m, hours[n]];
      const count = counts[weekday][hour];
      const heat = heatOf(count, most);
      const onHeat = count === 0 ? "nothing" : `on-${heat < 3 ? "low" : "high"}`;
      const inside = [
        drawn("title", {}, title(weekday, hour, count)),
        drawn("rect", { x: left + cell * n + 1, y: y + 1, width: cell - 2, height: line - 2, rx: 3, class: `heat heat-${heat}` }),
        text(left + cell * (n + 0.5), y + line / 2 + 4.5, `value ${onHeat}`, String(count)),
      ];
      parts.push(drawn("g", {}, ...inside));
    });
  });
  return drawing(width, 22 + lines.length * line, label, ...parts);
}

/** An hour as the axis has it. */
export function hourName(hour) {
  return String(hour).padStart(2, "0");
}

/** One bar of parts (`{value, name, title}`), each with its number where there is room; `name` is its class. */
export function partedBar({ parts, width, label }) {
  const whole = parts.reduce((sum, part) => sum + part.value, 0);
  let x = 0;
  const made = parts.filter((part) => part.value > 0).map((part) => {
    const wide = (part.value / whole) * width;
    const inside = [drawn("title", {}, part.title), drawn("rect", { x, y: 0, width: Math.max(wide - 2, 1), height: 40, rx: 4, class: `part ${part.name}` })];
    if (wide > 16 + part.text.length * 8) inside.push(text(x + wide / 2 - 1, 26, `value on-${part.name}`, part.text));
    x += wide;
    return drawn("g", {}, ...inside);
  });
  return drawing(width, 40, label, ...made);
}
