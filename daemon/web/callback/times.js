// Moments and waits as the call-back page writes them.

import { dayOf, duration } from "../common/format.js";

const DAY_S = 86_400;
const MINUTE_MS = 60_000;
const FIELD = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };

/** Writes times in one language and time zone. */
export class Times {
  constructor(language, words) {
    this.language = language;
    this.words = words;
    this.zone = undefined; // the browser's own, until the site's is known
  }

  /** How long: `1:05`, `1:02:03`, from a day on `2 d 3 h`. */
  lasted(seconds) {
    if (seconds < DAY_S) return duration(seconds);
    return this.words.days(Math.floor(seconds / DAY_S), Math.floor((seconds % DAY_S) / 3600));
  }

  /** An ISO moment as `12:31`, or with its day where that is not the day of `at` (ms). */
  moment(iso, at) {
    const when = Date.parse(iso);
    if (Number.isNaN(when)) return "";
    const isToday = dayOf(when, this.zone) === dayOf(at, this.zone);
    const day = isToday ? {} : { day: "numeric", month: "short" };
    return this._written(when, { ...day, hour: "2-digit", minute: "2-digit" });
  }

  /** An ISO moment to the second. */
  second(iso) {
    return this._written(Date.parse(iso), { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  }

  /** An ISO moment with its whole date. */
  day(iso) {
    return this._written(Date.parse(iso), { day: "numeric", month: "long", year: "numeric" });
  }

  /** A moment (ms) as a field for date and time has it, to the minute. */
  field(at) {
    const text = new Intl.DateTimeFormat("sv", { ...FIELD, timeZone: this.zone }).format(at);
    return text.replace(" ", "T");
  }

  /** The moment (ms) that somebody put into such a field; NaN for none. One that the clocks leave out is an hour off. */
  ofField(text) {
    const wall = Date.parse(`${text}Z`);
    const ahead = (at) => Date.parse(`${this.field(at)}Z`) - Math.floor(at / MINUTE_MS) * MINUTE_MS;
    if (Number.isNaN(wall)) return wall;
    return wall - ahead(wall - ahead(wall));
  }

  _written(when, parts) {
    const locale = this.language === "ru" ? "ru" : "en-GB";
    return new Intl.DateTimeFormat(locale, { ...parts, timeZone: this.zone }).format(when);
  }
}
