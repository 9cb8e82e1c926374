// Where calls and cases are shown: on the call-back page, in the language and theme of this one.

import { tagged } from "./parts.js";

const KEPT = ["lang", "theme"];

/** A link to the caller's case; what is inside alone, where there is none. */
export function toCase(id, inside, words) {
  return link(id, inside, words.links.case, (part) => part);
}

/** A link to the call's time line. */
export function toCall(id, inside, words) {
  return link(id, inside, words.links.call, (part) => `call/${part}`);
}

function link(id, inside, title, hash) {
  if (id === null || id === undefined || inside === "") return inside;
  const given = new URLSearchParams(location.search);
  const kept = KEPT.filter((name) => given.has(name)).map((name) => [name, given.get(name)]);
  const query = kept.length === 0 ? "" : `?${new URLSearchParams(kept)}`;
  return tagged("a", { href: `../callback/${query}#${hash(encodeURIComponent(id))}`, title, class: "leads" }, inside);
}
