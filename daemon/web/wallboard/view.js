// Draws the board. All text goes in as text: names and numbers are what callers made them.

import { byId, called, element, put } from "../common/dom.js";
import { dayOf, duration, secondsSince, share, timeOfDay } from "../common/format.js";

const ROWS = 8;
const MISSED_ROWS = 5;
// More agents than rows stand closer, without words: the icon says the state too.
const CELLS = 29;
const SEEK = new Set(["queued", "ringing"]);
const AGENT_ORDER = ["ringing", "talking", "held", "wrapup", "paused", "available", "unavailable"];
const ICONS = {
  ringing: "☎", talking: "●", held: "◐", wrapup: "✎", paused: "‖", available: "○", unavailable: "×",
};
const ARROWS = { in: "→ ", out: "← ", internal: "↔ " };
const NOTHING = "–";
// Part of the goal that may pass before the colour warns.
const WARN_AT = 0.7;

/** Since when this caller waits: in the queue, or at a ringing phone; after having been passed on, since then. */
export function waitsSince(call) {
  if (call.answered_at !== null) return call.state_since;
  return call.queued_at ?? call.rang_at ?? call.started_at;
}

/** The incoming calls in which somebody is sought, longest wait first. */
export function waitingCalls(calls) {
  return calls
    .filter((call) => call.direction === "in" && SEEK.has(call.state))
    .sort((a, b) => Date.parse(waitsSince(a)) - Date.parse(waitsSince(b)));
}

/** Draws a LiveState into the page, in the given words. */
export class View {
  constructor(words) {
    this.words = words;
    put(byId("waiting"), "h2", words.waiting);
    put(byId("longest"), "h2", words.longest);
    put(byId("agents-free"), "h2", words.free);
    put(byId("level"), "h2", words.level);
    put(byId("waiting-list"), "h2", words.waitingNow);
    put(byId("call-list"), "h2", words.live);
    put(byId("agent-list"), "h2", words.agents);
    put(byId("missed"), "h2", words.missed);
    put(byId("today"), "h2", words.today);
  }

  /** Show the state as of `now` (ms, our clock). What is not live is never shown as if it were. */
  draw(state, verdict, now) {
    const at = state.serverTime(now);
    const info = state.get("bridge/info") ?? this.info;
    if (info !== undefined) this.info = info;
    this._drawLink(state, verdict, at);
    const live = verdict.link === "live";
    this._drawNow(live ? state : null, at);
    this._drawToday(state, at);
    this._drawMissed(state, live, at);
  }

  /** Say that there is nothing to show, and why. */
  refuse(reason) {
    document.body.dataset.link = "broken";
    put(byId("link"), "#link-word", this.words.links.broken);
    byId("bar").hidden = false;
    byId("bar").textContent = reason;
    this._drawNow(null, 0);
  }

  _drawLink(state, { link, since, words: why }, at) {
    const { words } = this;
    const zone = this.info?.timezone;
    document.body.dataset.link = link;
    put(byId("link"), "#link-word", words.links[link]);
    byId("site").textContent = this.info?.site ?? "ringtally";
    byId("clock").textContent = timeOfDay(at, zone);
    const bar = byId("bar");
    bar.hidden = link === "live";
    if (bar.hidden) return;
    const moment = since === null ? "" : words.since(timeOfDay(since, zone, at));
    const stale = state.toldAt === null ? "" : words.stale(timeOfDay(state.toldAt, zone, at));
    const text = words.bars[why](moment) + (link === "connecting" ? "" : stale);
    if (bar.textContent !== text) bar.textContent = text;
  }

  /** What is true this very second, or dashes. */
  _drawNow(state, at) {
    const { words } = this;
    const active = state?.get("calls/active");
    if (active === undefined) {
      for (const id of ["waiting", "longest"]) this._tile(id, NOTHING, "");
      for (const id of ["waiting-list", "call-list"]) this._list(id, null);
    } else {
      const { calls, total } = active;
      const waiting = waitingCalls(calls);
      const longest = active.waiting_since === null ? 0 : secondsSince(active.waiting_since, at);
      const goal = this._goal(waiting[0]?.queue);
      this._tile("waiting", String(active.waiting), "");
      this._tile("longest", duration(longest), goal === null ? "" : words.threshold(goal), this._alarm(waiting, active.waiting, longest, at));
      this._list("waiting-list", waiting, (call) => this._callRow(call, waitsSince(call), at), words.nobodyWaits, active.waiting);
      // Of very many only the oldest are told.
      const shown = total > calls.length ? calls : [...calls].reverse();
      this._list("call-list", shown, (call) => this._callRow(call, call.state_since, at), words.noCalls, total);
    }
    this._drawAgents(state, at);
  }

  /** Within how many seconds a caller in this queue should be answered, or null. */
  _goal(queue) {
    const own = this.info?.queues?.find((each) => each.name === queue);
    return own?.threshold_s ?? this.info?.threshold_s ?? null;
  }

  /** How bad the wait is: of all who are told, each by the goal of his own queue. */
  _alarm(waiting, total, longest, at) {
    const levels = waiting.map((call) => alarm(secondsSince(waitsSince(call), at), this._goal(call.queue)));
    if (total > waiting.length) levels.push(alarm(longest, this._goal())); // somebody's queue is not told
    return ["crit", "warn"].find((level) => levels.includes(level)) ?? "";
  }

