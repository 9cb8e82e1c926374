// The tokens that somebody typed: kept for this tab, shown to the daemon alone.

import { element } from "../common/dom.js";
import { paragraph, tagged } from "./parts.js";

const KEPT = "ringtally.tokens";

/** `{read, write}`, each perhaps empty. */
export function tokens() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
    return { read: String(kept.read ?? ""), write: String(kept.write ?? "") };
  } catch {
    return { read: "", write: "" };
  }
}

export function keepReadToken(read) {
  sessionStorage.setItem(KEPT, JSON.stringify({ ...tokens(), read }));
}

/** Ask for the read token in `dialog`; `used()` once there is one. `isWrong`: the one before was. */
export function askForToken(dialog, words, isWrong, used) {
  const input = tagged("input", { type: "password", autocomplete: "off", class: "field", id: "read-token" });
  const use = tagged("button", { type: "submit", class: "button first" }, words.tokenUse);
  const cancel = tagged("button", { type: "button", class: "button" }, words.cancel);
  const form = element("form", "", element("label", "", element("span", "name", words.token), input), paragraph(words.tokenHelp, "note"));
  if (isWrong) form.append(tagged("p", { class: "wrong", role: "alert" }, words.tokenWrong));
  form.append(element("div", "buttons", use, cancel));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim() === "") return;
    keepReadToken(input.value.trim());
    dialog.close();
    used();
  });
  cancel.addEventListener("click", () => dialog.close());
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
  input.focus();
}
