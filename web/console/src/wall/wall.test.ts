import { describe, expect, test } from 'vitest';
import type { Agency, Alarm, Bound, Incident, Task, Team } from '../api/types';
import { grow, widened } from '../map/places';
import { queue, type Look } from '../store/select';
import { ageing } from './age';
import { make } from '../testing/records';
import { draw, flowOf, lending, OTHERS } from './flow';
import { counts, figures, incidentRows, openAlarms, type Picture } from './model';
import { pageOf, pagesOf, rowsThatFit } from './page';
import { BODY, factor, minutes, USUAL, usualWidth } from './scale';
import { Tour } from './tour';
import { around, View } from './view';

const T0 = Date.parse('2026-11-23T08:00:00Z');
const iso = (minutes: number) => new Date(T0 + minutes * 60_000).toISOString();
const head = (kind: string, id: string, more: object = {}) => ({ kind, id, version: 1, scope: {}, created: iso(0), updated: iso(0), ...more });
const incident = (id: string, more: Partial<Incident> = {}) =>
  ({ ...head('incident', id), number: id, state: 'active', type: '12G01', grade: 3, priority: 2, alarm_level: 1, title: id, place: {}, casualties: {}, auto_close: true, ...more }) as Incident;
const task = (id: string, incident: string, team: string, state: Task['state'], more: Partial<Task> = {}) =>
  ({ ...head('task', id), incident, team, agency: `a-${team}`, type: 'rescue', state, stamps: {}, ...more }) as Task;
const team = (id: string, more: Partial<Team> = {}) =>
  ({ ...head('team', id, { scope: { agency: `a-${id}` } }), name: id, call_sign: id, type: 'fire', base: {}, seats_min: 1, seats_full: 1, crew: 1, duty: 'available', status: 'available', ...more }) as Team;
const alarm = (id: string, more: Partial<Alarm> = {}) => ({ ...head('alarm', id), type: 'distress', tier: 1, text: id, raised: { at: iso(0) }, ...more }) as Alarm;
const picture = (more: Partial<Picture>): Picture => ({ incidents: [], tasks: [], teams: [], alarms: [], agencies: [], ...more });

describe('rows', () => {
  test('the most urgent incident is on top, in the order of the desk; one not yet graded before its equals', () => {
    const p = picture({ incidents: [incident('four', { grade: 4 }), incident('life', { grade: 0, priority: 1 }), incident('two', { grade: 2 }), incident('over', { state: 'closed', grade: 1 }), incident('three')] });
    expect(incidentRows(p).map((r) => r.incident.id)).toEqual(['life', 'two', 'three', 'four']);
    expect(queue(p.incidents).map((i) => i.id)).toEqual(['life', 'two', 'three', 'four']);
  });
  test('teams count from assigned on, ended and proposed ones do not; the last news is the newest of all', () => {
    const p = picture({
      incidents: [incident('i', { needs: [{ capability: 'fire', count: 2 }, { capability: 'medical', count: 1 }] })],
      tasks: [task('1', 'i', 'a', 'on_scene', { updated: iso(7) }), task('2', 'i', 'b', 'proposed'), task('3', 'i', 'c', 'done', { updated: iso(9) })],
    });
    const notes = [{ ...head('note', 'n', { created: iso(8) }), incident: 'i' }] as never;
    expect(incidentRows(p, notes)[0]).toMatchObject({ teams: 1, needed: 3, changed: T0 + 9 * 60_000 });
  });
  test('more teams than asked for at one place fill no gap at another', () => {
    const p = picture({
      incidents: [incident('i', { needs: [{ capability: 'fire', count: 1 }] }), incident('j', { needs: [{ capability: 'fire', count: 2 }] })],
      teams: ['a', 'b', 'c'].map((id) => team(id, { capabilities: [{ code: 'fire' }] })),
      tasks: ['a', 'b', 'c'].map((t, n) => task(String(n), 'i', t, 'en_route')),
    });
    expect(figures(incidentRows(p), [], 0)).toMatchObject({ open: 2, met: 1, needed: 3 });
  });
  test('nothing is short at an incident under control', () => {
    const p = picture({ incidents: [incident('i', { state: 'controlled', needs: [{ capability: 'fire', count: 2 }] })] });
    expect(incidentRows(p)[0]).toMatchObject({ needed: 0, met: 0 });
  });
  test('the figures count every team on duty once', () => {
    const by: Partial<Record<Look, number>> = { available: 3, on_scene: 2, lost: 1, distress: 1, off: 4 };
    const c = counts({ count: (look) => by[look] ?? 0 });
    expect(c).toMatchObject({ total: 7, distress: 1 });
    expect(figures([], c.counts, c.distress)).toMatchObject({ out: 4, lost: 1 });
  });
  test('alarms: siren before the rest, oldest first, none that is acknowledged or over', () => {
    const list = [alarm('b', { tier: 2 }), alarm('late', { raised: { at: iso(2) } }), alarm('early'), alarm('acked', { acked: { at: iso(1) } }), alarm('over', { ended: { at: iso(1) } })];
    expect(openAlarms(list).map((a) => a.id)).toEqual(['early', 'late', 'b']);
  });
});

