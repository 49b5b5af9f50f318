import { expect, it } from 'vitest';
import type { PositionsFrame } from '../api/types';
import { Clock } from './clock';
import { isStale, Positions } from './positions';

const frame = (full: boolean, ...fixes: [team: string, fixed: number][]): PositionsFrame => ({
  t: 'positions', at: '', full, team: fixes.map((f) => f[0]), fixed: fixes.map((f) => f[1]),
  lon: fixes.map(() => 113), lat: fixes.map(() => 34), speed: fixes.map(() => null), heading: fixes.map(() => null), accuracy: fixes.map(() => null),
  stale: fixes.map(() => 30), source: fixes.map(() => 'osmand'),
});

it('merges, never goes back, and a full frame replaces all', () => {
  const p = new Positions();
  p.take(frame(true, ['a', 1000], ['b', 1000]));
  p.take(frame(false, ['a', 500], ['b', 2000]));
  expect([p.get('a')?.fixed, p.get('b')?.fixed]).toEqual([1000, 2000]);
  p.take(frame(true, ['b', 2000]));
  expect(p.all().map((x) => x.team)).toEqual(['b']);
  p.gone(['b']);
  expect(p.all()).toEqual([]);
});

it('keeps, on a full frame, what was last heard of outside the view', () => {
  const p = new Positions();
  p.take(frame(true, ['a', 1000], ['b', 1000]));
  p.take(frame(true), [113.5, 33, 115, 35]);
  expect(p.all().map((x) => x.team)).toEqual(['a', 'b']);
  p.take(frame(true, ['b', 1000]), [112, 33, 115, 35]);
  expect(p.all().map((x) => x.team)).toEqual(['b']);
});

it('is stale when older than its source allows, by the server clock', () => {
  const p = new Positions();
  p.take(frame(true, ['a', 1_000_000]));
  expect(isStale(p.get('a')!, 1_030_000)).toBe(false);
  expect(isStale(p.get('a')!, 1_030_001)).toBe(true);
});

it('keeps the server time on a machine whose own clock is wrong', () => {
  let wall = 0;
  const c = new Clock(() => wall);
  c.heard(5_000_000);
  expect(c.now()).toBe(5_000_000);
  wall = 10_000;
  expect(c.now()).toBe(5_010_000);
  c.heard(5_009_000); // a frame that was under way for a second says nothing new
  expect(c.now()).toBeGreaterThan(5_009_800);
});
