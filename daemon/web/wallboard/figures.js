// What the boards show, worked out of what the topics said, and how bad each figure is. Draws nothing.

import { dayOf, secondsSince } from "../common/format.js";
import { isWaiting, queueOf, waitsSince } from "../common/live_calls.js";
import { levelAbove, levelBelow, worst } from "./alarms.js";

/** Of agents, in the order in which they are shown. */
export const STATES = ["ringing", "talking", "held", "wrapup", "paused", "available", "unavailable"];
export const BUSY = ["ringing", "talking", "held", "wrapup"];

/**
 * All figures of the site, or of the `chosen` queues (a Set of names and keys in small letters; null: all). `state`: a LiveState;
 * `info`: the last `bridge/info`, perhaps undefined; `isLive`: what is true of this moment only may be believed, else it is null.
 * `at`: the moment by the daemon's clock, ms.
 */
export function figuresOf(state, info, chosen, isLive, at) {
  const queues = queuesOf(state, info, chosen, isLive, at);
  const names = new Set(queues.map((each) => each.name));
  const agents = isLive ? agentsOf(state, info, chosen === null ? null : names, at) : null;
  const calls = isLive ? callsOf(state, chosen === null ? null : names) : null;
  const now = calls === null ? nothingNow() : chosen === null ? siteNow(state, info, calls, queues, at) : queuesNow(info, queues);
  return {
    ...now,
    queues,
    agents,
    tallies: agents === null ? null : tally(agents),
    free: freeOf(agents, now.waiting, queues),
    calls,
    today: todayOf(state, info, chosen === null ? null : queues, at),
    missed: missedOf(state, chosen === null ? null : names, isLive, at),
  };
}

/** The limits of a queue, by its name or by the key of its topic, else of the site; each null where nothing is known. */
function limitsOf(info, name, key = null) {
  const own = info?.queues?.find((each) => (key === null ? each.name === name : each.id === key));
  const of = (name) => own?.[name] ?? info?.[name] ?? null;
  return {
    threshold: of("threshold_s"), goal: of("goal"), warn: of("wait_warn_s"), alarm: of("wait_alarm_s"),
    waitingWarn: own?.waiting_warn ?? null, waitingAlarm: own?.waiting_alarm ?? null,
    level: own?.level_alarm ?? info?.alarms?.level_alarm ?? null,
  };
}

/** From which wait on it is warned, and alarmed. */
function waitLimits({ warn = null, alarm = null }) {
  return [warn, alarm];
}

function queuesOf(state, info, chosen, isLive, at) {
  const isMeant = ({ key, name }) => chosen === null || chosen.has(key) || chosen.has(name.toLowerCase());
  const standing = standingIn(state.get("calls/active"));
  return state.all("queue").filter(isMeant).map(({ key, name, waiting: told, oldest_since: toldSince, members, today }) => {
    const limits = limitsOf(info, name, key);
    const { waiting, since } = standing === null ? { waiting: told, since: toldSince } : standing.get(name) ?? { waiting: 0, since: null };
    const isSomebody = isLive && since !== null;
    const longest = isLive ? (isSomebody ? secondsSince(since, at) : 0) : null;
    const hands = isLive && members !== null ? members : null;
    const busy = hands === null ? null : BUSY.reduce((sum, each) => sum + hands[each], 0);
    const isManned = hands === null || busy + hands.available > 0;
    return {
      key, name, limits, today, longest, isManned,
      since: isSomebody ? Date.parse(since) : null,
      waiting: isLive ? waiting : null,
      free: hands?.available ?? null, busy, paused: hands?.paused ?? null, offline: hands?.unavailable ?? null,
      measured: worst([
        isSomebody ? levelAbove(longest, limits.warn, limits.alarm) : "",
        isSomebody ? levelAbove(waiting, limits.waitingWarn, limits.waitingAlarm) : "",
        isSomebody && !isManned ? "crit" : "",
      ]),
      crowded: isSomebody ? levelAbove(waiting, limits.waitingWarn, limits.waitingAlarm) : "",
      level: levelBelow(today.service_level, limits.goal, limits.level),
    };
  });
}

