// The server's time on this screen. Every age is counted on it, so a desk whose
// own clock is wrong still shows right ages.

import type { Drill } from '../api/drill';

/** A drill's clock, as its record tells: what it showed at a moment on the wall, ms. */
export interface DrillClock {
  at: number;
  wall: number;
  rate: number;
  running: boolean;
  /** where it stands by itself */
  until: number;
}

/** The clock of the drill that the session is in; none outside one. */
export const drillClock = (d: Drill | undefined): DrillClock | undefined =>
  d && { at: Date.parse(d.clock.at), wall: Date.parse(d.clock.wall), rate: d.clock.rate, running: d.clock.running, until: d.clock.until ? Date.parse(d.clock.until) : Infinity };

export class Clock {
  #drill: DrillClock | undefined;
  #offset = 0;
  #word: number | undefined;
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly wall: () => number = Date.now) {}

  /** In a drill every time and age is on the drill's clock, from the moment at which it is known. */
  set drill(d: DrillClock | undefined) {
    this.#drill = d;
    this.tick();
  }

  /** ms since 1970 on the realm's clock. */
  now(): number {
    return this.shown(this.server());
  }

  /** ms since 1970 on the server's own clock, in a drill too. */
  server(): number {
    return this.wall() + this.#offset;
  }

  /** What the realm's clock shows at that moment of the server's. */
  shown(server: number): number {
    const d = this.#drill;
    if (!d) return server;
    return d.running ? Math.min(d.at + Math.max(0, server - d.wall) * d.rate, d.until) : d.at;
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
    return this.#word === undefined ? this.now() : this.shown(Math.min(this.server(), this.#word + this.#offset));
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
