// The live calls: the list that is told once a second at most, and what happened since. Draws nothing.

// The list that follows an event within a second knows it. What is still not in one after so long is of another run of the daemon.
const NEWS_MS = 3_000;
const SEEK = new Set(["queued", "ringing"]);

/** Is somebody sought for this caller? */
export function isWaiting(call) {
  return call.direction === "in" && SEEK.has(call.state);
}

/** Since when this caller waits: in the queue, or at a ringing phone; after having been passed on, since then. */
export function waitsSince(call) {
  if (call.answered_at !== null) return call.state_since;
  return call.queued_at ?? call.rang_at ?? call.started_at;
}

/** The queue in which the caller stands now, else the first that he was in, else null. */
export function queueOf(call) {
  return call.waits_in?.[0]?.queue ?? call.queue;
}

/** Takes `calls/active` and `event/call` as they come, and says which calls live: `current`, in the shape of `calls/active`. */
export class LiveCalls {
  constructor() {
    this.clear();
  }

  /** Nothing is known. */
  clear() {
    this.told = undefined;
    this.forgetNews();
  }

  /** Who told of the calls is gone: his numbers mean nothing any more. */
  forgetNews() {
    this.news = [];
    this.merged = null;
  }

  /** The list, `now` (ms, any clock that nobody sets). It is the truth as of its `seq`: what happened until then is in it. */
  list(body, now) {
    const seq = body?.seq ?? Infinity;
    this.told = body;
    this.news = this.news.filter((each) => each.seq > seq && now - each.heardAt < NEWS_MS);
    this.merged = null;
  }

  /** Something happened to a call, `now`. What the list knows already, or cannot be meant for us, changes nothing. */
  happen(event, now) {
    const { seq, type, call } = event ?? {};
    if (!Number.isInteger(seq) || typeof type !== "string" || typeof call?.id !== "string") return;
    if (this.told !== undefined && seq <= (this.told?.seq ?? Infinity)) return;
    this.news.push({ seq, call, type, heardAt: now });
    // A finished call comes later than the others, for it is stored first.
    this.news.sort((a, b) => a.seq - b.seq);
    this.merged = null;
  }

  /** Undefined: no list was told. */
  get current() {
    if (this.told === undefined || this.news.length === 0) return this.told;
    this.merged ??= merged(this.told, this.news);
    return this.merged;
  }
}

// Where not all calls are listed, which of them wait is not known: then only what is listed changes, and how many there are.
function merged(told, news) {
  const isWhole = told.calls.length === told.total;
  const calls = new Map(told.calls.map((call) => [call.id, call]));
  let { total } = told;
  for (const { type, call } of news) {
    if (type === "ended") {
      total -= calls.has(call.id) || !isWhole ? 1 : 0;
      calls.delete(call.id);
    } else if (calls.has(call.id)) {
      calls.set(call.id, call);
    } else if (isWhole || type === "started") {
      total += 1;
      if (isWhole) calls.set(call.id, call);
    }
  }
  const listed = [...calls.values()];
  if (!isWhole) return { ...told, total, calls: listed };
  const since = listed.filter(isWaiting).map(waitsSince).sort();
  return { ...told, total, calls: listed, waiting: since.length, waiting_since: since[0] ?? null };
}
