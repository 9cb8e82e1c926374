// What is asked for, as the address holds it: so it can be sent to a colleague, and the browser's way back works.

const REPORTS = ["missed", "wait", "calls"];
export const PERIODS = ["today", "yesterday", "7d", "30d", "month", "prev-month"];
const OF_ALL = ["period", "from", "to", "trunk", "queue", "clients", "number"];
/** The parameters that each report takes. */
export const TAKES = {
  wait: [...OF_ALL, "department", "by"],
  missed: [...OF_ALL, "department", "at_deadline"],
  calls: [...OF_ALL, "direction", "result", "missed"],
};
const DEFAULT_PERIOD = "7d";
const MOMENT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?$/;
const DAY_LENGTH = 10;
// Of the page, and of no question.
const KEPT = ["lang", "theme"];

/** What the address asks: `{report, ...parameters}`; what a page does not know is left out. */
export function askedIn(address) {
  const given = new URLSearchParams(address);
  const report = REPORTS.includes(given.get("report")) ? given.get("report") : REPORTS[0];
  const asked = { report };
  for (const name of TAKES[report]) {
    const value = given.get(name);
    if (value !== null && value !== "") asked[name] = value;
  }
  if (asked.from === undefined && asked.to === undefined) {
    if (!PERIODS.includes(asked.period)) asked.period = DEFAULT_PERIOD;
  } else {
    delete asked.period;
  }
  return asked;
}

/** The address that asks this, with the page's own parameters. */
export function addressOf(asked) {
  const given = new URLSearchParams(location.search);
  const kept = KEPT.filter((name) => given.has(name)).map((name) => [name, given.get(name)]);
  const told = ["report", ...TAKES[asked.report]].filter((name) => asked[name]).map((name) => [name, asked[name]]);
  return `?${new URLSearchParams([...told, ...kept])}`;
}

/** The same question for another report, as far as it takes it. */
export function askedOf(report, asked) {
  const kept = TAKES[report].filter((name) => asked[name]).map((name) => [name, asked[name]]);
  return { ...Object.fromEntries(kept), report };
}

/** Does it end before it begins? A day ends at its end; of what is no moment the daemon is the judge. */
export function isBackward({ from = "", to = "" }) {
  if (!MOMENT.test(from) || !MOMENT.test(to)) return false;
  return to.length === DAY_LENGTH ? from.slice(0, DAY_LENGTH) > to : from > to;
}

/** What to send to the daemon. */
export function queryOf(asked) {
  return Object.fromEntries(TAKES[asked.report].filter((name) => asked[name]).map((name) => [name, asked[name]]));
}
