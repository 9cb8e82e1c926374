// The page: what is the same on all boards (whose it is, how far it may be believed, the clock, the sound), and the board that was asked for.

import { byId, element, put } from "../common/dom.js";
import { timeOfDay } from "../common/format.js";
import { AgentsBoard } from "./agents_board.js";
import { Alarms } from "./alarms.js";
import { figuresOf } from "./figures.js";
import { boardAddresses } from "./options.js";
import { write } from "./parts.js";
import { isQuiet } from "./quiet.js";
import { TableBoard } from "./table_board.js";
import { TilesBoard } from "./tiles_board.js";

const BOARDS = { tiles: TilesBoard, agents: AgentsBoard, table: TableBoard };

/** Draws a LiveState into the page, in the given words. `sound`: null where none is wanted. */
export class View {
  constructor(words, options, sound) {
    this.words = words;
    this.options = options;
    this.sound = sound;
    this.alarms = new Alarms();
    this.board = new BOARDS[options.board](words, options);
    document.body.dataset.board = options.board;
    byId("board").replaceChildren(...this.board.nodes);
    byId("boards").replaceChildren(...boardAddresses(location.search).map(({ board, address }) => this._link(board, address)));
    byId("boards").setAttribute("aria-label", words.boardsLabel);
    byId("sound").hidden = sound === null;
  }

  _link(board, address) {
    const made = element("a", "", this.words.boards[board]);
    made.href = address;
    if (board === this.options.board) made.setAttribute("aria-current", "page");
    return made;
  }

  /** Show the state as of `now` (ms, our clock). What is not live is never shown as if it were. */
  draw(state, verdict, now) {
    const at = state.serverTime(now);
    this.info = state.get("bridge/info") ?? this.info;
    const isLive = verdict.link === "live";
    this._drawLink(state, verdict, at, now);
    const figures = figuresOf(state, this.info, this.options.queues, isLive, at);
    this._drawBoard(figures, isLive, state.toldAt, at, now);
  }

  /** Say that there is nothing to show, and why. */
  refuse(reason) {
    document.body.dataset.link = "broken";
    put(byId("link"), "#link-word", this.words.links.broken);
    byId("heard").textContent = "";
    this._say(reason);
    for (const each of document.querySelectorAll("[data-now]")) this._forget(each);
  }

  /** Across the page: its first sentence is read from across the room. */
  _say(text) {
    const bar = byId("bar");
    bar.hidden = text === "";
    document.documentElement.classList.toggle("told", text !== "");
    const end = text.indexOf(". ") + 1 || text.length;
    put(bar, "b", text.slice(0, end));
    put(bar, "span", text.slice(end + 1));
  }

  _forget(place) {
    if (place.localName === "ul") place.replaceChildren(element("li", "none", "–"));
    else place.textContent = "–";
  }

  _drawBoard(figures, isLive, toldAt, at, now) {
    if (!isLive) this.alarms.forget();
    const settle = (key, level) => (isLive ? this.alarms.settle(key, level, now) : "");
    for (const queue of figures.queues) queue.settled = settle(`queue/${queue.key}`, queue.measured);
    const levels = {
      waiting: settle("waiting", figures.waitingMeasured),
      longest: settle("longest", figures.longestMeasured),
      free: settle("free", figures.free.measured),
      missed: figures.missed.measured,
      level: figures.today.measured,
    };
    // What is no figure of now says of when it is, where it may be read alone.
    figures.asOf = isLive || toldAt === null ? null : this.words.asOf(timeOfDay(toldAt, this.info?.timezone, at).slice(0, -3));
    figures.limits = { warn: this.info?.alarms?.waiting_warn ?? null, alarm: this.info?.alarms?.waiting_alarm ?? null };
    this.board.draw({ figures, levels, now, at });
    this._sound(figures, levels, at, now);
  }

  _sound({ queues }, levels, at, now) {
    if (this.sound === null) return;
    const isHushed = isQuiet(timeOfDay(at, this.info?.timezone), this.info?.alarms?.quiet ?? []);
    const loud = ["waiting", "longest", "free"].filter((key) => levels[key] === "crit");
    const alarming = queues.filter((each) => each.settled === "crit").map((each) => `queue/${each.key}`);
    this.sound.take(new Set([...loud, ...alarming]), isHushed, now);
    const { button, state } = this.sound;
    const word = state === "on" && isHushed ? "quiet" : state;
    if (button.dataset.sound !== word) {
      button.dataset.sound = word;
      button.setAttribute("aria-pressed", String(state === "on"));
      write(button, this.words.sound[word]);
    }
  }

  _drawLink(state, { link, since, words: why }, at, now) {
    const { words } = this;
    const zone = this.info?.timezone;
    document.body.dataset.link = link;
    put(byId("link"), "#link-word", words.links[link]);
    write(byId("heard"), link === "live" ? words.heard(Math.max(0, Math.round((now - state.heardAt) / 1000))) : "");
    write(byId("site"), this.info?.site ?? "ringtally");
    write(byId("clock"), timeOfDay(at, zone));
    if (link === "live") return this._say("");
    const moment = since === null ? "" : words.since(timeOfDay(since, zone, at));
    const stale = state.toldAt === null ? "" : words.stale(timeOfDay(state.toldAt, zone, at));
    this._say(words.bars[why](moment) + (link === "connecting" ? "" : stale));
  }
}
