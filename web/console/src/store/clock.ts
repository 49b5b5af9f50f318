// The server's time on this screen. Every age is counted on it, so a desk whose
// own clock is wrong still shows right ages.

export class Clock {
  #offset = 0;
  #word: number | undefined;
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly wall: () => number = Date.now) {}

  /** ms since 1970 on the server's clock. */
  now(): number {
    return this.wall() + this.#offset;
  }

  /** The server said what time it is. A late frame makes its clock look slow, so a larger offset wins at once and a smaller one only slowly. */
  heard(at: string | number) {
    const server = typeof at === 'number' ? at : Date.parse(at);
    if (!Number.isFinite(server)) return;
    const offset = server - this.wall();
    const step = offset - this.#offset;
    if (step > 0 || step < -2_000) this.#offset = offset;
    else this.#offset += step * 0.1;
  }

  /** The server said anything at all. */
  touch() {
    this.#word = this.wall();
  }

  /**
   * The server's time of its last word. What happened since is not known here:
   * a team is not silent because our own link is cut.
   */
  known(): number {
    return this.#word === undefined ? this.now() : Math.min(this.now(), this.#word + this.#offset);
  }

  /** Everything that shows a time or an age looks again now. */
  tick() {
    for (const l of [...this.#listeners]) l();
  }

  /** One tick a second drives every clock and age on the screen. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => this.tick(), 1000);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    };
  }
}
