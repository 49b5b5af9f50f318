import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { make } from '../testing/records';
import { Clock } from './clock';
import { Looks } from './looks';
import { Positions } from './positions';
import { Store } from './store';

const t0 = Date.parse('2026-11-23T00:00:00Z');
beforeEach(() => { vi.useFakeTimers(); vi.setSystemTime(t0); });
afterEach(() => vi.useRealTimers());

function city() {
  const store = new Store((flush) => flush());
  const positions = new Positions();
  const clock = new Clock(() => Date.now());
  const looks = new Looks(store, positions, clock);
  const fix = (at: number) =>
    positions.take({ t: 'positions', at: '', full: false, team: ['t1'], lon: [113], lat: [34], speed: [9], heading: [90], accuracy: [8], fixed: [at], stale: [30], source: ['osmand'] });
  store.apply([make('team', 't1', { status: 'committed' }), make('task', 'k1', { state: 'en_route' }), make('team', 'old', { retired: true })]);
  fix(t0);
  return { store, clock, looks, fix };
}

it('loses contact with time and finds it with the next fix', () => {
  const { clock, looks, fix } = city();
  let told = 0;
  looks.subscribe(() => told++);
  clock.touch();
  vi.advanceTimersByTime(30_000);
  clock.touch();
  expect([looks.of('t1'), told]).toEqual(['dispatched', 0]);
  clock.touch();
  vi.advanceTimersByTime(1_000);
  clock.touch();
  vi.advanceTimersByTime(1_000);
  expect([looks.of('t1'), looks.count('lost'), told]).toEqual(['lost', 1, 1]);
  fix(Date.now());
  vi.advanceTimersByTime(1_000);
  expect([looks.of('t1'), looks.count('lost')]).toEqual(['dispatched', 0]);
  looks.stop();
});

it('counts nobody as lost because the own link is cut', () => {
  const { clock, looks } = city();
  clock.touch();
  vi.advanceTimersByTime(600_000);
  expect([looks.of('t1'), looks.count('lost')]).toEqual(['dispatched', 0]);
  // The link is back and the team has said nothing meanwhile: now it is known.
  clock.touch();
  vi.advanceTimersByTime(1_000);
  expect(looks.count('lost')).toBe(1);
  looks.stop();
});

it('follows teams and tasks, and leaves out who is retired', () => {
  const { store, looks } = city();
  expect(looks.count('off')).toBe(0);
  store.apply([make('task', 'k1', { state: 'done' }), make('team', 't1')]);
  expect([looks.of('t1'), looks.task('t1'), looks.count('available')]).toEqual(['available', undefined, 1]);
  looks.stop();
});
