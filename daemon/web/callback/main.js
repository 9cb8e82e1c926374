// The call-back page: the list as the daemon tells it, one caller beside it, and what is done for him.

import { Api, tokenHeaders } from "../common/api.js";
import { askConfig, later, watchForNews } from "../common/config.js";
import { byId, put } from "../common/dom.js";
import { plain } from "../common/format.js";
import { speak } from "../common/language.js";
import { LiveState, ourClock } from "../common/live_state.js";
import { Me } from "../common/me.js";
import { listenToStream } from "../common/stream_source.js";
import { CallPanel } from "./call_panel.js";
import { said } from "./case_words.js";
import { Claims } from "./claims.js";
import { List } from "./list.js";
import { Panel } from "./panel.js";
import { Times } from "./times.js";
import { Who } from "./who.js";
import { wordsOf } from "./words.js";

const TICK_MS = 500;
const AGAIN_MS = 2_000;
const SAID_MS = 8_000;
const A_CALL = "call";
const ENDS = new Set(["recovered", "recovered_late", "dismissed"]);

/** All that the page is made of. */
class Page {
  constructor(language, { skew, dial }) {
    this.dial = dial;
    this.words = wordsOf(language);
    this.times = new Times(language, this.words);
    this.me = new Me();
    this.claims = new Claims(this.me);
    this.api = new Api("../api/v1/", () => this.me.tokens);
    this.who = new Who(this.words, this.me);
    this.state = new LiveState(skew);
    this.anew = new EventTarget();
    this.open = null; // missed/open, as it was last told
    this.panels = new Map();
    this.shown = { id: "", call: "" };
    this.list = new List(this.words, this.times, this.me, { dial, claims: this.claims, changed: () => this.draw(), claim: (id) => this._claimAtOnce(id) });
    document.title = this.words.title;
    byId("me").addEventListener("click", () => this.who.ask());
    byId("hint").querySelector("button").addEventListener("click", () => this.who.ask());
    this.me.addEventListener("change", () => this._becomes());
    addEventListener("hashchange", () => this._go());
    for (const each of ["online", "offline"]) addEventListener(each, () => this.anew.dispatchEvent(new Event("again")));
    addEventListener("keydown", (event) => this._leave(event));
    addEventListener("beforeunload", (event) => {
      if (this.isBusy) event.preventDefault();
    });
  }

  /** Is there something typed that is not saved? */
  get isBusy() {
    return [...this.panels.values()].some((panel) => panel.isDirty);
  }

  get now() {
    return this.state.serverTime(ourClock());
  }

  /** What the stream is told by. */
  get listener() {
    return {
      connected: (there, refusal) => {
        this.state.setConnected(there, ourClock(), refusal);
        if (there) this._look();
        this.draw();
      },
      message: (topic, text, fresh) => {
        this._hear(topic, text, fresh);
        this.draw();
      },
      alive: () => this.state.alive(ourClock()),
    };
  }

  async run() {
    this._go();
    setInterval(() => this.draw(), TICK_MS);
    await listenToStream("../api/v1/stream", this.listener, () => tokenHeaders(this.me.tokens), this.anew);
  }

  /** Show all as it is now. */
  draw() {
    try {
      this._drawLink();
      const { id, call } = this.shown;
      const writes = this.who.rights.writes;
      const active = this.state.get("calls/active");
      this.list.draw(this.open, this.now, { shownId: id, writes, active });
      if (call === "") this.panels.get(id)?.draw(this.now, writes, active);
    } catch (error) {
      // What was shown before would pass for the present.
      this._bar("broken", this.words.bars.fault(""));
      console.error(error);
    }
  }

  _hear(topic, text, fresh) {
    const { state } = this;
    state.take(topic, text, fresh, ourClock());
    if (topic === "missed/open") this._takeList(state.get(topic));
    if (topic === "bridge/info") this.times.zone = state.get(topic)?.timezone;
    if (topic === "event/missed") {
      const event = state.get(topic);
      if (!ENDS.has(event?.type)) return;
      this.list.left(event.case, Date.parse(event.at));
      this.panels.get(event.case.id)?.take(event.case, false);
    }
  }

  _takeList(open) {
    if (open === undefined) return;
    this.open = open;
    for (const [id, panel] of this.panels) {
      const found = open.cases.find((each) => each.id === id);
      if (found !== undefined) panel.take(found, true);
      else if (panel.found === null || panel.isListed) this._lookUp(panel);
    }
  }

  /** Of a case that is not on the list the database knows what became of it. */
  async _lookUp(panel) {
    const found = await this.api.get(`cases/${encodeURIComponent(panel.id)}`).catch((error) => error);
    const open = this.open?.cases.find((each) => each.id === panel.id);
    if (open !== undefined) panel.take(open, true);
    else if (typeof found.id === "string") panel.take(found, this._mayWait(found));
    else if (found.status === 404 && panel.found === null) {
      this.panels.delete(panel.id);
      if (this.shown.id === panel.id) location.hash = "";
      this._say(this.words.wrong.missing);
    }
    this.draw();
  }

  // Of very many the list has only those who wait the longest.
  _mayWait(found) {
    const isWhole = this.open !== null && this.open.total <= this.open.cases.length;
    return !isWhole && ["open", "truly_missed"].includes(found.state);
  }

