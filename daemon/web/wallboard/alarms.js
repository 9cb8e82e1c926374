// How bad things are, without flicker: worse at once, better only after it has been better for a while.

const CLEAR_AFTER_MS = 5_000;
const RANKS = { "": 0, ok: 0, warn: 1, crit: 2 };

/** The worst of some levels: "crit", "warn" or "". */
export function worst(levels) {
  return ["crit", "warn"].find((level) => levels.includes(level)) ?? "";
}

/** The level of what should be small; a limit that is null is none. */
export function levelAbove(value, warn, alarm) {
  if (value === null) return "";
  if (alarm !== null && value >= alarm) return "crit";
  return warn !== null && value >= warn ? "warn" : "";
}

/** The level of a share that should reach its goal. */
export function levelBelow(share, goal, alarm) {
  if (share === null || goal === null) return "";
  if (share >= goal) return "ok";
  return alarm !== null && share < alarm ? "crit" : "warn";
}

/** The levels of many things, by key. */
export class Alarms {
  constructor() {
    this.kept = new Map();
  }

  /** The level to show of one that is measured as `level` at `now` (ms). */
  settle(key, level, now) {
    const before = this.kept.get(key);
    if (before === undefined || RANKS[level] >= RANKS[before.level]) {
      this.kept.set(key, { level, betterSince: null });
      return level;
    }
    before.betterSince ??= now;
    if (now - before.betterSince < CLEAR_AFTER_MS) return before.level;
    this.kept.set(key, { level, betterSince: null });
    return level;
  }

  /** Nothing is known any more. */
  forget() {
    this.kept.clear();
  }
}
