// The list of those who wait for a call, who has waited longest first. A row stays the same element as long as its caller waits.

import { byId, called, element } from "../common/dom.js";
import { placeOf, plain, secondsSince } from "../common/format.js";
import { claimOf, claimedBy, dialled, endWords, endedBy, isNumber, liveCall, marks, nowWords, said, spaced } from "./case_words.js";

const GONE_MOST = 20;

/** Draws the list, and hears what is done in it: `hooks.claim(id)`. `hooks.claims`: those made here. `hooks.dial`: as `dialled` takes it. */
export class List {
  constructor(words, times, me, hooks) {
    Object.assign(this, { words, times, me, hooks });
    this.rows = new Map();
    this.gone = [];
    byId("title").textContent = words.title;
    const search = byId("search");
    search.placeholder = words.search;
    search.setAttribute("aria-label", words.search);
    const which = byId("which");
    which.setAttribute("aria-label", words.whichLabel);
    which.append(...Object.entries(words.which).map(([value, text]) => new Option(text, value)));
    search.addEventListener("input", () => hooks.changed());
    which.addEventListener("change", () => hooks.changed());
    byId("cases").addEventListener("keydown", (event) => this._walk(event));
  }

  /** Show `open` (missed/open), as of `at` (ms, the daemon's clock); null: nothing is known yet. */
  draw(open, at, { shownId, writes, active }) {
    const { words } = this;
    byId("count").textContent = open === null ? "" : String(open.total);
    const fitting = open === null ? [] : open.cases.filter((found) => this._fits(found));
    const list = byId("cases");
    const ids = new Set(fitting.map((found) => found.id));
    for (const [id, row] of this.rows) {
      if (ids.has(id)) continue;
      row.remove();
      this.rows.delete(id);
    }
    fitting.forEach((found, n) => {
      const row = this.rows.get(found.id) ?? this._row(found.id);
      this._fill(row, found, at, writes, active);
      row.classList.toggle("shown", found.id === shownId);
      if (list.children[n] !== row) list.insertBefore(row, list.children[n] ?? null);
    });
    const none = byId("none");
    none.textContent = this._noneWords(open, fitting.length);
    none.hidden = none.textContent === "";
  }

  /** A case ended: it is told where people look for it. */
  left(found, at) {
    const told = endWords(found, this.words);
    if (told === null) return;
    const who = endedBy(found);
    const line = element("li", "", link(found.id, [called(found.client ?? spaced(found.number))]), ` ${told}`, ...(who ? [", ", called(who)] : []),
      ` · ${this.times.moment(new Date(at).toISOString(), at)}`);
    this.gone = [line, ...this.gone].slice(0, GONE_MOST);
    const box = byId("gone");
    box.hidden = false;
    box.querySelector("summary").textContent = this.words.gone(this.gone.length);
    box.querySelector("ul").replaceChildren(...this.gone);
  }

  /** Whoever reads with his keyboard goes on where he was. */
  focus(id) {
    this.rows.get(id)?.querySelector("a").focus({ preventScroll: false });
  }

  _noneWords(open, shown) {
    if (open === null) return this.words.connecting;
    if (open.total === 0) return this.words.nobody;
    if (open.total > open.cases.length && shown > 0) return this.words.more(open.total - open.cases.length);
    return shown === 0 ? this.words.noneOfThese : "";
  }

  _fits(found) {
    const which = byId("which").value;
    const claim = claimOf(found, this.me.by);
    if (which !== "all" && which !== claim) return false;
    const wanted = byId("search").value.trim().toLocaleLowerCase();
    if (wanted === "") return true;
    const digits = wanted.replace(/[^\d•]/g, "");
    const texts = [found.client, found.responsible, found.queue, found.department, found.trunk, found.source, found.claimed_by];
    return (digits !== "" && found.number.includes(digits)) || texts.some((text) => text?.toLocaleLowerCase().includes(wanted));
  }

