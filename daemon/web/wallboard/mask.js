// Numbers and names cut down where the daemon tells them in full and the address asks for `mask=1`: as the daemon itself masks them.

const DOTS = "•••";
const EXTENSION_DIGITS = 5;
const SHOWN = 4;
const HIDDEN_AT_LEAST = 3;

/** `+79001112233` as `+7900•••2233`, `Иван` as `И•••`; an extension, and what is masked already, stays. */
export function masked(text) {
  if (text === null || text === undefined || text === "" || text.includes(DOTS)) return text;
  const digits = text.replace(/\D/g, "");
  if (digits.length <= EXTENSION_DIGITS && /^[+*#\d]+$/.test(text)) return text;
  if (/\p{L}/u.test(text)) return `${text.match(/[\p{L}\p{N}]/u)[0]}${DOTS}`;
  const left = Math.max(digits.length - HIDDEN_AT_LEAST, 0);
  const after = Math.min(SHOWN, left);
  const before = Math.min(SHOWN, left - after);
  return `${text.trimStart().startsWith("+") ? "+" : ""}${digits.slice(0, before)}${DOTS}${digits.slice(digits.length - after)}`;
}
