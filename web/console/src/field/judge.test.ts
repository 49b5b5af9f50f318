import { expect, test } from 'vitest';
import type { Inject } from '../api/drill';
import { actionsOf, ratingOf, scoreOf, scoreText, timed, type Rating } from './judge';
import type { Row } from './row';

const at = (s: number) => new Date(Date.UTC(2026, 10, 27, 8) + s * 1000).toISOString();
const inject = {
  kind: 'inject', id: 'j1', number: '001', state: 'released', stamps: { released: { at: at(0), by: '' } },
  expected: [{ text: '设警戒线', within: 600, weight: 1 }],
} as unknown as Inject;
const tap = (body: object) => ({ body: { inject: 'j1', expected: 0, event_time: at(60), ...body }, state: 'waiting' }) as unknown as Row;

test('a score that waits on the phone says nothing of whether the action was seen', () => {
  const score = tap({ type: 'score', score: { scale: 'quantity', value: 45, unit: '秒' } });
  expect(actionsOf(inject, [score])[0]?.verdict).toBe('open');
  expect(actionsOf(inject, [tap({ type: 'action', seen: true }), score])[0]?.verdict).toBe('done');
});

test('how long an expected action took is measured from the release, against its time', () => {
  const a = actionsOf(inject, [])[0]!;
  expect(timed(a, Date.parse(at(45)), '秒')).toEqual({ scale: 'quantity', value: '45', unit: '秒', target: '600', less: true });
});

const quantity = (more: Partial<Rating>): Rating => ({ scale: 'quantity', value: '45', unit: '人', target: '', less: false, ...more });

test.each([
  [quantity({}), { scale: 'quantity', value: 45, unit: '人' }],
  [quantity({ target: ' 60 ', less: true }), { scale: 'quantity', value: 45, unit: '人', target: 60, less: true }],
  [quantity({ value: '0' }), { scale: 'quantity', value: 0, unit: '人' }],
  [quantity({ value: '' }), undefined],
  [quantity({ value: '-1' }), undefined],
  [quantity({ value: 'x' }), undefined],
  [quantity({ value: '2e9' }), undefined],
  [quantity({ unit: ' ' }), undefined],
  [quantity({ target: '0' }), undefined],
  [quantity({ scale: 'yes_no', value: '0' }), { scale: 'yes_no', value: 0 }],
  [quantity({ scale: 'yes_no', value: '2' }), undefined],
  [quantity({ scale: 'grade', value: '3' }), { scale: 'grade', value: 3 }],
  [quantity({ scale: 'grade', value: '2' }), undefined],
  [ratingOf(), undefined],
  [ratingOf({ scale: 'quantity', value: 7.5, unit: '分', target: 9, less: true }), { scale: 'quantity', value: 7.5, unit: '分', target: 9, less: true }],
])('a score is given only when the server would take it: %j', (rating, score) => {
  expect(scoreOf(rating)).toEqual(score);
});

test('a score in words', () => {
  const say = (k: string) => k;
  expect(scoreText({ scale: 'yes_no', value: 0 }, say)).toBe('no');
  expect(scoreText({ scale: 'grade', value: 3 }, say)).toBe('3');
  expect(scoreText({ scale: 'quantity', value: 45, unit: '秒', target: 60, less: true }, say)).toBe('45 秒 (≤ 60)');
});
