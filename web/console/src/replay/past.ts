// The past as the worker keeps it: stretches of pictures and changes, windows of
// positions, and the picture that the screen has. It answers with what makes that
// picture into the one of the moment that is asked for.
import { json, send } from '../api/http';
import { columns, Packer, type Fixes } from '../api/pack';
import type { AnyRecord, Point, Ref, Seen } from '../api/types';
import { parseSnapshot } from '../api/snapshot';
import { firstOf, type Span } from './span';
import { changeOf, difference, keyOf, Stretch, type Board, type Change, type Difference } from './stretch';
import { TrackWindow, type PastPositions } from './tracks';

interface Page {
  changes: Seen[] | null;
  next: number;
  more: boolean;
  at: string;
}

/** A change as the list shows it. */
export interface Entry {
  seq: number;
  at: number;
  kind: string;
  actor: Seen['actor'];
  note?: string;
  /** What it is about: the first record, as far as it is named. */
  subject?: Subject;
}

const named = ['title', 'call_sign', 'name', 'team', 'incident', 'text'] as const;
export type Subject = Ref & Partial<Record<(typeof named)[number], string>>;

export interface Listed {
  /** The changes around the moment; left out where they are the same as before. */
  list?: Entry[];
  /** How many of them are at or before it. */
  done: number;
}

/** What leads the screen to a moment. */
export interface Scene extends Listed {
  /** ms on the realm's clock */
  t: number;
  seq: number;
  put: AnyRecord[];
  drop: Ref[];
  fixes: Fixes;
  tails: { team: string; points: Point[] }[];
  /** There is nothing later yet. */
  end: boolean;
}

/** What is asked of the server; a seam for tests. */
export interface Source {
  span(): Promise<Span>;
  picture(query: Record<string, string>): Promise<{ seq: number; at: string; records: AnyRecord[] }>;
  changes(query: Record<string, string>): Promise<Page>;
  positions(query: Record<string, string>): Promise<PastPositions>;
}

const path = (what: string, query: Record<string, string>) => `/api/v1/replay/${what}?${new URLSearchParams(query)}`;

export const server: Source = {
  span: () => json<Span>('/api/v1/replay/span'),
  picture: async (q) => parseSnapshot(await (await send(path('picture', q), { timeout: 60_000 })).text()),
  changes: (q) => json<Page>(path('changes', q), { timeout: 30_000 }),
  positions: (q) => json<PastPositions>(path('positions', q), { timeout: 30_000 }),
};

const pageSize = 400;
/** Changes that are read before they are needed. */
const ahead = 120;
/** Changes shown on either side of the moment. */
const around = 80;
const mostStretches = 5;
const mostWindows = 6;
/** A stretch that is longer is left for a new one. */
const longest = 6000;
/** ms that changes are read over instead of taking another picture. */
const near = 10 * 60_000;
const minute = 60_000;

export class Past {
  #stretches: Stretch[] = [];
  #windows: TrackWindow[] = [];
  #at: { stretch: Stretch; n: number; t: number } | undefined;
  #shown: Board = new Map();
  /** What came before the stretch, for the list and for steps back. */
  #before = new WeakMap<Stretch, Change[]>();
  #reading = new WeakMap<Stretch, Promise<void>>();
  #first = 0;
  #told = '';
  readonly #packer = new Packer();

  constructor(
    private readonly from: Source,
    private readonly o: { as?: string; stale: Record<string, number> },
    /** More of the changes around the moment has been read. */
    private readonly more: (list: Listed) => void = () => {},
  ) {}

