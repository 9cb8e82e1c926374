// What all reports are made of: explanations one click away, figures, tables, and charts that know how wide they are.

import { called, element } from "../common/dom.js";

const PAPER = 700;
// A longer one has no room in a column on paper.
const LONG_WORD = 12;
// What callers wrote is cut where a table has no room for it; the files have all.
const onPaper = new Set();
let rooms = 0;

addEventListener("beforeprint", () => onPaper.forEach((draw) => draw(PAPER)));
addEventListener("afterprint", () => onPaper.forEach((draw) => draw(null)));

// One explanation or menu is open at a time, until somebody looks elsewhere; none juts out of the window.
const OPENED = "details.meaning, details.menu";
addEventListener("toggle", ({ target }) => {
  if (!target.matches(OPENED) || !target.open) return;
  for (const other of document.querySelectorAll(OPENED)) if (other !== target && !other.contains(target)) other.open = false;
  const shown = target.querySelector("p");
  if (shown !== null) target.classList.toggle("leftward", target.getBoundingClientRect().left + shown.offsetWidth > innerWidth);
}, true);
const closeAll = (but) => document.querySelectorAll(OPENED).forEach((each) => { if (!each.contains(but)) each.open = false; });
addEventListener("click", ({ target }) => closeAll(target));
addEventListener("keydown", ({ key }) => { if (key === "Escape") closeAll(null); });

/** Another report is shown: the charts of the one before are gone. */
export function forgetCharts() {
  onPaper.clear();
}

/** An element with attributes. */
export function tagged(tag, attributes, ...inside) {
  const made = element(tag, attributes.class ?? "", ...inside);
  for (const [name, value] of Object.entries(attributes)) if (name !== "class") made.setAttribute(name, value);
  return made;
}

/** A term with its explanation, which begins no line alone. */
export function explained(words, term, key) {
  const at = term.lastIndexOf(" ") + 1;
  return [term.slice(0, at), element("span", "together", `${term.slice(at)}\u00a0`, meaning(words, term, key))];
}

/** What a term means, one click away. */
export function meaning(words, term, key) {
  return element("details", "meaning",
    tagged("summary", { "aria-label": words.what(term) }, "?"), paragraph(words.means[key]));
}

/** A text of ours, longer than what callers may be called. */
export function paragraph(text, name = "") {
  const made = element("p", name);
  made.textContent = text;
  return made;
}

/** The numbers that people look at first: `{title, value, before, change, means, tone}` each. */
export function figures(words, each) {
  return element("dl", "figures", ...each.map(({ title, value, before, change, means, tone }) =>
    element("div", tone ? `figure tone-${tone}` : "figure",
      element("dt", "", ...(means ? explained(words, title, means) : [title])),
      element("dd", value.length > 6 ? "value long" : "value", value),
      element("dd", "before", before === null ? "" : `${words.before} ${before}${change ? ` (${change})` : ""}`))));
}

/**
 * A table. `columns`: `{title, group, kind, cell}`; `cell` gives text or an element of a row. `total`: a last row. Where it is wider than the
 * page it is moved within its own frame, by keys too.
 */
export function table(caption, columns, rows, total = null, name = "") {
  const head = element("thead", "", ...headOf(columns));
  const line = (row) => element("tr", "", ...columns.map((column, n) => {
    const told = column.cell(row);
    const cell = n === 0 ? tagged("th", { scope: "row" }) : element("td", "");
    cell.className = column.kind ?? "";
    cell.dataset.label = column.title;
    cell.append(told instanceof Node ? told : element("span", "", String(told ?? "")));
    return cell;
  }));
  const body = element("tbody", "", ...rows.map(line));
  const made = element("table", name, tagged("caption", { class: "unseen" }, caption), head, body);
  if (total !== null) made.append(element("tfoot", "", line(total)));
  return tagged("div", { class: "frame", tabindex: "0", role: "region", "aria-label": caption }, made);
}

function headOf(columns) {
  const title = (column, rows = 1) => tagged("th", { scope: "col", class: column.kind ?? "", rowspan: String(rows) }, column.title);
  if (columns.every((column) => !column.group)) return [element("tr", "", ...columns.map((column) => title(column)))];
  const upper = [];
  columns.forEach((column, n) => {
    if (!column.group) {
      upper.push(title(column, 2));
    } else if (columns[n - 1]?.group !== column.group) {
      const count = columns.filter((each) => each.group === column.group).length;
      upper.push(tagged("th", { scope: "colgroup", class: "group", colspan: String(count) }, column.group));
    }
  });
  return [element("tr", "", ...upper), element("tr", "", ...columns.filter((column) => column.group).map((column) => title(column)))];
}

/** A chart with its title, an explanation and the same as a table. `draw(width)` gives the drawing. */
export function chart(words, { title, note, means, legend = [], draw, asTable, name = "" }) {
  rooms += 1;
  const isWide = name.includes("wide");
  const room = element("div", "room");
  let shownWidth = 0;
  const redraw = (paper) => {
    const ofPaper = paper === null || isWide ? paper : paper / 2 - 20;
    const width = ofPaper ?? Math.floor(room.clientWidth);
    if (width > 0 && width !== shownWidth) room.replaceChildren(draw(width));
    shownWidth = width;
  };
  new ResizeObserver(() => redraw(null)).observe(room);
  onPaper.add(redraw);
  const heading = tagged("h3", { id: `chart-${rooms}` }, ...(means ? explained(words, title, means) : [title]));
  const parts = [heading];
  if (note) parts.push(paragraph(note, "note"));
  if (legend.length > 0) parts.push(element("ul", "legend", ...legend.map(([mark, text]) => element("li", "", mark, element("span", "", text)))));
  parts.push(room);
  if (asTable) parts.push(element("details", "as-table", element("summary", "", words.table), asTable));
  return tagged("section", { class: `card chart ${name}`.trim(), "aria-labelledby": `chart-${rooms}` }, ...parts);
}

/** What somebody chose to be called, or nothing. A word without an end may be broken anywhere. */
export function named(text) {
  if (text === null || text === undefined || text === "") return "";
  const made = called(text);
  if (made.textContent.split(" ").some((word) => word.length > LONG_WORD)) made.className = "endless";
  return made;
}
