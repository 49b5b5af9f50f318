import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Outbox, type Deps, type Outcome, type RowStore } from './outbox';
import { overtaken, project, projectLoan } from './project';
import type { Problem } from '../api/types';
import { backoff, type Row } from './row';

const START = Date.parse('2026-11-23T08:00:00Z');

/** Rows in a list that survives a new Outbox, as IndexedDB survives a reload. */
class Rows implements RowStore {
  list: Row[] = [];
  n = 0;
  all = async () => this.list.map((r) => ({ ...r }));
  add = async (row: Omit<Row, 'n'>) => {
    const r = { ...row, n: ++this.n };
    this.list.push(r);
    return { ...r };
  };
  put = async (row: Row) => {
    this.list = this.list.map((r) => (r.n === row.n ? { ...row } : r));
  };
  remove = async (n: number) => {
    this.list = this.list.filter((r) => r.n !== n);
  };
}

/** A server that answers what it is told to, and keeps what reached it. */
class Server {
  log: string[] = [];
  keys: string[] = [];
  answer: (row: Row) => Outcome | Promise<Outcome> = () => ({ kind: 'done', seq: this.log.length });
  send = async (row: Row): Promise<Outcome> => {
    this.log.push(name(row));
    this.keys.push(row.key);
    return this.answer(row);
  };
}

const name = (row: Row) => String(row.body.to ?? row.body.text ?? row.command);
const refused = (code: Problem['code'], more: Partial<Problem> = {}): Outcome => ({ kind: 'refused', problem: { code, status: 409, ...more } });

function setup(rows = new Rows(), more: Partial<Deps> = {}) {
  const server = new Server();
  let key = 0;
  const done: string[] = [];
  const net = { online: true };
  const box = new Outbox({
    rows, send: server.send, person: () => 'p1', now: () => Date.now(), online: () => net.online, realm: () => 'live', shown: (at) => at,
    overtaken: (row, p) => overtaken(row, p.code, p.current as never),
    alone: (work) => work(),
    after: (ms, f) => {
      const t = setTimeout(f, ms);
      return () => clearTimeout(t);
    },
    newKey: () => `key-${rows.n + ++key}`, changed: () => {}, done: (row) => done.push(name(row)), ...more,
  });
  return { box, server, rows, done, net };
}

const advance = (box: Outbox, from: string, to: string, task = 't1') => box.add('task.advance', { task, from, to });
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => vi.useFakeTimers({ now: START }));
afterEach(() => vi.useRealTimers());

test('three taps made offline go out in order after a reload, with the times of the taps', async () => {
  const { box, server, rows, net } = setup();
  net.online = false;
  await advance(box, 'assigned', 'acknowledged');
  await vi.advanceTimersByTimeAsync(4_000);
  await advance(box, 'acknowledged', 'en_route');
  await vi.advanceTimersByTimeAsync(5_000);
  await advance(box, 'en_route', 'on_scene');
  await settle();
  expect(server.log).toEqual([]);
  box.stop();

  const again = setup(rows);
  await again.box.load();
  expect(again.box.rows.map(name)).toEqual(['acknowledged', 'en_route', 'on_scene']);
  await again.box.hurry();
  expect(again.server.log).toEqual(['acknowledged', 'en_route', 'on_scene']);
  expect(new Set(again.server.keys).size).toBe(3);
  expect(rows.list).toEqual([]);
  expect(again.done).toHaveLength(3);
});

test('each row carries its event time on the server clock', async () => {
  const { box, rows } = setup(new Rows(), { shown: (at) => at + 90_000, online: () => false });
  await advance(box, 'assigned', 'acknowledged');
  expect(rows.list[0]!.event_time).toBe('2026-11-23T08:01:30.000Z');
  expect(rows.list[0]!.body.event_time).toBe('2026-11-23T08:01:30.000Z');
  box.stop();
});

test('a refused row is parked and holds up its own task only', async () => {
  const { box, server, rows } = setup();
  server.answer = (row) => (row.body.task === 't1' ? refused('conflict', { detail: 'in the way' }) : { kind: 'done', seq: 1 });
  await advance(box, 'assigned', 'acknowledged', 't1');
  await advance(box, 'acknowledged', 'en_route', 't1');
  await advance(box, 'assigned', 'acknowledged', 't2');
  await settle();
  expect(server.log).toEqual(['acknowledged', 'acknowledged']);
  expect(rows.list.map((r) => [name(r), r.state])).toEqual([['acknowledged', 'parked'], ['en_route', 'waiting']]);
  expect(rows.list[0]!.error?.detail).toBe('in the way');

  await vi.advanceTimersByTimeAsync(600_000);
  expect(server.log).toHaveLength(2);

  server.answer = () => ({ kind: 'done', seq: 2 });
  await box.retry(box.rows[0]!);
  await settle();
  expect(server.log.slice(2)).toEqual(['acknowledged', 'en_route']);
  expect(server.keys[2]).toBe(server.keys[0]);
  expect(rows.list).toEqual([]);
});