describe('pages', () => {
  test('rows that fit are shown at once, without a page line', () => {
    expect(rowsThatFit(800, 100, 40, 8)).toBe(8);
    expect(rowsThatFit(800, 100, 40, 9)).toBe(7);
    expect(rowsThatFit(10, 100, 40, 9)).toBe(1);
  });
  test('every row is seen in a round, the kept ones on every page, and no page is over-full', () => {
    for (let count = 0; count < 40; count++) {
      for (const fit of [1, 2, 5, 8]) {
        const rows = Array.from({ length: count }, (_, i) => i);
        const pages = Array.from({ length: pagesOf(count, fit, 2) }, (_, n) => pageOf(rows, fit, n, 2));
        expect(new Set(pages.flat()).size).toBe(count);
        for (const p of pages) {
          expect(p.length).toBeLessThanOrEqual(Math.max(fit, 0));
          if (count && fit > 2) expect(p.slice(0, 2)).toEqual(rows.slice(0, 2));
        }
      }
    }
  });
});

describe('the view', () => {
  const home: Bound = [113, 33.6, 114.5, 34.6];
  const spot = (id: string, lon = 113.8, lat = 34) => ({ id, point: [lon, lat] as [number, number] });
  test('moves only when the set of incidents changes', () => {
    const v = new View();
    expect(v.update([spot('a')], home)).toBeDefined();
    expect(v.update([spot('a', 113.9)], home)).toBeUndefined();
    expect(v.update([spot('b'), spot('a')], home)).toBeDefined();
    expect(v.update([spot('a'), spot('b')], home)).toBeUndefined();
    expect(v.update([spot('a')], home)).toBeDefined();
  });
  test('a gesture locks it until the star', () => {
    const v = new View();
    v.update([spot('a')], home);
    v.gesture();
    expect(v.update([spot('a'), spot('b')], home)).toBeUndefined();
    expect(v.refit([spot('a'), spot('b')], home).bound).toEqual(home);
    expect(v.locked).toBe(false);
    expect(v.update([spot('a'), spot('b')], home)).toBeUndefined();
    expect(v.update([spot('a')], home)).toBeDefined();
  });
  test('the home area is always in it, and so is an incident outside', () => {
    expect(new View().update([spot('far', 115, 33)], home)?.bound).toEqual([113, 33, 115, 34.6]);
  });
  test('the wall listens to more than it shows, within the world', () => {
    expect(grow([113, 34, 113.1, 34.1], widened([112, 33, 114, 35], 1))).toEqual([110, 31, 116, 37]);
    expect(widened([170, 80, 180, 90], 1)).toEqual([160, 70, 180, 90]);
  });
  test('one incident is not shown from too near', () => {
    const b = around([[113.8, 34]])!;
    expect(b[3] - b[1]).toBeCloseTo(0.06);
    expect(around([])).toBeUndefined();
  });
});

describe('the tour', () => {
  const open = (...ids: string[]) => ids.map((id) => ({ id, grave: id.startsWith('g') }));
  const stop = (t: Tour, s: number, ...ids: string[]) => {
    const st = t.tick(s * 1000, open(...ids)).stop;
    return st.kind === 'city' ? 'city' : st.id;
  };
  test('goes round: the city, then each incident, twenty seconds each', () => {
    const t = new Tour(0);
    const seen = [0, 10, 20, 39, 40, 60].map((s) => stop(t, s, 'a', 'b'));
    expect(seen).toEqual(['city', 'city', 'a', 'a', 'b', 'city']);
  });
  test('what was open at the start is no reason to jump; a new grave one is, for a minute', () => {
    const t = new Tour(0);
    expect(stop(t, 0, 'g1', 'a')).toBe('city');
    expect(stop(t, 5, 'g2', 'g1', 'a')).toBe('g2');
    expect(stop(t, 64, 'g2', 'g1', 'a')).toBe('g2');
    expect(stop(t, 65, 'g2', 'g1', 'a')).toBe('g1');
  });
  test('a touch pauses it for three minutes, and nothing jumps meanwhile', () => {
    const t = new Tour(0);
    stop(t, 0, 'a');
    t.touch(1_000);
    expect([30, 90, 180].map((s) => stop(t, s, 'g', 'a'))).toEqual(['city', 'city', 'city']);
    expect(stop(t, 201, 'g', 'a')).toBe('g');
  });
  test('space holds, arrows step', () => {
    const t = new Tour(0);
    stop(t, 0, 'a', 'b');
    t.step(1, 1_000);
    t.hold(1_000);
    expect(stop(t, 500, 'a', 'b')).toBe('a');
    t.step(-1, 500_000);
    expect(stop(t, 501, 'a', 'b')).toBe('city');
    t.hold(501_000);
    expect(stop(t, 522, 'a', 'b')).toBe('a');
  });
  test('an incident that ends while shown gives way to the city', () => {
    const t = new Tour(0);
    stop(t, 0, 'a', 'b');
    t.step(1, 0);
    expect(stop(t, 1, 'a', 'b')).toBe('a');
    expect(stop(t, 2, 'b')).toBe('city');
  });
  test('one that is graver than the one shown does not move the stop away', () => {
    const t = new Tour(0);
    stop(t, 0, 'b');
    t.step(1, 0);
    expect(stop(t, 1, 'a', 'b')).toBe('b');
  });
});