  _row(id) {
    const claim = element("button", "button claim");
    claim.type = "button";
    claim.addEventListener("click", () => this.hooks.claim(id, claim));
    const row = element("li", "case",
      element("div", "info", element("p", "who", link(id, []), element("span", "client")), element("p", "meta"), element("p", "claimed"), element("p", "now")),
      element("p", "wait", said("span", "unseen", `${this.words.waits} `), element("time"), " ", element("span", "due")),
      element("p", "acts", claim, element("a", "button call")));
    this.rows.set(id, row);
    return row;
  }

  _fill(row, found, at, writes, active) {
    const { words, times, hooks } = this;
    const claim = claimOf(found, this.me.by);
    row.dataset.claim = claim;
    row.dataset.state = found.state;
    only(row, ".who a", spaced(found.number) || words.anonymous);
    only(row, ".client", found.client ?? "");
    put(row, ".wait time", times.lasted(secondsSince(found.opened_at, at)));
    put(row, ".due", dueWords(found, at, words, times));
    row.querySelector(".due").dataset.over = String(isOver(found, at));
    put(row, ".meta", marks(found, words).concat([placeOf(found)]).filter(Boolean).map((each) => plain(each)).join(" · "));
    const claimed = row.querySelector(".claimed");
    claimed.hidden = claim === "free";
    if (claim !== "free") {
      const left = words.left(times.lasted(-secondsSince(found.claimed_until, at)));
      fill(claimed, claim === "mine" ? [hooks.claims.has(found) ? words.mine : words.mineElsewhere] : claimedBy(found, words), `, ${left}`);
    }
    put(row, ".now", nowWords(liveCall(found, active), words, times, at));
    const button = row.querySelector("button.claim");
    button.hidden = !writes || claim !== "free";
    put(row, "button.claim", words.claim);
    const call = row.querySelector("a.call");
    call.hidden = !isNumber(found.number) || claim === "other";
    call.classList.toggle("first", claim === "mine");
    put(row, "a.call", words.call);
    if (!call.hidden) call.href = dialled(found.number, this.hooks.dial);
    row.querySelector(".acts").hidden = button.hidden && call.hidden;
  }

  // Up and down go from caller to caller.
  _walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    const rows = [...byId("cases").children];
    const now = rows.indexOf(event.target.closest("li"));
    const next = rows[now + step];
    if (next === undefined) return;
    event.preventDefault();
    next.querySelector("a").focus();
  }
}

/** Is the deadline over? */
export function isOver(found, at) {
  return found.state === "truly_missed" || (found.due_at !== null && Date.parse(found.due_at) <= at);
}

/** How much time is left until he is truly missed, in words. */
export function dueWords(found, at, words, times) {
  if (found.state === "truly_missed") return words.trulyMissed;
  if (found.due_at === null) return "";
  return isOver(found, at) ? words.overdue : words.due(times.lasted(-secondsSince(found.due_at, at)));
}

/** A link to a caller, with parts of others' making in it. */
export function link(id, parts) {
  const made = element("a", "", ...parts);
  made.href = `#${encodeURIComponent(id)}`;
  return made;
}

function put(row, selector, text) {
  const part = row.querySelector(selector);
  if (part.textContent !== text) part.textContent = text;
}

// What others chose to be called: in a direction of its own, and untouched as long as it is the same.
function only(row, selector, text) {
  const part = row.querySelector(selector);
  if (part.dataset.text === text) return;
  part.dataset.text = text;
  part.replaceChildren(...(text === "" ? [] : [called(text)]));
}

function fill(part, parts, rest) {
  const texts = parts.map((each) => (typeof each === "string" ? each : each.textContent)).join("\u0000");
  if (part.dataset.text !== texts) {
    part.dataset.text = texts;
    part.replaceChildren(...parts, said("span", "left"));
  }
  const left = part.querySelector(".left");
  if (left.textContent !== rest) left.textContent = rest;
}
