// The daemon's HTTP API, with the tokens that somebody typed.

// Beside a password, for which the browser needs `Authorization`, tokens have a header of their own.
const TOKEN_HEADER = "X-Ringtally-Token";
const PATIENCE_MS = 15_000;

/** An answer that is none: `status` (0: nobody answered), the daemon's own words, and the whole body where it was JSON. */
export class ApiError extends Error {
  constructor(status, message, body = null, retryAfter = null) {
    super(message);
    this.status = status;
    this.body = body;
    this.retryAfter = retryAfter; // s, or null
  }
}

/** The headers that show these tokens; `{read, write}`, each perhaps empty. */
export function tokenHeaders({ read = "", write = "" } = {}) {
  const tokens = [...new Set([read, write])].filter((each) => each !== "");
  return tokens.length === 0 ? {} : { [TOKEN_HEADER]: tokens.join(", ") };
}

/** Asks below `base` (`../api/v1/`). `tokens()` is asked each time: they may be typed, or forgotten, meanwhile. */
export class Api {
  constructor(base = "../api/v1/", tokens = () => ({})) {
    this.base = base;
    this.tokens = tokens;
  }

  /** What is there, as JSON; `query` without what is null, undefined or empty. Raises ApiError. */
  async get(path, query = {}) {
    return (await this.ask(path, query)).json();
  }

  /** Record something; gives the answer's JSON. Raises ApiError. */
  async post(path, body) {
    return (await this.ask(path, {}, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } })).json();
  }

  /** The answer itself, of 200 to 299. Raises ApiError. */
  async ask(path, query = {}, options = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
    const address = `${this.base}${path}${given.length ? `?${new URLSearchParams(given)}` : ""}`;
    const signal = options.signal ?? AbortSignal.timeout(PATIENCE_MS);
    let answer;
    try {
      answer = await fetch(address, { cache: "no-store", ...options, signal, headers: { ...tokenHeaders(this.tokens()), ...options.headers } });
    } catch (error) {
      throw new ApiError(0, String(error));
    }
    if (!answer.ok) throw await refused(answer);
    return answer;
  }
}

async function refused(answer) {
  const text = await answer.text().catch(() => "");
  const retryAfter = Number(answer.headers.get("Retry-After")) || null;
  try {
    const body = JSON.parse(text);
    return new ApiError(answer.status, String(body.error ?? answer.status), body, retryAfter);
  } catch {
    return new ApiError(answer.status, text.trim(), null, retryAfter);
  }
}