  _tile(id, value, note, level = "") {
    const tile = byId(id);
    put(tile, "b", value);
    put(tile, "p", note);
    tile.dataset.level = level;
  }

  _callRow(call, since, at) {
    const { words } = this;
    const other = call.direction === "in" ? call.caller : call.called;
    const ours = call.answered_by ?? call.queue ?? shortened(call.did ?? call.called ?? "");
    const shown = call.direction === "in" ? ours : call.caller ?? "";
    return element("li", `state-${call.state}`,
      element("span", "who", ARROWS[call.direction], called(other ?? words.anonymous)),
      element("span", "where", called(shown === other ? "" : shown)),
      element("span", "word", words.states[call.state] ?? call.state),
      element("time", "", duration(secondsSince(since, at))));
  }

  /** The first of the items as rows, and how many more there are; null: not known. */
  _list(id, items, row, empty, total = items?.length, most = ROWS) {
    const list = byId(id).querySelector("ul");
    if (items === null) {
      list.replaceChildren(element("li", "none", NOTHING));
    } else if (total === 0) {
      list.replaceChildren(element("li", "none", empty));
    } else {
      const shown = items.slice(0, most).map(row);
      if (total > shown.length) shown.push(element("li", "none", this.words.more(total - shown.length)));
      list.replaceChildren(...shown);
    }
  }

  _drawAgents(state, at) {
    const { words } = this;
    // A state that is not known (the PBX was not heard yet) is nobody's to show.
    const agents = (state?.all("agent") ?? []).filter((agent) => agent.state !== null);
    const nameOf = (agent) => agent.name ?? agent.device;
    const order = (agent) => AGENT_ORDER.indexOf(agent.state);
    agents.sort((a, b) => order(a) - order(b) || nameOf(a).localeCompare(nameOf(b)));
    const free = agents.filter((agent) => agent.state === "available").length;
    const present = agents.filter((agent) => agent.state !== "unavailable").length;
    const known = agents.length > 0;
    this._tile("agents-free", known ? String(free) : NOTHING, known ? words.of(present) : "",
      known && free === 0 ? "warn" : "");
    const cell = (agent) =>
      element("li", `agent-${agent.state}`,
        element("span", "icon", ICONS[agent.state] ?? "?"),
        element("span", "who", called(nameOf(agent))),
        element("span", "word", words.states[agent.state] ?? agent.state, ...(agent.reason ? [" (", called(agent.reason), ")"] : [])),
        element("time", "", agent.since ? duration(secondsSince(agent.since, at)) : ""));
    const isDense = agents.length > ROWS + 1;
    byId("agent-list").classList.toggle("dense", isDense);
    this._list("agent-list", state === null ? null : agents, cell, words.noAgents, agents.length, isDense ? CELLS : ROWS + 1);
  }

  /** The day's figures stay true for what they counted, so they stay, greyed, when the link is gone. */
  _drawToday(state, at) {
    const { words } = this;
    const today = state.get("stats/today");
    const isOfToday = today === undefined || today.day === dayOf(at, this.info?.timezone);
    put(byId("today"), "h2", isOfToday ? words.today : today.day);
    const goal = this.info?.goal ?? null;
    const level = today?.service_level ?? null;
    const note = goal === null ? "" : words.goal(this.info.threshold_s, share(goal));
    this._tile("level", share(level), note, level === null || goal === null ? "" : level < goal ? "crit" : "ok");
    const figures = byId("today").querySelector("dl");
    if (today === undefined) {
      figures.replaceChildren(element("dt", "none", NOTHING));
      return;
    }
    const written = {
      in: today.in, out: today.out, internal: today.internal, answered: today.answered, missed: today.missed,
      missed_share: share(today.missed_share),
      mean_wait_s: today.mean_wait_s === null ? NOTHING : duration(today.mean_wait_s),
      talk_s: duration(today.talk_s),
      unique_callers: today.unique_callers,
    };
    figures.replaceChildren(...Object.entries(written).map(([name, value]) =>
      element("div", `figure-${name}`, element("dt", "", words.figures[name]), element("dd", "", String(value ?? NOTHING)))));
  }

  _drawMissed(state, live, at) {
    const { words } = this;
    const box = byId("missed");
    const count = state.get("missed/count");
    put(box, "b", count === undefined ? NOTHING : String(count));
    box.dataset.level = live && count > 0 ? "warn" : "";
    const open = state.get("missed/open");
    if (open === undefined) {
      this._list("missed", null);
      return;
    }
    const row = (each) =>
      element("li", `case-${each.state}`,
        element("span", "who", called(each.number)),
        element("span", "where", called(each.queue ?? each.trunk ?? "")),
        element("span", "word", each.claimed_by ? called(words.claimed(each.claimed_by)) : words.caseStates[each.state] ?? each.state),
        element("time", "", live ? duration(secondsSince(each.opened_at, at)) : NOTHING));
    this._list("missed", open.cases, row, words.noMissed, open.total, open.total > MISSED_ROWS ? MISSED_ROWS - 1 : MISSED_ROWS);
  }
}

/** The end of a long number: the beginning is the same on all lines of an office. */
function shortened(number) {
  return number.length > 7 ? `…${number.slice(-5)}` : number;
}

function alarm(seconds, goal) {
  if (goal === null || seconds < goal * WARN_AT) return "";
  return seconds < goal ? "warn" : "crit";
}
