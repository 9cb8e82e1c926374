// The reports page: what the address asks for is asked of the daemon, and drawn.

import { Api, ApiError } from "../common/api.js";
import { later } from "../common/config.js";
import { byId, element } from "../common/dom.js";
import { plural, speak } from "../common/language.js";
import { addressOf, askedIn, askedOf, isBackward, queryOf } from "./asked.js";
import { callList, callQuestions } from "./call_list.js";
import { fillForm } from "./controls.js";
import { missedQuestions, missedReport } from "./missed_report.js";
import { explained, forgetCharts, paragraph, tagged } from "./parts.js";
import { Spelling } from "./spelling.js";
import { askForToken, forgetReadToken, me } from "./token.js";
import { waitQuestions, waitReport } from "./wait_report.js";
import { wordsOf } from "./words.js";

// Of one report: to wait for its turn, and to be made.
const PATIENCE_MS = 80_000;
const LONG_AFTER_MS = 4_000;
const LISTED_FIRST = 200;
const LISTED_MOST = 1000;
const FILES = ["xlsx", "csv-excel", "csv", "html"];
const VIEWS = {
  missed: { questions: missedQuestions, draw: missedReport },
  wait: { questions: waitQuestions, draw: waitReport },
  calls: { questions: callQuestions, draw: callList },
};

const api = new Api("../api/v1/", () => me.tokens);

class Page {
  constructor(choices) {
    this.choices = choices;
    const language = speak(choices.language);
    this.words = wordsOf(language);
    this.language = language;
    this.spell = new Spelling(language, choices.timezone, this.words.units);
    this.listed = LISTED_FIRST;
    this.isMasked = true;
    this.asking = null;
  }

  /** Show what the address asks for. */
  async show() {
    this.asked = askedIn(location.search);
    this.drawControls();
    this.asking?.abort();
    if (isBackward(this.asked)) {
      this.refuseSpan();
      return;
    }
    const asking = new AbortController();
    this.asking = asking;
    const { words } = this;
    const main = byId("report");
    main.setAttribute("aria-busy", "true");
    say(words.making);
    const long = setTimeout(() => say(words.takesLong), LONG_AFTER_MS);
    try {
      const reports = await this.answers(asking.signal);
      if (asking.signal.aborted) return;
      hideTrouble();
      this.isMasked = reports[0].masked;
      this.drawControls();
      this.draw(reports);
      say("");
      if (this.isMasked && me.tokens.read) this.refuseToken();
    } catch (error) {
      if (asking.signal.aborted) return;
      main.replaceChildren();
      say("");
      this.tell(error);
    } finally {
      clearTimeout(long);
      if (this.asking === asking) main.setAttribute("aria-busy", "false");
    }
  }

  async answers(signal) {
    const view = VIEWS[this.asked.report];
    const listed = this.asked.report === "wait" ? {} : { limit: String(this.listed) };
    const answers = [];
    // One after the other: the daemon makes one at a time.
    for (const [path, query] of view.questions({ ...queryOf(this.asked), ...listed })) {
      answers.push(await (await patiently(path, query, signal, this.words)).json());
    }
    return answers;
  }

