// One caller: what is known of him, what happened, and what can be done. It stays as it is while somebody types, whatever happens.

import { later } from "../common/config.js";
import { called, element } from "../common/dom.js";
import { secondsSince } from "../common/format.js";
import { tellOf } from "./asking.js";
import { claimOf, claimedBy, dialled, endWords, endedBy, isNumber, liveCall, marks, nowWords, said, spaced } from "./case_words.js";
import { Forms } from "./forms.js";
import { History, tellsAllOf } from "./history.js";
import { dueWords, isOver } from "./list.js";

const CLAIM_KEY = "ringtally.claim";
// What happens is told at once, and stored within a moment: until then the history lacks it.
const LOOK_AGAIN_MS = 700;
const LOOKS_MOST = 8;

/** `hooks`: `api`, `me`, `claims`, `dial` (as `dialled` takes it), `askName()` (resolves to a name or ""), `now()` (ms, the daemon's clock), `say(words)`, `told(case)`, `noted(panel)`. */
export class Panel {
  constructor(id, words, times, hooks) {
    Object.assign(this, { id, words, times, hooks });
    this.found = null;
    this.isListed = false;
    this.history = new History(words, times, id);
    this.forms = new Forms(words, times, hooks.now, (what, body, done) => this._tell(what, body, done));
    this._make();
  }

  /** Has somebody typed something that is not saved? */
  get isDirty() {
    return this.forms.isDirty;
  }

  /** The case as it is now. `isListed`: it waits; else it ended, or is too old for the list. */
  take(found, isListed) {
    // The same again is no news: whoever looks after what came before goes on looking.
    if (this.found !== null && JSON.stringify(found) === JSON.stringify(this.found) && isListed === this.isListed) return;
    this.found = found;
    this.isListed = isListed;
    this._look();
  }

  /** Say why something that was done elsewhere for this caller was not taken. */
  complain(text) {
    this._part(".wrong").textContent = text;
  }

  /** Claim him for as long as was chosen the last time. */
  async claim() {
    await this._tell("claim", { for: this._part("select").value });
  }

  /** Show it as of `at`. `writes`: may he who reads this write? */
  draw(at, writes, active) {
    const { found, words, times } = this;
    if (found === null) return;
    const claim = this.isListed ? claimOf(found, this.hooks.me.by) : "free";
    this.element.dataset.claim = claim;
    this.element.dataset.state = found.state;
    only(this._part("h2"), [called(spaced(found.number) || words.anonymous)]);
    only(this._part(".client"), found.client ? [called(found.client)] : []);
    this._part(".waits").hidden = !this.isListed;
    put(this._part(".waits time"), times.lasted(secondsSince(found.opened_at, at)));
    put(this._part(".waits .due"), dueWords(found, at, words, times));
    this._part(".waits .due").dataset.over = String(isOver(found, at));
    put(this._part(".marks"), marks(found, words).join(" · "));
    this._drawEnd(at);
    this._drawClaim(claim, at);
    put(this._part(".now"), nowWords(liveCall(found, active), words, times, at));
    this._drawActs(claim, writes);
    this.forms.draw(writes, this.isListed);
    put(this._part(".stays"), !this.isListed && this.isDirty ? words.stays : "");
  }

  _make() {
    const { words } = this;
    const button = (name, text, act) => {
      const made = said("button", `button ${name}`, text);
      made.type = "button";
      made.addEventListener("click", act);
      return made;
    };
    const duration = element("select", "field");
    duration.setAttribute("aria-label", words.for);
    duration.append(...Object.entries(words.forMinutes).map(([value, text]) => new Option(text, value)));
    duration.value = chosen();
    duration.addEventListener("change", () => choose(duration.value));
    const back = said("a", "back", words.back);
    back.href = "#";
    const title = element("h2");
    title.tabIndex = -1;
    const wrong = said("p", "wrong");
    wrong.setAttribute("role", "alert");
    this.element = element("article", "caller", back,
      element("header", "", title, element("p", "client"),
        element("p", "waits", said("span", "", `${words.waits} `), element("time"), " ", element("span", "due")), element("p", "marks")),
      said("p", "end"), said("p", "claimed"), said("p", "now"),
      element("div", "acts", element("a", "button call"),
        element("span", "with", button("first claim", words.claim, () => this.claim()), button("prolong", words.prolong, () => this.claim()), duration),
        button("release", words.release, () => this._tell("claim", { release: true }))),
      wrong, said("p", "stays"),
      this.forms.element, element("dl", "facts"), this.history.element);
  }

  _part(selector) {
    return this.element.querySelector(selector);
  }

