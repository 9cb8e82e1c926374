// The board for the wall: four giant figures, a tile for each queue with the worst first, who was missed, and the day.

import { element } from "../common/dom.js";
import { duration, share } from "../common/format.js";
import { worstFirst } from "./figures.js";
import { long } from "./long.js";
import { TURN_MS, pageOf, tilesFor } from "./paging.js";
import { MARKS, NOTHING, badge, box, fillLevel, keep, keepRows, list, measure, lettersIn, momentary, namePlace, roomIn, write, writeFigure } from "./parts.js";
import { missedRow } from "./rows.js";
import { beforeOf, siteTiles } from "./site_tiles.js";

// Of a queue's tile, in rem.
const TILE = { width: 15, height: 5.6, gap: 0.9, ratio: 1.8 };
// From these heights on there is room for larger figures, and for words.
const LARGE = 14;
const MIDDLE = 8;
const MISSED_LEAST = 5;
const MISSED_MOST = 20;
const FIGURES = ["in", "answered", "missed", "missed_share", "mean_wait_s", "p95_wait_s", "out", "unique_callers"];
const WRITTEN = { missed_share: share, mean_wait_s: duration, p95_wait_s: duration };
// As in the grid of agents: where tiles are small they stand in for the words.
const ICONS = { free: "○", busy: "●", paused: "‖" };

/** `3 / 6`: what warns and what alarms; each once, and only where there is one. */
function limits(warn, alarm) {
  return [...new Set([warn, alarm])].filter((each) => each !== null).join(" / ");
}

export class TilesBoard {
  constructor(words, options) {
    this.words = words;
    this.options = options;
    this.site = siteTiles(words, ["waiting", "longest", "agents-free", "level"]);
    this.queues = element("ul", "queues");
    this.page = element("p", "page");
    this.missed = box("missed", words.missed, element("div", "count", element("b", ""), element("p", ""), badge()), list(false));
    this.today = box("today", words.todayEnded, element("dl", ""));
    const middle = element("section", "middle", this.queues, this.page);
    middle.setAttribute("aria-label", words.queues);
    this.nodes = [element("div", "giants", ...this.site.nodes), middle, element("div", "feet", this.missed, this.today)];
  }

  draw({ figures, levels, now }) {
    this.site.fill(figures, levels);
    this._drawQueues(figures.queues, now);
    this._drawMissed(figures.missed, levels.missed, figures.asOf);
    this._drawToday(figures.today, figures.asOf);
  }

  _drawQueues(queues, now) {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const box = { width: this.queues.clientWidth / rem, height: this.queues.clientHeight / rem };
    const grid = tilesFor(queues.length, box, TILE, this.options.columns);
    const sorted = worstFirst(queues);
    const alarming = sorted.filter((each) => each.settled === "crit").length;
    const { shown, page, pages } = pageOf(sorted, grid.columns * grid.rows, alarming, Math.floor(now / TURN_MS));
    const rows = Math.min(grid.rows, Math.max(1, Math.ceil(shown.length / grid.columns)));
    const height = (box.height + TILE.gap) / rows - TILE.gap;
    this.queues.dataset.size = height >= LARGE ? "large" : height >= MIDDLE ? "middle" : "small";
    this.queues.style.setProperty("--columns", grid.columns);
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
    measure(node, lettersIn(String(queue.waiting ?? NOTHING)) + 0.6 * lettersIn(duration(queue.longest ?? 0)));
    const { waitingWarn, waitingAlarm, warn, alarm } = queue.limits;
    write(node.querySelector(".waiting .caption"), [words.captions.waiting, limits(waitingWarn, waitingAlarm)].filter(Boolean).join(" · "));
    write(node.querySelector(".longest .caption"), words.limits(...[warn, alarm].map((each) => (each === null ? null : duration(each)))) || words.captions.longest);
    moment("free", queue.free);
    moment("busy", queue.busy);
    moment("paused", queue.paused);
    const level = node.querySelector(".share");
    write(level, [MARKS[queue.level], share(queue.today.service_level)].filter(Boolean).join(" "));
    level.dataset.level = queue.level;
    write(node.querySelector(".lost"), words.lost(queue.today.abandoned + queue.today.timeout + queue.today.left));
  }

  _drawMissed({ count, last, oldest }, level, asOf) {
    const { words } = this;
    write(this.missed.querySelector("b"), count === null ? NOTHING : String(count));
    write(this.missed.querySelector(".count p"), oldest === null ? asOf ?? "" : words.oldest(long(oldest, words)));
    fillLevel(this.missed, words, level);
    const rows = missedRow(words, this.options);
    const list = this.missed.querySelector("ul");
    const most = last === null ? 0 : Math.min(Math.max(roomIn(list), MISSED_LEAST), MISSED_MOST, last.length);
    keepRows(list, words, { items: last, most, total: most, empty: words.noMissed, ...rows });
  }

  _drawToday(today, asOf) {
    const { words } = this;
    const { figures, day } = today;
    write(this.today.querySelector("h2"), [day ?? (today.isOfEnded ? words.todayEnded : words.today), asOf].filter(Boolean).join(", "));
    const shown = figures === null ? [] : FIGURES.filter((name) => figures[name] !== undefined);
    keep(this.today.querySelector("dl"), shown, (name) => name,
      (name) => element("div", `figure-${name}`, element("dt", "", words.figures[name]), element("dd", "", element("span", "figure"), element("span", "before"))),
      (node, name) => {
        const written = WRITTEN[name] ?? String;
        const text = figures[name] === null ? NOTHING : written(figures[name]);
        write(node.querySelector(".figure"), text);
        measure(node.lastChild, lettersIn(text));
        write(node.querySelector(".before"), beforeOf(words, today, name, written));
      });
  }
}
