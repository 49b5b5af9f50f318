// The pure parts: which symbol, what counts as stale, which names are written.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type * as GeoJSON from 'geojson';
import type { Alarm, Area, Fence, Incident, Loan, Point, Stay, Task, Team } from '../api/types';
import { Clock } from '../store/clock';
import { Looks } from '../store/looks';
import { Positions } from '../store/positions';
import { Store } from '../store/store';
import { make } from '../testing/records';
import { attribution } from './attribution';
import { meters } from '../store/geo';
import { divisions, fenceDashes, fenceFeatures } from './fences';
import { glyphOf } from './glyphs';
import { groupOf } from './groups';
import { incidentFeatures, loudIncident } from './incidents';
import { arc, goalOf, linkFeatures } from './links';
import { Crowd, many } from './crowd';
import { lengthOf, measureFeatures } from './measure';
import { palettes } from './palette';
import { boundOf, homeOf, pointOf } from './places';
import { sketchFeatures } from './sketch';
import { art, incidentSymbol, teamSymbol } from './symbols';
import { loudTeam, markOf, slotOffset, teamFeatures } from './teams';

const now = Date.parse('2026-05-01T08:00:00Z');
const head = { version: 1, scope: {}, created: '2026-05-01T07:00:00Z', updated: '2026-05-01T07:00:00Z' };

const team = (id: string, more: Partial<Team> = {}): Team => ({
  ...head, kind: 'team', id, name: id, call_sign: `call ${id}`, type: 'fire', base: { point: [113, 34] }, seats_min: 1, seats_full: 4, crew: 4,
  duty: 'available', status: 'available', ...more,
});
const task = (id: string, state: Task['state'], more: Partial<Task> = {}): Task => ({
  ...head, kind: 'task', id, incident: 'i1', team: 't1', agency: 'a', type: 'rescue', state, stamps: {}, ...more,
});
const incident = (id: string, more: Partial<Incident> = {}): Incident => ({
  ...head, kind: 'incident', id, number: `N${id}`, state: 'active', type: '12G01', grade: 2, priority: 1, alarm_level: 1, title: `fire ${id}`,
  place: { point: [113.5, 34.5] }, casualties: {}, auto_close: false, ...more,
});
const alarm = (id: string, more: Partial<Alarm> = {}): Alarm => ({
  ...head, kind: 'alarm', id, type: 'distress', tier: 1, text: '', raised: { at: '2026-05-01T07:59:00Z' }, ...more,
});

function scene(...records: Parameters<Store['apply']>[0] & object) {
  const store = new Store((flush) => flush());
  store.apply(records);
  return { store, positions: new Positions(), clock: new Clock(() => now), selected: undefined as { kind: 'team' | 'incident'; id: string } | undefined, lang: 'zh' as const };
}

function fix(positions: Positions, id: string, at: [number, number], age = 0, more: { speed?: number; heading?: number } = {}) {
  positions.take({
    t: 'positions', at: '', full: false, team: [id], lon: [at[0]], lat: [at[1]], speed: [more.speed ?? null], heading: [more.heading ?? null], accuracy: [null],
    fixed: [now - age * 1000], stale: [60], source: ['osmand'],
  });
}

test('a position turns stale at the limit of its source, on the server clock', () => {
  const s = scene(team('t1'));
  fix(s.positions, 't1', [113.1, 34.1], 0, { speed: 12, heading: 90 });
  const mark = (later: number) => markOf(team('t1'), undefined, s.positions.get('t1'), now + later * 1000)!;
  expect(mark(60)).toMatchObject({ stale: false, base: false, heading: 90, at: [113.1, 34.1] });
  expect(mark(61).stale).toBe(true);
  expect(mark(61).heading).toBeUndefined();
  expect(mark(61).at).toEqual([113.1, 34.1]);
});