  drawControls() {
    const { words, asked } = this;
    document.title = `${words.headings[asked.report]} — ${this.choices.site}`;
    byId("title").textContent = `${words.title} · ${this.choices.site}`;
    byId("tabs").replaceChildren(...Object.keys(VIEWS).map((report) => {
      const link = tagged("a", { href: addressOf(askedOf(report, asked)) }, words.reports[report]);
      if (report === asked.report) link.setAttribute("aria-current", "page");
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        this.ask(askedOf(report, asked));
      });
      return link;
    }));
    const form = byId("asked");
    form.hidden = false;
    fillForm(form, asked, this.choices, words, !this.isMasked, (next) => this.ask(next));
  }

  ask(asked) {
    this.listed = LISTED_FIRST;
    history.pushState(null, "", addressOf(asked));
    this.show();
  }

  draw(reports) {
    forgetCharts();
    const { words, spell, asked } = this;
    const parts = VIEWS[asked.report].draw(reports, { words, spell, more: (shown, total) => this.more(shown, total) });
    const main = byId("report");
    main.className = asked.report;
    main.replaceChildren(this.heading(reports[0]), ...(parts ?? [paragraph(words.empty[asked.report], "empty card")]));
  }

  heading(report) {
    const { words, spell, asked } = this;
    const now = element("span", "now", words.updated(spell.time(Date.now())));
    const lines = [element("p", "period", spell.period(report.period, words.everything), " ", now)];
    if (report.before) {
      const compared = words.comparedWith(spell.period(report.before, words.everything));
      lines.push(element("p", "note", ...explained(words, compared, "compared")));
    }
    const filters = this.filtersInWords();
    if (filters.length > 0) lines.push(element("p", "only", `${words.onlyWith}: `, ...filters));
    if (report.rule) lines.push(paragraph(this.rule(report.rule), "note"));
    if (report.gaps.count > 0) lines.push(paragraph(words.gaps(report.gaps.count, spell.seconds(report.gaps.lasted_s)), "warning"));
    if (report.kept_from !== null && (report.period.from === null || report.kept_from > report.period.from)) {
      lines.push(paragraph(words.keptFrom(spell.moment(report.kept_from)), "note"));
    }
    if (asked.report !== "wait") lines.push(this.privacy());
    return element("div", "heading", element("div", "about", element("h2", "", words.headings[asked.report]), ...lines), this.files());
  }

  filtersInWords() {
    const { words, asked } = this;
    const told = {
      trunk: asked.trunk, queue: asked.queue, department: asked.department === "none" ? words.noneOf.department : asked.department,
      clients: words.clients[asked.clients], number: asked.number, direction: words.directions[asked.direction],
      result: words.results[asked.result], missed: words.yesNo[asked.missed], at_deadline: asked.at_deadline && words.views.deadline,
    };
    return Object.entries(told).filter(([, value]) => value).flatMap(([name, value], n) =>
      [n > 0 ? "; " : "", `${words.fields[name]}: `, element("bdi", "", value)]);
  }

  rule(rule) {
    const { spell } = this;
    const { rule: words } = this.words;
    const window = rule.window_s > 0 ? words.window(spell.length(rule.window_s)) + (rule.working_time ? ` ${words.working}` : "") : words.noWindow;
    const closes = ["outgoing", "incoming"].filter((kind) => rule.closed_by.includes(kind)).map((kind) => words[kind]).join(", ");
    const parts = [words.name(rule.name), window, `${words.closes}: ${closes}`];
    if (rule.min_talk_out_s > 0) parts.push(words.least(spell.length(rule.min_talk_out_s)));
    if (rule.match === "last9") parts.push(words.last9);
    return parts.join("; ");
  }

  /** Are numbers masked, and how to change that. */
  privacy() {
    const { words } = this;
    const button = tagged("button", { type: "button", class: "button small" }, this.isMasked ? words.showNumbers : words.hideNumbers);
    button.addEventListener("click", () => {
      if (this.isMasked) {
        askForToken(byId("token"), words, false, () => this.show());
      } else {
        forgetReadToken();
        this.show();
      }
    });
    return element("p", "privacy", this.isMasked ? `${words.masked} ` : "", button);
  }

  refuseToken() {
    forgetReadToken();
    askForToken(byId("token"), this.words, true, () => this.show());
  }

  files() {
    const { words, asked } = this;
    const buttons = FILES.map((form) => {
      const button = tagged("button", { type: "button", class: "button", "data-form": form }, words.files[form]);
      button.addEventListener("click", () => this.save(form, button, asked));
      return button;
    });
    const print = tagged("button", { type: "button", class: "button", id: "print" }, words.print);
    print.addEventListener("click", () => window.print());
    const [first, ...rest] = buttons;
    const menu = element("details", "menu", element("summary", "button", words.download), element("div", "card", first, ...rest));
    return element("div", "files", menu, print);
  }

  /** Save the report, as `asked` for, as a file. The token is a header, and so no link can do it. */
  async save(form, button, asked) {
    const { words } = this;
    button.disabled = true;
    button.closest("details").open = false;
    say(words.making);
    try {
      const answer = await patiently(`reports/${asked.report}`, { ...queryOf(asked), format: form, lang: this.language }, null, words);
      const suffix = /filename="[^"]*\.(\w+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? form;
      const span = [asked.period, asked.from, asked.to].filter(Boolean).join("_").replace(/[^\w-]/g, "-");
      const name = `ringtally-${asked.report}-${span}.${suffix}`;
      const link = tagged("a", { download: name });
      link.href = URL.createObjectURL(await answer.blob());
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      hideTrouble();
      say(words.saved(name));
    } catch (error) {
      say("");
      this.tell(error);
    } finally {
      button.disabled = false;
    }
  }

  /** How many of the calls are listed, where not all are, and a way to more. */
  more(shown, total) {
    const { words, spell } = this;
    if (shown >= total) return [];
    const line = element("p", "note listed", `${words.listed(spell.count(shown), spell.count(total))} `);
    if (this.listed < LISTED_MOST) {
      const most = Math.min(LISTED_MOST, total);
      const button = tagged("button", { type: "button", class: "button small" }, words.more(`${spell.count(most)} ${plural(this.language, most, words.calls)}`));
      button.addEventListener("click", () => {
        this.listed = LISTED_MOST;
        this.show();
      });
      line.append(button);
    }
    return [line];
  }

  /** Nothing is asked for; the report that is there stays, unless it is another's. */
  refuseSpan() {
    const main = byId("report");
    if (main.className !== this.asked.report) main.replaceChildren();
    main.setAttribute("aria-busy", "false");
    this.asking = null;
    say("");
    warn(element("span", "", this.words.errors.span));
  }

  tell(error) {
    trouble(error, this.words, () => this.show());
  }
}

/** The daemon's answer; where it is busy with other reports, once they are done. */
async function patiently(path, query, given, words) {
  for (;;) {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const signal = given === null ? patience : AbortSignal.any([given, patience]);
    try {
      return await api.ask(path, query, { signal });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 503 || error.retryAfter === null || given?.aborted) throw error;
      say(words.busy);
      await later(error.retryAfter * 1000);
    }
  }
}

function say(text) {
  byId("said").textContent = text;
}

function warn(...words) {
  const box = byId("trouble");
  box.replaceChildren(...words);
  box.hidden = false;
}

function hideTrouble() {
  byId("trouble").hidden = true;
}

/** Say what went wrong, and offer to try again. */
function trouble(error, words, again) {
  const isOurs = !(error instanceof ApiError);
  if (isOurs) console.error(error);
  const status = isOurs ? "page" : error.status;
  const known = words.errors[status] ?? words.errors.other;
  const button = tagged("button", { type: "button", class: "button small" }, words.again);
  button.addEventListener("click", () => {
    hideTrouble();
    again();
  });
  warn(element("span", "", known, ...(status === 400 && words.errors.isWithReason ? [" ", element("bdi", "", error.message)] : [])), " ", button);
}

async function run() {
  const words = wordsOf(speak());
  say(words.making);
  let choices;
  try {
    choices = await (await patiently("reports", {}, null, words)).json();
  } catch (error) {
    say("");
    trouble(error, words, run);
    return;
  }
  const page = new Page(choices);
  addEventListener("popstate", () => page.show());
  byId("asked").addEventListener("submit", (event) => event.preventDefault());
  await page.show();
}

run();
