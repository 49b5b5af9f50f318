import { describe, expect, it } from 'vitest';
import type { Agency, Requisition } from '../api/types';
import { make } from '../testing/records';
import type { Me } from './aid';
import { listed, mayRequisition, overdue, requisitionLines, stepsOf, yuan } from './requisition';

const now = Date.parse('2026-11-23T12:00:00Z');
const me = (agency: string, more: Partial<Me> = {}): Me => ({ agency, home: '411000', may: () => true, ...more });
const q = (id: string, more: Partial<Requisition> = {}): Requisition =>
  make('requisition', id, { state: 'ordered', type: 'vehicle', scope: { agency: 'city', area: '411002', shares: [{ agency: 'fire', tier: 'assist', source: 'loan' }, { agency: 'plant', tier: 'view', source: 'loan' }] }, ...more });

describe('requisition', () => {
  it('offers the authority, the user and the owner what is theirs', () => {
    expect(stepsOf(q('1'), me('city'))).toEqual(['take', 'extend', 'cancel']);
    expect(stepsOf(q('1'), me('province', { jurisdiction: '41' }))).toEqual(['take', 'extend', 'cancel']);
    expect(stepsOf(q('1'), me('fire'))).toEqual(['take']);
    expect(stepsOf(q('1'), me('plant'))).toEqual([]);
    expect(stepsOf(q('1', { state: 'taken_over' }), me('city'))).toEqual(['return', 'extend']);
    expect(stepsOf(q('1', { state: 'returned' }), me('city'))).toEqual([]);
    expect(stepsOf(q('1'), me('city', { may: (c) => c === 'requisition.take' }))).toEqual(['take']);
  });

  it('is ordered by a government of a county or above, in its jurisdiction', () => {
    const i = make('incident', 'i', { scope: { agency: 'fire', area: '411002003' } });
    const city = { type: 'government' } as Agency;
    expect(mayRequisition(me('city', { jurisdiction: '4110' }), city, i)).toBe(true);
    expect(mayRequisition(me('fire'), city, i)).toBe(false);
    expect(mayRequisition(me('hall', { jurisdiction: '411002003' }), city, i)).toBe(false);
    expect(mayRequisition(me('city', { jurisdiction: '4104' }), city, i)).toBe(false);
    expect(mayRequisition(me('plant', { jurisdiction: '4110' }), { type: 'enterprise' } as Agency, i)).toBe(false);
  });

  it('lists what is over its time first and what is done last', () => {
    const all = [q('done', { state: 'returned', until: '2026-11-23T10:00:00Z' }), q('new'), q('late', { until: '2026-11-23T11:00:00Z' })];
    expect(listed(all, now).map((x) => x.id)).toEqual(['late', 'new', 'done']);
    expect(overdue(all[0]!, now)).toBe(false);
  });

  it('tells its states in the timeline of its incident', () => {
    const stamps = { ordered: { at: '2026-11-23T08:00:00Z', by: 'x' }, taken_over: { at: '2026-11-23T09:00:00Z' } };
    expect(requisitionLines('i1', [q('1', { incident: 'i1', stamps }), q('2', { incident: 'i2', stamps })]).map((l) => l.state)).toEqual(['ordered', 'taken_over']);
  });

  it('writes fen as yuan', () => {
    expect([yuan(86000000), yuan(5), yuan(120050)]).toEqual(['860,000', '0.05', '1,200.50']);
  });
});
