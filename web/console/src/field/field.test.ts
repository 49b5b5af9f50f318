import 'fake-indexeddb/auto';
import { expect, test, vi } from 'vitest';
import { Refused } from '../api/http';
import type { Alarm, Note, Task, Stay } from '../api/types';
import { bearing, Locate, meters, type Fix } from './locate';
import { fit } from './photo';
import type { Row } from './row';
import { arrivalStep, endedSince, geoUri, insideNow, leaderMove, lent, loanOf, messages, news, openTasks, steps, toldTo, usualPath } from './select';
import { outcomeOf, sendRow } from './send';
import { Storage } from './storage';
import { Wake, type WakeLock } from './wake';
import { hold } from './hold';
import { make } from '../testing/records';

const T0 = Date.parse('2026-11-23T08:00:00Z');
const iso = (minutes: number) => new Date(T0 + minutes * 60_000).toISOString();
const task = (id: string, state: Task['state'], more: Partial<Task> = {}) =>
  ({ kind: 'task', id, version: 1, scope: {}, created: iso(0), updated: iso(0), incident: `i-${id}`, team: 'me', agency: 'a', type: 'rescue', state, stamps: {}, ...more }) as Task;

test('a task that binds comes before a proposal; ended ones are listed by day', () => {
  const list = [task('p', 'proposed', { created: iso(9) }), task('a', 'en_route'), task('b', 'assigned', { created: iso(5) }), task('d', 'done', { updated: iso(20) }), task('x', 'assigned', { team: 'other' })];
  expect(openTasks(list, 'me').map((t) => t.id)).toEqual(['b', 'a', 'p']);
  expect(endedSince(list, 'me', T0 + 60_000).map((t) => t.id)).toEqual(['d']);
  expect(endedSince(list, 'me', T0 + 3600_000)).toEqual([]);
});

test('milestones: the usual path, what was reached, what is only tapped', () => {
  const next: Record<string, string> = { assigned: 'acknowledged', acknowledged: 'en_route', en_route: 'on_scene', on_scene: 'returning', returning: 'done' };
  const path = usualPath((s) => next[s] ?? '');
  expect(path).toEqual(['assigned', 'acknowledged', 'en_route', 'on_scene', 'returning', 'done']);
  const t = task('t', 'en_route', { stamps: { assigned: { at: iso(0) }, acknowledged: { at: iso(5), event: iso(1) }, en_route: { at: iso(5) } } });
  const line = steps(t, 'on_scene', [{ body: { to: 'staging' }, event_time: iso(6) }, { body: { to: 'on_scene' }, event_time: iso(9) }], path);
  expect(line.map((s) => s.state)).toEqual(['assigned', 'acknowledged', 'en_route', 'staging', 'on_scene', 'returning', 'done']);
  expect(line.find((s) => s.state === 'acknowledged')?.at).toBe(T0 + 60_000);
  expect(line.filter((s) => s.tapped).map((s) => s.state)).toEqual(['staging', 'on_scene']);
  expect(line.find((s) => s.now)?.state).toBe('on_scene');
});

test('a drill tells the team what nobody has received yet, the oldest first', () => {
  const alarm = (id: string, minute: number, more: Partial<Alarm> = {}) => ({ kind: 'alarm', id, type: 'inject', team: 'me', raised: { at: iso(minute) }, ...more }) as Alarm;
  const list = [alarm('late', 9), alarm('early', 2), alarm('had', 1, { acked: { at: iso(3) } }), alarm('theirs', 1, { team: 'other' }), alarm('desk', 1, { team: undefined }), alarm('sos', 1, { type: 'distress' })];
  expect(toldTo(list, 'me').map((a) => a.id)).toEqual(['early', 'late']);
});

test('messages are those of my incidents, the newest on top', () => {
  const note = (id: string, incident: string, minute: number) => ({ kind: 'note', id, incident, created: iso(minute) }) as Note;
  expect(messages([note('1', 'i-t', 1), note('2', 'elsewhere', 2), note('3', 'i-t', 3)], [task('t', 'done')], 'me').map((n) => n.id)).toEqual(['3', '1']);
});

