// The dialog in which somebody says once who he is, and types his tokens.

import { Api, ApiError } from "../common/api.js";
import { byId } from "../common/dom.js";
import { said } from "./case_words.js";
import { wrongWords } from "./asking.js";

/** Asks; `rights` is what his tokens allow, as far as that is known: `{reads_all, writes}`. */
export class Who {
  constructor(words, me) {
    this.words = words.who;
    this.all = words;
    this.me = me;
    this.rights = { reads_all: false, writes: false };
    this._looks = 0;
    this.dialog = byId("who");
    this.form = this.dialog.querySelector("form");
    this._name();
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this._save();
    });
    this._part(".close").addEventListener("click", () => this.dialog.close());
    this._part(".forget").addEventListener("click", () => {
      this.me.forget();
      this.dialog.close();
    });
    this.dialog.addEventListener("close", () => this._answer?.());
  }

  /** Open it; resolves once it is closed, to the name that is known then. `needsName`: it is asked for the sake of his name. */
  async ask(needsName = false) {
    const { form, me, words } = this;
    form.elements.by.value = me.by;
    form.elements.token.value = "";
    form.elements.keep.checked = me.isLasting;
    this._part(".lead").textContent = needsName ? words.asked : words.lead;
    this._part(".wrong").textContent = "";
    this._drawRights();
    const isClosed = new Promise((resolve) => { this._answer = resolve; });
    this.dialog.showModal();
    form.elements[me.by === "" || needsName ? "by" : "token"].focus();
    await isClosed;
    return me.by;
  }

  /** What the tokens that are kept allow, asked of the daemon; null where it gives no answer, or was asked again meanwhile. */
  async look() {
    this._looks += 1;
    const look = this._looks;
    try {
      const rights = await new Api("../api/v1/", () => this.me.tokens).get("access");
      if (look !== this._looks) return null;
      this.rights = rights;
      return rights;
    } catch {
      return null;
    }
  }

  _name() {
    const { words } = this;
    byId("who-title").textContent = words.title;
    this._part(".by span").textContent = words.by;
    this._part(".keep span").textContent = words.keep;
    this._part(".small").textContent = words.small;
    this._part("[type=submit]").textContent = words.save;
    this._part(".close").textContent = words.close;
    this._part(".forget").textContent = words.forget;
  }

  _part(selector) {
    return this.dialog.querySelector(selector);
  }

  _drawRights() {
    const { words, me, rights } = this;
    const { read, write } = me.tokens;
    this._part(".token span").textContent = read || write ? words.tokenMore : words.token;
    const line = (has, what) => said("li", has ? "has" : "", has ? words.has(what) : words.hasNot(what));
    this._part(".rights").replaceChildren(line(rights.reads_all, words.reads), line(rights.writes, words.writes));
  }

  async _save() {
    const { form, words } = this;
    const wrong = this._part(".wrong");
    const by = form.elements.by.value.trim().split(/\s+/).join(" ");
    const token = form.elements.token.value.trim();
    if (by === "" && token === "") {
      wrong.textContent = words.noName;
      form.elements.by.focus();
      return;
    }
    const typed = { by };
    if (token !== "") {
      const allowed = await this._allowed(token);
      if (typeof allowed === "string") {
        wrong.textContent = allowed;
        return;
      }
      if (allowed.reads_all) typed.read = token;
      if (allowed.writes) typed.write = token;
    }
    this.me.keep(typed, form.elements.keep.checked);
    this.dialog.close();
  }

  /** What a token allows, or why it is of no use. */
  async _allowed(token) {
    try {
      const allowed = await new Api("../api/v1/", () => ({ read: token })).get("access");
      return allowed.reads_all || allowed.writes ? allowed : this.words.unknownToken;
    } catch (error) {
      if (!(error instanceof ApiError)) return this.words.unknownToken; // no header can bear it
      return wrongWords(error, "", this.all, null, 0);
    }
  }
}
