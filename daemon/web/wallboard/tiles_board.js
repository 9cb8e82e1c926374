// The board for the wall: four giant figures, a tile for each queue with the worst first, who was missed, and the day.

import { element } from "../common/dom.js";
import { duration, share } from "../common/format.js";
import { worstFirst } from "./figures.js";
import { long } from "./long.js";
import { TURN_MS, pageOf } from "./paging.js";
import { NOTHING, badge, box, fillLevel, keep, keepRows, list, momentary, namePlace, write, writeFigure } from "./parts.js";
import { missedRow } from "./rows.js";
import { siteTiles } from "./site_tiles.js";

const ROWS = 3;
const COLUMNS_MOST = 5;
const MISSED_ROWS = 5;
const FIGURES = ["in", "answered", "missed", "missed_share", "mean_wait_s", "talk_s", "out", "unique_callers"];
const WRITTEN = { missed_share: share, mean_wait_s: duration, talk_s: long };
// As in the grid of agents: where tiles are small they stand in for the words.
const ICONS = { free: "○", busy: "●", paused: "‖" };

/** So that the tiles of few queues are large, and no row is nearly empty. */
function columnsFor(count) {
  if (count <= COLUMNS_MOST) return Math.max(count, 1);
  return Math.min(Math.ceil(count / Math.ceil(count / COLUMNS_MOST)), COLUMNS_MOST);
}

export class TilesBoard {
  constructor(words, options) {
    this.words = words;
    this.options = options;
    this.site = siteTiles(words, ["waiting", "longest", "agents-free", "level"]);
    this.queues = element("ul", "queues");
    this.page = element("p", "page");
    this.missed = box("missed", words.missed, element("div", "count", element("b", ""), element("p", ""), badge()), list(false));
    this.today = box("today", words.today, element("dl", ""));
    const middle = element("section", "middle", this.queues, this.page);
    middle.setAttribute("aria-label", words.queues);
    this.nodes = [element("div", "giants", ...this.site.nodes), middle, element("div", "feet", this.missed, this.today)];
  }

  draw({ figures, levels, now, at }) {
    this.site.fill(figures, levels);
    this._drawQueues(figures.queues, now);
    this._drawMissed(figures.missed, levels.missed, at);
    this._drawToday(figures.today);
  }

  _drawQueues(queues, now) {
    const columns = this.options.columns ?? columnsFor(queues.length);
    const sorted = worstFirst(queues);
    const alarming = sorted.filter((each) => each.settled === "crit").length;
    const { shown, page, pages } = pageOf(sorted, columns * ROWS, alarming, Math.floor(now / TURN_MS));
    const rows = Math.max(1, Math.ceil(shown.length / columns));
    this.queues.dataset.rows = rows;
    this.queues.style.setProperty("--columns", columns);
    this.queues.style.setProperty("--rows", rows);
    write(this.page, pages === 1 ? "" : this.words.page(page, pages));
    this.page.hidden = pages === 1;
    const none = { key: "", isNone: true };
    keep(this.queues, shown.length === 0 ? [none] : shown, (each) => each.key,
      (each) => (each.isNone ? element("li", "none", this.words.noQueues) : this._queue()),
      (node, each) => each.isNone || this._fillQueue(node, each));
  }

  _queue() {
    const { words } = this;
    return element("li", "queue",
      element("h3", "", namePlace("who"), badge()),
      momentary("waiting", words.captions.waiting), momentary("longest", words.captions.longest),
      element("div", "hands", ...["free", "busy", "paused"].map((name) => momentary(name, words.captions[name], ICONS[name]))),
      element("p", "day", element("span", "", element("span", "caption", words.captions.level), element("span", "share")), element("span", "lost")));
  }

  _fillQueue(node, queue) {
    const { words } = this;
    write(node.querySelector("bdi"), queue.name);
    fillLevel(node, words, queue.settled);
    const moment = (name, value) => writeFigure(node.querySelector(`.${name} .value`), value === null ? null : String(value));
    moment("waiting", queue.waiting);
    moment("longest", queue.longest === null ? null : duration(queue.longest));
    moment("free", queue.free);
    moment("busy", queue.busy);
    moment("paused", queue.paused);
    const level = node.querySelector(".share");
    write(level, share(queue.today.service_level));
    level.dataset.level = queue.level;
    write(node.querySelector(".lost"), words.lost(queue.today.abandoned + queue.today.timeout + queue.today.left));
  }

  _drawMissed({ count, last, oldest }, level) {
    const { words } = this;
    write(this.missed.querySelector("b"), count === null ? NOTHING : String(count));
    write(this.missed.querySelector(".count p"), oldest === null ? "" : words.oldest(long(oldest, words)));
    fillLevel(this.missed, words, level);
    const rows = missedRow(words, this.options);
    keepRows(this.missed.querySelector("ul"), words, { items: last, most: MISSED_ROWS, total: last === null ? 0 : Math.min(last.length, MISSED_ROWS), empty: words.noMissed, ...rows });
  }

  _drawToday({ figures, day }) {
    const { words } = this;
    write(this.today.querySelector("h2"), day ?? words.today);
    const shown = figures === null ? [] : FIGURES.filter((name) => figures[name] !== undefined);
    keep(this.today.querySelector("dl"), shown, (name) => name,
      (name) => element("div", `figure-${name}`, element("dt", "", words.figures[name]), element("dd", "")),
      (node, name) => write(node.lastChild, figures[name] === null ? NOTHING : (WRITTEN[name] ?? String)(figures[name], words)));
  }
}