test('a task that is given or taken away is news; a step of our own is not', () => {
  const none = () => undefined;
  expect(news([task('t', 'assigned')], 'me', none)).toMatchObject({ kind: 'new' });
  expect(news([task('t', 'assigned', { team: 'other' })], 'me', none)).toBeUndefined();
  expect(news([task('t', 'cancelled')], 'me', () => task('t', 'en_route'))).toMatchObject({ kind: 'ended' });
  expect(news([task('t', 'on_scene')], 'me', () => task('t', 'en_route'))).toBeUndefined();
  expect(news([task('t', 'assigned')], 'me', () => task('t', 'assigned'))).toBeUndefined();
});

test('the address for the phone’s own map has latitude first', () => {
  expect(geoUri({ title: '泄漏 A', place: { point: [113.8, 34.1] } } as never)).toBe('geo:34.100000,113.800000?q=34.100000,113.800000(%E6%B3%84%E6%BC%8F%20A)');
  expect(geoUri({ title: 'x', place: {} } as never)).toBeUndefined();
});

test('distance and bearing: one degree north is 111 km', () => {
  expect(meters({ lon: 113, lat: 34 }, { lon: 113, lat: 35 })).toBeCloseTo(111_195, -1);
  expect(bearing({ lon: 113, lat: 34 }, { lon: 113, lat: 35 })).toBeCloseTo(0);
  expect(bearing({ lon: 113, lat: 34 }, { lon: 114, lat: 34 })).toBeCloseTo(90, 0);
});

test('what a refusal means for a row', () => {
  const of = (code: string, status: number) => outcomeOf({ code: code as never, status }).kind;
  expect([of('illegal_move', 409), of('stale', 412), of('invalid', 422), of('forbidden', 403), of('not_found', 404)]).toEqual(Array(5).fill('refused'));
  expect([of('unavailable', 503), of('internal', 500), of('throttled', 429)]).toEqual(Array(3).fill('later'));
  // A page of another network is not our server.
  expect([of('no_answer', 0), of('internal', 404)]).toEqual(['offline', 'offline']);
  expect(of('auth', 401)).toBe('auth');
});

const row = (more: Partial<Row> = {}): Row => ({
  n: 1, key: 'key-12345678', lane: 'task:t', person: 'p', command: 'task.advance', body: { task: 't' }, event_time: iso(0), tapped: T0, urgent: false, tries: 0, due: 0, state: 'waiting', ...more,
});

test('a photo goes first and its id with the note; a dead answer is no yes', async () => {
  const calls: [string, unknown][] = [];
  const fetch = vi.spyOn(globalThis, 'fetch').mockImplementation((async (url: string, init: RequestInit) => {
    calls.push([url, init.body]);
    expect((init.headers as Record<string, string>)['Idempotency-Key']).toBe('key-12345678');
    return new Response(JSON.stringify(url.endsWith('photos') ? { id: 'ph' } : { seq: 7, replayed: false }), { status: 200 });
  }) as never);
  const kept: Row[] = [];
  const r = row({ command: 'note.add', body: { incident: 'i' }, photo: new Blob(['x'], { type: 'image/jpeg' }) });
  expect(await sendRow(r, async (k) => void kept.push(k))).toEqual({ kind: 'done', seq: 7 });
  expect(calls.map((c) => c[0])).toEqual(['/api/v1/photos', '/api/v1/commands/note.add']);
  expect(JSON.parse(String(calls[1]![1]))).toEqual({ incident: 'i', photo: 'ph' });
  expect(kept[0]?.photo).toBeUndefined();

  fetch.mockImplementation((async () => new Response('<html>log in to this network</html>', { status: 200 })) as never);
  expect(await sendRow(row(), async () => {})).toEqual({ kind: 'offline' });
  fetch.mockRestore();
  expect(new Refused({ status: 0, code: 'no_answer' }).problem.code).toBe('no_answer');
});

