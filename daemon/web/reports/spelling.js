// Figures as people read them: as the command line's tables and pages write them, in the site's time zone.

import { duration } from "../common/format.js";

const NOTHING = "–";
const NARROW = "\u202f";
const NO_BREAK = "\u00a0";
const DAY_S = 86_400;

/** Spells for one language and one time zone. */
export class Spelling {
  constructor(language, timezone, units) {
    this.language = language;
    this.timezone = timezone;
    this.units = units;
    const locale = language === "ru" ? "ru-RU" : "sv-SE";
    const day = { year: "numeric", month: "2-digit", day: "2-digit", timeZone: timezone };
    this._day = new Intl.DateTimeFormat(locale, day);
    this._moment = new Intl.DateTimeFormat(locale, { ...day, hour: "2-digit", minute: "2-digit" });
    this._time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", timeZone: timezone });
    this._count = new Intl.NumberFormat(language === "ru" ? "ru-RU" : "en-GB");
  }

  count(value) {
    return value === null || value === undefined ? NOTHING : this._count.format(value);
  }

  /** Seconds, to the nearest one, as the other forms round them. */
  seconds(value) {
    return value === null || value === undefined ? NOTHING : duration(Math.floor(value + 0.5));
  }

  share(value) {
    if (value === null || value === undefined) return NOTHING;
    const text = (value * 100).toFixed(1);
    return this.language === "ru" ? `${text.replace(".", ",")}${NARROW}%` : `${text}%`;
  }

  /** By how much more or less, in percent; empty where there was nothing to compare with. */
  change(value, before) {
    if (typeof value !== "number" || !before) return "";
    const part = ((value - before) / before) * 100;
    const text = Math.abs(part).toFixed(0);
    const sign = text === "0" ? "" : part > 0 ? "+" : "−";
    return `${sign}${text}${this.language === "ru" ? NARROW : ""}%`;
  }

  moment(iso) {
    return iso === null ? "" : this._moment.format(Date.parse(iso)).replace(",", "");
  }

  /** The same without the year. */
  shortMoment(iso) {
    const whole = this.moment(iso);
    return this.language === "ru" ? whole.replace(/\.\d{4}/, "") : whole.slice(5);
  }

  day(iso) {
    return this._day.format(Date.parse(iso));
  }

  time(ms) {
    return this._time.format(ms);
  }

  /** An ISO day, without a time zone, as the language has it. */
  dayName(day) {
    return this.language === "ru" ? day.split("-").reverse().join(".") : day;
  }

  /** Whole days as days, the last one included; else as moments. `all`: what everything is called. */
  period({ from, to }, all) {
    if (from === null && to === null) return all;
    const isWhole = (iso) => iso === null || this._time.format(Date.parse(iso)) === "00:00";
    if (isWhole(from) && isWhole(to)) {
      const first = from === null ? "…" : this.day(from);
      const last = to === null ? "…" : this._day.format(Date.parse(to) - 1);
      return first === last ? first : `${first} – ${last}`;
    }
    return `${from === null ? "…" : this.moment(from)} – ${to === null ? "…" : this.moment(to)}`;
  }

  /** A length of the settings in the largest unit of which it is a whole number. */
  length(seconds) {
    for (const [size, unit] of [[DAY_S, "d"], [3600, "h"], [60, "min"]]) {
      if (seconds >= size && seconds % size === 0) return `${seconds / size}${NO_BREAK}${this.units[unit]}`;
    }
    return `${seconds}${NO_BREAK}${this.units.s}`;
  }
}
