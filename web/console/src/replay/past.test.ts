import { describe, expect, it } from 'vitest';
import type { AnyRecord, Seen } from '../api/types';
import { make } from '../testing/records';
import { Past, type Scene, type Source } from './past';
import { apply, changeOf, difference, keyOf, Stretch, type Board } from './stretch';
import { TrackWindow, type PastPositions } from './tracks';

const begin = Date.parse('2026-11-23T08:00:00Z');
const second = 1000;
const iso = (ms: number) => new Date(ms).toISOString();
const actor = { id: 'p', name: '张三', role: 'dispatcher' as const };

/** A journal of so many changes with one every ten seconds, and what was on the board after each. */
class Journal implements Source {
  readonly changes_: Seen[] = [];
  readonly boards: Board[] = [new Map()];
  asked: string[] = [];

  constructor(count: number, reset: number[] = []) {
    let seed = 7;
    const random = (n: number) => (seed = (seed * 1664525 + 1013904223) >>> 0) % n;
    for (let seq = 1; seq <= count; seq++) {
      const board = new Map(this.boards.at(-1));
      const put = [make('incident', `i${random(9)}`, { title: `第 ${seq} 条`, version: seq })];
      const drop = random(4) === 0 && board.size ? [[...board.values()][random(board.size)]!].map(({ kind, id }) => ({ kind, id })).filter((d) => d.id !== put[0]!.id) : [];
      // Commands that ran at once: numbered in another order than they began.
      const at = begin + seq * 10 * second - (seq % 13 === 0 ? 25 * second : 0);
      const c: Seen = { seq, at: iso(at), wall: iso(at), actor, kind: 'incident.edit', put, drop };
      if (reset.includes(seq)) Object.assign(c, { put: undefined, drop: undefined, reset: ['incident'] });
      if (reset.includes(seq)) board.set('team/imported', make('team', 'imported', { version: seq }));
      else apply(board, changeOf(c));
      this.changes_.push(c);
      this.boards.push(board);
    }
  }

  at = (t: number) => this.changes_.findLastIndex((c) => Date.parse(c.at) <= t) + 1;
  end = () => begin + this.changes_.length * 10 * second + 60 * second;

  async span() {
    const [first, last] = [this.changes_[0]!, this.changes_.at(-1)!];
    return { realm: 'live', epoch: 'e', first: { seq: first.seq, at: first.at }, last: { seq: last.seq, at: last.at }, now: iso(this.end()) };
  }

  async picture(q: Record<string, string>) {
    this.asked.push('picture');
    const seq = q['seq'] ? Number(q['seq']) : this.at(Date.parse(q['at']!));
    const at = q['at'] ?? this.changes_[seq - 1]!.at;
    // Other objects each time, as they come over the wire.
    return { seq, at, records: JSON.parse(JSON.stringify([...this.boards[seq]!.values()])) as AnyRecord[] };
  }

  async changes(q: Record<string, string>) {
    this.asked.push('changes');
    const after = q['from'] ? this.at(Date.parse(q['from'])) : Number(q['after']);
    const until = q['to'] ? this.at(Date.parse(q['to'])) : Number(q['until'] ?? this.changes_.length);
    const page = this.changes_.slice(after, until).slice(0, Number(q['limit']));
    const next = page.at(-1)?.seq ?? until;
    return { changes: page, next, more: next < until, at: next === this.changes_.length ? iso(this.end() - 5 * second) : page.at(-1)?.at ?? iso(begin) };
  }

  async positions(q: Record<string, string>): Promise<PastPositions> {
    this.asked.push('positions');
    return { from: q['from']!, until: q['until']!, step: 1, teams: [], sources: [], team: [], source: [], fixed: [], lon: [], lat: [], speed: [], heading: [] };
  }
}

/** What the screen holds: every scene applied in the order it came. */
class Screen {
  board: Board = new Map();
  apply(s: Scene) {
    apply(this.board, s);
    return this;
  }
  text() {
    return [...this.board.values()].map((r) => JSON.stringify(r)).sort();
  }
}
const textOf = (b: Board) => [...b.values()].map((r) => JSON.stringify(r)).sort();

