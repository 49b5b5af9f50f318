import { describe, expect, it } from 'vitest';
import type { EventType, MoveTables } from '../api/types';
import { things } from '../store/aid';
import { make } from '../testing/records';
import { findTypes } from './find';
import { parse, type Context, type Reading } from './grammar';
import { actionOf, type Key } from './keys';
import { arrivalStep, incidentSteps, taskEnds, taskSteps } from './moves';

const moves: MoveTables = {
  incident: { reported: ['verified', 'active', 'false_alarm', 'duplicate'], active: ['controlled', 'closed', 'duplicate'], closed: ['active', 'archived'], controlled: ['active', 'closed'], false_alarm: ['verified', 'archived'] },
  task: { rescue: { proposed: ['assigned', 'refused', 'cancelled'], assigned: ['acknowledged', 'en_route', 'refused', 'cancelled', 'released', 'diverted'], en_route: ['on_scene', 'staging', 'returning', 'done', 'released'], on_scene: ['returning', 'done', 'released'] } },
  report: {}, note: {}, duty: { available: ['off_duty', 'on_break', 'out_of_service'], off_duty: ['available'] },
};

const teams = [
  make('team', 't1', { call_sign: '消防21', initials: 'xf21' }),
  make('team', 't2', { call_sign: '消防22', initials: 'xf22' }),
  make('team', 't3', { call_sign: '急救01', initials: 'jj01', duty: 'off_duty' }),
];
const incidents = [make('incident', 'i1', { number: '20261123-0001', title: '五女店镇火灾' }), make('incident', 'i7', { number: '20261123-0007', title: '氯气泄漏' })];
const task = make('task', 'x', { team: 't1', state: 'en_route', next: 'on_scene' });
const asked = () => things([{ code: 'hazmat', zh: '危化品处置', en: 'Hazardous materials', initials: ['whpcz'] }, { code: 'flood.pump', zh: '排涝', en: 'Pumping', initials: ['pl'] }], [], [make('stock', 's')]);
const context: Context = { teams, incidents, incident: incidents[0], task: (t) => (t === 't1' ? task : undefined), moves, things: asked };
const read = (line: string, c: Partial<Context> = {}): Reading | undefined => parse(line, { ...context, ...c })[0];

describe('the command line', () => {
  it('assigns to the open incident', () => {
    expect(read('p xf21')).toMatchObject({ do: 'assign', team: { id: 't1' }, incident: { id: 'i1' } });
    expect(read('/派 消防22')).toMatchObject({ do: 'assign', team: { id: 't2' } });
  });

  it('assigns to the incident whose number is given at the end', () => {
    expect(read('p xf21 7')).toMatchObject({ do: 'assign', team: { id: 't1' }, incident: { id: 'i7' } });
  });

  it('offers every team that the name fits', () => {
    expect(parse('p xf', context).map((r) => r.do === 'assign' && r.team.id)).toEqual(['t1', 't2']);
  });

  it('asks for an incident when none is open', () => {
    expect(read('p xf21', { incident: undefined })).toMatchObject({ do: 'refuse', word: 'bar.noIncident' });
  });

  it('reads the status from the end and offers legal ones only', () => {
    expect(read('s xf21 dc')).toMatchObject({ do: 'status', to: 'on_scene' });
    expect(read('s 消防21 到场')).toMatchObject({ do: 'status', to: 'on_scene' });
    expect(read('s xf21')).toMatchObject({ do: 'status', to: 'on_scene' });
    expect(read('s xf21 jl')).toMatchObject({ do: 'refuse', word: 'bar.noMove' });
    expect(read('s xf22 dc')).toMatchObject({ do: 'refuse', word: 'bar.noTask' });
  });

  it('sets duty and crew, and refuses what needs a reason', () => {
    expect(read('s jj01 zq')).toMatchObject({ do: 'duty', team: { id: 't3' }, to: 'available' });
    expect(read('s xf22 zb5')).toMatchObject({ do: 'crew', crew: 5 });
    expect(read('s xf22 ty')).toMatchObject({ do: 'refuse', word: 'bar.needReason' });
    expect(read('s jj01 xz')).toMatchObject({ do: 'refuse', word: 'bar.noMove' });
  });

  it('asks others for help, one thing or more', () => {
    const ask = { do: 'request', incident: { id: 'i1' } };
    expect(read('请求 防化 3')).toMatchObject({ ...ask, lines: [{ capability: 'hazmat', max: 3 }] });
    expect(read('z fh3 pl 2')).toMatchObject({ ...ask, lines: [{ capability: 'hazmat', max: 3 }, { capability: 'flood.pump', max: 2 }] });
    expect(read('z 编织袋 2000条')).toMatchObject({ ...ask, lines: [{ item: 'sandbag', unit: '条', max: 2000 }] });
    expect(read('z whp')).toMatchObject({ ...ask, lines: [{ capability: 'hazmat', max: 1 }] });
    expect(read('z xyz 3')).toMatchObject({ do: 'refuse', word: 'bar.noThing' });
    expect(read('z fh 3', { incident: undefined })).toMatchObject({ do: 'refuse', word: 'bar.noIncident' });
    expect(read('b')).toMatchObject({ do: 'aid' });
  });

  it('keeps the text of a note as it was typed', () => {
    expect(read('n 三楼  有人')).toMatchObject({ do: 'note', text: '三楼  有人' });
  });

  it('draws a fence around the open incident, a hot zone unless said', () => {
    expect(read('围栏 500')).toMatchObject({ do: 'fence', incident: { id: 'i1' }, purpose: 'hot', radius: 500 });
    expect(read('f 1.5km 温区')).toMatchObject({ do: 'fence', purpose: 'warm', radius: 1500 });
    expect(read('fence staging 300 m')).toMatchObject({ do: 'fence', purpose: 'staging', radius: 300 });
    expect(read('f')).toEqual({ do: 'fenceForm' });
    expect(read('f 五百')).toMatchObject({ do: 'refuse', word: 'bar.fenceBad' });
    expect(read('f 500', { incident: undefined })).toMatchObject({ do: 'refuse', word: 'bar.noIncident' });
  });

  it('opens incidents, and says what it does not know', () => {
    expect(read('i 7')).toMatchObject({ do: 'open', incident: { id: 'i7' } });
    expect(read('i 氯气')).toMatchObject({ do: 'open', incident: { id: 'i7' } });
    expect(read('p zz')).toMatchObject({ do: 'refuse', word: 'bar.noTeam' });
    expect(read('zzz')).toMatchObject({ do: 'refuse', word: 'bar.unknown' });
    expect(parse('', context)).toEqual([]);
  });
});