test('rows are numbered by the tap, survive a new start, and a removed one does not come back', async () => {
  const { storage, forgetful } = await Storage.open('test');
  expect(forgetful).toBe(false);
  const { n: _, ...bare } = row();
  const first = await storage.add({ ...bare, key: 'a' });
  const second = await storage.add({ ...bare, key: 'b', photo: new Blob(['picture']) });
  expect(second.n).toBeGreaterThan(first.n);
  const again = (await Storage.open('test')).storage;
  expect((await again.all()).map((r) => r.key)).toEqual(['a', 'b']);
  await again.remove(first.n);
  await again.put({ ...first, tries: 3 });
  expect((await again.all()).map((r) => r.key)).toEqual(['b']);
  await again.write('identity', { person: 'p' });
  expect(await storage.read('identity')).toEqual({ person: 'p' });
});

test('the wake lock is asked for again when the page comes back, and let go with the task', async () => {
  const locks: (WakeLock & { gone: boolean; lost: () => void })[] = [];
  let visible = true;
  const wake = new Wake({
    visible: () => visible,
    request: async () => {
      let lost = () => {};
      const lock = { gone: false, lost: () => lost(), release: async () => void (lock.gone = true), addEventListener: (_: string, f: () => void) => void (lost = f) };
      locks.push(lock);
      return lock;
    },
  });
  await wake.set(true);
  expect(wake.state).toBe('on');
  visible = false;
  locks[0]!.lost();
  expect(wake.state).toBe('off');
  await wake.again();
  expect(locks).toHaveLength(1);
  visible = true;
  await wake.again();
  expect(wake.state).toBe('on');
  await wake.set(false);
  expect(locks[1]!.gone).toBe(true);
  expect(await new Wake({ visible: () => true, request: undefined }).set(true)).toBeUndefined();
});

test('positions go out at most every three seconds, and never an older one', () => {
  let now = T0;
  let told: (p: unknown) => void = () => {};
  const sent: Fix[] = [];
  let last = '';
  let up = true;
  const l = new Locate({
    now: () => now, changed: () => {}, send: (f, id) => up && !!sent.push(f) && !!(last = id),
    geolocation: { watchPosition: ((f: (p: unknown) => void) => ((told = f), 7)) as never, clearWatch: () => {}, getCurrentPosition: () => {} },
  });
  const at = (lat: number) => told({ timestamp: now, coords: { longitude: 113, latitude: lat, accuracy: 5, speed: null, heading: NaN } });
  l.start();
  expect(l.state).toBe('waiting');
  at(34);
  now += 1_000;
  at(34.001);
  expect(sent).toHaveLength(1);
  now += 2_500;
  at(34.002);
  expect(sent).toHaveLength(2);
  now += 5_000;
  at(34.002); // stands still
  expect(sent).toHaveLength(2);
  now += 16_000;
  at(34.002);
  expect(sent).toHaveLength(3);
  expect(sent[0]).toMatchObject({ heading: null, speed: null });
  up = false;
  now += 30_000;
  at(34.01);
  l.stored('fix-1');
  expect(l.sent, 'an answer to an older fix says nothing of the newest').toBe(0);
  l.stored(last);
  const before = l.sent;
  expect(before).toBeGreaterThan(0);
  expect(l.last?.lat).toBe(34.01);
  up = true;
  l.reconnected();
  expect(l.sent, 'handed to the socket is not stored').toBe(before);
  l.stored(last);
  expect(l.sent).toBeGreaterThan(before);
});

test('a photo is made to fit without changing its form', () => {
  expect(fit(4000, 3000)).toEqual({ width: 1600, height: 1200 });
  expect(fit(800, 600)).toEqual({ width: 800, height: 600 });
  expect(fit(9000, 1)).toEqual({ width: 1600, height: 1 });
});

