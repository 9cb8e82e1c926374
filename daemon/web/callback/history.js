// What happened to a caller's case, and what people noted, in order; each call with the way to its picture.

import { called, element } from "../common/dom.js";
import { said, written } from "./case_words.js";

/** Does a history tell all that the case itself says of what happened to it? */
export function tellsAllOf(found, steps) {
  const count = (kind) => steps.filter((step) => step.kind === kind).length;
  const isEnded = !["open", "truly_missed"].includes(found.state);
  const claimedBy = steps.filter((step) => step.kind === "claimed").at(-1)?.by ?? null;
  return count("missed") >= found.calls && count("attempt") >= found.attempts && (isEnded ? count(found.state) > 0 : claimedBy === found.claimed_by);
}

/** Draws the steps that the daemon tells (`GET /api/v1/cases/ID/history`). */
export class History {
  constructor(words, times, id) {
    Object.assign(this, { words, times, id });
    this._list = element("ol");
    this.element = element("section", "history", said("h3", "", words.history), this._list);
    this.element.hidden = true;
  }

  /** `steps`, `notes`: as the API has them; `at`: now, in ms. */
  draw(steps, notes, at) {
    const all = [...steps, ...notes.map((note) => ({ ...note, kind: "note" }))];
    all.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    const list = this._list;
    all.map((step) => this._line(step, at)).forEach((line, n) => {
      const before = list.children[n];
      // Who is about to press a line's link, or has marked its words, keeps it.
      if (before === undefined) list.append(line);
      else if (!before.isEqualNode(line)) before.replaceWith(line);
    });
    while (list.children.length > all.length) list.lastChild.remove();
    this.element.hidden = all.length === 0;
  }

  _line(step, at) {
    const { words, times } = this;
    const line = element("li", `step-${step.kind}`, element("time", "", times.moment(step.at, at)), said("span", "what", this._what(step)));
    if (step.by) line.append(" ", element("span", "by", called(step.by)));
    if (step.call) {
      const picture = said("a", "picture", words.showCall);
      picture.href = `#${encodeURIComponent(this.id)}/${encodeURIComponent(step.call)}`;
      line.append(" ", picture);
    }
    if (step.kind === "note") line.append(written(step.text));
    if (step.kind === "dismissed" && step.result) line.append(written(step.result));
    return line;
  }

  _what(step) {
    const { steps, results, contacts } = this.words;
    if (step.kind === "claimed") return step.by === null ? steps.released : steps.claimed;
    const told = steps[step.kind] ?? step.kind;
    if (typeof told === "string") return told;
    return told((step.kind === "attempt" ? results : contacts)[step.result] ?? step.result ?? "");
  }
}