  /** What an answer told of a case, before the stream does. */
  _told(found) {
    const ended = !["open", "truly_missed"].includes(found.state);
    if (this.open !== null) {
      const cases = this.open.cases.filter((each) => !(ended && each.id === found.id)).map((each) => (each.id === found.id ? this._unmasked(each, found) : each));
      this.open = { ...this.open, cases, total: this.open.total - (this.open.cases.length - cases.length) };
    }
    const panel = this.panels.get(found.id);
    panel?.take(this._unmasked(panel.found ?? found, found), !ended);
    this.draw();
  }

  // Who writes with one token and reads with another may be answered with less than he may see.
  _unmasked(before, after) {
    return { ...after, number: before.number, client: before.client, responsible: before.responsible, notes: after.notes.length ? after.notes : before.notes };
  }

  async _look() {
    const had = this.me.tokens;
    const rights = await this.who.look();
    if (rights === null) return;
    this._hint(rights, (had.read && !rights.reads_all) || (had.write && !rights.writes));
    this.draw();
  }

  _hint(rights, isOld) {
    const { hints } = this.words;
    const text = isOld ? hints.old : rights.reads_all && rights.writes ? "" : rights.reads_all ? hints.readOnly : rights.writes ? hints.masked : hints.none;
    const hint = byId("hint");
    hint.hidden = text === "";
    hint.querySelector("span").textContent = text;
    hint.querySelector("button").textContent = hints.button;
  }

  _becomes() {
    this.anew.dispatchEvent(new Event("again"));
    this._look();
  }

  _drawLink() {
    const { words, state } = this;
    put(document, "#me", plain(this.me.by) || words.me);
    let verdict = state.verdict(ourClock(), false);
    // A browser calls itself offline without a network, though the daemon on its own machine is there.
    if (verdict.link === "no_daemon" && !navigator.onLine) verdict = { link: "offline", since: null, words: "offline" };
    const { link, since } = verdict;
    const moment = (ms) => this.times.moment(new Date(ms).toISOString(), this.now);
    const stale = link === "connecting" || state.toldAt === null || this.open === null ? "" : words.stale(moment(state.toldAt));
    const text = words.bars[verdict.words]?.(since === null ? "" : words.since(moment(since))) ?? "";
    this._bar(link, link === "live" ? "" : text + (link === "no_pbx" ? "" : stale));
  }

  _bar(link, text) {
    document.body.dataset.link = link;
    put(document, "#link", this.words.links[link]);
    const bar = byId("bar");
    // Who comes again within a moment was not away.
    bar.hidden = text === "" || (link === "connecting" && this.open !== null);
    if (bar.textContent !== text) bar.textContent = text;
  }

  /** Show what the address names: `#case`, `#case/call`, `#call/call` where it is of no case, or the list alone. */
  _go() {
    const [named = "", call = ""] = location.hash.slice(1).split("/").map(decoded);
    const id = call !== "" && named === A_CALL ? "" : named;
    const before = this.shown;
    this.shown = { id, call };
    for (const [each, panel] of this.panels) if (each !== id && !panel.isDirty) this.panels.delete(each);
    document.body.dataset.view = id === "" && call === "" ? "list" : "panel";
    const place = byId("panel");
    if (call !== "") {
      const panel = new CallPanel(id, call, this.words, this.times, this.api);
      place.replaceChildren(panel.element);
      panel.look().then(() => panel.element.querySelector("h2").focus());
    } else if (id === "") {
      place.replaceChildren(said("p", "none", this.words.choose));
      this.list.focus(before.id);
    } else {
      const panel = this._panel(id);
      place.replaceChildren(panel.element);
      panel.element.querySelector("h2").focus();
    }
    scrollTo(0, 0);
    this.draw();
  }

  _panel(id) {
    const known = this.panels.get(id);
    if (known !== undefined) return known;
    const panel = new Panel(id, this.words, this.times, {
      api: this.api,
      me: this.me,
      claims: this.claims,
      dial: this.dial,
      now: () => this.now,
      say: (text) => this._say(text),
      told: (found) => this._told(found),
      noted: (each) => this._lookUp(each),
      askName: async () => this.me.by || this.who.ask(true),
    });
    this.panels.set(id, panel);
    const found = this.open?.cases.find((each) => each.id === id);
    if (found !== undefined) panel.take(found, true);
    else this._lookUp(panel);
    return panel;
  }

  /** From the list: claim, and go on with this caller. */
  async _claimAtOnce(id) {
    const panel = this._panel(id);
    location.hash = `#${encodeURIComponent(id)}`;
    await panel.claim();
    this.draw();
  }

  _say(text) {
    const place = byId("said");
    place.textContent = text;
    clearTimeout(this._saidFor);
    this._saidFor = setTimeout(() => { place.textContent = ""; }, SAID_MS);
  }

  _leave(event) {
    if (event.key !== "Escape" || byId("who").open) return;
    const { id, call } = this.shown;
    if (id !== "" || call !== "") location.hash = id === "" || call === "" ? "" : `#${encodeURIComponent(id)}`;
  }
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

async function firstConfig(words) {
  for (;;) {
    const config = await askConfig().catch(() => undefined);
    if (config) return config;
    document.body.dataset.link = "no_daemon";
    byId("link").textContent = words.links.no_daemon;
    byId("bar").hidden = false;
    byId("bar").textContent = config === null ? words.bars.noConfig() : words.bars.unheard("");
    await later(AGAIN_MS);
  }
}

const config = await firstConfig(wordsOf(speak()));
const page = new Page(speak(config.language), config);
watchForNews(config, () => page.isBusy);
await page.run();