  #query(q: Record<string, string>): Record<string, string> {
    return this.o.as ? { ...q, as: this.o.as } : q;
  }

  async span(): Promise<Span> {
    const s = await this.from.span();
    this.#first = firstOf(s);
    return s;
  }

  /** The scene of the moment; rate is how fast time will pass from there. */
  async to(t: number, rate: number): Promise<Scene> {
    const [place, tracks] = await Promise.all([this.#find(t), this.#tracks(t, rate)]);
    return this.#scene(place, place.until(t), t, tracks);
  }

  /** The scene right after a change, which was made at the moment. */
  async after({ seq, at }: Pick<Change, 'seq' | 'at'>, rate: number): Promise<Scene> {
    const known = this.#stretches.find((s) => s.seq === seq || s.changes.some((c) => c.seq === seq));
    const place = known ?? (await this.#picture({ seq: String(seq) }));
    const n = place.seq === seq ? 0 : place.changes.findIndex((c) => c.seq === seq) + 1;
    return this.#scene(place, n, at, await this.#tracks(at, rate));
  }

  /** The scene of the next change, or of the one before; undefined where there is none. */
  async step(by: 1 | -1, rate: number): Promise<Scene | undefined> {
    const now = this.#at;
    if (!now) return undefined;
    const { stretch: s, n, t } = now;
    if (by > 0) {
      if (n === s.changes.length) await this.#more(s);
      if (n < s.changes.length) return this.#place(s, n + 1, rate);
      if (!s.ended) return undefined;
      const anew = await this.#picture({ seq: String(s.read + 1) });
      return this.#scene(anew, 0, anew.at, await this.#tracks(anew.at, rate));
    }
    // Between two changes the way back leads to the one that made this picture.
    if (n > 0 && t > s.changes[n - 1]!.at) return this.#place(s, n, rate);
    if (n > 1) return this.#place(s, n - 1, rate);
    const one = (await this.#earlier(s)).filter((c) => n > 0 || c.seq < s.seq || c.at < t).at(-1);
    return one && this.after(one, rate);
  }

  /** Changes made by the commands in the span, for the ticks of the scrubber. */
  async ticks(commands: string, from: number, to: number): Promise<Entry[]> {
    const page = await this.from.changes(this.#query({ commands, from: iso(Math.max(from, this.#first) - 2), to: iso(to), limit: '1000' }));
    return (page.changes ?? []).map((c) => entry(changeOf(c)));
  }

  async #place(s: Stretch, n: number, rate: number): Promise<Scene> {
    const t = s.changes[n - 1]!.at;
    return this.#scene(s, n, t, await this.#tracks(t, rate));
  }

  /** The stretch that holds the moment. */
  async #find(t: number): Promise<Stretch> {
    for (const s of this.#stretches) {
      if (t < s.at || (s.ended && t > s.known)) continue;
      if (t <= s.known) return s;
      if (t > s.known + near || s.changes.length > longest) continue;
      for (let i = 0; t > s.known && i < 8 && !s.ended; i++) {
        const was = s.known;
        await this.#more(s);
        if (s.known === was) return s; // the newest there is
      }
      if (t <= s.known) return s;
    }
    return this.#picture({ at: through(t) });
  }

  async #picture(query: Record<string, string>): Promise<Stretch> {
    const p = await this.from.picture(this.#query(query));
    const s = new Stretch(new Map(p.records.map((r) => [keyOf(r), r])), p.seq, Date.parse(p.at));
    this.#stretches.unshift(s);
    this.#stretches.length = Math.min(this.#stretches.length, mostStretches);
    return s;
  }

  /** Reads the next page of the stretch; two who ask at once share it. */
  #more(s: Stretch): Promise<void> {
    if (s.ended) return Promise.resolve();
    let reading = this.#reading.get(s);
    if (!reading) {
      reading = this.from.changes(this.#query({ after: String(s.read), limit: String(pageSize) }))
        .then((p) => s.add(p.changes ?? [], p.next, Date.parse(p.at)))
        .finally(() => this.#reading.delete(s));
      this.#reading.set(s, reading);
    }
    return reading;
  }

  async #earlier(s: Stretch): Promise<Change[]> {
    let all = this.#before.get(s);
    if (!all) {
      const p = await this.from.changes(this.#query({ from: iso(Math.max(this.#first - 2, s.at - 30 * minute)), until: String(s.seq), limit: '1000' })).catch(() => undefined);
      all = (p?.changes ?? []).map(changeOf);
      this.#before.set(s, all);
    }
    return all;
  }

  /** The window of positions around the moment; undefined where the server has none to give. */
  async #tracks(t: number, rate: number): Promise<TrackWindow | undefined> {
    const back = Math.min(2 * minute, Math.max(0, t - this.#first));
    const holds = this.#windows.find((w) => w.from <= t - back && t < w.until) ?? this.#windows.find((w) => w.from <= t && t < w.until && t - w.from >= back / 2);
    if (holds) {
      if (holds.until - t < rate * 15_000) void this.#window(holds.until - 5 * minute, rate).catch(() => undefined);
      return holds;
    }
    return this.#window(t - 5 * minute, rate).catch(() => undefined);
  }

  async #window(from: number, rate: number): Promise<TrackWindow> {
    const begin = Math.max(from, this.#first);
    const had = this.#windows.find((w) => w.from === begin);
    if (had) return had;
    // A second of watching at the highest speed is a minute: its points may lie further apart.
    const [length, step] = rate > 8 ? [75 * minute, 10] : [17 * minute, 2];
    const w = new TrackWindow(await this.from.positions(this.#query({ from: iso(begin), until: iso(begin + length), step: String(step) })));
    this.#windows.unshift(w);
    this.#windows.length = Math.min(this.#windows.length, mostWindows);
    return w;
  }

  async #scene(s: Stretch, n: number, t: number, tracks: TrackWindow | undefined): Promise<Scene> {
    let diff: Difference = { put: [], drop: [] };
    if (this.#at?.stretch !== s || this.#at.n !== n) {
      const board = s.board(n);
      diff = difference(this.#shown, board);
      this.#shown = board;
    }
    this.#at = { stretch: s, n, t };
    if (s.changes.length - n < ahead && !s.ended) void this.#more(s).then(() => this.#again(s), () => undefined);
    if (n < around && !this.#before.has(s)) void this.#earlier(s).then(() => this.#again(s));
    return { t, seq: s.seqAt(n), ...diff, fixes: this.#fixes(tracks, t), tails: tracks?.tails(t) ?? [], ...this.#list(s, n), end: n === s.changes.length && s.known <= t };
  }

  /** The changes around the moment; those themselves only where they are others than before. */
  #list(s: Stretch, n: number): Listed {
    const first = Math.max(0, n - around);
    const before = first === 0 ? (this.#before.get(s) ?? []).slice(n - around) : [];
    const list = [...before, ...s.changes.slice(first, n + around)];
    const told = `${list[0]?.seq} ${list.at(-1)?.seq} ${list.length}`;
    const fresh = told !== this.#told;
    this.#told = told;
    return { ...(fresh && { list: list.map(entry) }), done: before.length + n - first };
  }

  #again(s: Stretch) {
    if (this.#at?.stretch !== s) return;
    const told = this.#list(s, this.#at.n);
    if (told.list) this.more(told);
  }

  #fixes(tracks: TrackWindow | undefined, t: number): Fixes {
    const all = tracks?.at(t) ?? [];
    return this.#packer.pack({
      t: 'positions', at: iso(t), full: true, team: all.map((p) => p.team), lon: all.map((p) => p.lon), lat: all.map((p) => p.lat), speed: all.map((p) => p.speed),
      heading: all.map((p) => p.heading), accuracy: all.map(() => null), fixed: all.map((p) => p.fixed), stale: all.map((p) => this.o.stale[p.source] ?? 60), source: all.map((p) => p.source),
    });
  }
}

export const handed = (s: Scene): Transferable[] => columns(s.fixes);

const iso = (ms: number) => new Date(ms).toISOString();

/** The end of the millisecond: the server's times are finer, and here a change belongs to the one in which it was. */
const through = (ms: number) => iso(ms).replace('Z', '999Z');


function entry(c: Change): Entry {
  const r = (c.put[0] ?? c.drop[0]) as (Ref & Partial<Record<(typeof named)[number], unknown>>) | undefined;
  const subject = r ? Object.fromEntries(named.flatMap((f) => (typeof r[f] === 'string' ? [[f, r[f]]] : []))) : undefined;
  return { seq: c.seq, at: c.at, kind: c.kind, actor: c.actor, ...(c.note && { note: c.note }), ...(r && { subject: { kind: r.kind, id: r.id, ...subject } }) };
}