describe('who helps whom', () => {
  const p = picture({
    agencies: ['a-x', 'a-y', 'a-z'].map((id) => ({ ...head('agency', id), name: `long ${id}`, short: id, type: 'government', place: {} }) as Agency),
    incidents: [incident('i', { grade: 2 }), incident('j')],
    teams: ['x', 'y', 'z'].map((id) => team(id)),
    tasks: [task('1', 'i', 'x', 'on_scene'), task('2', 'i', 'x', 'en_route'), task('3', 'j', 'y', 'assigned'), task('4', 'j', 'z', 'assigned'), task('5', 'j', 'z', 'done')],
  });
  test('counts open tasks from agency to incident', () => {
    const f = flowOf(p, 9, 'others');
    expect(f.links).toEqual([{ from: 'a-x', to: 'i', count: 2 }, { from: 'a-y', to: 'j', count: 1 }, { from: 'a-z', to: 'j', count: 1 }]);
    expect(f.from.map((x) => [x.name, x.count])).toEqual([['a-x', 2], ['a-y', 1], ['a-z', 1]]);
  });
  test('what does not fit is gathered, last, and nothing is lost', () => {
    const f = flowOf(p, 2, 'others');
    expect(f.from.map((x) => [x.id, x.count])).toEqual([['a-x', 2], [OTHERS, 2]]);
    expect(f.links.reduce((n, l) => n + l.count, 0)).toBe(4);
  });
  test('an incident stands beside those who help it', () => {
    const crossed = { ...p, tasks: [task('1', 'j', 'x', 'on_scene'), task('2', 'i', 'z', 'on_scene')] };
    expect(flowOf(crossed, 9, '').from.map((f) => f.id)).toEqual(['a-x', 'a-z']);
    expect(flowOf(crossed, 9, '').to.map((f) => f.id)).toEqual(['j', 'i']);
  });
  test('is laid out inside its box, labels outside of the bars', () => {
    const d = draw(flowOf(p, 9, 'others'), 500, 400, 120, 20);
    for (const n of d.nodes) {
      expect(n.x).toBeGreaterThanOrEqual(120);
      expect(n.x + n.width).toBeLessThanOrEqual(380);
      expect(n.y).toBeGreaterThanOrEqual(0);
      expect(n.y + n.height).toBeLessThanOrEqual(400);
    }
    expect(d.links).toHaveLength(3);
    expect(draw(flowOf(picture({}), 9, ''), 500, 400, 120, 20)).toEqual({ nodes: [], links: [] });
  });
});

test('text is readable at 20′: a 98-inch wall at five metres with k = 1, an 86-inch one needs more', () => {
  expect(factor(USUAL, 1920)).toEqual({ k: 1, enough: true });
  expect(minutes(BODY, USUAL, 1920)).toBeGreaterThan(20);
  expect(factor({ width: usualWidth(3440, 1440), distance: 5 }, 3440 / (1440 / 1080)).k).toBe(1);
  expect(factor({ width: 1.9, distance: 5 }, 1920)).toEqual({ k: 1.25, enough: true });
  expect(factor({ width: 3.84, distance: 5 }, 1920)).toEqual({ k: 0.8, enough: true });
  expect(factor({ width: 1.2, distance: 5 }, 1920).enough).toBe(false);
});

test('ages', () => {
  expect([4, 5, 15, 30, 60].map((m) => ageing(m * 60_000, 4))).toEqual([0, 1, 2, 3, 4]);
  expect(ageing(3 * 60_000, 1)).toBe(1);
});

test('what is lent is counted by who lends to whom, the most first', () => {
  const loans = (['committed', 'in_transit', 'on_loan', 'on_loan', 'returned', 'cancelled'] as const).map((state, i) => make('loan', `l${i}`, { state, owner: 'fire', receiver: 'city' }));
  loans.push(make('loan', 'x', { state: 'releasing', owner: 'power', receiver: 'city' }));
  expect(lending(loans, 3)).toEqual([{ owner: 'fire', receiver: 'city', counts: [1, 1, 2, 0], n: 4 }, { owner: 'power', receiver: 'city', counts: [0, 0, 0, 1], n: 1 }]);
  expect(lending(loans, 1)).toHaveLength(1);
});
