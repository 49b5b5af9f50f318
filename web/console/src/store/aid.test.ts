import { describe, expect, it } from 'vitest';
import type { CommandName, Loan, Offer, Request } from '../api/types';
import { make } from '../testing/records';
import { actsOf, aidLines, board, findThings, lendable, parts, readAsk, things, unmet, type Me } from './aid';

const now = Date.parse('2026-11-23T10:00:00Z');
const chiefOnly = ['request.approve', 'request.return'];
const desk = (agency: string, home: string, jurisdiction?: string, chief = false): Me => ({ agency, home, jurisdiction, may: (c: CommandName) => chief || !chiefOnly.includes(c) });

// A county's office asks; a fire brigade and the city's office are at home in the city.
const county = desk('county', '411002', '411002');
const countyChief = desk('county', '411002', '411002', true);
const fire = desk('fire', '4110');
const city = desk('city', '4110', '4110');
const far = desk('far', '4104', '4104');

const ours = { agency: 'county', area: '411002005' };
const request = (more: Partial<Request> = {}): Request => make('request', 'r1', { scope: { ...ours, reach: '4110' }, ring: 'city', ...more });
const offer = (more: Partial<Offer> = {}): Offer => make('offer', 'o1', { scope: { agency: 'fire', area: '4110' }, ...more });
const loan = (more: Partial<Loan> = {}): Loan => make('loan', 'l1', { owner: 'fire', receiver: 'county', scope: { agency: 'fire', area: '4110' }, ...more });
const does = (me: Me, r: Request, offers: Offer[] = [], loans: Loan[] = []) => actsOf({ request: r, offers, loans }, me, now).map((a) => `${a.waits ? '!' : ''}${a.does}${a.to ? `:${a.to}` : ''}`);
const groupOf = (me: Me, r: Request, offers: Offer[] = [], loans: Loan[] = []) => board([r], offers, loans, me, now)[0]!.group;

describe('the next legal steps', () => {
  it('lets a dispatcher submit and a chief approve', () => {
    expect(does(county, request({ state: 'draft' }))).toEqual(['submit', 'edit', 'cancelRequest']);
    expect(does(county, request({ state: 'submitted' }))).toEqual(['edit', 'cancelRequest']);
    expect(does(countyChief, request({ state: 'submitted' }))).toEqual(['!approve', 'return', 'edit', 'cancelRequest']);
    expect(does(county, request({ state: 'returned' }))).toContain('!submit');
  });

  it('lets those answer whom the ring reaches, once, and never the requester', () => {
    expect(does(fire, request())).toEqual(['answer']);
    expect(does(far, request())).toEqual([]);
    expect(does(fire, request(), [offer()])).toEqual(['withdraw']);
    expect(does(fire, request(), [offer({ state: 'withdrawn' })])).toContain('answer');
    expect(does(county, request())).not.toContain('answer');
    // Those over the supplier take its answer by telephone.
    expect(does(city, request({ scope: { ...ours, reach: '411002' } }))).toContain('answerFor');
  });

  it('offers nothing to answer when all of a line is ordered', () => {
    expect(does(fire, request({ lines: [{ id: '1', capability: 'hazmat', unit: '支', min: 1, max: 2, ordered: 2 }] }))).toEqual([]);
  });

  it('gives the order to the requester and the commitment to the supplier', () => {
    expect(does(county, request(), [offer()])).toContain('!order');
    expect(does(fire, request(), [offer({ state: 'ordered', ordered: 1 })])).toEqual(['!commit', 'refuse']);
    expect(does(fire, request(), [offer({ state: 'ordered', ordered: 2, committed: 1 })])).not.toContain('refuse');
    expect(does(county, request({ state: 'closed' }), [offer({ state: 'cancelled' })])).toEqual([]);
  });

  it('moves a loan by its owner up to the way, by its receiver from the arrival', () => {
    const open = request({ state: 'closed' });
    expect(does(fire, open, [], [loan()])).toEqual(['advance:mobilising', 'advance:in_transit', 'cancelLoan']);
    expect(does(county, open, [], [loan()])).toEqual(['advance:on_loan', 'cancelLoan']);
    expect(does(county, open, [], [loan({ state: 'in_transit' })])).toEqual(['!advance:on_loan', 'cancelLoan']);
    expect(does(county, open, [], [loan({ state: 'on_loan' })])).toEqual(['advance:releasing', 'extend']);
    expect(does(fire, open, [], [loan({ state: 'on_loan' })])).toEqual(['recall']);
    expect(does(fire, open, [], [loan({ state: 'releasing' })])).toEqual(['!advance:returned']);
    expect(does(county, open, [], [loan({ state: 'releasing' })])).toEqual([]);
  });

  it('waits for an arrival only once it is due', () => {
    const l = loan({ state: 'in_transit', eta: '2026-11-23T10:20:00Z' });
    expect(does(county, request({ state: 'closed' }), [], [l])).toContain('advance:on_loan');
    expect(does(county, request({ state: 'closed' }), [], [{ ...l, eta: '2026-11-23T09:59:00Z' }])).toContain('!advance:on_loan');
  });

  it('leaves setting out to the leader of a team, and to the desk what has none', () => {
    const item = { resource: { kind: 'equipment' as const, id: 'e' } };
    expect(does(fire, request({ state: 'closed' }), [], [loan(item)])[0]).toBe('!advance:mobilising');
  });

  it('asks the other side and has it answer', () => {
    const stamp = { at: '2026-11-23T09:00:00Z' };
    const closed = request({ state: 'closed' });
    const extend = loan({ state: 'on_loan', ask: { type: 'extend', until: '2026-11-23T20:00:00Z', reason: 'x', stamp } });
    expect(does(fire, closed, [], [extend])).toEqual(['!agree', 'deny', 'recall']);
    expect(does(county, closed, [], [extend])).toEqual(['advance:releasing']);
    const recall = loan({ state: 'on_loan', ask: { type: 'recall', reason: 'x', stamp } });
    expect(does(county, closed, [], [recall])).toEqual(['!agree', 'deny', 'advance:releasing']);
    expect(does(fire, closed, [], [recall])).toEqual([]);
  });

  it('does not cancel a request while anything is lent', () => {
    expect(does(county, request(), [], [loan({ state: 'on_loan' })])).not.toContain('cancelRequest');
    expect(does(county, request(), [], [loan({ state: 'returned' })])).toContain('cancelRequest');
  });
});

