// Which claims were made in this browser: two people of one name would each take the other's for his own.

const KEY = "ringtally.claims";

/**
 * By case until when, without names and numbers, in local storage. A browser may be told to keep nothing: then until the page is left.
 * Who is forgotten (`me`) leaves none.
 */
export class Claims {
  constructor(me) {
    this._until = kept();
    this._asked = new Set();
    addEventListener("storage", (event) => {
      if (event.key === KEY) this._until = { ...this._until, ...kept() };
    });
    me.addEventListener("change", () => {
      if (me.by === "") this._forget();
    });
  }

  /** Was the claim of this case, as it stands, made here? */
  has(found) {
    // Kept at once: the page may be loaded anew before the answer comes.
    if (this._asked.has(found.id) && found.claimed_until) this._keep(found.id, found.claimed_until);
    return this._asked.has(found.id) || this._until[found.id] === found.claimed_until;
  }

  /** A claim is on its way: the stream may tell of it before the answer does. */
  asked(id) {
    this._asked.add(id);
  }

  /** It was answered, or is given up. `until`: as the daemon tells it; undefined where it did not take it, or was not heard. */
  answered(id, until) {
    this._asked.delete(id);
    if (until) this._keep(id, until);
  }

  _forget() {
    this._until = {};
    this._asked.clear();
    try {
      localStorage.removeItem(KEY);
    } catch {
      // nothing was kept
    }
  }

  _keep(id, until) {
    if (this._until[id] === until) return;
    const live = Object.entries({ ...kept(), ...this._until, [id]: until }).filter(([, each]) => Date.parse(each) > Date.now());
    this._until = Object.fromEntries(live);
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