test('a hold acts after its time, once; a finger that slides off lets go', () => {
  vi.useFakeTimers();
  const node = document.createElement('button');
  node.getBoundingClientRect = () => ({ left: 0, top: 0, right: 100, bottom: 60 }) as DOMRect;
  let done = 0;
  const action = hold(node, { ms: 600, done: () => done++ });
  const press = () => node.dispatchEvent(new PointerEvent('pointerdown', { button: 0, isPrimary: true, pointerId: 1 }));
  press();
  vi.advanceTimersByTime(599);
  node.dispatchEvent(new PointerEvent('pointerup'));
  vi.advanceTimersByTime(1_000);
  expect(done).toBe(0);
  press();
  node.dispatchEvent(new PointerEvent('pointermove', { clientX: 300, clientY: 30 }));
  vi.advanceTimersByTime(1_000);
  expect(done).toBe(0);
  press();
  node.dispatchEvent(new PointerEvent('pointermove', { clientX: 110, clientY: 30 }));
  vi.advanceTimersByTime(600);
  vi.advanceTimersByTime(5_000);
  expect(done).toBe(1);
  node.dispatchEvent(new KeyboardEvent('keydown', { code: 'Space' }));
  vi.advanceTimersByTime(600);
  expect(done).toBe(2);
  action.destroy();
  press();
  vi.advanceTimersByTime(1_000);
  expect(done).toBe(2);
  vi.useRealTimers();
});

test('the phone says where the team is: a hot zone first, a fence it does not see as some area, an ended one never', () => {
  const stay = (id: string, fence: string, minute: number, more: Partial<Stay> = {}) => make('stay', id, { fence, team: 'me', state: 'inside', entered: { at: iso(minute) }, ...more });
  const fences = [make('fence', 'hot', { purpose: 'hot', state: 'active' }), make('fence', 'cold', { purpose: 'cold', state: 'active' }), make('fence', 'over', { state: 'ended' })];
  const list = insideNow([stay('a', 'cold', 5), stay('b', 'hot', 1), stay('c', 'unseen', 3), stay('d', 'over', 9), stay('e', 'hot', 9, { team: 'other' }), stay('f', 'hot', 9, { state: 'left' })], fences, 'me');
  expect(list.map((i) => [i.stay.id, i.fence?.id])).toEqual([['b', 'hot'], ['a', 'cold'], ['c', undefined]]);
});

test('the arrival is asked for on the way only, and the next step first where on scene is not yet legal', () => {
  const t = task('t', 'en_route', { arrival: { at: iso(1) } });
  expect(arrivalStep(t, 'en_route', ['on_scene', 'staging'], 'on_scene')).toBe('on_scene');
  expect(arrivalStep(t, 'assigned', ['acknowledged', 'en_route'], 'acknowledged')).toBe('acknowledged');
  expect(arrivalStep(t, 'on_scene', ['returning'], 'returning')).toBeUndefined();
  expect(arrivalStep(task('t', 'en_route'), 'en_route', ['on_scene'], 'on_scene')).toBeUndefined();
});

test('shows the loan of the team, with the steps that are the leader\'s to tell', () => {
  const loan = make('loan', 'l1', { resource: { kind: 'team', id: 't1' } });
  const loans = [make('loan', 'l0', { resource: { kind: 'team', id: 't1' }, state: 'returned' }), make('loan', 'l2', { resource: { kind: 'team', id: 't2' } }), loan];
  expect(loanOf(loans, 't1')?.id).toBe('l1');
  expect(loanOf(loans, 't3')).toBeUndefined();
  expect(['committed', 'mobilising', 'in_transit', 'on_loan', 'releasing'].map(leaderMove)).toEqual(['mobilising', 'in_transit', undefined, undefined, undefined]);
  expect(lent([loan], 't1')).toBe(loan);
  expect(lent([{ ...loan, state: 'mobilising' }], 't1')).toBeUndefined();
});