test('giving up a parked row with what follows leaves other tasks alone', async () => {
  const { box, server, rows, net } = setup();
  net.online = false;
  await advance(box, 'assigned', 'acknowledged', 't1');
  await advance(box, 'acknowledged', 'en_route', 't1');
  await advance(box, 'assigned', 'acknowledged', 't2');
  net.online = true;
  server.answer = (row) => (row.body.task === 't1' ? refused('illegal_move') : { kind: 'later' });
  await box.hurry();
  await box.discard(box.rows[0]!, true);
  expect(rows.list.map((r) => r.body.task)).toEqual(['t2']);
  box.stop();
});

test('a step the desk entered first asks, but lets the next one go', async () => {
  const { box, server, rows, net } = setup();
  net.online = false;
  await advance(box, 'assigned', 'acknowledged');
  await advance(box, 'acknowledged', 'en_route');
  net.online = true;
  server.answer = (row) => (row.body.to === 'acknowledged' ? refused('illegal_move', { current: { stamps: { acknowledged: {} } } as never }) : { kind: 'done', seq: 9 });
  await box.hurry();
  expect(server.log).toEqual(['acknowledged', 'en_route']);
  expect(rows.list.map((r) => r.state)).toEqual(['overtaken']);
});

test('nobody reached: waits 2, 4, 8 … 60 s and never gives up', async () => {
  const { box, server, rows } = setup();
  const at: number[] = [];
  server.answer = () => {
    at.push(Math.round((Date.now() - START) / 1000));
    return { kind: 'offline' };
  };
  await advance(box, 'assigned', 'acknowledged');
  await vi.advanceTimersByTimeAsync(200_000);
  expect(at).toEqual([0, 2, 6, 14, 30, 62, 122, 182]);
  await vi.advanceTimersByTimeAsync(24 * 3600_000);
  expect(rows.list).toHaveLength(1);
  expect(new Set(server.keys).size).toBe(1);
  server.answer = () => ({ kind: 'done', seq: 1 });
  await box.hurry();
  expect(rows.list).toEqual([]);
});

test('while nobody is reached the other tasks are not tried in turn', async () => {
  const { box, server, net } = setup();
  net.online = false;
  await advance(box, 'assigned', 'acknowledged', 't1');
  await advance(box, 'assigned', 'acknowledged', 't2');
  net.online = true;
  server.answer = () => ({ kind: 'offline' });
  await box.hurry();
  await vi.advanceTimersByTimeAsync(1_900);
  expect(server.log).toHaveLength(1);
  box.stop();
});

test('a fault of the server on one row lets the others go', async () => {
  const { box, server, rows } = setup();
  server.answer = (row) => (row.body.task === 't1' ? { kind: 'later', wait: 7_000 } : { kind: 'done', seq: 1 });
  await advance(box, 'assigned', 'acknowledged', 't1');
  await advance(box, 'assigned', 'acknowledged', 't2');
  await settle();
  expect(rows.list.map((r) => r.body.task)).toEqual(['t1']);
  server.answer = () => ({ kind: 'done', seq: 2 });
  await vi.advanceTimersByTimeAsync(6_900);
  expect(rows.list).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(rows.list).toEqual([]);
});

test('a call for help goes before all others and is tried every few seconds', async () => {
  const { box, server, net } = setup();
  net.online = false;
  await advance(box, 'assigned', 'acknowledged');
  server.answer = () => ({ kind: 'offline' });
  await box.add('team.distress', { team: 'x' }, { urgent: true });
  await settle();
  // The flag says there is no network; a call for help is tried even so.
  expect(server.log).toEqual(['team.distress']);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(server.log.length).toBeGreaterThanOrEqual(7);
  expect(new Set(server.log)).toEqual(new Set(['team.distress']));
  server.answer = () => ({ kind: 'done', seq: 1 });
  const before = server.log.length;
  net.online = true;
  await box.hurry();
  expect(server.log.slice(before)).toEqual(['team.distress', 'acknowledged']);
});

test('a photo does not hold up a step; a parked note does not either', async () => {
  const { box, server, rows } = setup();
  server.answer = (row) => (row.photo ? { kind: 'later' } : row.command === 'note.add' ? refused('invalid') : { kind: 'done', seq: 1 });
  await box.add('note.add', { incident: 'i1', text: 'picture' }, { photo: new Blob(['x']) });
  await box.add('note.add', { incident: 'i1', text: 'words' });
  await advance(box, 'en_route', 'on_scene');
  await settle();
  expect(rows.list.map(name)).toEqual(['picture', 'words']);
  box.stop();
});

