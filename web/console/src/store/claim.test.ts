import { describe, expect, it } from 'vitest';
import type { Claim, CommandName } from '../api/types';
import { make } from '../testing/records';
import type { Me } from './aid';
import { claimActs, claimRows, editable, hms, quantity, readYuan, yuan } from './claim';

const me = (agency: string, more: Partial<Me> = {}): Me => ({ agency, home: '', may: (n: CommandName) => n !== 'claim.approve' || !!more.name, ...more });
const claim = (more: Partial<Claim> = {}): Claim =>
  make('claim', 'c1', {
    number: 'C20261127-0001', state: 'submitted', incident: 'i1', title: '支援', receivers: ['city'], loans: ['l1'], lines: [], computed: 0, amount: 0, stamps: {},
    scope: { agency: 'fire', area: '411002', shares: [{ agency: 'city', tier: 'assist', source: 'loan' }] }, ...more,
  });
const does = (c: Claim, who: Me) => claimActs(c, who).map((a) => a.does);

describe('money', () => {
  it('is written with two decimals and never passes through a float', () => {
    expect([0, 5, 100, 123_456, 1_000_000_05].map(yuan)).toEqual(['0.00', '0.05', '1.00', '1,234.56', '1,000,000.05']);
    expect(['1234.56', '1,234.5', '￥7', '0.29', '4.35', ' 8 '].map(readYuan)).toEqual([123_456, 123_450, 700, 29, 435, 800]);
    expect(['', '-1', '1.234', '1e3', 'x', '9999999999'].map(readYuan)).toEqual(Array(6).fill(undefined));
  });

  it('is paid for hours to the second, for the people and for the kilometre', () => {
    const line = { id: '1', type: 'crew' as const, loan: 'l', name: 'x', quantity: 93_540, persons: 6, unit: 'hour', price: 1, computed: 1, seqs: [] };
    expect(quantity(line)).toBe('4:19:50');
    expect(quantity({ ...line, unit: 'km', persons: undefined, quantity: 15_360 })).toBe('15.360');
    expect(quantity({ ...line, unit: 'day', quantity: 12 })).toBe('2');
    expect(hms(59)).toBe('0:00:59');
  });
});

describe('steps of a claim', () => {
  const fire = me('fire');
  const city = me('city', { jurisdiction: '4110', name: 'chief' });
  const plant = me('plant', { name: 'chief' });

  it('are the claimant\'s until it is handed in', () => {
    for (const state of ['collected', 'returned'] as const) {
      expect(does(claim({ state }), fire)).toEqual(['submit', 'recompute', 'waive']);
      expect(editable(claim({ state }), fire)).toBe(true);
      expect(does(claim({ state }), city)).toEqual([]);
    }
    expect(editable(claim(), fire)).toBe(false);
    expect(editable(claim({ state: 'collected' }), city)).toBe(false);
  });

  it('are never the claimant\'s own to decide', () => {
    for (const state of ['submitted', 'checked', 'payer_assigned', 'approved'] as const) expect(does(claim({ state }), me('fire', { jurisdiction: '41', name: 'chief' }))).toEqual([]);
    expect(does(claim(), city)).toEqual(['check', 'return']);
    expect(does(claim({ state: 'checked' }), me('city'))).toEqual(['payer', 'return']);
    expect(does(claim(), me('stranger', { name: 'chief' }))).toEqual([]);
  });

  it('are the payer\'s where one is named, and those over it', () => {
    const shares = [{ agency: 'city', tier: 'assist' as const, source: 'loan' as const }, { agency: 'plant', tier: 'assist' as const, source: 'loan' as const }];
    const c = claim({ state: 'payer_assigned', scope: { agency: 'fire', area: '411002', shares }, payer: { agency: 'plant', name: '氯碱公司', rule: 'responsible' } });
    expect(does(c, plant)).toEqual(['approve', 'again', 'return']);
    expect(does(c, me('city', { name: 'chief' }))).toEqual(['again', 'return']);
    expect(does(c, city)).toEqual(['approve', 'again', 'return']);
    expect(does(c, me('plant'))).toEqual(['again', 'return']); // a dispatcher does not approve
    expect(does({ ...c, state: 'approved' }, plant)).toEqual(['pay']);
    expect(does({ ...c, state: 'paid' }, fire)).toEqual(['close']);
    expect(does({ ...c, state: 'closed' }, fire)).toEqual([]);
  });

  it('stand in the list with what waits on us first', () => {
    const list = [claim({ id: 'a', state: 'approved', number: 'C1' }), claim({ id: 'b', state: 'collected', number: 'C2' }), claim({ id: 'c', state: 'closed', number: 'C3' }), claim({ id: 'd', state: 'submitted', number: 'C0' })];
    expect(claimRows(list, fire).map((r) => [r.claim.id, r.group])).toEqual([['b', 'waits'], ['d', 'ours'], ['a', 'ours'], ['c', 'settled']]);
    expect(claimRows(list, city).map((r) => [r.claim.id, r.group])).toEqual([['d', 'waits'], ['a', 'waits'], ['b', 'theirs'], ['c', 'settled']]);
  });
});
