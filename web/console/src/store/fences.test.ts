import { afterAll, describe, expect, it } from 'vitest';
import type { Fence, Seen, Stay } from '../api/types';
import { speak } from '../i18n';
import { make } from '../testing/records';
import { along, circle, closed, corners, fenceDiff, fenceEvents, fenceTitle, inHotZones, insideBy, metersWords, parseMeters, renamed, standing } from './fences';
import { meters } from './geo';

const fence = (id: string, more: Partial<Fence> = {}) => make('fence', id, { name: '热区 化工厂', type: 'ring', purpose: 'hot', state: 'active', incident: 'i1', center: [113.8, 34], radius: 500, ...more });
const stay = (id: string, more: Partial<Stay> = {}) => make('stay', id, { fence: 'f1', team: 't1', incident: 'i1', state: 'inside', entered: { at: '2026-11-23T08:00:00Z' }, point: [113.8, 34], ...more });
let seq = 0;
const change = (more: Partial<Seen>): Seen => ({ seq: ++seq, at: `2026-11-23T08:0${seq % 10}:00Z`, wall: '', actor: { id: 'p', name: '王', role: 'dispatcher' }, kind: '', ...more });

describe('the circle of a ring', () => {
  it('has all its corners at the radius, near and far from the equator, large and small', () => {
    for (const center of [[113.8, 34], [0, 0], [-70, -65]] as [number, number][])
      for (const radius of [30, 500, 200_000]) for (const c of circle(center, radius)) expect(Math.abs(meters(center, c) - radius)).toBeLessThan(radius / 1000 + 0.05);
  });

  it('is closed, begins in the north and runs against the clock', () => {
    const ring = circle([113.8, 34], 1000);
    expect(ring.at(-1)).toEqual(ring[0]);
    expect(ring[0]![0]).toBeCloseTo(113.8, 6);
    const area = ring.slice(1).reduce((s, p, i) => s + ring[i]![0] * p[1] - p[0] * ring[i]![1], 0);
    expect(area).toBeGreaterThan(0);
    expect(along([113.8, 34], 1000, 90)[0]).toBeGreaterThan(113.8);
  });
});

describe('corners', () => {
  it('are closed for the server and opened for people, once', () => {
    const three: [number, number][] = [[1, 1], [2, 1], [2, 2]];
    expect(closed(three)).toEqual([...three, [1, 1]]);
    expect(closed(closed(three))).toEqual(closed(three));
    expect(corners(closed(three))).toEqual(three);
    expect(corners(three)).toEqual(three);
    expect(closed([])).toEqual([]);
  });
});

describe('lengths', () => {
  it('are read as people type them and told exactly', () => {
    expect(['500', '500m', '500 米', '1.5km', '1.2 公里', '3 千米'].map(parseMeters)).toEqual([500, 500, 500, 1500, 1200, 3000]);
    for (const no of ['', 'km', '1,2', '-5', '五百']) expect(parseMeters(no), no).toBeUndefined();
    expect([300, 950, 1000, 1550, 1500].map(metersWords)).toEqual(['300 m', '950 m', '1 km', '1550 m', '1.5 km']);
  });
});

describe('the name of a fence', () => {
  afterAll(() => speak('zh'));
  it('always says the purpose, once, in the language of the screen', () => {
    expect(fenceTitle(fence('f'))).toBe('热区 化工厂');
    expect(fenceTitle(fence('f', { name: '西门', purpose: 'cold' }))).toBe('冷区 西门');
    expect(fenceTitle(fence('f', { name: '热区' }))).toBe('热区');
    speak('en');
    expect(fenceTitle(fence('f'))).toBe('Hot zone 化工厂');
    expect(fenceTitle(fence('f', { name: 'Hot zone west' }))).toBe('Hot zone west');
    speak('zh');
  });

  it('keeps up with the purpose where the server made it', () => {
    expect(renamed('热区 化工厂', 'hot', 'warm')).toBe('温区 化工厂');
    expect(renamed('西门', 'hot', 'warm')).toBe('西门');
  });
});

describe('fences and stays', () => {
  it('puts the most dangerous first, and leaves out what has ended', () => {
    expect(standing([fence('w', { purpose: 'watch' }), fence('l', { radius: 900 }), fence('s'), fence('e', { state: 'ended' })]).map((f) => f.id)).toEqual(['s', 'l', 'w']);
  });

  it('lists who is inside by the time of coming', () => {
    const by = insideBy([stay('b', { entered: { at: '2026-11-23T08:05:00Z', event: '2026-11-23T08:01:00Z' } }), stay('a', { entered: { at: '2026-11-23T08:03:00Z' } }), stay('x', { state: 'left' })]);
    expect(by.get('f1')!.map((s) => s.id)).toEqual(['b', 'a']);
  });

  it('counts a team in two hot zones once, and none in others', () => {
    const fences = [fence('f1'), fence('f2'), fence('f3', { purpose: 'warm' })];
    expect(inHotZones(fences, [stay('a'), stay('b', { fence: 'f2' }), stay('c', { fence: 'f3', team: 't2' })])).toEqual(['t1']);
  });
});

describe('what happened at the fences of an incident', () => {
  it('tells drawing, coming, going, changing and ending in plain order', () => {
    const events = fenceEvents('i1', [
      change({ kind: 'fence.draw', put: [fence('f1')] }),
      change({ kind: 'fence.cross', actor: { id: '', name: '', role: 'system' }, put: [stay('s1', { found: true }), stay('s2', { team: 't2' })] }),
      change({ kind: 'fence.edit', put: [fence('f1', { version: 2, radius: 800 })] }),
      change({ kind: 'deadline.fire', put: [stay('s2', { team: 't2', version: 2, dwelt: { at: '2026-11-23T08:04:00Z' } })] }),
      change({ kind: 'fence.cross', drop: [{ kind: 'stay', id: 's1' }] }),
      change({ kind: 'fence.end', put: [fence('f1', { version: 3, radius: 800, state: 'ended' })], drop: [{ kind: 'stay', id: 's2' }] }),
    ]);
    expect(events.map((e) => [e.what, e.team])).toEqual([['draw', undefined], ['found', 't1'], ['enter', 't2'], ['edit', undefined], ['dwell', 't2'], ['exit', 't1'], ['end', undefined]]);
    expect(events[0]!.by).toBe('王');
    expect(events[1]!.by).toBeUndefined();
    expect(events[3]!.was!.radius).toBe(500);
    expect(new Set(events.map((e) => e.key)).size).toBe(events.length);
  });

  it('leaves out other incidents and changes that nobody would notice', () => {
    expect(fenceEvents('i1', [
      change({ put: [fence('f1'), fence('f9', { incident: 'i2' })] }),
      change({ kind: 'incident.share', put: [fence('f1', { version: 2, scope: { agency: 'b' } })] }),
      change({ kind: 'task.assign', put: [fence('f1', { scope: { agency: 'b', teams: ['t1'] } })] }),
      change({ put: [stay('s', { incident: 'i2', fence: 'f9' })] }),
    ]).map((e) => e.what)).toEqual(['draw']);
    expect(fenceDiff(fence('a'), fence('a', { radius: 1, until: '2026-11-23T09:00:00Z' }))).toEqual(['radius', 'until']);
  });
});