describe('the board', () => {
  it('puts each request into one group', () => {
    expect(groupOf(county, request())).toBe('ours');
    expect(groupOf(county, request(), [offer()])).toBe('waits');
    expect(groupOf(fire, request())).toBe('calls');
    expect(groupOf(fire, request(), [offer()])).toBe('given');
    expect(groupOf(fire, request(), [offer({ state: 'declined', type: 'decline' })])).toBe('given');
    expect(groupOf(fire, request(), [offer({ state: 'ordered', ordered: 1 })])).toBe('waits');
    expect(groupOf(city, request({ state: 'submitted', scope: ours }))).toBe('others');
    expect(groupOf(county, request({ state: 'closed' }))).toBe('ended');
    // What is out is not over.
    expect(groupOf(county, request({ state: 'closed' }), [], [loan({ state: 'on_loan' })])).toBe('ours');
  });

  it('lists what waits first, then the more urgent, then the older', () => {
    const list = [
      request({ id: 'a', priority: 3 }), request({ id: 'b', priority: 1 }), request({ id: 'c', priority: 1, created: '2026-11-22T00:00:00Z' }),
      request({ id: 'd', state: 'submitted', priority: 3 }), request({ id: 'e', state: 'cancelled' }),
    ];
    expect(board(list, [], [], countyChief, now).map((r) => r.request.id)).toEqual(['d', 'c', 'b', 'a', 'e']);
  });
});

describe('a line', () => {
  it('is a bar of parts, each without what has come further', () => {
    const line = { id: '1', unit: '支', min: 1, max: 5, offered: 4, ordered: 3, committed: 3, moving: 2, arrived: 1 };
    expect(parts(line)).toEqual([{ state: 'arrived', n: 1 }, { state: 'moving', n: 1 }, { state: 'committed', n: 1 }, { state: 'offered', n: 1 }, { state: 'missing', n: 1 }]);
    expect(parts({ id: '1', unit: '支', min: 1, max: 2, offered: 9 })).toEqual([{ state: 'offered', n: 2 }]);
  });

  it('is prefilled with the needs that nobody meets and nobody was asked for', () => {
    const i = make('incident', 'i1', { needs: [{ capability: 'hazmat', count: 3 }, { capability: 'medical', count: 1 }, { capability: 'fire', count: 1 }] });
    const team = make('team', 't1', { capabilities: [{ code: 'medical.ambulance' }] });
    const tasks = [make('task', 'x', { team: 't1', state: 'en_route' })];
    const get = (id: string) => (id === 't1' ? team : undefined);
    expect(unmet(i, tasks, get)).toEqual([{ capability: 'hazmat', max: 3 }, { capability: 'fire', max: 1 }]);
    expect(unmet(i, tasks, get, [request()])).toEqual([{ capability: 'hazmat', max: 1 }, { capability: 'fire', max: 1 }]);
    expect(unmet(i, tasks, get, [request({ state: 'cancelled' })])).toHaveLength(2);
    // One of two is lent and on its way: neither it nor the one still missing is asked for again.
    const half = request({ lines: [{ id: '1', capability: 'hazmat', unit: '支', min: 1, max: 2, committed: 1 }] });
    expect(unmet(i, tasks, get, [half], [loan({ state: 'in_transit', resource: { kind: 'team', id: 'h' } })])[0]).toEqual({ capability: 'hazmat', max: 1 });
  });
});

