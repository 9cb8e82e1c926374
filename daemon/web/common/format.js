// Moments, durations and shares as people read them, and texts that others wrote.

// What would turn the direction of writing, what nobody sees, and what is no character: `\u202e` in place of U+202E, as elsewhere.
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0]/gu;
// A tile has no room for more.
const LONGEST = 120;

/** The text as it may be shown to people: cut after so many characters, and with nothing in it that is not seen. */
export function plain(text, longest = LONGEST) {
  const whole = [...text.slice(0, 2 * longest + 2)];
  const cut = whole.length > longest ? `${whole.slice(0, longest).join("")}…` : whole.join("");
  return cut.replace(UNSEEN, (sign) => {
    const code = sign.codePointAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
  });
}

/** Where a missed caller was: his queue, else his department (`none`: no department is his), else the line by which he came. */
export function placeOf({ queue, department, trunk }) {
  return queue ?? (department === "none" ? null : department) ?? trunk ?? "";
}

/** Seconds as `m:ss`, or `h:mm:ss`; never negative. */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** A share from 0 to 1 as a percentage; nothing known is a dash. */
export function share(value) {
  return value === null || value === undefined ? "–" : `${Math.round(value * 100)} %`;
}

// Making one takes a slow screen longer than using it a hundred times, and a board asks for some of them four times a second, for months.
const made = new Map();

function formatOf(language, options) {
  const key = `${language} ${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, new Intl.DateTimeFormat(language, options));
  return made.get(key);
}

/** The hour of the day (0 to 23) in the time zone. */
export function hourOf(moment, timezone) {
  return Number(timeOfDay(moment, timezone).split(":")[0]);
}

/** The moment (ms) as a time of day in the site's own time zone; with its date where that is not the day of `today` (ms). */
export function timeOfDay(moment, timezone, today = moment) {
  const time = formatOf("ru", { timeStyle: "medium", timeZone: timezone }).format(moment);
  const day = dayOf(moment, timezone);
  return day === dayOf(today, timezone) ? time : `${day} ${time}`;
}

/** The day of a moment (ms) in the time zone, as `2026-11-25`. */
export function dayOf(moment, timezone) {
  return formatOf("sv", { dateStyle: "short", timeZone: timezone }).format(moment);
}

/** Seconds since the ISO moment. */
export function secondsSince(iso, now) {
  return (now - Date.parse(iso)) / 1000;
}
