// Where teams are: the last fix of each, which may skip but never goes back.
// The fixes lie in columns of numbers, a row a team, so that ten thousand of
// them are taken and drawn without an object each.
import { Packer, type Fixes } from '../api/pack';
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

/** The columns; a row without a fix has fixed 0. */
export class Columns {
  lon: Float64Array;
  lat: Float64Array;
  x: Float64Array;
  y: Float64Array;
  speed: Float32Array;
  heading: Float32Array;
  accuracy: Float32Array;
  fixed: Float64Array;
  stale: Uint32Array;
  source: Uint16Array;

  constructor(readonly rows: number, had?: Columns) {
    const wide = (old?: Float64Array) => grown(new Float64Array(rows), old);
    const slim = (old?: Float32Array) => grown(new Float32Array(rows), old);
    [this.lon, this.lat, this.x, this.y, this.fixed] = [wide(had?.lon), wide(had?.lat), wide(had?.x), wide(had?.y), wide(had?.fixed)];
    [this.speed, this.heading, this.accuracy] = [slim(had?.speed), slim(had?.heading), slim(had?.accuracy)];
    this.stale = grown(new Uint32Array(rows), had?.stale);
    this.source = grown(new Uint16Array(rows), had?.source);
  }
}

function grown<A extends { set(from: A): void }>(fresh: A, old: A | undefined): A {
  if (old) fresh.set(old);
  return fresh;
}

const told = (v: number) => (Number.isNaN(v) ? null : v);

export class Positions {
  #c = new Columns(64);
  readonly #row = new Map<string, number>();
  readonly #ids: string[] = [];
  /** Rows by the numbers of whoever packed the last frames. */
  #rowOf: number[] = [];
  readonly #sources: string[] = [];
  readonly #packer = new Packer();
  readonly #listeners = new Set<() => void>();

  /** The columns as they are now; they are other ones after the next frame. */
  get columns(): Columns {
    return this.#c;
  }

  /** The team's row, whether it has a fix or not; -1 when it was never heard of. */
  row(team: string): number {
    return this.#row.get(team) ?? -1;
  }

  get(team: string): Position | undefined {
    const r = this.row(team);
    return r >= 0 && this.#c.fixed[r]! > 0 ? this.#at(r) : undefined;
  }

  all(): Position[] {
    return this.#ids.flatMap((_, r) => (this.#c.fixed[r]! > 0 ? [this.#at(r)] : []));
  }

  /** unix ms of the newest fix; 0 when there is none. */
  newest(): number {
    let out = 0;
    for (let r = 0; r < this.#ids.length; r++) if (this.#c.fixed[r]! > out) out = this.#c.fixed[r]!;
    return out;
  }

  /**
   * A full frame holds everything within what is looked at (everything at all
   * when that is not said). A team last heard of elsewhere keeps its fix, which
   * ages: it did not go home because the screen looks away.
   */
  take(frame: Fixes | PositionsFrame, looked?: Bound) {
    const f = 'names' in frame ? frame : this.#packer.pack(frame);
    f.names.forEach((id, i) => (this.#rowOf[f.first + i] = this.#rowFor(id)));
    const sources = f.sources.map((s) => this.#source(s));
    const c = this.#c;
    if (f.full) this.#leave(f, looked);
    for (let i = 0; i < f.team.length; i++) {
      const r = this.#rowOf[f.team[i]!]!;
      if (c.fixed[r]! > f.fixed[i]!) continue;
      c.lon[r] = f.lon[i]!;
      c.lat[r] = f.lat[i]!;
      c.x[r] = f.x[i]!;
      c.y[r] = f.y[i]!;
      c.speed[r] = f.speed[i]!;
      c.heading[r] = f.heading[i]!;
      c.accuracy[r] = f.accuracy[i]!;
      c.fixed[r] = f.fixed[i]!;
      c.stale[r] = f.stale[i]!;
      c.source[r] = sources[f.source[i]!]!;
    }
    this.#tell();
  }

  gone(teams: readonly string[]) {
    for (const id of teams) {
      const r = this.row(id);
      if (r >= 0) this.#c.fixed[r] = 0;
    }
    this.#tell();
  }

  clear() {
    this.#c.fixed.fill(0);
    this.#tell();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets what a full frame should hold and does not. */
  #leave(f: Fixes, looked: Bound | undefined) {
    const stay = new Uint8Array(this.#ids.length);
    for (const n of f.team) stay[this.#rowOf[n]!] = 1;
    const { lon, lat, fixed } = this.#c;
    for (let r = 0; r < stay.length; r++)
      if (!stay[r] && (!looked || (lon[r]! >= looked[0] && lon[r]! <= looked[2] && lat[r]! >= looked[1] && lat[r]! <= looked[3]))) fixed[r] = 0;
  }

  #rowFor(id: string): number {
    let r = this.#row.get(id);
    if (r !== undefined) return r;
    this.#row.set(id, (r = this.#ids.push(id) - 1));
    if (r >= this.#c.rows) this.#c = new Columns(this.#c.rows * 2, this.#c);
    return r;
  }

  #source(name: string): number {
    const n = this.#sources.indexOf(name);
    return n >= 0 ? n : this.#sources.push(name) - 1;
  }

  #at(r: number): Position {
    const c = this.#c;
    return {
      team: this.#ids[r]!, lon: c.lon[r]!, lat: c.lat[r]!, speed: told(c.speed[r]!), heading: told(c.heading[r]!), accuracy: told(c.accuracy[r]!),
      fixed: c.fixed[r]!, stale: c.stale[r]!, source: this.#sources[c.source[r]!] ?? '',
    };
  }

  #tell() {
    for (const l of [...this.#listeners]) l();
  }
}

/** A stale fix is still shown, drawn as stale: never as fresh, never removed. */
export const isStale = (p: Pick<Position, 'fixed' | 'stale'>, now: number) => now - p.fixed > p.stale * 1000;
