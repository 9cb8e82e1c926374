// The board for a desk: the site's figures in a strip, all queues as rows, and who waits and talks.

import { element } from "../common/dom.js";
import { duration, share } from "../common/format.js";
import { waitsSince } from "../common/live_calls.js";
import { worstFirst } from "./figures.js";
import { TURN_MS, pageOf } from "./paging.js";
import { MARKS, badge, box, fillLevel, keep, keepRows, list, namePlace, roomIn, write, writeFigure } from "./parts.js";
import { callRow, missedRow } from "./rows.js";
import { siteTiles } from "./site_tiles.js";

const COLUMNS = ["waiting", "longest", "free", "busy", "paused", "offline", "offered", "answered", "lost", "level", "mean", "p95"];
const OF_NOW = new Set(COLUMNS.slice(0, 6));
const MISSED = 20;
// Of the height, in rows of queues.
const MISSED_LEAST = 5;

const durationOf = (seconds) => (seconds === null || seconds === undefined ? null : duration(seconds));

/** ` 0:14/0:20`: what warns and what alarms; each once, and only where there is one. */
function limitsBeside(limits) {
  const told = [...new Set(limits)].filter((each) => each !== null);
  return told.length === 0 ? "" : ` ${told.join("/")}`;
}

export class TableBoard {
  constructor(words, options) {
    this.words = words;
    this.options = options;
    this.site = siteTiles(words, ["waiting", "longest", "agents-free", "talking", "level", "answered", "missed-share", "missed-open"], true);
    this.rows = element("tbody", "");
    const heads = ["queue", ...COLUMNS].map((name) => {
      const head = element("th", name, words.columns[name]);
      head.scope = "col";
      return head;
    });
    this.page = element("p", "page");
    this.queues = box("queue-table", words.queues, this.page, element("table", "", element("thead", "", element("tr", "", ...heads)), this.rows));
    this.missed = box("missed", words.missed, list(false));
    this.left = element("div", "left", this.queues, this.missed);
    this.waiting = box("waiting-list", words.waitingNow, list(true));
    this.calls = box("call-list", words.live, list(true));
    this.nodes = [element("div", "strip", ...this.site.nodes), element("div", "desk", this.left, element("div", "side", this.waiting, this.calls))];
  }

  draw({ figures, levels, now, at }) {
    this.site.fill(figures, levels);
    this._drawQueues(figures.queues, now);
    this._drawCalls(figures.calls, figures.waiting, at);
    this._drawMissed(figures.missed);
  }

  _drawQueues(queues, now) {
    const sorted = worstFirst(queues);
    const alarming = sorted.filter((each) => each.settled === "crit").length;
    const { shown, page, pages } = pageOf(sorted, this._room(), alarming, Math.floor(now / TURN_MS));
    this.page.hidden = pages === 1;
    write(this.page, pages === 1 ? "" : this.words.page(page, pages));
    keep(this.rows, shown, (each) => each.key, () => this._row(), (node, each) => this._fill(node, each));
  }

  /** How many rows there is room for, above the callers who were missed. */
  _room() {
    const row = this.rows.firstElementChild;
    if (row === null) return 1;
    const height = row.getBoundingClientRect().height;
    const below = this.left.getBoundingClientRect().bottom - this.rows.getBoundingClientRect().top;
    return Math.max(1, Math.floor(below / height - MISSED_LEAST));
  }

  _row() {
    const head = element("th", "", element("div", "", namePlace("who"), badge()));
    head.scope = "row";
    const cells = COLUMNS.map((name) => {
      const cell = element("td", name);
      if (OF_NOW.has(name)) {
        // Its limits stand beside it.
        const figure = element("span", "figure");
        figure.dataset.now = "";
        cell.append(figure, element("small", ""));
      }
      return cell;
    });
    return element("tr", "", head, ...cells);
  }

  _fill(node, queue) {
    const { today } = queue;
    write(node.querySelector("bdi"), queue.name);
    fillLevel(node, this.words, queue.settled);
    const values = {
      ...queue,
      longest: queue.longest === null ? null : duration(queue.longest),
      offered: today.offered, answered: today.answered, lost: today.abandoned + today.timeout + today.left,
      level: [MARKS[queue.level], share(today.service_level)].filter(Boolean).join(" "), mean: durationOf(today.mean_wait_s), p95: durationOf(today.p95_wait_s),
    };
    COLUMNS.forEach((name, n) => {
      const cell = node.children[n + 1];
      writeFigure(OF_NOW.has(name) ? cell.firstChild : cell, values[name] === null ? null : String(values[name]));
    });
    const { waitingWarn, waitingAlarm, warn, alarm } = queue.limits;
    const besides = (name, ...limits) => write(node.querySelector(`.${name} small`), queue.since === null ? "" : limitsBeside(limits));
    besides("waiting", waitingWarn, waitingAlarm);
    besides("longest", durationOf(warn), durationOf(alarm));
    node.querySelector(".level").dataset.level = queue.level;
  }

  _drawCalls(calls, waiting, at) {
    const { words } = this;
    const rows = (since) => callRow(words, this.options, at, since);
    keepRows(this.waiting.querySelector("ul"), words, {
      items: calls?.waiting ?? null, total: waiting ?? 0, most: roomIn(this.waiting.querySelector("ul")), empty: words.nobodyWaits, ...rows(waitsSince),
    });
    // Of very many only the oldest are told.
    const shown = calls === null ? null : calls.total > calls.all.length ? calls.all : [...calls.all].reverse();
    keepRows(this.calls.querySelector("ul"), words, {
      items: shown, total: calls?.total ?? 0, most: roomIn(this.calls.querySelector("ul")), empty: words.noCalls, ...rows((call) => call.state_since),
    });
  }

  _drawMissed({ last, total }) {
    const { words } = this;
    const list = this.missed.querySelector("ul");
    const most = Math.min(roomIn(list), MISSED);
    keepRows(list, words, { items: last, most, total: total ?? 0, empty: words.noMissed, ...missedRow(words, this.options) });
  }
}
