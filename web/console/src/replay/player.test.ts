import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer, Hand, Order } from './orders';
import type { Scene } from './past';
import type { Span } from './span';
import { Marks } from './marks';
import { Player } from './player.svelte';

const begin = Date.parse('2026-11-23T08:00:00Z');
const hour = 3_600_000;
const span: Span = { realm: 'live', epoch: 'e', first: { seq: 1, at: new Date(begin).toISOString() }, last: { seq: 9, at: new Date(begin + 2 * hour).toISOString() }, now: '' };

class FakeHand implements Hand {
  onmessage: ((e: MessageEvent<Answer>) => void) | null = null;
  onerror: ((e: ErrorEvent) => void) | null = null;
  orders: Order[] = [];
  over = false;
  postMessage(o: Order) { this.orders.push(o); }
  terminate() { this.over = true; }
  /** Answers the oldest order of that sort. */
  async answer(what: Order['do'], a: Omit<Answer, 'n'>) {
    const i = this.orders.findIndex((o) => o.do === what);
    const [o] = this.orders.splice(i, 1);
    this.onmessage?.({ data: { n: o!.n, ...a } } as MessageEvent<Answer>);
    await vi.advanceTimersByTimeAsync(0);
    return o!;
  }
}
const scene = (t: number, seq = 1) => ({ t, seq, put: [], drop: [], tails: [], done: 0, end: false, fixes: {} }) as unknown as Scene;

describe('the player', () => {
  beforeEach(() => { vi.useFakeTimers(); });
  afterEach(() => { vi.useRealTimers(); });

  async function opened(at = begin + hour) {
    const hand = new FakeHand();
    const shown: number[] = [];
    const failed: string[] = [];
    const player = new Player({ at, end: () => begin + 3 * hour - 5_000, stale: {}, scene: (s) => shown.push(s.t), failed: (p) => failed.push(p.code), hire: () => hand, wall: () => Date.now() });
    await hand.answer('open', { span });
    return { hand, shown, failed, player };
  }

  it('opens at the moment, kept within what there is', async () => {
    for (const [at, want] of [[begin + hour, begin + hour], [begin - hour, begin + 1], [begin + 9 * hour, begin + 3 * hour - 5000]] as const) {
      const { hand, player, shown } = await opened(at);
      expect(hand.orders.find((o) => o.do === 'to')).toMatchObject({ t: want });
      await hand.answer('to', { scene: scene(want) });
      expect(player.t).toBe(want);
      expect(shown).toEqual([want]);
      expect(player.from).toBeGreaterThanOrEqual(begin);
      expect(player.to).toBeLessThanOrEqual(begin + 3 * hour);
    }
  });

  it('asks one thing at a time and leaves out the wishes between', async () => {
    const { hand, player } = await opened();
    for (let i = 1; i <= 20; i++) player.seek(begin + i * 60_000);
    expect(hand.orders.filter((o) => o.do === 'to')).toHaveLength(1);
    await hand.answer('to', { scene: scene(begin + hour) });
    expect(hand.orders.filter((o) => o.do === 'to')).toMatchObject([{ t: begin + 20 * 60_000 }]);
  });

  it('lets time pass at its rate, and stand while a moment is looked for', async () => {
    const { hand, player } = await opened();
    await hand.answer('to', { scene: scene(begin + hour) });
    player.rate = 16;
    player.play();
    await vi.advanceTimersByTimeAsync(250);
    expect(await hand.answer('to', { scene: scene(begin + hour + 4000) })).toMatchObject({ t: begin + hour + 4000, rate: 16 });
    await vi.advanceTimersByTimeAsync(250);
    await vi.advanceTimersByTimeAsync(2000); // the worker is at work
    expect(await hand.answer('to', { scene: scene(begin + hour + 8000) })).toMatchObject({ t: begin + hour + 8000 });
    await vi.advanceTimersByTimeAsync(250);
    expect((await hand.answer('to', { scene: scene(0) }) as { t: number }).t).toBeLessThanOrEqual(begin + hour + 12_000);
  });

  it('stops at the end and at a step', async () => {
    const { hand, player } = await opened(begin + 3 * hour - 6000);
    await hand.answer('to', { scene: scene(begin + 3 * hour - 6000) });
    player.rate = 64;
    player.play();
    await vi.advanceTimersByTimeAsync(250);
    expect(player.playing).toBe(false);
    expect(await hand.answer('to', { scene: scene(begin + 3 * hour - 5000) })).toMatchObject({ t: begin + 3 * hour - 5000 });
    player.play();
    player.step(-1);
    expect(player.playing).toBe(false);
    expect(await hand.answer('step', {})).toMatchObject({ by: -1 });
  });

  it('tells what went wrong and goes on with the next wish', async () => {
    const { hand, player, failed } = await opened();
    await hand.answer('to', { problem: { status: 422, code: 'invalid' } });
    expect(failed).toEqual(['invalid']);
    expect(player.problem?.code).toBe('invalid');
    player.seek(begin + hour);
    await hand.answer('to', { scene: scene(begin + hour) });
    expect(player.problem).toBeUndefined();
    player.stop();
    expect(hand.over).toBe(true);
  });
});

describe('marks', () => {
  it('are kept by person, named anew and removed, and survive nonsense', () => {
    const kept = new Map<string, string>();
    const box = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) };
    const mine = new Marks('live', 'p1', box);
    mine.set({ at: 20, name: '乙' });
    mine.set({ at: 10, name: '甲' });
    expect(mine.set({ at: 20, name: '丙' })).toEqual([{ at: 10, name: '甲' }, { at: 20, name: '丙' }]);
    expect(new Marks('live', 'p2', box).all()).toEqual([]);
    expect(new Marks('drill:1', 'p1', box).all()).toEqual([]);
    expect(mine.remove(10)).toEqual([{ at: 20, name: '丙' }]);
    kept.set('replay.marks.live.p1', '{"at":');
    expect(mine.all()).toEqual([]);
    kept.set('replay.marks.live.p1', '[null, {"at":"x"}, {"at":5,"name":"戊"}]');
    expect(mine.all()).toEqual([{ at: 5, name: '戊' }]);
  });
});