test('an undo takes back what never left the phone, and what hangs on it', async () => {
  const { box, server, rows, net } = setup();
  server.answer = () => ({ kind: 'offline' });
  net.online = false;
  const first = await advance(box, 'assigned', 'acknowledged');
  await advance(box, 'acknowledged', 'en_route');
  expect(await box.undo(first)).toBe(true);
  expect(rows.list).toEqual([]);

  const late = await advance(box, 'assigned', 'acknowledged');
  await vi.advanceTimersByTimeAsync(10_001);
  expect(await box.undo(late)).toBe(false);
  expect(rows.list).toHaveLength(1);
  box.stop();
});

test('no undo after a try: the answer may have been lost, not the command', async () => {
  const { box, server, rows } = setup();
  server.answer = () => ({ kind: 'offline' });
  const row = await advance(box, 'assigned', 'acknowledged');
  await settle();
  expect(await box.undo(row)).toBe(false);
  expect(rows.list).toHaveLength(1);
  box.stop();
});

test('signed out: all rows wait, and go on after the sign-in', async () => {
  const { box, server, rows } = setup();
  server.answer = () => ({ kind: 'auth' });
  await advance(box, 'assigned', 'acknowledged');
  await settle();
  expect(box.signIn).toBe(true);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(server.log).toHaveLength(1);
  server.answer = () => ({ kind: 'done', seq: 1 });
  await box.signedIn();
  expect(rows.list).toEqual([]);
});

test('rows of another person stay until that person signs in', async () => {
  const rows = new Rows();
  const one = setup(rows, { online: () => false });
  await advance(one.box, 'assigned', 'acknowledged');
  one.box.stop();
  const two = setup(rows, { person: () => 'p2' });
  await two.box.load();
  await two.box.hurry();
  expect(two.server.log).toEqual([]);
  expect(rows.list).toHaveLength(1);
});

test('an uploaded photo is not uploaded again when the note fails', async () => {
  const rows = new Rows();
  const tries: boolean[] = [];
  let fail = true;
  const { box } = setup(rows, {
    send: async (row, keep) => {
      tries.push(row.photo !== undefined);
      const { photo: _, ...rest } = row;
      await keep({ ...rest, body: { ...row.body, photo: 'ph1' } });
      return fail ? { kind: 'offline' } : { kind: 'done', seq: 1 };
    },
  });
  await box.add('note.add', { incident: 'i1' }, { photo: new Blob(['x']) });
  await settle();
  expect(rows.list[0]!.body.photo).toBe('ph1');
  fail = false;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(tries).toEqual([true, false]);
  expect(rows.list).toEqual([]);
});

test('waiting times', () => {
  expect([0, 1, 2, 3, 5, 6, 40].map((n) => backoff(n, false))).toEqual([2_000, 2_000, 4_000, 8_000, 32_000, 60_000, 60_000]);
  expect([1, 2, 9].map((n) => backoff(n, true))).toEqual([2_000, 4_000, 4_000]);
});

test('the page shows the task moved on by the taps that the record does not show yet', async () => {
  const { box, net } = setup();
  net.online = false;
  await advance(box, 'assigned', 'acknowledged');
  await advance(box, 'acknowledged', 'en_route');
  const next = (_: string, state: string) => ({ acknowledged: 'en_route', en_route: 'on_scene' })[state] ?? '';
  const task = { id: 't1', type: 'rescue', state: 'assigned', next: 'acknowledged' };
  expect(project(task, box.rows, next)).toMatchObject({ state: 'en_route', next: 'on_scene' });
  expect(project({ ...task, state: 'acknowledged', next: 'en_route' }, box.rows, next)).toMatchObject({ state: 'en_route', next: 'on_scene' });
  // The desk ended the task meanwhile: the taps change nothing.
  expect(project({ ...task, state: 'cancelled', next: '' }, box.rows, next)).toMatchObject({ state: 'cancelled', next: '', taps: [] });
  box.stop();
});

test('the steps of a loan go out in their order, and the card shows them before the record does', async () => {
  const { box, net, server } = setup();
  net.online = false;
  await box.add('loan.advance', { loan: 'l1', from: 'committed', to: 'mobilising' });
  await box.add('loan.advance', { loan: 'l1', from: 'mobilising', to: 'in_transit' });
  expect(box.rows.map((r) => r.lane)).toEqual(['loan:l1', 'loan:l1']);
  expect(projectLoan({ id: 'l1', state: 'committed' }, box.rows)).toMatchObject({ state: 'in_transit', taps: [{}, {}] });
  // The desk cancelled the loan meanwhile: the taps change nothing.
  expect(projectLoan({ id: 'l1', state: 'cancelled' }, box.rows)).toMatchObject({ state: 'cancelled', taps: [] });
  net.online = true;
  await box.hurry();
  expect(server.log).toHaveLength(2);
  box.stop();
});
