// Small records for tests: what matters is given, the rest is filled in.
import type { AnyRecord, Kind, Nouns } from '../api/types';

const blanks: Partial<Record<Kind, object>> = {
  incident: { number: '20261123-0001', state: 'active', type: '12G00', grade: 0, priority: 2, alarm_level: 1, title: 'fire', place: {}, casualties: {}, auto_close: true },
  team: { name: 'team', call_sign: 'team', type: 'fire', base: {}, seats_min: 4, seats_full: 6, crew: 6, duty: 'available', status: 'available' },
  task: { incident: 'i1', team: 't1', agency: 'a1', type: 'rescue', state: 'assigned', stamps: {} },
  report: { channel: 'hotline', state: 'waiting', text: 'smoke', place: {}, received: { at: '2026-11-23T00:00:00Z' } },
  alarm: { type: 'no_answer', tier: 2, text: 'no answer', raised: { at: '2026-11-23T00:00:00Z' } },
  request: { number: 'Q20261123-0001', incident: 'i1', state: 'open', title: 'help', priority: 2, lines: [{ id: '1', capability: 'hazmat', unit: '支', min: 1, max: 2 }], report_to: {}, ring: 'county' },
  offer: { request: 'r1', line: '1', incident: 'i1', type: 'accept', state: 'made', quantity: 1 },
  loan: {
    request: 'r1', line: '1', offer: 'o1', incident: 'i1', owner: 'fire', receiver: 'city', resource: { kind: 'team', id: 't1' }, name: 'team', quantity: 1, unit: '支', state: 'committed',
    report_to: {}, stamps: {},
  },
  agreement: { number: 'A20261123-0001', name: 'pact', state: 'proposed', parties: [{ agency: 'fire', consented: { at: '2026-11-23T00:00:00Z' } }, { agency: 'clinic' }], subjects: ['incidents'], tier: 'view', terms: 1 },
  requisition: {
    decision: '1', incident: 'i1', authority: 'city', state: 'ordered', type: 'vehicle', name: 'car', quantity: 1, unit: '辆', owner: 'plant', receiver: 'fire', purpose: 'x', place: {},
    from: '2026-11-23T00:00:00Z', stamps: {},
  },
  stock: { name: '编织袋', type: 'sandbag', unit: '条', available: 100, holder: 'store', place: {} },
  equipment: { name: '冲锋舟', type: 'boat', condition: 'ready', holder: 'store', place: {} },
  note: { incident: 'i1', type: 'remark', text: 'note', author: 'x', stamp: { at: '2026-11-23T00:00:00Z' } },
};

export function make<K extends Kind>(kind: K, id: string, more: Partial<Nouns[K]> = {}): Nouns[K] {
  const head = { kind, id, version: 1, scope: {}, created: '2026-11-23T00:00:00Z', updated: '2026-11-23T00:00:00Z' };
  return { ...head, ...blanks[kind], ...more } as unknown as AnyRecord as Nouns[K];
}