describe('keys', () => {
  const key = (code: string, more: Partial<Key> = {}): Key => ({ code, key: '', ...more });
  const free = { typing: false };

  it('go by the place of the key', () => {
    expect(actionOf(key('KeyN', { key: 'ㄙ' }), free)).toBe('new');
    expect(actionOf(key('Numpad3'), free)).toBe('digit.3');
    expect(actionOf(key('Slash'), free)).toBe('bar');
    expect(actionOf(key('Slash', { shiftKey: true }), free)).toBe('help');
  });

  it('never fire while an input method composes or somebody types', () => {
    expect(actionOf(key('KeyN', { isComposing: true }), free)).toBeUndefined();
    expect(actionOf(key('KeyN', { keyCode: 229 }), free)).toBeUndefined();
    expect(actionOf(key('KeyN'), { typing: true })).toBeUndefined();
    expect(actionOf(key('Slash'), { typing: true })).toBeUndefined();
    expect(actionOf(key('F2'), { typing: true })).toBe('pane.2');
    expect(actionOf(key('KeyR', { ctrlKey: true }), free)).toBeUndefined();
  });

  it('leave a focused button its Enter', () => {
    expect(actionOf(key('Enter'), { typing: false, onButton: true })).toBeUndefined();
    expect(actionOf(key('KeyR'), { typing: false, onButton: true })).toBe('recommend');
  });
});

describe('steps', () => {
  it('only what is legal now, by the command that does it', () => {
    expect(incidentSteps({ state: 'reported' }, moves).map((s) => s.command)).toEqual(['incident.verify', 'incident.dismiss', 'incident.merge']);
    expect(incidentSteps({ state: 'closed' }, moves).map((s) => s.command)).toEqual(['incident.reopen', 'incident.archive']);
    expect(incidentSteps({ state: 'controlled' }, moves).map((s) => s.command)).toEqual(['incident.resume', 'incident.close']);
    expect(incidentSteps({ state: 'false_alarm' }, moves)[0]?.command).toBe('incident.resume');
    expect(incidentSteps({ state: 'archived' }, moves)).toEqual([]);
  });

  it('the usual step of a task comes first, its ends apart', () => {
    expect(taskSteps(task, moves)).toEqual(['on_scene', 'staging', 'returning', 'done']);
    expect(taskSteps(make('task', 'p', { state: 'proposed' }), moves)).toEqual(['assigned']);
    expect(taskEnds(make('task', 'a', { state: 'assigned' }), moves)).toEqual(['refused', 'cancelled', 'released', 'diverted']);
    expect(taskSteps(make('task', 'd', { state: 'on_scene', destination: {} }), moves)).toContain('to_destination');
  });
});

describe('event types', () => {
  const events: EventType[] = [
    { code: '14Y01', zh: '行政区划界限纠纷事件', initials: ['xzqhjxjfsj', 'hzqhjxjfsj'] },
    { code: '12G00', zh: '火灾事故', en: 'Fire', initials: ['hzsg', 'hzzg'] },
    { code: '12D02', zh: '危险化学品泄漏事故', en: 'Chemical leak', initials: ['wxhxpxlsg'] },
  ];
  it('the usual reading of the pinyin comes before a rare one', () => expect(findTypes('hz', events)[0]?.code).toBe('12G00'));
  it('by code, name and English word', () => {
    expect(findTypes('12d', events)[0]?.code).toBe('12D02');
    expect(findTypes('泄漏', events)[0]?.code).toBe('12D02');
    expect(findTypes('leak', events)[0]?.code).toBe('12D02');
    expect(findTypes('', events)).toEqual([]);
  });
});

describe('a suggested arrival', () => {
  const arrival = { at: '2026-11-23T08:00:00Z' };
  it('is confirmed where that is legal, else the next step comes first, and it ends with the arrival', () => {
    const of = (state: 'assigned' | 'en_route' | 'on_scene', more = {}) => arrivalStep(make('task', 'x', { state, arrival, ...more }), moves);
    expect(of('en_route', { next: 'on_scene' })).toBe('on_scene');
    expect(of('assigned', { next: 'acknowledged' })).toBe('acknowledged');
    expect(of('on_scene')).toBeUndefined();
    expect(arrivalStep(make('task', 'x', { state: 'en_route' }), moves)).toBeUndefined();
  });
});
