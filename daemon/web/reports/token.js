// The read token, typed once: kept by the browser as on the other pages, and shown to the daemon alone.

import { element } from "../common/dom.js";
import { Me } from "../common/me.js";
import { paragraph, tagged } from "./parts.js";

export const me = new Me();

/** Nobody is shown numbers any more. */
export function forgetReadToken() {
  me.keep({ read: "" });
}

/** Ask for the read token in `dialog`; `used()` once there is one. `isWrong`: the one before was. */
export function askForToken(dialog, words, isWrong, used) {
  const input = tagged("input", { type: "password", autocomplete: "off", class: "field", id: "read-token" });
  const keep = tagged("input", { type: "checkbox", id: "keep" });
  keep.checked = me.by !== "" && me.isLasting;
  const use = tagged("button", { type: "submit", class: "button first" }, words.tokenUse);
  const cancel = tagged("button", { type: "button", class: "button" }, words.cancel);
  const form = element("form", "",
    element("label", "", element("span", "name", words.token), input),
    element("label", "keep", keep, element("span", "", words.tokenKeep)),
    paragraph(words.tokenHelp, "note"));
  if (isWrong) form.append(tagged("p", { class: "wrong", role: "alert" }, words.tokenWrong));
  form.append(element("div", "buttons", use, cancel));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim() === "") return;
    me.keep({ read: input.value.trim() }, keep.checked);
    dialog.close();
    used();
  });
  cancel.addEventListener("click", () => dialog.close());
  dialog.setAttribute("aria-label", words.token);
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
  input.focus();
}