// Who stands in which queue, by the calls themselves, so that a queue and the list of those who wait never tell two stories. Null: not all
// calls are told; then a queue's own word counts.
function standingIn(active) {
  if (active === undefined || active.calls.length < active.total || active.calls.some((call) => call.waits_in === undefined)) return null;
  const found = new Map();
  for (const { queue, since } of active.calls.flatMap((call) => call.waits_in)) {
    const { waiting, since: first } = found.get(queue) ?? { waiting: 0, since };
    found.set(queue, { waiting: waiting + 1, since: since < first ? since : first });
  }
  return found;
}

/** Whose queue is worst first; of two alike who has waited longest, then whose day is worse, then by name. `settled`: the level that is shown of each. */
export function worstFirst(queues) {
  const rank = { crit: 0, warn: 1 };
  const by = (level) => rank[level] ?? 2;
  const since = (each) => each.since ?? Number.MAX_VALUE;
  return [...queues].sort((a, b) => by(a.settled) - by(b.settled) || since(a) - since(b) || by(a.level) - by(b.level) || a.name.localeCompare(b.name));
}

function agentsOf(state, info, names, at) {
  const { talk_limit_s: talk = null, pause_limit_s: pause = null } = info?.alarms ?? {};
  // A state that is not known (the PBX was not heard yet) is nobody's to show.
  return state.all("agent")
    .filter((each) => each.state !== null && (names === null || each.queues.some(({ queue }) => names.has(queue))))
    .map((each) => {
      const since = each.state === "talking" ? each.call_since ?? each.since : each.since;
      const seconds = since === null ? null : secondsSince(since, at);
      const isAtLeast = since === each.since && each.at_least === true;
      const limit = { talking: talk, held: talk, paused: pause }[each.state] ?? null;
      return { key: each.key, name: each.name ?? each.device, state: each.state, reason: each.reason, seconds, isAtLeast, isLong: limit !== null && seconds >= limit };
    })
    .sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || a.name.localeCompare(b.name));
}

function tally(agents) {
  return Object.fromEntries(STATES.map((state) => [state, agents.filter((each) => each.state === state).length]));
}

/** How many can take a call, and the queue that waits for nobody, if there is one. */
function freeOf(agents, waiting, queues) {
  const lonely = queues.find((each) => each.since !== null && !each.isManned)?.name ?? null;
  if (agents === null || agents.length === 0) return { free: null, present: null, measured: lonely === null ? "" : "crit", lonely };
  const free = agents.filter((each) => each.state === "available").length;
  const present = agents.filter((each) => each.state !== "unavailable").length;
  const measured = lonely !== null || (free === 0 && waiting > 0 && present === 0) ? "crit" : free > 0 ? "" : "warn";
  return { free, present, measured, lonely };
}

function nothingNow() {
  return { waiting: null, waitingMeasured: "", fullest: null, longest: null, longestMeasured: "", longestLimits: [null, null], longestQueue: null };
}

/** `{all, total, waiting}`: the calls that are told, of how many, and those who wait, longest wait first. Null: nothing was told. */
function callsOf(state, names) {
  const active = state.get("calls/active");
  if (active === undefined) return null;
  const all = names === null ? active.calls : active.calls.filter((call) => names.has(queueOf(call)));
  const waiting = all
    .filter(isWaiting)
    .sort((a, b) => Date.parse(waitsSince(a)) - Date.parse(waitsSince(b)));
  return { all, total: names === null ? active.total : all.length, waiting };
}

/** Where too many wait, else where most do; null where nobody does. */
function fullestOf(queues) {
  const rank = (each) => ["crit", "warn", ""].indexOf(each.crowded);
  const waiting = queues.filter((each) => each.waiting > 0).sort((a, b) => rank(a) - rank(b) || b.waiting - a.waiting);
  return waiting[0]?.name ?? null;
}

/** Of the whole site, callers at ringing phones too. */
function siteNow(state, info, calls, queues, at) {
  const { waiting, waiting_since: since } = state.get("calls/active");
  const longest = since === null ? 0 : secondsSince(since, at);
  const levelOf = (seconds, queue) => {
    const { warn, alarm } = limitsOf(info, queue);
    return levelAbove(seconds, warn, alarm);
  };
  const levels = calls.waiting.map((call) => levelOf(secondsSince(waitsSince(call), at), queueOf(call)));
  if (waiting > calls.waiting.length) levels.push(levelOf(longest)); // somebody's queue is not told
  const { waiting_warn: warn = null, waiting_alarm: alarm = null } = info?.alarms ?? {};
  const longestQueue = calls.waiting.length > 0 ? queueOf(calls.waiting[0]) : null;
  return {
    waiting, waitingMeasured: worst([levelAbove(waiting, warn, alarm), ...queues.map((each) => each.crowded)]), fullest: fullestOf(queues),
    longest, longestMeasured: worst(levels),
    longestLimits: waitLimits(limitsOf(info, longestQueue)), longestQueue,
  };
}