test('a team under way whose position is stale is lost; without a position it stands at its base', () => {
  const s = scene(team('t1'));
  fix(s.positions, 't1', [113.1, 34.1], 61);
  expect(markOf(team('t1', { status: 'committed' }), task('k', 'en_route'), s.positions.get('t1'), now)).toMatchObject({ look: 'lost', stale: true });
  expect(markOf(team('t1'), undefined, undefined, now)).toEqual({ at: [113, 34], look: 'available', stale: false, base: true });
  expect(markOf(team('t1'), task('k', 'assigned'), undefined, now)).toMatchObject({ look: 'dispatched', stale: false, base: true });
  expect(markOf(team('t1'), task('k', 'en_route'), undefined, now)).toMatchObject({ look: 'dispatched', stale: true, base: true });
  expect(markOf(team('t1', { base: {} }), undefined, undefined, now)).toBeUndefined();
});

test('a standing team shows no heading', () => {
  const s = scene();
  fix(s.positions, 't1', [113, 34], 0, { speed: 0.4, heading: 90 });
  expect(markOf(team('t1'), undefined, s.positions.get('t1'), now)!.heading).toBeUndefined();
});

test('stale and lost are hollow, and every symbol asked for can be drawn', () => {
  expect(teamSymbol('water', 'returning')).toBe('team:water:returning');
  expect(teamSymbol('water', 'returning', true)).toBe('team:water:returning:stale');
  expect(teamSymbol('water', 'lost')).toBe('team:water:lost:stale');
  for (const id of ['team:fire:lost', 'tick:lost', 'incident:0', 'incident:4:flame', 'hazard:1', 'depot:post', 'ring:select']) expect(art(id), id).toBeDefined();
  expect(art('pattern:1')).toBeUndefined();
});

test('the worse the grade, the larger the ring', () => {
  const halves = ([1, 2, 3, 4, 0] as const).map((g) => art(incidentSymbol(g))!.half);
  expect([...halves].sort((a, b) => b - a)).toEqual(halves);
  expect(new Set(halves).size).toBe(5);
});

test('an incident bears the glyph of its code, or of its class, or the plain one', () => {
  expect(glyphOf('12H01')).toBe('car');
  expect(glyphOf('12D00')).toBe('flask');
  expect(glyphOf('13B01')).toBe('cross');
  expect(glyphOf('14B02')).toBe('shield');
  expect(glyphOf('99999')).toBe('alert');
  expect(glyphOf('')).toBe('alert');
});

test('from far away only what matters is named', () => {
  expect(loudTeam('dispatched', false, false)).toBe(false);
  expect(loudTeam('dispatched', true, false)).toBe(true);
  expect(loudTeam('available', false, true)).toBe(true);
  expect(loudTeam('lost', false, false)).toBe(true);
  expect(loudIncident({ grade: 4 }, false, false)).toBe(false);
  expect(loudIncident({ grade: 2 }, false, false)).toBe(true);
  expect(loudIncident({ grade: 0 }, false, true)).toBe(true);
});

test('incidents: open ones with a place, the worst last and on top, alarms and selection marked', () => {
  const s = scene(incident('i1', { grade: 1 }), incident('i2', { grade: 4 }), incident('i3', { state: 'closed' }), incident('i4', { place: { text: 'somewhere' } }), alarm('a', { incident: 'i2', acked: undefined }));
  s.selected = { kind: 'incident', id: 'i1' };
  const f = incidentFeatures(s).map((x) => x.properties);
  expect(f.map((p) => p['id'])).toEqual(['i2', 'i1']);
  expect(f[0]).toMatchObject({ alarm: 1, loud: true, far: 'incident:4', near: 'incident:4:flame' });
  expect(f[0]).not.toHaveProperty('selected');
  expect(f[1]).toMatchObject({ selected: true });
});

test('an acknowledged distress stays marked but does not pulse; it marks the team, not its incident', () => {
  const s = scene(team('t1', { status: 'distress' }), incident('i1'), alarm('a', { team: 't1', incident: 'i1', acked: { at: '' } }));
  expect(teamFeatures(s, now)[0]!.properties).toMatchObject({ alarm: 2, loud: true });
  expect(incidentFeatures(s)[0]!.properties).not.toHaveProperty('alarm');
});

