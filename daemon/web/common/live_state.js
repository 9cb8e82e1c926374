// What the topics last said, and whether it may be believed now. For every page that listens.

import { LiveCalls } from "./live_calls.js";

// bridge/health comes each half minute in any case.
const SILENT_AFTER_MS = 45_000;
// A broker sends what it retains at once; that nothing comes means that there is nothing.
const RETAINED_WITHIN_MS = 3_000;
const SKEW_WINDOW_MS = 60_000;
const DELAY_MOST_MS = 2_000;

/** Milliseconds of our clock, which nobody sets while the page is open: what the screen's own clock says does not matter. */
export function ourClock() {
  return performance.timeOrigin + performance.now();
}

/** The latest of every topic. All moments are milliseconds of the daemon's clock unless told otherwise. */
export class LiveState {
  constructor(skew = null) {
    this.topics = new Map();
    this.calls = new LiveCalls();
    this.connected = null; // not tried to the end yet
    this.changedAt = null; // when the connection came or went, by our clock
    this.heardAt = null; // when the daemon was last heard to live, by our clock
    this.toldAt = null; // the moment that the latest message bears
    this.refusal = null; // why nobody listens to us, where that was said
    this.skew = skew; // the daemon's clock minus ours
    this.measured = { since: null, now: skew ?? -Infinity, before: -Infinity };
  }

  /** The connection is there (`true`), or gone. What was told before is of no use on a new one: topics may be gone. */
  setConnected(connected, now, refusal = null) {
    this.refusal = refusal;
    if (connected !== this.connected) this.changedAt = now;
    this.connected = connected;
    if (connected) {
      this.topics.clear();
      this.calls.clear();
      this.heardAt = null;
    }
  }

  /** A message. `fresh`: said now, not kept by a broker for who comes later. */
  take(topic, text, fresh, now) {
    if (text === "") {
      this.topics.delete(topic);
      if (topic === "calls/active") this.calls.clear();
      return;
    }
    let body = text;
    if (topic !== "bridge/state") {
      try {
        body = JSON.parse(text);
      } catch {
        return; // not ours: whoever may write to the broker may write anything
      }
    }
    if (topic === "event/call") {
      // A finished call may be told long after: by its moment no clock is measured.
      if (!fresh) return;
      this.calls.happen(body, now);
      this.heardAt = now;
      return;
    }
    this.topics.set(topic, body);
    if (topic === "calls/active") this.calls.list(body, now);
    if (topic === "bridge/state") this.calls.forgetNews();
    const at = Date.parse(body?.ts);
    if (Number.isNaN(at)) return;
    if (fresh) this._measureSkew(at - now, now);
    this.toldAt = Math.max(this.toldAt ?? 0, at);
    if (fresh) this.heardAt = now;
    else this.heardAt = Math.max(this.heardAt ?? 0, Math.min(at - (this.skew ?? 0), now));
  }

  /** The daemon lives, though it has nothing to say. */
  alive(now) {
    this.heardAt = now;
  }

  // A message needs its time to arrive: of all differences the greatest is the nearest to the truth. Of the last minutes only, and
  // none that is far from the latest: clocks are set.
  _measureSkew(difference, now) {
    const { measured } = this;
    if (measured.since === null) measured.since = now;
    if (now - measured.since > SKEW_WINDOW_MS) {
      Object.assign(measured, { since: now, before: measured.now, now: -Infinity });
    }
    if (difference < Math.max(measured.now, measured.before) - DELAY_MOST_MS) {
      Object.assign(measured, { since: now, before: -Infinity, now: -Infinity });
    }
    measured.now = Math.max(measured.now, difference);
    this.skew = Math.max(measured.now, measured.before);
  }

  /** The moment by the daemon's clock. */
  serverTime(now) {
    return now + (this.skew ?? 0);
  }

  /** A topic's body, or undefined; of the live calls with all that happened since they were told. */
  get(topic) {
    return topic === "calls/active" ? this.calls.current : this.topics.get(topic);
  }

  /** The bodies of all topics of a kind (`queue/…/state`) of somebody or something, with their keys. */
  all(kind) {
    const found = [];
    for (const [topic, body] of this.topics) {
      const [first, key, last] = topic.split("/");
      if (first === kind && last === "state" && typeof (body?.name ?? body?.device) === "string") found.push({ key, ...body });
    }
    return found;
  }

  /**
   * How far the board may be believed: `{link, since, words}`. Only `live` is. `since` is by the daemon's clock, or null; `words`
   * names what to say of it. `connecting`: not known yet. `no_broker`: nobody to ask. `no_daemon`: it says, or the broker says for
   * it, that it is gone; or nothing is heard of it (`unheard`). `silent`: it should have said something. `no_pbx`: it does not hear
   * the PBX.
   */
  verdict(now, hasBroker) {
    if (!this.connected) {
      if (this.connected === null) return verdict("connecting");
      const since = this.serverTime(this.changedAt);
      if (hasBroker) return verdict("no_broker", since);
      return verdict("no_daemon", since, this.refusal ?? "unheard");
    }
    const bridge = this.get("bridge/state");
    const health = this.get("bridge/health");
    if (bridge === "offline") return verdict("no_daemon", this.toldAt);
    if (bridge === undefined || health === undefined) {
      const waits = now - this.changedAt < RETAINED_WITHIN_MS;
      return waits ? verdict("connecting") : verdict("no_daemon", null, "unheard");
    }
    if (this.heardAt === null || now - this.heardAt > SILENT_AFTER_MS) return verdict("silent", this.toldAt);
    if (health.ami !== "ready") return verdict("no_pbx", Date.parse(health.since));
    return verdict("live");
  }
}

function verdict(link, since = null, words = link) {
  return { link, since, words };
}
