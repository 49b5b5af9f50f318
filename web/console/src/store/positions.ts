// Where teams are: the last fix of each, which may skip but never goes back.
import type { Bound, PositionsFrame } from '../api/types';

export interface Position {
  team: string;
  lon: number;
  lat: number;
  /** m/s */
  speed: number | null;
  /** degrees from north, clockwise */
  heading: number | null;
  /** metres */
  accuracy: number | null;
  /** unix ms of the fix */
  fixed: number;
  /** seconds after which the source is stale */
  stale: number;
  source: string;
}

export class Positions {
  readonly #last = new Map<string, Position>();
  readonly #listeners = new Set<() => void>();

  get(team: string): Position | undefined {
    return this.#last.get(team);
  }

  all(): Position[] {
    return [...this.#last.values()];
  }

  /**
   * A full frame holds everything within what is looked at (everything at all
   * when that is not said). A team last heard of elsewhere keeps its fix, which
   * ages: it did not go home because the screen looks away.
   */
  take(f: PositionsFrame, looked?: Bound) {
    if (f.full) {
      const stay = new Set(f.team);
      for (const [id, p] of this.#last) if (!stay.has(id) && (!looked || inside(p, looked))) this.#last.delete(id);
    }
    f.team.forEach((team, i) => {
      const had = this.#last.get(team);
      const fixed = f.fixed[i]!;
      if (had && had.fixed > fixed) return;
      this.#last.set(team, {
        team, fixed, lon: f.lon[i]!, lat: f.lat[i]!,
        speed: f.speed[i] ?? null, heading: f.heading[i] ?? null, accuracy: f.accuracy[i] ?? null,
        stale: f.stale[i]!, source: f.source[i] ?? '',
      });
    });
    this.#tell();
  }

  gone(teams: readonly string[]) {
    for (const id of teams) this.#last.delete(id);
    this.#tell();
  }

  clear() {
    this.#last.clear();
    this.#tell();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell() {
    for (const l of [...this.#listeners]) l();
  }
}

const inside = (p: Position, [w, s, e, n]: Bound) => p.lon >= w && p.lon <= e && p.lat >= s && p.lat <= n;

/** A stale fix is still shown, drawn as stale: never as fresh, never removed. */
export const isStale = (p: Position, now: number) => now - p.fixed > p.stale * 1000;
