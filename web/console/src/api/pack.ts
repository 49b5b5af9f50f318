// Positions as the main thread wants them: columns of numbers that are handed
// over, not copied, and teams as small numbers instead of ids.
import type { Frame, PositionsFrame, TeamsFrame } from './types';

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
export type Patch = Exclude<Frame, TeamsFrame> | Fixes;

/** What a binary frame begins with; realtime/doc.go has the form of its records. */
interface Head {
  at: string;
  full: boolean;
  /** unix ms that the times of the records count from */
  base: number;
  source: string[];
  stale: number[];
}

const recordSize = 24;
const unknown = 0xffff;

export const mercatorX = (lon: number) => (lon + 180) / 360;
export const mercatorY = (lat: number) => (1 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / Math.PI) / 2;

/** Packs frames; the numbers it gives to teams hold for its life. */
export class Packer {
  readonly #number = new Map<string, number>();
  readonly #sources: string[] = [];
  /** Ours by the server's numbers, which hold for one connection. */
  #ours: number[] = [];
  /** Names that were not handed over yet. */
  #fresh: string[] = [];

  /** Reads one frame of the socket; nothing where it was for the packer alone. */
  read(data: string | ArrayBuffer): Patch | undefined {
    if (typeof data !== 'string') return this.#unpack(data);
    const f = JSON.parse(data) as Frame;
    if (f.t === 'hello') this.#ours = [];
    if (f.t !== 'teams') return f;
    f.number.forEach((n, i) => (this.#ours[n] = this.#numberOf(f.team[i]!)));
    return undefined;
  }

  #numberOf(id: string): number {
    let n = this.#number.get(id);
    if (n === undefined) {
      this.#number.set(id, (n = this.#number.size));
      this.#fresh.push(id);
    }
    return n;
  }

  #names(): { first: number; names: string[] } {
    const names = this.#fresh;
    this.#fresh = [];
    return { first: this.#number.size - names.length, names };
  }

  #unpack(data: ArrayBuffer): Fixes {
    const size = new DataView(data).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, size))) as Head;
    const n = (data.byteLength - 4 - size) / recordSize;
    const [wide, short, byte] = [new Int32Array(data, 4 + size), new Uint16Array(data, 4 + size), new Uint8Array(data, 4 + size)];
    const sources = Uint8Array.from(head.source, (s) => this.#source(s));
    const f: Fixes = {
      t: 'positions', at: head.at, full: head.full, ...this.#names(), team: new Uint32Array(n), lon: new Float64Array(n), lat: new Float64Array(n),
      x: new Float64Array(n), y: new Float64Array(n), speed: new Float32Array(n), heading: new Float32Array(n), accuracy: new Float32Array(n),
      fixed: new Float64Array(n), stale: new Uint32Array(n), source: new Uint8Array(n), sources: [...this.#sources],
    };
    const known = (v: number, parts: number) => (v === unknown ? NaN : v / parts);
    for (let i = 0; i < n; i++) {
      const [w, s, source] = [i * 6, i * 12 + 8, byte[i * recordSize + 22]!];
      const team = this.#ours[wide[w]!];
      if (team === undefined) throw new Error(`team ${wide[w]} was not named`);
      f.team[i] = team;
      f.lon[i] = wide[w + 1]! / 1e7;
      f.lat[i] = wide[w + 2]! / 1e7;
      f.x[i] = mercatorX(f.lon[i]!);
      f.y[i] = mercatorY(f.lat[i]!);
      f.fixed[i] = head.base + 10 * wide[w + 3]!;
      f.speed[i] = known(short[s]!, 100);
      f.heading[i] = known(short[s + 1]!, 100);
      f.accuracy[i] = known(short[s + 2]!, 1);
      f.stale[i] = head.stale[source]!;
      f.source[i] = sources[source]!;
    }
    return f;
  }

  /** The same from a frame in words. */
  pack(f: PositionsFrame): Fixes {
    const team = Uint32Array.from(f.team, (id) => this.#numberOf(id));
    const known = (column: readonly (number | null)[]) => Float32Array.from(column, (v) => v ?? NaN);
    return {
      t: 'positions', at: f.at, full: f.full, ...this.#names(), team,
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
