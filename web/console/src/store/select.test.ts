import { describe, expect, it } from 'vitest';
import { make } from '../testing/records';
import { parsePoint } from './geo';
import { ageStep, alarms, findTeams, intake, lookOf, needs, outLooks, queue, taskByTeam, timeline, waiting } from './select';
import type { Position } from './positions';

const t0 = Date.parse('2026-11-23T00:00:00Z');
const fix = (age: number, stale = 30): Position => ({ team: 't1', lon: 113, lat: 34, speed: null, heading: null, accuracy: null, fixed: t0 - age * 1000, stale, source: 'osmand' });

describe('select', () => {
  it('puts the most urgent incident first, then the worst, then the oldest', () => {
    const list = [
      make('incident', 'late', { created: '2026-11-23T01:00:00Z' }),
      make('incident', 'old'),
      make('incident', 'grade', { grade: 2, created: '2026-11-23T02:00:00Z' }),
      make('incident', 'life', { priority: 1, created: '2026-11-23T03:00:00Z' }),
      make('incident', 'over', { state: 'closed', priority: 1 }),
    ];
    expect(queue(list).map((i) => i.id)).toEqual(['life', 'grade', 'old', 'late']);
  });

  it('shows unclaimed reports before claimed ones, oldest first, and no others', () => {
    const list = [
      make('report', 'claimed', { state: 'claimed', received: { at: '2026-11-22T00:00:00Z' } }),
      make('report', 'new', { received: { at: '2026-11-23T01:00:00Z' } }),
      make('report', 'older'),
      make('report', 'linked', { state: 'linked' }),
    ];
    expect(intake(list).map((r) => r.id)).toEqual(['older', 'new', 'claimed']);
  });

  it('counts a team for one need only, and not while it is only proposed', () => {
    const incident = make('incident', 'i1', { needs: [{ capability: 'rescue', count: 1 }, { capability: 'rescue.vehicle', count: 1 }] });
    const teams = new Map([
      ['t1', make('team', 't1', { capabilities: [{ code: 'rescue.vehicle' }] })],
      ['t2', make('team', 't2', { capabilities: [{ code: 'rescue.vehicle' }] })],
    ]);
    const of = (id: string) => teams.get(id);
    expect(needs(incident, [make('task', 'x', { team: 't1' })], of).map((n) => n.met)).toEqual([1, 0]);
    expect(needs(incident, [make('task', 'x', { team: 't1' }), make('task', 'y', { team: 't2', state: 'proposed' })], of).map((n) => n.met)).toEqual([1, 0]);
    expect(needs(incident, [make('task', 'x', { team: 't1' }), make('task', 'y', { team: 't2' })], of).map((n) => n.met)).toEqual([1, 1]);
  });

  it('a team out of contact looks lost only while it is out, and distress wins over all', () => {
    const team = make('team', 't1', { status: 'committed' });
    const out = make('task', 'x', { state: 'en_route' });
    expect(lookOf(team, out, fix(10), t0)).toBe('dispatched');
    expect(lookOf(team, out, fix(31), t0)).toBe('lost');
    expect(lookOf(team, make('task', 'x', { state: 'assigned' }), fix(31), t0)).toBe('dispatched');
    expect(lookOf(make('team', 't1'), undefined, fix(3600), t0)).toBe('available');
    expect(lookOf({ ...team, distress: { since: '', by: '' } }, out, fix(31), t0)).toBe('distress');
    expect(lookOf(make('team', 't1', { status: 'unavailable' }), undefined, undefined, t0)).toBe('off');
  });

  it('an open task under way tells more of a team than one that waits', () => {
    const by = taskByTeam([make('task', 'p', { state: 'proposed' }), make('task', 'm', { state: 'on_scene' }), make('task', 'd', { state: 'done' })]);
    expect(by.get('t1')?.id).toBe('m');
  });

  it('ages by priority, and stops once a team has arrived', () => {
    expect([0, 2, 5, 10, 20].map((m) => ageStep(m, 1))).toEqual([0, 1, 2, 3, 4]);
    expect(ageStep(10, 3)).toBe(0);
    const i = make('incident', 'i1');
    expect(waiting(i, [make('task', 'x', { state: 'en_route' })])).toBe(true);
    expect(waiting(i, [make('task', 'x', { state: 'on_scene' })])).toBe(false);
  });

  it('takes a team for out that is committed to what is not seen from here', () => {
    const looks = new Set([make('team', 'a', { status: 'committed' }), make('team', 'b')].map((x) => lookOf(x, undefined, undefined, 0)));
    expect([...looks].map((l) => outLooks.includes(l))).toEqual([true, false]);
  });

  it('lists open alarms, the worst first; a distress stays until it is over', () => {
    const list = [
      make('alarm', 'two'), make('alarm', 'one', { tier: 1 }), make('alarm', 'acked', { acked: { at: '' } }),
      make('alarm', 'sos', { type: 'distress', tier: 1, acked: { at: '' } }), make('alarm', 'over', { type: 'distress', acked: { at: '' }, ended: { at: '' } }),
    ];
    expect(alarms(list).map((a) => a.id)).toEqual(['one', 'two', 'sos']);
  });

  it('orders the timeline by when it happened, and keeps when it was heard', () => {
    const task = make('task', 'x', { stamps: { on_scene: { at: '2026-11-23T00:10:00Z', event: '2026-11-23T00:05:00Z', by: 'L' }, en_route: { at: '2026-11-23T00:07:00Z' } } });
    const lines = timeline(make('incident', 'i1', { stamps: { reported: { at: '2026-11-23T00:00:00Z' } } }), [task], [make('note', 'n', { stamp: { at: '2026-11-23T00:06:00Z' } })], []);
    expect(lines.map((l) => l.key)).toEqual(['t/x/en_route', 'n/n', 't/x/on_scene', 'i/reported']);
    expect(lines[2]?.received).toBe(Date.parse('2026-11-23T00:10:00Z'));
  });

  it('finds teams by call sign, name and every reading of the initials', () => {
    const teams = [
      make('team', 'a', { call_sign: '消防21', name: '建安中队', initials: 'xf21 jazd' }),
      make('team', 'b', { call_sign: '消防2', name: '二中队', initials: 'xf2 ezd 2zd' }),
      make('team', 'c', { call_sign: '旧队', initials: 'xf2', retired: true }),
    ];
    expect(findTeams('xf2', teams).map((t) => t.id)).toEqual(['b', 'a']);
    expect(findTeams('jazd', teams).map((t) => t.id)).toEqual(['a']);
    expect(findTeams('中队', teams)).toHaveLength(2);
  });
});

describe('typed coordinates', () => {
  it.each([
    ['113.85, 34.03', [113.85, 34.03]], ['34.03,113.85', [113.85, 34.03]], ['113.85 34.03', [113.85, 34.03]], ['113.85，34.03', [113.85, 34.03]],
    ['200, 34', undefined], ['五女店', undefined], ['12', undefined], ['113.85,', undefined],
  ])('%s', (text, want) => expect(parsePoint(text)).toEqual(want));
});