test('teams on one spot stand apart: around their incident, in a row below their base', () => {
  const s = scene(incident('i1'), team('t1'), team('t2'), team('t3'), team('t4'), task('k1', 'on_scene'), task('k2', 'on_scene', { team: 't2' }));
  fix(s.positions, 't1', [113.5, 34.5]);
  fix(s.positions, 't2', [113.5001, 34.5]);
  const slots = Object.fromEntries(teamFeatures(s, now).map((f) => [f.properties['id'], f.properties['slot']]));
  expect(slots).toEqual({ t1: 1, t2: 2, t3: 31, t4: 32 });
  const places = [...Array(22).keys()].map((n) => slotOffset(n + 1, 12).join());
  expect(new Set(places).size).toBe(22);
  expect(slotOffset(0, 12)).toEqual([0, 0]);
});

test('a retired team is not on the map', () => {
  expect(teamFeatures(scene(team('t1', { retired: true })), now)).toEqual([]);
});

test('a line leads from a team to where it goes, and to nowhere once it is there', () => {
  const s = scene(incident('i1'), team('t1'), task('k', 'en_route'));
  expect(goalOf(task('k', 'en_route'), s.store)).toEqual([113.5, 34.5]);
  expect(goalOf(task('k', 'to_destination', { destination: { point: [114, 35] } }), s.store)).toEqual([114, 35]);
  for (const state of ['proposed', 'on_scene', 'returning', 'done'] as const) expect(goalOf(task('k', state), s.store), state).toBeUndefined();
  expect(linkFeatures(s)[0]).toMatchObject({ geometry: { coordinates: [[113, 34], [113.5, 34.5]] }, properties: { waits: true } });
  fix(s.positions, 't1', [113.2, 34.2]);
  expect(linkFeatures(s)[0]).toMatchObject({ geometry: { coordinates: [[113.2, 34.2], [113.5, 34.5]] }, properties: { waits: false } });
  fix(s.positions, 't1', [113.2, 34.2], -1);
  s.store.apply([incident('i1', { state: 'closed' })]);
  expect(linkFeatures(s)).toEqual([]);
});

test('what is lent is an arc to where it reports, dashed until it is under way', () => {
  const loan = (state: Loan['state'], more: Partial<Loan> = {}) => make('loan', 'l1', { state, owner: 'a1', resource: { kind: 'team', id: 't1' }, report_to: { point: [113.6, 34.6] }, ...more });
  const ends = (f: ReturnType<typeof linkFeatures>[number] | undefined) => {
    const c = f!.geometry.coordinates as Point[];
    return [c[0], c.at(-1)];
  };
  const s = scene(team('t1'), make('agency', 'a1', { place: { point: [113.1, 34.1] } }), loan('committed'));
  expect(linkFeatures(s)[0]!.properties).toMatchObject({ loan: true, waits: true });
  expect(ends(linkFeatures(s)[0])).toEqual([[113, 34], [113.6, 34.6]]);
  fix(s.positions, 't1', [113.2, 34.2]);
  s.store.apply([loan('in_transit')]);
  expect(linkFeatures(s)[0]!.properties).toMatchObject({ waits: false });
  expect(ends(linkFeatures(s)[0])[0]).toEqual([113.2, 34.2]);
  // What has arrived is drawn from its home; an item from its owner's.
  s.store.apply([loan('on_loan')]);
  expect(ends(linkFeatures(s)[0])[0]).toEqual([113, 34]);
  s.store.apply([loan('on_loan', { resource: { kind: 'equipment', id: 'e' } })]);
  expect(ends(linkFeatures(s)[0])[0]).toEqual([113.1, 34.1]);
  s.store.apply([loan('releasing')]);
  expect(linkFeatures(s)).toEqual([]);
  // There and back do not lie on each other.
  expect(arc([0, 0], [10, 0])[8]).toEqual([5, 2]);
  expect(arc([10, 0], [0, 0])[8]).toEqual([5, -2]);
});

test('the length is that of great circles, told at each point', () => {
  expect(lengthOf([[113, 34]])).toBe(0);
  // A degree of latitude on a sphere of 6,371,008.8 m.
  expect(lengthOf([[113, 34], [113, 35], [113, 36]])).toBeCloseTo(2 * 111_195.08, 0);
  expect(measureFeatures([[113, 34], [113, 35]]).map((f) => f.properties['label'])).toEqual([undefined, '', '111 km']);
});