function queuesNow(info, queues) {
  const waiting = queues.reduce((sum, each) => sum + (each.waiting ?? 0), 0);
  const oldest = [...queues].sort((a, b) => (a.since ?? Infinity) - (b.since ?? Infinity))[0];
  const { waiting_warn: warn = null, waiting_alarm: alarm = null } = info?.alarms ?? {};
  return {
    waiting, waitingMeasured: worst([levelAbove(waiting, warn, alarm), ...queues.map((each) => each.crowded)]), fullest: fullestOf(queues),
    longest: oldest?.longest ?? 0,
    longestMeasured: worst(queues.map((each) => (each.since === null ? "" : levelAbove(each.longest, each.limits.warn, each.limits.alarm)))),
    longestLimits: waitLimits(oldest?.limits ?? {}), longestQueue: oldest === undefined || oldest.since === null ? null : oldest.name,
  };
}

/**
 * The day's figures; of chosen queues their sums. The site's count calls that ended (`isOfEnded`), a queue's whoever left it, so one who
 * talks is in these alone. `figures` is null where nothing was told, `day` the day where it is not today.
 */
function todayOf(state, info, queues, at) {
  const told = state.get("stats/today");
  const day = told === undefined || told.day === dayOf(at, info?.timezone) ? null : told.day;
  if (queues === null) {
    const goal = info?.goal ?? null;
    const level = told?.service_level ?? null;
    return { day, isOfEnded: true, figures: told ?? null, before: day === null ? told?.yesterday ?? null : null, level, goal, threshold: info?.threshold_s ?? null, measured: levelBelow(level, goal, info?.alarms?.level_alarm ?? null) };
  }
  const figures = sumOf(queues.map((each) => each.today));
  const limits = queues[0]?.limits ?? limitsOf(info);
  const isSame = queues.every((each) => each.limits.goal === limits.goal && each.limits.threshold === limits.threshold);
  const goal = isSame ? limits.goal : null;
  return { day, isOfEnded: false, figures, before: null, level: figures.service_level, goal, threshold: isSame ? limits.threshold : null, measured: levelBelow(figures.service_level, goal, limits.level) };
}

function sumOf(days) {
  const sum = (name) => days.reduce((total, each) => total + each[name], 0);
  const [offered, answered] = [sum("offered"), sum("answered")];
  const waited = days.reduce((total, each) => total + (each.mean_wait_s ?? 0) * each.answered, 0);
  return {
    in: offered, answered, missed: offered - answered, missed_share: offered ? (offered - answered) / offered : null,
    service_level: offered ? sum("within_threshold") / offered : null, mean_wait_s: answered ? waited / answered : null,
  };
}

/** Who was missed without contact: `count` (null: not told), `total` (of the list, told apart and perhaps a second later), `oldest` (s; null: nobody, or not known now), `last`: the latest first. */
function missedOf(state, names, isLive, at) {
  const open = state.get("missed/open");
  const cases = (open?.cases ?? []).filter((each) => names === null || names.has(each.queue));
  const count = names === null ? state.get("missed/count") ?? null : open === undefined ? null : cases.length;
  const age = (moment) => (isLive ? (at - (typeof moment === "number" ? moment : Date.parse(moment))) / 1000 : null);
  const last = cases
    .map((each) => ({ ...each, age: age(each.last_missed_at) }))
    .sort((a, b) => Date.parse(b.last_missed_at) - Date.parse(a.last_missed_at));
  const oldest = cases.length === 0 ? null : Math.min(...cases.map((each) => Date.parse(each.opened_at)));
  const total = names === null ? open?.total ?? null : cases.length;
  return { count, total, last: open === undefined ? null : last, oldest: oldest === null ? null : age(oldest), measured: isLive && count > 0 ? "warn" : "" };
}
