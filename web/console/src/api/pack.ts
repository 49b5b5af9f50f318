// Positions as the main thread wants them: columns of numbers that are handed
// over, not copied, and teams as small numbers instead of ids.
import type { Frame, PositionsFrame } from './types';

/** A positions frame in typed columns, one entry a team in each. */
export interface Fixes {
  t: 'positions';
  at: string;
  full: boolean;
  /** Teams named for the first time: the first of them has the number `first`. */
  first: number;
  names: string[];
  team: Uint32Array<ArrayBuffer>;
  /** WGS-84 degrees. */
  lon: Float64Array<ArrayBuffer>;
  lat: Float64Array<ArrayBuffer>;
  /** Web mercator, 0 to 1 from the north-west corner. */
  x: Float64Array<ArrayBuffer>;
  y: Float64Array<ArrayBuffer>;
  /** m/s, degrees from north clockwise, metres; NaN when unknown. */
  speed: Float32Array<ArrayBuffer>;
  heading: Float32Array<ArrayBuffer>;
  accuracy: Float32Array<ArrayBuffer>;
  /** unix ms of the fix */
  fixed: Float64Array<ArrayBuffer>;
  /** seconds after which the source is stale */
  stale: Uint32Array<ArrayBuffer>;
  /** Index into sources. */
  source: Uint8Array<ArrayBuffer>;
  sources: string[];
}

/** A frame as the picture takes it. */
export type Patch = Exclude<Frame, PositionsFrame> | Fixes;

export const mercatorX = (lon: number) => (lon + 180) / 360;
export const mercatorY = (lat: number) => (1 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / Math.PI) / 2;

/** Packs frames; the numbers it gives to teams hold for its life. */
export class Packer {
  readonly #number = new Map<string, number>();
  readonly #sources: string[] = [];

  /** Reads one text frame of the socket. */
  read(text: string): Patch {
    const f = JSON.parse(text) as Frame;
    return f.t === 'positions' ? this.pack(f) : f;
  }

  pack(f: PositionsFrame): Fixes {
    const first = this.#number.size;
    const names: string[] = [];
    const team = Uint32Array.from(f.team, (id) => {
      let n = this.#number.get(id);
      if (n === undefined) {
        this.#number.set(id, (n = this.#number.size));
        names.push(id);
      }
      return n;
    });
    const known = (column: readonly (number | null)[]) => Float32Array.from(column, (v) => v ?? NaN);
    return {
      t: 'positions', at: f.at, full: f.full, first, names, team,
      lon: Float64Array.from(f.lon), lat: Float64Array.from(f.lat),
      x: Float64Array.from(f.lon, mercatorX), y: Float64Array.from(f.lat, mercatorY),
      speed: known(f.speed), heading: known(f.heading), accuracy: known(f.accuracy),
      fixed: Float64Array.from(f.fixed), stale: Uint32Array.from(f.stale),
      source: Uint8Array.from(f.source, (s) => this.#source(s)), sources: [...this.#sources],
    };
  }

  #source(name: string): number {
    const n = this.#sources.indexOf(name);
    // There are a handful of sources; what does not fit is named like the last.
    return n >= 0 ? n : Math.min(255, this.#sources.push(name) - 1);
  }
}

/** What is handed over instead of copied. */
export const columns = (f: Fixes): Transferable[] =>
  [f.team, f.lon, f.lat, f.x, f.y, f.speed, f.heading, f.accuracy, f.fixed, f.stale, f.source].map((c) => c.buffer);
