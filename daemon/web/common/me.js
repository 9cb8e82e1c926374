// Who uses this browser: his name, and the tokens that he typed. The browser keeps them, for this origin alone.
//
// In local storage, or in the tab's own where he asks for that. Only scripts of this origin read it, and by the page's content security
// policy nothing but our own files runs here and nothing can be sent but to the daemon. A token is never put into an address.

const KEY = "ringtally.me";
const NOBODY = { by: "", read: "", write: "" };

/** Tells `change` when somebody else is here, in this tab or another one of this browser. */
export class Me extends EventTarget {
  constructor() {
    super();
    this._said = kept(sessionStorage) ?? kept(localStorage) ?? NOBODY;
    addEventListener("storage", (event) => {
      if (event.key !== KEY && event.key !== null) return;
      this._said = kept(sessionStorage) ?? kept(localStorage) ?? NOBODY;
      this.dispatchEvent(new Event("change"));
    });
  }

  /** His name, or "". */
  get by() {
    return this._said.by;
  }

  /** `{read, write}`, each perhaps empty: as `Api` and `tokenHeaders` take them. */
  get tokens() {
    return { read: this._said.read, write: this._said.write };
  }

  /** Is he kept beyond this tab? */
  get isLasting() {
    return kept(sessionStorage) === null;
  }

  /** Keep what is said of him, on this device or (`lasting` false) until the tab is closed. */
  keep(said, lasting = this.isLasting) {
    this._said = { ...this._said, ...said };
    put(lasting ? localStorage : sessionStorage, JSON.stringify(this._said));
    put(lasting ? sessionStorage : localStorage, null);
    this.dispatchEvent(new Event("change"));
  }

  /** Nothing of him stays here. */
  forget() {
    this._said = NOBODY;
    put(localStorage, null);
    put(sessionStorage, null);
    this.dispatchEvent(new Event("change"));
  }
}

// A browser may be told to keep nothing: then he is known until the page is left.
function put(storage, text) {
  try {
    if (text === null) storage.removeItem(KEY);
    else storage.setItem(KEY, text);
  } catch {
    // known in this page alone
  }
}

function kept(storage) {
  try {
    const found = JSON.parse(storage.getItem(KEY));
    if (found === null || typeof found !== "object") return null;
    const text = (name) => (typeof found[name] === "string" ? found[name] : "");
    return { by: text("by"), read: text("read"), write: text("write") };
  } catch {
    return null;
  }
}
