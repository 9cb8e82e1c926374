// What can be asked: period, filters, and what goes with one report alone. Each change is shown at once.

import { element } from "../common/dom.js";
import { PERIODS, TAKES } from "./asked.js";
import { explained, tagged } from "./parts.js";

const RESULTS = ["answered", "abandoned", "short_abandoned", "no_answer", "busy", "unavailable", "ivr_only", "failed", "cancelled", "service", "unknown"];
const BY = ["trunk", "queue", "department", "hour", "day"];

/**
 * Fill the form. `choices`: what there is to choose from; `mayAskNumbers`: were numbers told in full; `change(asked)` is told what is asked
 * from now on.
 */
export function fillForm(form, asked, choices, words, mayAskNumbers, change) {
  const set = (parts) => {
    const next = { ...asked, ...parts };
    change(Object.fromEntries(Object.entries(next).filter(([, value]) => value !== "" && value !== undefined)));
  };
  const focused = document.activeElement?.id;
  form.replaceChildren(periods(asked, words, set), filters(asked, choices, words, mayAskNumbers, set));
  const strip = form.querySelector(".strip");
  strip.scrollLeft = strip.querySelector(":checked").parentElement.offsetLeft - strip.clientWidth / 2;
  if (focused) document.getElementById(focused)?.focus();
}

function periods(asked, words, set) {
  const chosen = asked.period ?? "span";
  const choose = (period) => set(period === "span" ? { period: undefined, ...spanOfToday(asked) } : { period, from: undefined, to: undefined });
  const chips = [...PERIODS, "span"].map((period) => {
    const input = tagged("input", { type: "radio", name: "period", value: period, id: `period-${period}` });
    input.checked = period === chosen;
    input.addEventListener("change", () => choose(period));
    return element("label", "chip", input, element("span", "", words.periods[period]));
  });
  const group = tagged("fieldset", { class: "periods" }, tagged("legend", { class: "unseen" }, words.period), element("div", "strip", ...chips));
  if (chosen === "span") {
    const day = (name) => {
      const input = tagged("input", { type: "date", id: name, class: "field", value: (asked[name] ?? "").slice(0, 10) });
      input.addEventListener("change", () => set({ [name]: input.value }));
      return element("label", "day", element("span", "", words[name]), input);
    };
    group.append(element("span", "span", day("from"), day("to")));
  }
  return group;
}

/** The days to begin with, where somebody wants to give his own. */
function spanOfToday(asked) {
  const today = new Intl.DateTimeFormat("sv", { dateStyle: "short" }).format(Date.now());
  return { from: asked.from ?? today, to: asked.to ?? today };
}

function filters(asked, choices, words, mayAskNumbers, set) {
  const takes = TAKES[asked.report];
  const choose = (name, values, wordOf, any = words.any) => {
    const select = tagged("select", { id: name, class: "field" });
    // What is asked for by somebody's link is there, whether or not it is known here.
    const known = asked[name] && !values.includes(asked[name]) ? [...values, asked[name]] : values;
    for (const value of any === null ? known : ["", ...known]) {
      const option = tagged("option", { value }, value === "" ? any : wordOf(value));
      option.selected = (asked[name] ?? "") === value;
      select.append(option);
    }
    select.addEventListener("change", () => set({ [name]: select.value }));
    return field(name, words, select);
  };
  const own = (value) => value;
  const all = {
    trunk: () => choose("trunk", choices.trunks, own),
    queue: () => choose("queue", choices.queues, own),
    department: () => choices.departments.length > 0 && choose("department", [...choices.departments, "none"], (name) => (name === "none" ? words.noneOf.department : name)),
    clients: () => choices.clients && choose("clients", ["known", "unknown"], (value) => words.clients[value]),
    direction: () => choose("direction", ["in", "out", "internal"], (value) => words.directions[value]),
    result: () => choose("result", RESULTS, (value) => words.results[value]),
    missed: () => choose("missed", ["true", "false"], (value) => words.yesNo[value]),
    number: () => number(asked, words, mayAskNumbers, set),
    by: () => choose("by", BY.filter((by) => by !== "trunk"), (by) => words.by[by], words.by.trunk),
    at_deadline: () => {
      const made = choose("at_deadline", ["true"], () => words.views.deadline, words.views.now);
      made.querySelector(".name").replaceChildren(...explained(words, words.fields.at_deadline, "deadline"));
      return made;
    },
  };
  const made = Object.keys(all).filter((name) => takes.includes(name)).map((name) => all[name]()).filter(Boolean);
  const count = Object.keys(all).filter((name) => takes.includes(name) && asked[name]).length;
  const summary = element("summary", "", words.filters, ...(count > 0 ? [element("b", "count", String(count))] : []));
  const reset = tagged("button", { type: "button", class: "button", id: "reset" }, words.reset);
  reset.addEventListener("click", () => set(Object.fromEntries(Object.keys(all).map((name) => [name, undefined]))));
  const box = element("details", "filters", summary, element("div", "fields", ...made, ...(count > 0 ? [reset] : [])));
  box.open = count > 0 || matchMedia("(min-width: 800px)").matches;
  return box;
}

function field(name, words, control) {
  const label = tagged("span", { class: "name" }, words.fields[name]);
  return element("label", "filter", label, control);
}

function number(asked, words, mayAsk, set) {
  const input = tagged("input", { type: "text", inputmode: "tel", autocomplete: "off", maxlength: "40", id: "number", class: "field", value: asked.number ?? "" });
  if (!mayAsk) input.placeholder = words.numberNeedsToken;
  input.disabled = !mayAsk && !asked.number;
  input.addEventListener("change", () => set({ number: input.value.trim() }));
  return field("number", words, input);
}