test('a thing without a place of its own is where its owner is', () => {
  const s = scene(incident('i1'), team('t1'), task('k', 'en_route'), alarm('a', { team: 't1' }));
  expect(pointOf({ kind: 'task', id: 'k' }, s.store, s.positions)).toEqual([113.5, 34.5]);
  expect(pointOf({ kind: 'alarm', id: 'a' }, s.store, s.positions)).toEqual([113, 34]);
  fix(s.positions, 't1', [113.2, 34.2]);
  expect(pointOf({ kind: 'alarm', id: 'a' }, s.store, s.positions)).toEqual([113.2, 34.2]);
  expect(pointOf({ kind: 'incident', id: 'none' }, s.store, s.positions)).toBeUndefined();
});

test('home is the city, else its counties, else the teams', () => {
  const area = (id: string, level: Area['level'], bound: Area['bound']): Area => ({ ...head, kind: 'area', id, code: id, level, name: id, bound });
  expect(homeOf(scene(team('t1')).store)).toEqual([113, 34, 113, 34]);
  const counties = [area('1', 'county', [1, 2, 3, 4]), area('2', 'county', [0, 3, 2, 5])];
  expect(homeOf(scene(...counties).store)).toEqual([0, 2, 3, 5]);
  expect(homeOf(scene(...counties, area('3', 'city', [9, 9, 10, 10])).store)).toEqual([9, 9, 10, 10]);
  expect(boundOf([])).toBeUndefined();
});

test('invented records are called so', () => {
  expect(attribution(scene(team('t1')))).toBe('');
  expect(attribution(scene(team('t1', { invented: true })))).toContain('虚构');
});

test('style layers belong to the group a reader hides them with', () => {
  expect(groupOf('team')).toBe('teams');
  expect(groupOf('team-label-row')).toBe('labels');
  expect(groupOf('incident-label')).toBe('incidents');
  expect(groupOf('area-county')).toBe('areas');
  for (const id of ['area-fill', 'base-land', 'ground', 'measure-line', 'drag-line']) expect(groupOf(id), id).toBeUndefined();
});

test('grades and status have the colours of the panels', () => {
  const css = readFileSync('src/tokens.css', 'utf8');
  const [dark, day] = css.split(":root[data-theme='day']") as [string, string];
  const value = (text: string, name: string) => new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(text)?.[1];
  for (const [text, p] of [[dark, palettes.dark], [day, palettes.day]] as const) {
    for (const [grade, colour] of Object.entries(p.grade)) expect(value(text, `grade-${grade}`), `grade ${grade}`).toBe(colour);
    for (const [look, colour] of Object.entries(p.status)) if (look !== 'distress') expect(value(text, `status-${look}`), look).toBe(colour);
    for (const [purpose, colour] of Object.entries(p.fence)) expect(value(text, `fence-${purpose}`), purpose).toBe(colour);
    expect(p.status.distress).toBe(p.status.lost);
  }
});

describe('a crowd', () => {
  function crowded(n: number) {
    const s = scene(...Array.from({ length: n }, (_, i) => team(`t${i}`, { base: { point: [113 + (i % 100) / 100, 34 + Math.floor(i / 100) / 100] } })));
    const looks = new Looks(s.store, s.positions, s.clock);
    return { ...s, looks, theme: 'dark' as const, motion: false };
  }
  const crowd = () => new Crowd(() => [1, 1]);
  const flat = () => 0;

  test('those in view are drawn one by one while they are few', () => {
    const s = crowded(many + 100);
    const c = crowd();
    c.take(s, now, flat);
    expect(c.within([112, 33, 115, 36])).toBeUndefined();
    expect(c.within([112.995, 33.995, 113.045, 34.015])?.map((t) => t.id).sort()).toEqual(['t0', 't1', 't100', 't101', 't102', 't103', 't104', 't2', 't3', 't4']);
    s.looks.stop();
  });

  test('each is found where it was last heard of, also when the fix is its first', () => {
    const s = crowded(many + 1);
    const c = crowd();
    c.on = true;
    c.take(s, now, flat);
    expect(c.at(113.07, 34, 5, 14)).toBe('t7');
    fix(s.positions, 't7', [114.9, 34.9]);
    c.take(s, now, flat);
    expect(c.at(114.9, 34.9, 5, 14)).toBe('t7');
    expect(c.at(113.07, 34, 5, 14)).toBeUndefined();
    s.looks.stop();
  });

  test('only the lines of what is selected are drawn among very many', () => {
    const tasks = Array.from({ length: many + 1 }, (_, i) => task(`k${i}`, 'en_route', { team: `t${i}` }));
    const s = scene(incident('i1'), incident('i2'), ...tasks.map((t) => team(t.team)), ...tasks, task('own', 'en_route', { team: 'solo', incident: 'i2' }), team('solo'));
    expect(linkFeatures(s)).toEqual([]);
    s.selected = { kind: 'incident', id: 'i2' };
    expect(linkFeatures(s)).toHaveLength(1);
  });
});

