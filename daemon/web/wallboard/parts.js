// Parts that boards are made of. A part is made once and written anew, so that a slow screen has little to do.

import { called, element } from "../common/dom.js";
import { plain } from "../common/format.js";

export const NOTHING = "–";
export const MARKS = { warn: "▲", crit: "■" };
const nodesOf = new WeakMap();

/** Have just this text in a node; as it may be shown to people. */
export function write(node, text) {
  const shown = plain(text);
  if (node.textContent !== shown) node.textContent = shown;
}

/** Have a node for each item in `parent`, in order; `make()` one for a new key, `fill(node, item)` each. */
export function keep(parent, items, key, make, fill) {
  const before = nodesOf.get(parent) ?? new Map();
  const after = new Map();
  for (const item of items) {
    const node = before.get(key(item)) ?? make(item);
    fill(node, item);
    after.set(key(item), node);
  }
  nodesOf.set(parent, after);
  const wanted = [...after.values()];
  const isSame = wanted.length === parent.children.length && wanted.every((node, n) => parent.children[n] === node);
  if (!isSame) parent.replaceChildren(...wanted);
}

/**
 * Rows in a list, `{items, total, most, empty, key, make, fill}`: the first `most` of the items, and how many more of the `total` there
 * are. Without any: the word `empty`; `items` null, what is not known: a dash.
 */
export function keepRows(list, words, { items, total = items?.length, most, empty, key, make, fill }) {
  const isFull = items !== null && total > 0;
  const shown = isFull ? items.slice(0, total > most ? most - 1 : most).map((item) => ({ item })) : [];
  if (!isFull) shown.push({ word: items === null ? NOTHING : empty });
  else if (total > shown.length) shown.push({ word: words.more(total - shown.length) });
  keep(list, shown,
    ({ item }) => (item === undefined ? "" : key(item)),
    ({ item }) => (item === undefined ? element("li", "none") : make(item)),
    (node, { item, word }) => (item === undefined ? write(node, word) : fill(node, item)));
}

/** A tile for one figure: what it is, the figure, a note below. */
export function tile(id, caption) {
  const made = element("section", "tile", element("h2", "", caption), element("b", ""), element("p", "whose", called("")), element("div", "note", element("p", ""), badge()));
  made.id = id;
  if (isOfNow(id)) made.querySelector("b").dataset.now = "";
  return made;
}

function isOfNow(id) {
  return ["waiting", "longest", "agents-free", "talking"].includes(id);
}

/** Says in a word how bad it is; the colour alone would not do. */
export function badge() {
  return element("i", "badge", element("span", "mark"), element("span", "said"));
}

/** Write a tile: its figure, what stands below it, and (`whose`) the queue it is of or what it is made of. A percentage's sign is small. */
export function fillTile(made, words, value, note, level = "", whose = "") {
  const figure = made.querySelector("b");
  if (figure.textContent !== value) {
    const number = value.replace(/ %$/, "");
    figure.replaceChildren(element("span", "", number, ...(number === value ? [] : [element("small", "", " %")])));
    measure(figure, lettersIn(number) + (number === value ? 0 : 1));
  }
  write(made.querySelector("bdi"), whose);
  write(made.querySelector(".note p"), note);
  fillLevel(made, words, level);
}

/** How wide a figure is, in digits: a colon is half a one. */
export function lettersIn(text) {
  return text.length - text.split(":").length / 2 + 0.5;
}

/** Tell the style sheet how many digits have to fit beside each other. */
export function measure(node, letters) {
  node.style.setProperty("--letters", Math.max(letters, 1));
}

/** How many rows of a list fit into the box around it. */
export function roomIn(list) {
  const height = list.firstElementChild?.getBoundingClientRect().height || Infinity;
  const { bottom } = list.parentElement.getBoundingClientRect();
  return Math.max(1, Math.floor((bottom - parseFloat(getComputedStyle(list.parentElement).paddingBottom) - list.getBoundingClientRect().top) / height));
}

/** Colour, sign and word of a level. */
export function fillLevel(made, words, level) {
  if (made.dataset.level !== level) made.dataset.level = level;
  const said = made.querySelector(".badge");
  write(said.firstChild, MARKS[level] ?? "");
  write(said.lastChild, MARKS[level] ? words.levels[level] : "");
}

/** A box with a heading, and within it the parts. */
export function box(id, caption, ...inside) {
  const made = element("section", "box", element("h2", "", caption), ...inside);
  made.id = id;
  return made;
}

/** A list that is filled later; `isOfNow`: it is true of this moment only. */
export function list(isOfNow) {
  const made = element("ul", "");
  if (isOfNow) made.dataset.now = "";
  return made;
}

/** A place for a name that somebody chose. */
export function namePlace(name) {
  return element("span", name, called(""));
}

/** A figure of this moment, with what it is, and perhaps a sign for that. */
export function momentary(name, caption, icon = "") {
  const value = element("span", "value");
  value.dataset.now = "";
  const sign = element("span", "icon", icon);
  sign.setAttribute("aria-hidden", "true");
  return element("div", name, ...(icon ? [sign] : []), value, element("span", "caption", caption));
}

/** Write a figure; nothing to look at is there to be overlooked. */
export function writeFigure(node, text) {
  write(node, text ?? NOTHING);
  node.classList.toggle("zero", text === "0" || text === "0:00");
}
