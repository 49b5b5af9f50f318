// Where teams were: windows of positions as the server tells them, and from them
// the last of each team at a moment and the line behind it.
import type { Point } from '../api/types';
import type { components } from '../api/types.gen';

export type PastPositions = components['schemas']['PastPositions'];

/** ms of way that is drawn behind a team. */
export const tailLength = 5 * 60_000;
/** Points of all lines together. */
const mostPoints = 12_000;
/** Degrees: what moved less stands, for a map. */
const still = 0.0003;

interface Way {
  team: string;
  /** Rows of the window: from, and to before. */
  from: number;
  to: number;
}

export class TrackWindow {
  readonly from: number;
  readonly until: number;
  readonly #ways: Way[] = [];

  constructor(private readonly p: PastPositions) {
    this.from = Date.parse(p.from);
    this.until = Date.parse(p.until);
    const teams = p.team ?? [];
    for (let i = 0; i < teams.length; ) {
      let to = i + 1;
      while (to < teams.length && teams[to] === teams[i]) to++;
      this.#ways.push({ team: p.teams![teams[i]!]!, from: i, to });
      i = to;
    }
  }

  /** The row of the last position at or before the moment; -1 when there is none. */
  #last(w: Way, t: number): number {
    const fixed = this.p.fixed!;
    let [lo, hi] = [w.from, w.to];
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (fixed[mid]! <= t - this.from) lo = mid + 1;
      else hi = mid;
    }
    return lo - 1 >= w.from ? lo - 1 : -1;
  }

  /** Where every team was last heard of. */
  at(t: number): { team: string; lon: number; lat: number; speed: number | null; heading: number | null; fixed: number; source: string }[] {
    const { lon, lat, speed, heading, fixed, source, sources } = this.p as Required<PastPositions>;
    const told = (v: number) => (v < 0 ? null : v);
    return this.#ways.flatMap((w) => {
      const i = this.#last(w, t);
      if (i < 0) return [];
      return [{ team: w.team, lon: lon![i]! / 1e6, lat: lat![i]! / 1e6, speed: told(speed![i]!), heading: told(heading![i]!), fixed: this.from + fixed![i]!, source: sources![source![i]!]! }];
    });
  }

  /** The lines behind those that moved. */
  tails(t: number): { team: string; points: Point[] }[] {
    const { lon, lat, fixed } = this.p as Required<PastPositions>;
    const out: { team: string; points: Point[] }[] = [];
    let points = 0;
    for (const w of this.#ways) {
      const last = this.#last(w, t);
      const line: Point[] = [];
      let [far, x, y] = [false, 0, 0];
      for (let i = last; i >= w.from && fixed![i]! >= t - this.from - tailLength; i--) {
        const [u, v] = [lon![i]! / 1e6, lat![i]! / 1e6];
        if (line.length && u === line.at(-1)![0] && v === line.at(-1)![1]) continue;
        if (!line.length) [x, y] = [u, v];
        far ||= Math.abs(u - x) > still || Math.abs(v - y) > still;
        line.push([u, v]);
      }
      if (!far) continue;
      points += line.length;
      out.push({ team: w.team, points: line.reverse() });
    }
    const every = Math.ceil(points / mostPoints);
    return every <= 1 ? out : out.map((l) => ({ team: l.team, points: l.points.filter((_, i) => i % every === 0 || i === l.points.length - 1) }));
  }
}
