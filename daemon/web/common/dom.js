// Making and finding parts of a page. All text goes in as text: names and numbers are what callers made them.

import { plain } from "./format.js";

const SVG = "http://www.w3.org/2000/svg";

/** An element with a class and, within it, text or other elements. */
export function element(tag, name, ...inside) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...inside.map((each) => (typeof each === "string" ? plain(each) : each)));
  return made;
}

/** A part of a drawing, with its attributes; no `style`, which our content security policy forbids. */
export function drawn(tag, attributes = {}, ...inside) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...inside.map((each) => (typeof each === "string" ? plain(each) : each)));
  return made;
}

/** What somebody chose to be called: written in whatever direction, it turns nothing of what stands beside it. */
export function called(text) {
  return element("bdi", "", text);
}

/** Have just this text in the first part of `parent` that fits; nothing happens where it is there already. */
export function put(parent, selector, text) {
  const found = parent.querySelector(selector);
  if (found.textContent !== text) found.textContent = text;
}

export function byId(id) {
  return document.getElementById(id);
}
