// Which claims were made in this browser: two people of one name would each take the other's for his own.

const KEY = "ringtally.claims";

/** By case until when, without names and numbers, in local storage. A browser may be told to keep nothing: then until the page is left. */
export class Claims {
  constructor() {
    this._until = kept();
    this._asked = new Set();
    addEventListener("storage", (event) => {
      if (event.key === KEY) this._until = { ...this._until, ...kept() };
    });
  }

  /** Was the claim of this case, as it stands, made here? */
  has(found) {
    return this._asked.has(found.id) || this._until[found.id] === found.claimed_until;
  }

  /** A claim is on its way: the stream may tell of it before the answer does. */
  asked(id) {
    this._asked.add(id);
  }

  /** It was answered. `until`: as the daemon tells it; undefined where it was not taken. */
  answered(id, until) {
    this._asked.delete(id);
    if (!until) return;
    const live = Object.entries({ ...kept(), ...this._until }).filter(([, each]) => Date.parse(each) > Date.now());
    this._until = { ...Object.fromEntries(live), [id]: until };
    try {
      localStorage.setItem(KEY, JSON.stringify(this._until));
    } catch {
      // known in this page alone
    }
  }
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}
