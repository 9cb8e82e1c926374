// What can be said of a caller: a note, that he was reached otherwise, that nobody needs to call him.

import { element } from "../common/dom.js";
import { said } from "./case_words.js";

const TEXT_MOST = 2000;

/** `now()`: ms, the daemon's clock. `tell(what, body, done)`: hand it to the daemon; `done` once it is taken. Until then what was typed stays. */
export class Forms {
  constructor(words, times, now, tell) {
    this.words = words;
    this._when = new When(words, times, now);
    this._note = form(said("h3", "", words.note), field(words.note, words.noteHint, 2), submit(words.saveNote));
    this._reached = box(words.reached, field(words.reached, words.reachedHint, 2), this._when.element, submit(words.reachedButton));
    this._dismiss = box(words.dismiss, reasons(words), field(words.otherReason, words.otherReasonHint, 2), submit(words.dismissButton, "grave"));
    this.element = element("div", "forms", this._note, this._reached, this._dismiss);
    this._hear(tell);
  }

  /** Is there something that was typed and not taken yet? */
  get isDirty() {
    return [...this.element.querySelectorAll("textarea")].some((each) => each.value.trim() !== "");
  }

  /** `writes`: may he write at all? `waits`: a case that waits no longer takes notes, and nothing else. */
  draw(writes, waits) {
    this._hide(this._note, !writes);
    this._hide(this._reached, !writes || !waits);
    this._hide(this._dismiss, !writes || !waits);
    this.element.hidden = [...this.element.children].every((part) => part.hidden);
  }

  // What somebody has written in stays to be seen.
  _hide(part, isOver) {
    part.hidden = isOver && part.querySelector("textarea").value.trim() === "";
    part.querySelector("[type=submit]").disabled = isOver;
  }

  _hear(tell) {
    const { words } = this;
    const text = (part) => part.querySelector("textarea");
    // Who typed on meanwhile keeps all of it: what was taken is not all that he wrote.
    const clear = (part) => {
      const sent = text(part).value;
      return () => {
        if (text(part).value !== sent) return;
        text(part).value = "";
        if (part.localName === "details") part.open = false;
      };
    };
    onSubmit(this._note, () => {
      const note = text(this._note).value.trim();
      if (note === "") return words.wrong.empty;
      tell("notes", { text: note }, clear(this._note));
      return "";
    });
    this._reached.addEventListener("toggle", () => { if (this._reached.open) this._when.renew(); });
    onSubmit(this._reached, () => {
      const note = text(this._reached).value.trim();
      const wrong = this._when.wrong;
      if (wrong === "") tell("contact", { ...this._when.told, ...(note === "" ? {} : { note }) }, clear(this._reached));
      return wrong;
    });
    const other = text(this._dismiss).closest("label");
    const chosen = () => this._dismiss.querySelector("input:checked")?.value;
    other.hidden = true;
    this._dismiss.addEventListener("change", () => { other.hidden = chosen() !== ""; });
    onSubmit(this._dismiss, () => {
      const why = chosen() || text(this._dismiss).value.trim();
      if (!why) return words.wrong.reason;
      tell("dismiss", { why }, clear(this._dismiss));
      return "";
    });
  }
}

/** When he was reached: now, unless somebody says otherwise. */
class When {
  constructor(words, times, now) {
    Object.assign(this, { words, times, now });
    this._field = element("input", "field");
    this._field.type = "datetime-local";
    this._field.required = true;
    this.element = element("label", "when", said("span", "", words.when), this._field);
    this.renew();
  }

  /** Begin with now again. */
  renew() {
    this._offered = this.times.field(this.now());
    this._field.value = this._offered;
    this._field.max = this._offered;
  }

  /** Why it cannot have been then; "" where it can. */
  get wrong() {
    const at = this.times.ofField(this._field.value);
    if (Number.isNaN(at)) return this.words.wrong.when;
    return at > this.now() ? this.words.wrong.ahead : "";
  }

  /** As the API takes it: what nobody changed is the moment at which it is told. */
  get told() {
    return this._field.value === this._offered ? {} : { at: new Date(this.times.ofField(this._field.value)).toISOString() };
  }
}

function onSubmit(part, act) {
  const made = part.localName === "form" ? part : part.querySelector("form");
  const wrong = said("p", "wrong");
  wrong.setAttribute("role", "alert");
  made.append(wrong);
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    wrong.textContent = act();
  });
  // As people are used to from messengers: Enter makes a line, with Ctrl or Cmd it sends.
  made.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    made.requestSubmit();
  });
}

function form(...parts) {
  const made = element("form", "", ...parts);
  made.noValidate = true;
  return made;
}

function box(title, ...parts) {
  return element("details", "box", said("summary", "", title), form(...parts));
}

function field(label, hint, rows) {
  const text = element("textarea", "field");
  Object.assign(text, { placeholder: hint, rows, maxLength: TEXT_MOST });
  return element("label", "", said("span", "unseen", label), text);
}

function submit(text, more = "") {
  const made = said("button", `button ${more}`.trim(), text);
  made.type = "submit";
  return made;
}

function reasons(words) {
  const choice = (value, text) => {
    const input = element("input");
    Object.assign(input, { type: "radio", name: "why", value });
    return element("label", "choice", input, said("span", "", text));
  };
  const made = element("fieldset", "", said("legend", "", words.dismissHint), ...words.reasons.map((each) => choice(each, each)), choice("", words.otherReason));
  return made;
}
