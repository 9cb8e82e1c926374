// What a call's time line says (`GET /api/v1/calls/ID`), as lanes to draw and as moments to read. All times in ms.

// Between one thing and the next the PBX needs a moment, which is nothing.
const MOMENT_MS = 500;
const RANK = { hold: 4, parked: 4, talk: 3, queue: 2, ring: 1, rest: 0 };

/**
 * `{start, end, lanes, passes}`. A lane is `{name, keys, bars}`, the caller's first; a bar `{kind, from, to, result, who, isOpen}`: open
 * where its beginning or end was not heard. A pass is `{at, from, to, kind, by, whom, result}`, `from` and `to` lanes or -1.
 */
export function storyOf(call) {
  const start = Date.parse(call.started_at);
  const end = Math.max(start, Date.parse(call.ended_at ?? "") || latest(call) || start);
  const lanes = [{ name: call.caller_name || call.caller || "", isCaller: true, keys: [call.id, call.caller], bars: [] }];
  const span = (from, to) => [clamp(from ?? start, start, end), clamp(to ?? end, start, end)];
  for (const leg of sought(call)) {
    const lane = laneOf(lanes, leg);
    if (leg.rang_at === null) continue;
    const [from, to] = span(Date.parse(leg.rang_at), moment(leg.ring_ended_at ?? leg.joined_at ?? leg.ended_at));
    lane.bars.push({ kind: "ring", from, to, result: leg.result, who: lane.name });
  }
  for (const talk of call.talks) {
    const [from, to] = span(moment(talk.started_at ?? talk.found_at), moment(talk.ended_at));
    const bar = { kind: "talk", from, to, who: talk.name ?? talk.device, isOpen: talk.started_at === null || talk.ended_at === null };
    laneOf(lanes, talk).bars.push(bar);
  }
  lanes[0].bars = callersBars(call, lanes, span, start, end);
  return { start, end, lanes: lanes.filter((lane, n) => n === 0 || lane.bars.length > 0), passes: passes(call, lanes, start, end) };
}

/** What happened, in order: `{at, what, who, lasted, result, by}`; `what` is a kind of bar, `call`, `pass`, or `end`. */
export function momentsOf(call) {
  const { start, end, lanes, passes: passed } = storyOf(call);
  // Of the caller's line what is on nobody else's.
  const bars = lanes.flatMap((lane, n) => (n === 0 ? lane.bars.filter((bar) => bar.kind !== "talk" && bar.kind !== "ring") : lane.bars));
  const found = bars.map((bar) => ({ at: bar.from, what: bar.kind === "rest" ? bar.rest : bar.kind, who: bar.who ?? null, by: bar.by, lasted: (bar.to - bar.from) / 1000, result: bar.result ?? null, isOpen: bar.isOpen }));
  found.push(...passed.map((pass) => ({ at: pass.at, what: "pass", kind: pass.kind, who: `${pass.by ?? "?"} → ${pass.whom ?? "?"}`, lasted: null, result: pass.result })));
  found.sort((a, b) => a.at - b.at);
  if (call.ended_at !== null) found.push({ at: end, what: "end", who: null, by: call.ended_by, lasted: null, result: null });
  return found.map((each) => ({ ...each, after: (each.at - start) / 1000 }));
}

// Each moment of the caller's is one thing: who is on hold is not talking, who is rung for is still in the queue.
function callersBars(call, lanes, span, start, end) {
  const parts = [];
  const add = (kind, from, to, more = {}) => {
    const [a, b] = span(moment(from), moment(to));
    parts.push({ kind, from: a, to: b, ...more });
  };
  for (const stay of call.stays) add("queue", stay.joined_at, stay.left_at, { who: stay.queue, result: stay.outcome });
  for (const hold of call.holds) add(hold.by === "lot" ? "parked" : "hold", hold.started_at, hold.ended_at, { by: hold.by });
  for (const bar of lanes.slice(1).flatMap((lane) => lane.bars)) parts.push({ ...bar, result: null });
  const edges = [...new Set([start, end, ...parts.flatMap((part) => [part.from, part.to])])].sort((a, b) => a - b);
  const sought = Math.min(...parts.map((part) => part.from), end);
  const bars = [];
  for (let n = 0; n + 1 < edges.length; n += 1) {
    const [from, to] = [edges[n], edges[n + 1]];
    const there = parts.filter((part) => part.from <= from && part.to >= to).sort((a, b) => RANK[b.kind] - RANK[a.kind])[0];
    const bar = there ?? { kind: "rest", rest: from < sought ? (from === start && call.direction === "in" ? "menu" : "dialling") : "rest" };
    const last = bars.at(-1);
    const isSame = last && last.kind === bar.kind && last.who === bar.who && last.by === bar.by && last.rest === bar.rest;
    if (isSame || (last && bar.kind === "rest" && to - from < MOMENT_MS)) last.to = to;
    else bars.push({ ...bar, from, to });
  }
  return bars.length > 1 && bars[0].kind === "rest" && bars[0].to - bars[0].from < MOMENT_MS ? bars.slice(1) : bars;
}

// Who was rung, or was there: the caller's own leg is not, nor a leg that only asked somebody before passing the call on.
function sought(call) {
  return call.legs.filter((leg) => leg.uniqueid !== call.id && leg.result !== null);
}

function laneOf(lanes, part) {
  const key = part.device ?? part.number;
  const known = lanes.find((lane) => !lane.isCaller && lane.keys.includes(key));
  if (known !== undefined) return known;
  const name = part.side === "outside" ? part.number ?? part.name ?? key : part.name ?? key;
  const lane = { name, keys: [key, part.number, key?.split("/").at(-1)], bars: [] };
  lanes.push(lane);
  return lane;
}

function passes(call, lanes, start, end) {
  const drawn = lanes.filter((lane, n) => n === 0 || lane.bars.length > 0);
  const find = (whom) => drawn.findIndex((lane) => whom !== null && lane.keys.includes(whom));
  return call.transfers.map((pass) => ({
    at: clamp(moment(pass.at) ?? start, start, end), from: find(pass.by), to: find(pass.to), kind: pass.kind, by: pass.by, whom: pass.to, result: pass.result,
  }));
}

function latest(call) {
  const ends = [...call.legs, ...call.talks, ...call.holds].map((part) => Date.parse(part.ended_at)).filter((each) => !Number.isNaN(each));
  return ends.length === 0 ? null : Math.max(...ends);
}

function moment(iso) {
  const at = Date.parse(iso ?? "");
  return Number.isNaN(at) ? null : at;
}

function clamp(value, least, most) {
  return Math.min(Math.max(value, least), most);
}
