// One short tone when something begins to alarm, and again each half minute while it does. A browser sounds only after a click.

const AGAIN_MS = 30_000;
const TONE_HZ = 880;
const TONE_S = 0.35;
const LOUDNESS = 0.25;
const KEPT_AS = "ringtally.wallboard.sound";

/** The tone, and the button that allows it. `state`: `off`, `asked` (allowed before, but the browser wants a click), `on`. */
export class Sound {
  constructor(button) {
    this.button = button;
    this.context = null;
    this.alarming = new Set();
    this.soundedAt = null;
    this.isWanted = remembered() === "on";
    button.addEventListener("click", () => this._toggle());
    if (this.isWanted) this._open();
  }

  get state() {
    if (!this.isWanted) return "off";
    return this.context?.state === "running" ? "on" : "asked";
  }

  /** What alarms at `now` (ms), by key. Sounds if it must. */
  take(alarming, isQuiet, now) {
    const isNew = [...alarming].some((key) => !this.alarming.has(key));
    this.alarming = alarming;
    if (alarming.size === 0) {
      this.soundedAt = null;
      return;
    }
    const isDue = isNew || this.soundedAt === null || now - this.soundedAt >= AGAIN_MS;
    if (!isDue || isQuiet || this.state !== "on") return;
    this.soundedAt = now;
    this._tone();
  }

  _toggle() {
    this.isWanted = this.state !== "on";
    remember(this.isWanted ? "on" : "off");
    if (this.isWanted) this._open();
  }

  _open() {
    this.context ??= new AudioContext();
    this.context.resume().catch(() => {}); // a browser that wants a click first: `state` says so
  }

  _tone() {
    const { context } = this;
    const begin = context.currentTime;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = TONE_HZ;
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(LOUDNESS, begin + 0.02);
    volume.gain.linearRampToValueAtTime(0, begin + TONE_S);
    tone.connect(volume).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + TONE_S);
  }
}

// A browser that keeps nothing is asked again each time.
function remembered() {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    return null;
  }
}

function remember(word) {
  try {
    localStorage.setItem(KEPT_AS, word);
  } catch {
    // as above
  }
}