describe('a past', () => {
  it('shows the picture of every moment, wherever it comes from', async () => {
    const j = new Journal(900, [300, 301, 640]);
    const past = new Past(j, { stale: {} });
    await past.span();
    const screen = new Screen();
    let seed = 3;
    const random = (n: number) => (seed = (seed * 1664525 + 1013904223) >>> 0) % n;
    let t = begin + 20 * second;
    for (let n = 0; n < 400; n++) {
      // Mostly on, sometimes anywhere.
      t = random(8) === 0 ? begin + (20 + random(8970)) * second : Math.min(j.end(), t + random(90) * second);
      const s = await past.to(t, 8);
      screen.apply(s);
      const want = j.at(t);
      expect(s.t).toBe(t);
      expect(screen.text(), `at ${(t - begin) / 1000} s, change ${want}`).toEqual(textOf(j.boards[want]!));
    }
    // A way onward is folded, not fetched.
    expect(j.asked.filter((a) => a === 'picture').length).toBeLessThan(80);
  });

  it('goes change by change, both ways, over imports and to the ends', async () => {
    const j = new Journal(60, [30]);
    const past = new Past(j, { stale: {} });
    await past.span();
    const screen = new Screen().apply(await past.to(begin + 251 * second, 1));
    for (const want of [26, 25, 24, 23]) {
      const s = (await past.step(-1, 1))!;
      screen.apply(s);
      expect(s.seq).toBe(want);
      expect(screen.text()).toEqual(textOf(j.boards[want]!));
    }
    for (let want = 24; want <= 60; want++) {
      const s = (await past.step(1, 1))!;
      screen.apply(s);
      expect(s.seq).toBe(want);
      expect(screen.text()).toEqual(textOf(j.boards[want]!));
    }
    expect(await past.step(1, 1)).toBeUndefined();
    screen.apply(await past.after({ seq: 2, at: begin + 20 * second }, 1));
    expect(screen.text()).toEqual(textOf(j.boards[2]!));
    screen.apply((await past.step(-1, 1))!);
    expect(screen.text()).toEqual(textOf(j.boards[1]!));
    expect(await past.step(-1, 1)).toBeUndefined();
  });

  it('tells the changes around the moment once', async () => {
    const j = new Journal(400);
    const past = new Past(j, { stale: {} });
    await past.span();
    await past.to(begin + 2000 * second, 1);
    await past.to(begin + 2001 * second, 1); // what came before has been read by now
    const s = await past.after({ seq: 205, at: begin + 2050 * second }, 1);
    expect(s.list!.map((e) => e.seq)).toEqual(expect.arrayContaining([190, 204, 205, 206, 240]));
    expect(s.list![s.done - 1]!.seq).toBe(205);
    expect(s.list![s.done - 1]!.subject).toMatchObject({ kind: 'incident', title: '第 205 条' });
    const again = await past.to(s.t + 1, 1);
    expect(again.list).toBeUndefined();
    expect(again.put).toEqual([]);
    expect(again.drop).toEqual([]);
  });
});

describe('a stretch', () => {
  it('knows the last change at a moment where numbers and times differ', () => {
    const j = new Journal(40);
    const s = new Stretch(new Map(), 0, begin);
    s.add(j.changes_, 40, j.end());
    for (let t = begin; t < j.end(); t += 3 * second) expect(s.until(t)).toBe(j.at(t));
  });

  it('differs from another picture by content, not by object', () => {
    const a = make('team', 'a', { version: 1 });
    const from: Board = new Map([[keyOf(a), a], ['team/b', make('team', 'b')]]);
    const to: Board = new Map([[keyOf(a), structuredClone(a)], ['team/c', make('team', 'c')]]);
    const d = difference(from, to);
    expect(d.put.map((r) => r.id)).toEqual(['c']);
    expect(d.drop).toEqual([{ kind: 'team', id: 'b' }]);
  });
});

describe('a window of positions', () => {
  const at = (s: number) => begin + s * second;
  const w = new TrackWindow({
    from: iso(begin), until: iso(at(600)), step: 1, teams: ['a', 'b'], sources: ['demo'], team: [0, 0, 0, 0, 1, 1], source: [0, 0, 0, 0, 0, 0],
    fixed: [-30_000, 10_000, 20_000, 500_000, 0, 60_000], lon: [113_000_000, 113_001_000, 113_002_000, 113_002_000, 114_000_000, 114_000_100], lat: [34_000_000, 34_000_000, 34_000_000, 34_000_000, 34_000_000, 34_000_000],
    speed: [10, 10, -1, 0, 0, 0], heading: [90, 90, -1, 0, -1, -1],
  });

  it('tells where each team was last heard of', () => {
    expect(w.at(at(15)).map((p) => [p.team, p.lon, p.fixed])).toEqual([['a', 113.001, at(10)], ['b', 114, at(0)]]);
    expect(w.at(at(20))[0]).toMatchObject({ lon: 113.002, speed: null, heading: null, source: 'demo' });
    expect(w.at(at(-10)).map((p) => p.team)).toEqual(['a']);
    expect(w.at(at(-31))).toEqual([]);
  });

  it('draws a line behind what moved lately', () => {
    expect(w.tails(at(25))).toEqual([{ team: 'a', points: [[113, 34], [113.001, 34], [113.002, 34]] }]);
    expect(w.tails(at(590))).toEqual([]);
  });
});