describe('fences', () => {
  const fence = (id: string, more: Partial<Fence> = {}): Fence => ({
    ...head, kind: 'fence', id, name: '热区 化工厂', type: 'ring', purpose: 'hot', state: 'active', center: [113.8, 34], radius: 500, drawn: head.created, ...more,
  });
  const stay = (id: string, more: Partial<Stay> = {}): Stay => ({ ...head, kind: 'stay', id, fence: 'f1', team: 't1', state: 'inside', entered: { at: head.created }, point: [113.8, 34], ...more });

  test('a ring is drawn as its circle with the words on its northern edge, and who is inside is counted', () => {
    const s = scene(fence('f1'), stay('s1'), stay('s2', { team: 't2' }), stay('s3', { team: 't3', state: 'left' }));
    const [ring, words] = fenceFeatures(s);
    expect(ring!.geometry.type).toBe('Polygon');
    const corners = (ring!.geometry as GeoJSON.Polygon).coordinates[0]!;
    for (const c of corners) expect(meters([113.8, 34], c as [number, number])).toBeCloseTo(500, 0);
    expect(words!.properties).toMatchObject({ label: '热区 化工厂\n在内 2 队', loud: true });
    expect((words!.geometry as GeoJSON.Point).coordinates[1]).toBeGreaterThan(34.0044);
  });

  test('what has ended is not drawn, and the most dangerous lies on top', () => {
    const s = scene(fence('f1'), fence('f2', { purpose: 'cold', radius: 1000 }), fence('f3', { state: 'ended' }));
    expect(fenceFeatures(s).map((f) => f.properties.id)).toEqual(['f2', 'f2', 'f1', 'f1']);
  });

  test('a division is drawn along the tiles; of two the more dangerous gives the colour', () => {
    const s = scene(fence('f1', { type: 'division', division: '411002', radius: undefined, purpose: 'watch' }), fence('f2', { type: 'division', division: '411002', radius: undefined, purpose: 'hot' }));
    expect(divisions(s)).toEqual([{ code: '411002', purpose: 'hot' }]);
    expect(fenceFeatures(s).every((f) => f.geometry.type === 'Point')).toBe(true);
  });

  test('purposes differ by more than colour, and a reader can hide them', () => {
    expect(new Set(Object.values(fenceDashes).map(String)).size).toBe(5);
    for (const id of ['fence', 'fence-line', 'fence-label', 'fence-division-county']) expect(groupOf(id), id).toBe('fences');
  });

  test('a draft is drawn from two corners on, and with three it is closed', () => {
    const corners: [number, number][] = [[113, 34], [113.1, 34], [113.1, 34.1]];
    expect(sketchFeatures({ purpose: 'hot', corners: corners.slice(0, 2) })[0]!.geometry.type).toBe('LineString');
    expect(sketchFeatures({ purpose: 'hot', corners })[0]!.geometry.type).toBe('Polygon');
    expect(sketchFeatures({ purpose: 'hot', corners: corners.slice(0, 1) }, [113.05, 34.05]).map((f) => f.geometry.type)).toEqual(['LineString', 'Point']);
    expect(sketchFeatures(undefined)).toEqual([]);
  });
});
