// Moments and waits as the call-back page writes them.

import { dayOf, duration } from "../common/format.js";

const DAY_S = 86_400;

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

  _written(when, parts) {
    const locale = this.language === "ru" ? "ru" : "en-GB";
    return new Intl.DateTimeFormat(locale, { ...parts, timeZone: this.zone }).format(when);
  }
}
