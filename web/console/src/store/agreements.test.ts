import { expect, it } from 'vitest';
import type { Agreement, CommandName } from '../api/types';
import { make } from '../testing/records';
import { groupOf, hasPartners, inForce, pactActs, pacts, sharing, waitsOn } from './agreements';

const now = Date.parse('2026-11-23T08:00:00Z');
const soon = '2026-11-23T09:00:00Z';
const past = '2026-11-23T07:00:00Z';
const stamp = { at: '2026-11-23T00:00:00Z' };
const all = () => true;
const both = [{ agency: 'fire', consented: stamp }, { agency: 'clinic', consented: stamp }];
const pact = (more: Partial<Agreement> = {}) => make('agreement', 'a1', { scope: { agency: 'fire' }, ...more });
const does = (a: Agreement, agency: string, may: (c: CommandName) => boolean = all) => pactActs(a, agency, may, now).map((x) => x.does);

it('an agreement waits on who has not consented, and on nobody else', () => {
  expect(waitsOn(pact(), 'clinic')).toBe(true);
  expect(waitsOn(pact(), 'fire')).toBe(false);
  expect(waitsOn(pact(), 'plant')).toBe(false);
  expect(groupOf(pact(), 'clinic', true, now)).toBe('waits');
  expect(groupOf(pact(), 'clinic', false, now)).toBe('open');
});

it('only what is in force and, where needed, activated shares anything, and no longer than its time', () => {
  const on = pact({ state: 'in_force', parties: both });
  expect([sharing(on, now), sharing({ ...on, until: past }, now), sharing({ ...on, state: 'withdrawn' }, now)]).toEqual([true, false, false]);
  const needs = { ...on, needs_activation: true, longest: 4 };
  expect([sharing(needs, now), sharing({ ...needs, active_until: soon }, now), sharing({ ...needs, active_until: past }, now)]).toEqual([false, true, false]);
  expect(inForce(needs, now)).toBe(true);
  expect([groupOf(on, 'fire', true, now), groupOf(needs, 'fire', true, now), groupOf({ ...on, until: past }, 'fire', true, now)]).toEqual(['sharing', 'standby', 'over']);
});

it('steps are those of the own side', () => {
  expect(does(pact(), 'clinic')).toEqual(['consent', 'decline']);
  expect(does(pact(), 'fire')).toEqual(['edit', 'withdraw', 'end']);
  expect(does(pact(), 'plant')).toEqual([]);
  expect(does(pact(), 'clinic', () => false)).toEqual([]);
  const on = pact({ state: 'in_force', parties: both, needs_activation: true, longest: 4 });
  expect(does(on, 'clinic')).toEqual(['activate', 'withdraw']);
  expect(does({ ...on, active_until: soon }, 'clinic')).toEqual(['deactivate', 'activate', 'withdraw']);
  expect(does({ ...on, state: 'withdrawn', parties: [both[0]!, { agency: 'clinic', withdrawn: stamp }] }, 'clinic')).toEqual(['consent']);
  expect(does({ ...on, state: 'expired' }, 'fire')).toEqual(['edit', 'end']);
});

it('what waits on me stands first, then the newest', () => {
  const list = [
    pact({ id: 'old', state: 'in_force', parties: both }), pact({ id: 'new', state: 'in_force', parties: both, created: '2026-11-23T05:00:00Z' }), pact({ id: 'asks' }),
  ];
  expect(pacts(list, 'clinic', true, now).map((g) => [g.g, ...g.rows.map((r) => r.id)])).toEqual([['waits', 'asks'], ['sharing', 'new', 'old']]);
});

it('partners are those of agreements on incidents or resources', () => {
  const on = pact({ state: 'in_force', parties: both });
  expect([hasPartners([on], 'clinic', now), hasPartners([on], 'plant', now), hasPartners([{ ...on, subjects: ['hazards'] }], 'fire', now), hasPartners([pact()], 'fire', now)]).toEqual([true, false, false, false]);
});