  _drawEnd(at) {
    const { found, words, times } = this;
    const end = this._part(".end");
    end.hidden = this.isListed;
    if (this.isListed) return;
    const who = endedBy(found);
    const when = found.contact_at ? `, ${times.moment(found.contact_at, at)}` : "";
    only(end, [said("span", "", endWords(found, words) ?? words.states.unlisted), ...(who ? [", ", called(who)] : []),
      said("span", "", when), ...(found.dismissed_why ? [": ", called(found.dismissed_why)] : [])]);
  }

  _drawClaim(claim, at) {
    const { found, words, times } = this;
    const line = this._part(".claimed");
    line.hidden = claim === "free";
    if (claim === "free") return;
    const left = words.left(times.lasted(-secondsSince(found.claimed_until, at)));
    only(line, [...(claim === "mine" ? [this.hooks.claims.has(found) ? words.mine : words.mineElsewhere] : claimedBy(found, words)), said("span", "", `, ${left}`)]);
  }

  _drawActs(claim, writes) {
    const call = this._part(".call");
    call.hidden = !isNumber(this.found.number);
    put(call, this.words.call);
    if (!call.hidden) call.href = dialled(this.found.number, this.hooks.dial);
    call.classList.toggle("first", claim === "mine");
    // First comes what is to be done first: claim, then call.
    const acts = this._part(".acts");
    if (claim === "free" ? acts.firstChild === call : acts.firstChild !== call) acts.insertBefore(claim === "free" ? this._part(".with") : call, acts.firstChild);
    const may = writes && this.isListed;
    this._part("button.claim").hidden = !may || claim !== "free";
    this._part("button.prolong").hidden = !may || claim !== "mine";
    this._part("button.release").hidden = !may || claim !== "mine";
    this._part(".with").hidden = !may || claim === "other";
    // Whoever pressed a button that is gone goes on with the next one.
    if (acts.contains(document.activeElement) && document.activeElement.hidden) (call.hidden ? this._part("h2") : call).focus();
  }

  /** What happened is asked for anew whenever something did. */
  async _look() {
    const { found, words, times } = this;
    const now = this.hooks.now();
    const facts = Object.entries(words.facts)
      .filter(([name]) => name !== "department" || found.department !== "none")
      .map(([name, label]) => [label, name.endsWith("_at") ? times.moment(found[name], now) : found[name]])
      .filter(([, value]) => value);
    this._part(".facts").replaceChildren(...facts.map(([label, value]) => element("div", "", said("dt", "", label), element("dd", "", called(value)))));
    for (let n = 0; n < LOOKS_MOST && this.found === found; n += 1) {
      try {
        const told = await this.hooks.api.get(`cases/${encodeURIComponent(this.id)}/history`);
        if (this.found !== found) return; // asked anew meanwhile
        this.history.draw(told.history, this.found.notes, this.hooks.now());
        if (tellsAllOf(found, told.history)) return;
      } catch {
        // What is shown stays; the bar across the page says what is wrong.
      }
      await later(LOOK_AGAIN_MS);
    }
  }

  async _tell(what, body, done = () => {}) {
    this.complain("");
    const by = await this.hooks.askName();
    if (by === "") return;
    this.element.setAttribute("aria-busy", "true");
    const { claims } = this.hooks;
    const isClaim = what === "claim" && !body.release;
    if (isClaim) claims.asked(this.id);
    try {
      const told = await tellOf(this.hooks.api, this.id, what, { ...body, by }, this.words, this.times, this.hooks.now());
      if (isClaim) claims.answered(this.id, told.done ? told.found?.claimed_until : undefined);
      if (told.done) {
        done();
        this.hooks.say(told.words);
      } else {
        this.complain(told.words);
      }
      if (told.found !== null) this.hooks.told(told.found);
      else if (told.done && what === "notes") this.hooks.noted(this);
    } finally {
      this.element.removeAttribute("aria-busy");
    }
  }
}

function put(part, text) {
  if (part.textContent !== text) part.textContent = text;
}

// Nodes anew only where they say something else: who has marked a number to copy it keeps his mark.
function only(part, nodes) {
  const text = nodes.map((each) => (typeof each === "string" ? each : each.textContent)).join("");
  if (part.textContent !== text) part.replaceChildren(...nodes);
}

function chosen() {
  try {
    return localStorage.getItem(CLAIM_KEY) ?? "30m";
  } catch {
    return "30m";
  }
}

function choose(duration) {
  try {
    localStorage.setItem(CLAIM_KEY, duration);
  } catch {
    // chosen for this caller alone
  }
}
