import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Refused } from '../api/http';
import { parseSnapshot, type Snapshot } from '../api/snapshot';
import { after, backoff, type Wire } from '../api/socket';
import type { Frame } from '../api/types';
import { make } from '../testing/records';
import { Clock } from './clock';
import { freshness, Live } from './live';
import { Positions } from './positions';
import { Store } from './store';

const at = '2026-11-23T00:00:00Z';

class FakeWire implements Wire {
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: unknown }) => void) | null = null;
  onclose: ((e: { code: number }) => void) | null = null;
  readyState = 1;
  sent: unknown[] = [];
  closed: number | undefined;
  constructor(readonly since: number, readonly epoch: string) {}
  send(text: string) { this.sent.push(JSON.parse(text)); }
  close(code?: number) { this.closed = code ?? 1000; }
  say(f: Frame) { this.onmessage?.({ data: JSON.stringify(f) }); }
  cut(code: number) { this.onclose?.({ code }); }
  hello(seq = this.since, epoch = this.epoch) {
    this.onopen?.();
    this.say({ t: 'hello', epoch, realm: 'live', seq, at, beat: 4 });
  }
}

function setup(shots: (Snapshot | Error)[] = []) {
  const wires: FakeWire[] = [];
  const store = new Store((f) => f());
  const first: Snapshot = { epoch: 'e1', seq: 10, realm: 'live', at, records: [make('team', 'a')] };
  const queue = [first, ...shots];
  let taken = 0;
  const live = new Live({
    store, positions: new Positions(), clock: new Clock(() => Date.now()), random: () => 0, now: () => Date.now(),
    snapshot: async () => {
      const next = queue[Math.min(taken++, queue.length - 1)]!;
      if (next instanceof Error) throw next;
      return next;
    },
    dial: (since, epoch) => {
      const w = new FakeWire(since, epoch);
      wires.push(w);
      return w;
    },
    probe: async () => undefined,
  });
  return { live, store, wires, snapshots: () => taken, last: () => wires.at(-1)! };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('live', () => {
  beforeEach(() => { vi.useFakeTimers(); vi.setSystemTime(Date.parse(at)); });
  afterEach(() => vi.useRealTimers());

  it('takes a snapshot and follows from its seq', async () => {
    const { live, store, last } = setup();
    live.start();
    await settle();
    expect(store.get('team', 'a')).toBeDefined();
    expect([last().since, last().epoch]).toEqual([10, 'e1']);
    last().hello();
    last().say({ t: 'changes', from: 10, to: 12, changes: [{ seq: 11, at, wall: at, kind: 'team.save', actor: { id: 'x', name: 'x', role: 'admin' }, put: [make('team', 'b')] }] });
    expect(live.phase).toBe('live');
    expect(live.seq).toBe(12);
    expect(store.get('team', 'b')).toBeDefined();
  });

  it('resumes after a cut with its cursor, not with a snapshot', async () => {
    const { live, wires, last, snapshots } = setup();
    live.start();
    await settle();
    last().hello();
    last().say({ t: 'beat', from: 10, to: 15, at, journal_at: at });
    last().cut(1006);
    expect(live.phase).toBe('cut');
    await vi.advanceTimersByTimeAsync(300);
    expect(wires).toHaveLength(2);
    expect(last().since).toBe(15);
    expect(snapshots()).toBe(1);
  });

  it('a gap is never papered over: a frame that does not continue asks for a new snapshot', async () => {
    const { live, store, last, snapshots } = setup([{ epoch: 'e1', seq: 20, realm: 'live', at, records: [make('team', 'c')] }]);
    live.start();
    await settle();
    last().hello();
    last().say({ t: 'changes', from: 11, to: 12, changes: [{ seq: 12, at, wall: at, kind: 'x', actor: { id: '', name: '', role: 'system' }, put: [make('team', 'wrong')] }] });
    expect(store.get('team', 'wrong')).toBeUndefined();
    expect(live.phase).toBe('cut');
    await settle();
    expect(snapshots()).toBe(2);
    expect(store.all('team').map((t) => t.id)).toEqual(['c']);
    expect(last().since).toBe(20);
  });

  it.each([[4002], [4004], [4005]])('close code %i takes a new snapshot', async (code) => {
    const { live, last, snapshots } = setup();
    live.start();
    await settle();
    last().hello();
    last().cut(code);
    await settle();
    expect(snapshots()).toBe(2);
  });

  it('another epoch in the greeting takes a new snapshot', async () => {
    const { live, last, snapshots } = setup([{ epoch: 'e2', seq: 3, realm: 'live', at, records: [] }]);
    live.start();
    await settle();
    last().hello(10, 'e2');
    await settle();
    expect(snapshots()).toBe(2);
    expect([live.epoch, live.seq]).toEqual(['e2', 3]);
  });

  it('close code 4003 asks for a sign-in and dials no more', async () => {
    const { live, wires, last } = setup();
    live.start();
    await settle();
    last().hello();
    last().cut(4003);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(live.phase).toBe('signed-out');
    expect(wires).toHaveLength(1);
  });

  it('three beats of silence are a dead link', async () => {
    const { live, wires, last } = setup();
    live.start();
    await settle();
    last().hello();
    await vi.advanceTimersByTimeAsync(11_900);
    expect(live.phase).toBe('live');
    await vi.advanceTimersByTimeAsync(200);
    expect(live.phase).toBe('cut');
    await vi.advanceTimersByTimeAsync(300);
    expect(wires).toHaveLength(2);
  });

  it('tells the map view and the open incident anew after each dial', async () => {
    const { live, last } = setup();
    live.start();
    await settle();
    last().hello();
    live.look([1, 2, 3, 4], 9);
    live.open('i1');
    last().cut(1006);
    await vi.advanceTimersByTimeAsync(300);
    last().hello();
    expect(last().sent).toEqual([{ t: 'look', bound: [1, 2, 3, 4], zoom: 9 }, { t: 'open', incident: 'i1' }]);
  });

  it('its age grows without beats, and counts what the server itself was behind', async () => {
    const { live, last } = setup();
    live.start();
    await settle();
    last().hello();
    await vi.advanceTimersByTimeAsync(7_000);
    expect(live.freshness()).toBe('late');
    last().say({ t: 'beat', from: 10, to: 10, at: '2026-11-23T00:00:20Z', journal_at: at });
    expect(live.age()).toBe(20);
    expect(live.freshness()).toBe('delayed');
    last().say({ t: 'beat', from: 10, to: 10, at: '2026-11-23T00:00:21Z', journal_at: '2026-11-23T00:00:20Z' });
    expect(live.freshness()).toBe('fresh');
  });

  it('says when other servers are not heard, and when they are again', async () => {
    const { live, last } = setup();
    live.start();
    await settle();
    last().hello();
    let told = 0;
    live.subscribe(() => told++);
    expect(live.apart).toBe(false);
    last().say({ t: 'beat', from: 10, to: 10, at, journal_at: at, nodes: 'cut' });
    expect([live.apart, told, live.freshness()]).toEqual([true, 1, 'fresh']);
    last().say({ t: 'beat', from: 10, to: 10, at, journal_at: at });
    expect([live.apart, told]).toEqual([false, 2]);
  });

  it('a command is pending until the picture holds its change', async () => {
    const { live, last } = setup();
    live.start();
    await settle();
    last().hello();
    let done = false;
    void live.reached(12).then(() => (done = true));
    last().say({ t: 'beat', from: 10, to: 11, at, journal_at: at });
    await settle();
    expect(done).toBe(false);
    last().say({ t: 'beat', from: 11, to: 12, at, journal_at: at });
    await settle();
    expect(done).toBe(true);
  });

  it('an import names kinds: the picture is taken anew', async () => {
    const { live, last, snapshots } = setup();
    live.start();
    await settle();
    last().hello();
    last().say({ t: 'changes', from: 10, to: 11, changes: [{ seq: 11, at, wall: at, kind: 'import', actor: { id: '', name: '', role: 'system' }, reset: ['team'] }] });
    await settle();
    expect(snapshots()).toBe(2);
  });

  it('a refused snapshot says that the session ended', async () => {
    const { live } = setup();
    const denied = new Live({ store: new Store((f) => f()), positions: new Positions(), clock: new Clock(), snapshot: async () => { throw new Refused({ status: 401, code: 'auth' }); } });
    denied.start();
    await settle();
    expect(denied.phase).toBe('signed-out');
    expect(live.phase).toBe('first');
  });
});

describe('the pieces of a link', () => {
  it.each([[4001, 'resume'], [1006, 'resume'], [1001, 'resume'], [1011, 'resume'], [4002, 'snapshot'], [4003, 'sign-in'], [4004, 'snapshot'], [4005, 'snapshot'], [4006, 'snapshot']])('code %i: %s', (code, what) => {
    expect(after(code)).toBe(what);
  });

  it('backs off from 0.5 s to 15 s with jitter', () => {
    expect(backoff(0, () => 0)).toBe(250);
    expect(backoff(0, () => 1)).toBe(500);
    expect(backoff(20, () => 1)).toBe(15_000);
  });

  it.each([[0, 'fresh'], [5, 'fresh'], [5.1, 'late'], [15.1, 'delayed'], [60, 'delayed'], [60.1, 'lost']])('%f s is %s', (s, state) => {
    expect(freshness(s)).toBe(state);
  });

  it('a snapshot that ends early is no snapshot', () => {
    const head = '{"epoch":"e","seq":1,"realm":"live","at":"2026-11-23T00:00:00Z"}';
    const team = JSON.stringify(make('team', 'a'));
    expect(parseSnapshot(`${head}\n${team}\n{"end":true,"count":1}\n`).records).toHaveLength(1);
    expect(() => parseSnapshot(`${head}\n${team}\n`)).toThrow();
    expect(() => parseSnapshot(`${head}\n{"end":true,"count":1}\n`)).toThrow();
  });
});
