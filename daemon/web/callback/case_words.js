// What the page says of a caller who was missed.

import { called, element } from "../common/dom.js";
import { plain, secondsSince } from "../common/format.js";

const TEXT_LONGEST = 2000;
const A_NUMBER = /^\+?\d{5,}$/;

/** Can this be dialled? What is masked, or is a name, cannot. */
export function isNumber(number) {
  return A_NUMBER.test(number ?? "");
}

/** What a phone is to dial for a number, by the site's settings (`dial` of the configuration): as a link. */
export function dialled(number, dial) {
  return `tel:${encodeURIComponent(digitsOf(number, dial)).replace("%2B", "+")}`;
}

function digitsOf(number, dial) {
  if (!dial) return number;
  if (!number.startsWith("+")) return dial.prefix + number;
  const isHome = number.startsWith(`+${dial.country}`);
  return isHome ? dial.home + number.slice(1 + dial.country.length) : dial.abroad + number.slice(1);
}

/** A number as people read it: `+7 900 111-22-33`; one of another country, or a masked one, as it is. */
export function spaced(number) {
  return number.replace(/^\+7(\d{3})(\d{3})(\d\d)(\d\d)$/, "+7 $1 $2-$3-$4");
}

/** What he is talking about with us at this moment, of the calls that live; null where there is none, or where numbers are masked. */
export function liveCall(found, active) {
  if (!isNumber(found.number)) return null;
  return active?.calls.find((call) => call.caller_e164 === found.number || call.called_e164 === found.number) ?? null;
}

/** What is going on with him now; "" where nothing is. */
export function nowWords(live, words, times, at) {
  if (live === null) return "";
  const what = live.direction === "out" && live.state === "ringing" ? words.rung : words.live[live.state] ?? live.state;
  return words.now(what, times.lasted(secondsSince(live.state_since, at)));
}

/** An element with words of our own, or of an answer: whole, however long they are. */
export function said(tag, name, text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}

/** What others chose to be called, within words of ours: it turns nothing of what stands beside it. */
export function isolated(text) {
  return `\u2068${plain(text)}\u2069`;
}

/** What somebody wrote, line by line. */
export function written(text) {
  const lines = text.slice(0, TEXT_LONGEST).split(/\r?\n/).map((line) => plain(line, TEXT_LONGEST));
  const made = element("bdi", "written");
  made.textContent = lines.join("\n");
  return made;
}

/** How a case ended, as part of a sentence; null while it waits. */
export function endWords(found, words) {
  const told = words.states[found.state];
  if (told === undefined) return null;
  return found.state === "dismissed" ? told() : told(words.contacts[found.contact] ?? found.contact);
}

/** Who ended it: a device or a name. */
export function endedBy(found) {
  return found.state === "dismissed" ? found.dismissed_by : found.contact_by;
}

/** Who claims it: `free`, `mine` or `other`. */
export function claimOf(found, by) {
  if (!found.claimed_by) return "free";
  return found.claimed_by === by ? "mine" : "other";
}

/** "Anna calls back", with the name in a direction of its own. */
export function claimedBy(found, words) {
  const [before, , after] = words.claimedBy("");
  return [before, called(found.claimed_by), after];
}

/** What is to be known of him at a glance, without names of others. */
export function marks(found, words) {
  return [
    words.calls(found.calls),
    words.attempts(found.attempts),
    found.closed ? words.closed : "",
  ].filter((each) => each !== "");
}
