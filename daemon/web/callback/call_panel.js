// One call of a caller's: its picture, and the same in words.

import { called, element } from "../common/dom.js";
import { duration } from "../common/format.js";
import { barWords, legendOf, pictureOf } from "./call_picture.js";
import { momentsOf, storyOf } from "./call_story.js";
import { said } from "./case_words.js";

/** Of the call `callId`, on the way from the case `caseId`; "": from elsewhere. */
export class CallPanel {
  constructor(caseId, callId, words, times, api) {
    Object.assign(this, { callId, words, times, api });
    const back = said("a", "back", caseId === "" ? words.back : words.backToCase);
    back.href = `#${encodeURIComponent(caseId)}`;
    const title = said("h2", "", words.call_.title);
    title.tabIndex = -1;
    this._body = element("div", "drawn");
    this.element = element("article", "call-line", back, title, this._body);
  }

  /** Ask the daemon for the call, and show it. */
  async look() {
    try {
      this._draw(await this.api.get(`calls/${encodeURIComponent(this.callId)}`));
    } catch (error) {
      this._body.replaceChildren(said("p", "wrong", error.status === 404 ? this.words.call_.none : this.words.wrong.offline));
    }
  }

  _draw(call) {
    const words = this.words.call_;
    const { times } = this;
    const lead = element("p", "lead", said("span", "", `${times.day(call.started_at)}, ${times.second(call.started_at)} · `), called(call.caller ?? words.caller),
      said("span", "", [``, call.wait_s === null ? "" : `${words.wait} ${duration(call.wait_s)}`, call.talk_s ? `${words.talked} ${duration(call.talk_s)}` : ""].filter((each, n) => n === 0 || each).join(" · ")));
    const story = storyOf(call);
    const place = element("div", "place");
    this._body.replaceChildren(lead, place, ...(call.incomplete ? [said("p", "incomplete", words.incomplete)] : []), this._table(call));
    let width = 0;
    new ResizeObserver(() => {
      if (place.clientWidth === width || place.clientWidth === 0) return;
      width = place.clientWidth;
      place.replaceChildren(pictureOf(story, words, width), legend(legendOf(story, words, width)));
    }).observe(place);
  }

  _table(call) {
    const words = this.words.call_;
    const head = element("tr", "", ...[words.from, words.what, words.whom, words.lasted].map((each) => said("th", "", each)));
    const rows = momentsOf(call).map((each) => element("tr", "",
      element("td", "number", said("span", "", this.times.second(new Date(each.at).toISOString())), said("small", "", ` +${duration(each.after)}`)),
      said("td", "", this._what(each, words)),
      each.who ? element("td", "", called(each.who)) : said("td"),
      said("td", "number", each.lasted === null ? "" : duration(each.lasted))));
    return element("table", "", said("caption", "", words.table), element("thead", "", head), element("tbody", "", ...rows));
  }

  _what(each, words) {
    if (each.what === "end") return words.hungUp[each.by] ?? words.hungUp.pbx;
    const told = each.what === "pass" ? words.transfer[each.kind] : barWords({ kind: each.what, by: each.by }, words);
    const came = each.what === "queue" && each.result === "answered" ? words.stayed : words.results[each.result] ?? each.result;
    const result = each.result ? `: ${came}` : "";
    return `${told}${result}${each.isOpen ? ` (${words.unseen})` : ""}`;
  }
}

function legend(parts) {
  return element("ul", "legend", ...parts.map(({ words, sign }) => element("li", "", sign, said("span", "", words))));
}
