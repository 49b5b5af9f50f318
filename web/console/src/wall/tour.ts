// The auto-tour: the wall shows the whole city, then each incident worth a look,
// and goes to a new grave one at once. It is a plain machine over a clock that
// is handed in; the screen ticks it once a second.

export type Stop = { kind: 'city' } | { kind: 'incident'; id: string };

export interface TourSettings {
  /** Seconds on each stop, 10 … 120. */
  seconds: number;
  /** Seconds without a tour after somebody touched the wall. */
  pause: number;
  /** Seconds on an incident that was jumped to. */
  jump: number;
}

export const TOUR: TourSettings = { seconds: 20, pause: 180, jump: 60 };

export interface TourState {
  stop: Stop;
  /** 1-based place in the round, and its length. */
  at: number;
  of: number;
  /** 0…1 of the time on this stop. */
  part: number;
  /** held by the space bar, paused after a touch, or running. */
  mode: 'running' | 'paused' | 'held';
}

export class Tour {
  private index = 0;
  private since: number;
  private until: number;
  private pausedUntil = 0;
  private held = false;
  private seen: Set<string> | undefined;
  private stops: Stop[] = [{ kind: 'city' }];

  constructor(now: number, private readonly set: TourSettings = TOUR) {
    this.since = now;
    this.until = now + set.seconds * 1000;
  }

  /**
   * One tick. `open` are the incidents worth a stop, worst first; `grave` those
   * of them to which a new one is jumped to at once (grade I or II, or priority 1).
   */
  tick(now: number, open: readonly { id: string; grave: boolean }[]): TourState {
    const here = this.stops[this.index] ?? { kind: 'city' };
    this.stops = [{ kind: 'city' }, ...open.map((i): Stop => ({ kind: 'incident', id: i.id }))];
    // Stay where we were although the list around us changed.
    const kept = this.stops.findIndex((s) => same(s, here));
    if (kept >= 0) this.index = kept;
    else this.go(0, now, this.set.seconds);

    const fresh = this.seen ? open.find((i) => i.grave && !this.seen!.has(i.id)) : undefined;
    this.seen = new Set([...(this.seen ?? []), ...open.map((i) => i.id)]);
    if (fresh && now >= this.pausedUntil && !this.held) {
      this.go(this.stops.findIndex((s) => s.kind === 'incident' && s.id === fresh.id), now, this.set.jump);
    } else if (this.mode(now) !== 'running') {
      this.since = now; // the time on a stop runs only while the tour runs
      this.until = now + this.set.seconds * 1000;
    } else if (now >= this.until) this.go((this.index + 1) % this.stops.length, now, this.set.seconds);
    return this.state(now);
  }

  /** Somebody touched the wall. */
  touch(now: number): void {
    this.pausedUntil = now + this.set.pause * 1000;
  }

  hold(now: number): void {
    this.held = !this.held;
    if (!this.held) this.pausedUntil = Math.min(this.pausedUntil, now);
  }

  /** One stop on or back. */
  step(by: 1 | -1, now: number): void {
    this.go((this.index + by + this.stops.length) % this.stops.length, now, this.set.seconds);
  }

  /** To one incident, by hand. */
  show(id: string, now: number): void {
    const at = this.stops.findIndex((s) => s.kind === 'incident' && s.id === id);
    if (at >= 0) this.go(at, now, this.set.seconds);
    this.touch(now);
  }

  /** Back to the whole city, by hand: ★ also ends a pause. */
  home(now: number): void {
    this.pausedUntil = now;
    this.go(0, now, this.set.seconds);
  }

  state(now: number): TourState {
    const part = (now - this.since) / Math.max(1, this.until - this.since);
    return { stop: this.stops[this.index] ?? { kind: 'city' }, at: this.index + 1, of: this.stops.length, part: Math.min(1, Math.max(0, part)), mode: this.mode(now) };
  }

  private mode(now: number): TourState['mode'] {
    return this.held ? 'held' : now < this.pausedUntil ? 'paused' : 'running';
  }

  private go(index: number, now: number, seconds: number): void {
    this.index = Math.max(0, index);
    this.since = now;
    this.until = now + seconds * 1000;
  }
}

function same(a: Stop, b: Stop): boolean {
  return a.kind === 'city' ? b.kind === 'city' : b.kind === 'incident' && a.id === b.id;
}
