import { afterAll, beforeAll, expect, test } from 'vitest';
import { setZone } from '../i18n';
import { daysLeft } from './due';

beforeAll(() => setZone('Asia/Shanghai'));
afterAll(() => setZone(undefined));

test.each([
  ['2026-12-31T15:59:58Z', 0],
  ['2026-12-31T16:00:00Z', -1],
  ['2026-12-30T15:59:59Z', 1],
  ['2026-12-30T16:00:00Z', 0],
  ['2026-12-01T00:00:00Z', 30],
])('at %s %i days are left', (now, left) => {
  expect(daysLeft({ state: 'open', due: '2026-12-31T15:59:59Z' }, Date.parse(now))).toBe(left);
});

test('nobody waits for what is done, nor for a day that was not set', () => {
  expect(daysLeft({ state: 'done', due: '2020-01-01T00:00:00Z' }, Date.now())).toBeUndefined();
  expect(daysLeft({ state: 'open' }, Date.now())).toBeUndefined();
});