describe('what is asked for', () => {
  const all = things(
    [{ code: 'hazmat', zh: '危化品处置', en: 'Hazardous materials', initials: ['whpcz'] }, { code: 'hazmat.plug', zh: '堵漏', en: 'Leak sealing', initials: ['dl'] }, { code: 'flood.pump', zh: '排涝', en: 'Pumping', initials: ['pl'] }],
    [make('equipment', 'e1', { initials: 'cfz' }), make('equipment', 'e2', { initials: 'cfz' })],
    [make('stock', 's1', { initials: 'bzd' })],
  );
  const first = (q: string) => {
    const x = findThings(q, all)[0];
    return x?.capability ?? x?.item;
  };

  it('is found by Chinese, initials, code, English and what else it is called', () => {
    expect(first('危化')).toBe('hazmat');
    expect(first('防化')).toBe('hazmat');
    expect(first('whp')).toBe('hazmat');
    expect(first('hazmat.plug')).toBe('hazmat.plug');
    expect(first('dl')).toBe('hazmat.plug');
    expect(first('pump')).toBe('flood.pump');
    expect(first('bzd')).toBe('sandbag');
    expect(first('沙袋')).toBe('sandbag');
    expect(first('冲锋')).toBe('boat');
    expect(first('xyz')).toBeUndefined();
  });

  it('knows each type of item once, with its unit', () => {
    expect(all.filter((x) => x.item).map((x) => `${x.item} ${x.unit}`)).toEqual(['sandbag 条', 'boat 件']);
  });

  it('is read with its number and unit', () => {
    expect(readAsk('编织袋 2000 条')).toEqual({ name: '编织袋', n: 2000, unit: '条' });
    expect(readAsk('bzd2000')).toEqual({ name: 'bzd', n: 2000, unit: undefined });
    expect(readAsk('防化 3')).toEqual({ name: '防化', n: 3, unit: undefined });
    expect(readAsk('防化')).toEqual({ name: '防化', n: undefined, unit: undefined });
    expect(readAsk('2000')).toEqual({ name: '2000', n: undefined, unit: undefined });
  });
});

describe('what may be lent', () => {
  const line = { id: '1', capability: 'hazmat', unit: '支', min: 1, max: 2 };
  const own = { scope: { agency: 'fire' }, capabilities: [{ code: 'hazmat.plug' }] };
  it('are own free teams that can do it', () => {
    const teams = [
      make('team', 'free', own), make('team', 'lent', { ...own, holder: 'x' }), make('team', 'off', { ...own, duty: 'off_duty' }), make('team', 'busy', own),
      make('team', 'other', { ...own, scope: { agency: 'y' } }), make('team', 'unable', { ...own, capabilities: [{ code: 'fire' }] }),
    ];
    expect(lendable(line, 'fire', teams, [], [], (id) => id === 'busy').teams.map((x) => x.id)).toEqual(['free']);
  });

  it('are own items of the type and stock of type and unit', () => {
    const items = [make('equipment', 'e', { holder: 'fire', scope: { agency: 'fire' } }), make('equipment', 'used', { holder: 'fire', scope: { agency: 'fire' }, incident: 'i' })];
    const stocks = [make('stock', 's', { scope: { agency: 'fire' } }), make('stock', 'unit', { scope: { agency: 'fire' }, unit: '个' }), make('stock', 'none', { scope: { agency: 'fire' }, available: 0 })];
    expect(lendable({ ...line, capability: undefined, item: 'boat' }, 'fire', [], items, stocks, () => false).equipment.map((x) => x.id)).toEqual(['e']);
    expect(lendable({ ...line, capability: undefined, item: 'sandbag', unit: '条' }, 'fire', [], items, stocks, () => false).stocks.map((x) => x.id)).toEqual(['s']);
  });
});

it('tells what happened to the requests of an incident, each thing once', () => {
  const at = (m: number) => ({ at: `2026-11-23T09:0${m}:00Z`, by: 'x' });
  const r = request({ stamps: { draft: at(1), submitted: at(1), open: at(1) }, rings: [{ ring: 'county', at: at(1).at }, { ring: 'city', at: at(2).at }] });
  const lines = aidLines('i1', [r], [offer({ stamps: { made: at(3) } })], [loan({ stamps: { committed: at(4) } }), loan({ incident: 'other', stamps: { committed: at(5) } })]);
  expect(lines.map((l) => `${l.aid?.kind} ${l.state}`)).toEqual(['request open', 'request widened', 'offer made', 'loan committed']);
});
