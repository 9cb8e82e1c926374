// What the topics last said, and whether it may be believed now.

// bridge/health comes each half minute in any case.
const SILENT_AFTER_MS = 45_000;
// A broker sends what it retains at once; that nothing comes means that there is nothing.
const RETAINED_WITHIN_MS = 3_000;
const SKEW_WINDOW_MS = 60_000;

/** The latest of every topic. All moments are milliseconds of the daemon's clock unless told otherwise. */
export class BoardState {
  constructor(skew = null) {
    this.topics = new Map();
    this.connected = null; // not tried to the end yet
    this.changedAt = null; // when the connection came or went, by our clock
    this.heardAt = null; // when the daemon was last heard to live, by our clock
    this.toldAt = null; // the moment that the latest message bears
    this.skew = skew; // the daemon's clock minus ours
    this.measured = { since: null, now: skew ?? -Infinity, before: -Infinity };
  }

  /** The connection is there (`true`), or gone. What was told before is of no use on a new one: topics may be gone. */
  setConnected(connected, now) {
    if (connected !== this.connected) this.changedAt = now;
    this.connected = connected;
    if (connected) {
      this.topics.clear();
      this.heardAt = null;
    }
  }

  /** A message. `fresh`: said now, not kept by a broker for who comes later. */
  take(topic, text, fresh, now) {
    if (text === "") {
      this.topics.delete(topic);
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
    this.topics.set(topic, body);
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

  // A message needs its time to arrive: of all differences the greatest is the nearest to the truth. Of the last minutes only:
  // clocks are set.
  _measureSkew(difference, now) {
    const { measured } = this;
    if (measured.since === null) measured.since = now;
    if (Math.abs(now - measured.since) > SKEW_WINDOW_MS) {
      Object.assign(measured, { since: now, before: measured.now, now: -Infinity });
    }
    measured.now = Math.max(measured.now, difference);
    this.skew = Math.max(measured.now, measured.before);
  }

  /** The moment by the daemon's clock. */
  serverTime(now) {
    return now + (this.skew ?? 0);
  }

  /** A topic's body, or undefined. */
  get(topic) {
    return this.topics.get(topic);
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
   * How far the board may be believed: `{link, since}`. Only `live` is. `since` is by the daemon's clock, or null.
   * `connecting`: not known yet. `no_broker`: nobody to ask. `no_daemon`: it says, or the broker says for it, that it is gone.
   * `silent`: it should have said something. `no_pbx`: it does not hear the PBX.
   */
  verdict(now, hasBroker) {
    if (!this.connected) {
      if (this.connected === null) return { link: "connecting", since: null };
      return { link: hasBroker ? "no_broker" : "no_daemon", since: this.serverTime(this.changedAt) };
    }
    const bridge = this.get("bridge/state");
    const health = this.get("bridge/health");
    if (bridge === "offline") return { link: "no_daemon", since: this.toldAt };
    if (bridge === undefined || health === undefined) {
      const waits = now - this.changedAt < RETAINED_WITHIN_MS;
      return { link: waits ? "connecting" : "no_daemon", since: null };
    }
    if (this.heardAt === null || now - this.heardAt > SILENT_AFTER_MS) return { link: "silent", since: this.toldAt };
    if (health.ami !== "ready") return { link: "no_pbx", since: Date.parse(health.since) };
    return { link: "live", since: null };
  }
}
