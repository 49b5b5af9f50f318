import { describe, expect, it } from 'vitest';
import type { Inject } from '../../api/drill';
import { bands, bodyOf, byNumber, clock, copyOf, marks, moment, movedTo, seconds, snap, step, Undo, withCell } from './script';

const inject = (id: string, more: Partial<Inject> = {}): Inject => ({
  kind: 'inject', id, version: 1, scope: {}, created: '', updated: '', number: id, type: 'information', method: 'phone', text: 't',
  trigger: { type: 'timed', offset: 60 }, state: 'waiting', ...more,
});

describe('times', () => {
  it('are written and read alike', () => {
    for (const s of [0, 59, 60, 3599, 3600, 86_400, 100_000]) expect(seconds(clock(s))).toBe(s);
    expect([seconds('0:15'), seconds('+42'), seconds('1：05：30'), seconds(' 7 ')]).toEqual([900, 2520, 3930, 420]);
    for (const bad of ['', 'soon', '1:75', '1:5:99', '-3', '1:2:3:4']) expect(seconds(bad)).toBeUndefined();
    expect([snap(89), snap(91), snap(-20), step(1), step(60), step(1e9)]).toEqual([60, 120, 0, 120, 7200, 172_800]);
  });
});

describe('lines', () => {
  it('are ordered as their numbers count', () => {
    const order = ['100', '14b', '2', '14', '甲', '14a'].map((n) => inject(n)).sort(byNumber).map((i) => i.number);
    expect(order).toEqual(['2', '14', '14a', '14b', '100', '甲']);
  });

  it('go to the server without what the drill wrote', () => {
    const i = inject('1', {
      trigger: { type: 'condition', when: { clauses: [{ command: 'task.assign', given: '2027-01-01T00:00:00Z' }] } },
      expected: [{ text: 'x', within: 60, weight: 2, command: 'task.assign', done: { at: '' } }],
      action: { command: 'report.take', agency: 'a', input: {}, done: { at: '' } }, reason: 'r', state: 'released', note: 'n',
    });
    expect(bodyOf(i)).toEqual({
      inject: '1', number: '1', type: 'information', method: 'phone', text: 't', note: 'n',
      trigger: { type: 'condition', when: { clauses: [{ command: 'task.assign' }] } },
      expected: [{ text: 'x', within: 60, weight: 2, command: 'task.assign' }], action: { command: 'report.take', agency: 'a', input: {} },
    });
    expect(copyOf(i)).not.toHaveProperty('inject');
    expect(copyOf(i)).not.toHaveProperty('number');
    expect(i.trigger.when?.clauses[0]).toHaveProperty('given');
  });

  it('are written cell by cell', () => {
    const i = inject('1');
    expect(withCell(i, 'time', '1:00')).toMatchObject({ trigger: { type: 'timed', offset: 3600 } });
    expect(withCell(i, 'time', '')).toMatchObject({ trigger: { type: 'manual' } });
    expect(withCell(i, 'time', 'noon')).toBe('time');
    expect(withCell(i, 'move', '21')).toBe('move');
    expect(withCell(i, 'move', '')).toMatchObject({ move: 0 });
    expect(withCell(i, 'text', ' 新 ')).toMatchObject({ text: '新', inject: '1' });
    expect(withCell(i, 'method', 'radio')).toMatchObject({ method: 'radio' });
    expect(movedTo(i, -5)).toMatchObject({ trigger: { type: 'timed', offset: 0 } });
    expect(movedTo(inject('2', { trigger: { type: 'manual' } }), 5)).toBeUndefined();
  });
});

describe('the timeline', () => {
  const first = inject('1', { expected: [{ text: 'x', within: 300, weight: 1, command: 'task.assign' }], move: 1 });
  const on = (state: 'released' | 'missed', more: object = {}) => ({ type: 'condition' as const, when: { clauses: [{ inject: '1', state }] }, ...more });
  it('knows about when a line comes', () => {
    const all = new Map([first, inject('2', { trigger: on('missed', { delay: 30 }) })].map((i) => [i.id, i]));
    const at = (i: Inject) => moment(i, all);
    expect(at(inject('a', { trigger: on('released') }))).toBe(60);
    expect(at(inject('a', { trigger: on('missed') }))).toBe(360);
    expect(at(inject('a', { trigger: on('released', { offset: 600 }) }))).toBe(600);
    expect(at(inject('a', { trigger: { type: 'condition', when: { clauses: [{ inject: '2', state: 'released' }] } } }))).toBe(390);
    expect(at(inject('a', { trigger: { type: 'condition', when: { clauses: [{ command: 'request.raise', not: true, within: 1800 }] } } }))).toBe(1800);
    expect(at(inject('a', { trigger: { type: 'condition', when: { clauses: [{ command: 'request.raise' }] } } }))).toBeUndefined();
    expect(at(inject('a', { trigger: { type: 'manual' } }))).toBeUndefined();
    const circle = inject('c', { trigger: { type: 'condition', when: { clauses: [{ inject: 'c', state: 'released' }] } } });
    expect(moment(circle, new Map([['c', circle]]))).toBeUndefined();
  });

  it('puts what is close into rows, and moves into bands', () => {
    const list = [first, inject('2', { trigger: { type: 'timed', offset: 70 } }), inject('3', { trigger: { type: 'timed', offset: 600 }, move: 2 }), inject('4', { method: 'radio' }), inject('5', { trigger: { type: 'manual' } })];
    const got = marks(list, (i) => i.method, ['system', 'radio', 'phone'], 120);
    expect(got.lanes).toEqual([{ key: 'radio', rows: 1 }, { key: 'phone', rows: 2 }]);
    expect(got.marks.map((m) => [m.inject.id, m.row])).toEqual([['1', 0], ['4', 0], ['2', 1], ['3', 0]]);
    expect(got.loose.map((i) => i.id)).toEqual(['5']);
    expect(bands(got.marks, 900)).toEqual([{ move: 1, from: 60, to: 600 }, { move: 2, from: 600, to: 900 }]);
  });
});

it('undoes the last first, and forgets what is too long ago', () => {
  const u = new Undo<number>(2);
  for (const n of [1, 2, 3]) u.push(n);
  expect([u.size, u.pop(), u.pop(), u.pop()]).toEqual([2, 3, 2, undefined]);
});
