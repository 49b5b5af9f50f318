import { describe, expect, it } from 'vitest';
import type { Seen } from '../api/types';
import { make } from '../testing/records';
import { blank, drawBody, editBody, fenceFacts, fenceWords, findAreas, parseCorners, valuesOf } from './fence';
import { followFences } from './history';
import './words';

const now = Date.parse('2026-11-23T08:00:00Z');
const fence = make('fence', 'f1', { name: '热区 化工厂', type: 'ring', purpose: 'hot', state: 'active', incident: 'i1', center: [113.8, 34], radius: 500, follows: true, warn: ['enter'] });

describe('the form of a fence', () => {
  it('makes a hot ring around the incident of what it opens with', () => {
    expect(drawBody(blank(true), 'i1', now)).toEqual({ type: 'ring', purpose: 'hot', radius: 500, incident: 'i1', warn: ['enter'] });
  });

  it('sends a picked middle, minutes as seconds, and hours as a time', () => {
    const v = { ...blank(false, [113.8, 34]), warn: ['enter' as const, 'dwell' as const], dwell: 20, until: '4' as const, name: ' 西门 ', radius: '1.2km' };
    expect(drawBody(v, undefined, now)).toEqual({
      type: 'ring', purpose: 'hot', radius: 1200, center: [113.8, 34], warn: ['enter', 'dwell'], dwell: 1200, until: '2026-11-23T12:00:00.000Z', name: '西门',
    });
  });

  it('closes a drawn line, and sends a division alone', () => {
    const v = { ...blank(false), type: 'perimeter' as const, corners: '113.8, 34\n113.9, 34\n\n113.9，34.1' };
    expect(drawBody(v, 'i1', now)).toMatchObject({ type: 'perimeter', shape: [[[113.8, 34], [113.9, 34], [113.9, 34.1], [113.8, 34]]] });
    expect(drawBody({ ...blank(false), type: 'division', division: '411002', warn: [] }, undefined, now)).toEqual({ type: 'division', purpose: 'hot', division: '411002' });
  });

  it('sends of a change only what was changed, and nothing for nothing', () => {
    const v = valuesOf(fence);
    expect(editBody(v, fence, now)).toBeUndefined();
    expect(editBody({ ...v, radius: '800' }, fence, now)).toEqual({ radius: 800 });
    expect(editBody({ ...v, purpose: 'warm' }, fence, now)).toEqual({ purpose: 'warm', name: '温区 化工厂' });
    expect(editBody({ ...v, warn: ['enter', 'dwell'], dwell: 10 }, fence, now)).toEqual({ warn: ['enter', 'dwell'], dwell: 600 });
    expect(editBody({ ...v, follow: false, center: [113.9, 34] }, fence, now)).toEqual({ center: [113.9, 34] });
    const timed = { ...fence, until: '2026-11-23T12:00:00Z', warn: ['dwell' as const], dwell: 600 };
    expect(editBody({ ...valuesOf(timed), until: '', warn: [] }, timed, now)).toEqual({ endless: true, warn: [], dwell: 0 });
  });

  it('finds the line that is no corner', () => {
    expect(parseCorners('113.8, 34\nabc\n113.9 34').bad).toBe(2);
    expect(parseCorners('34.03 113.85').points).toEqual([[113.85, 34.03]]);
    expect(parseCorners('').points).toEqual([]);
  });

  it('finds divisions that have a border by code, name and initials', () => {
    const areas = [
      make('area', '411002', { code: '411002', name: '魏都区', initials: 'wdq', level: 'county', shape: 5 }),
      make('area', '411002001', { code: '411002001', name: '魏都街道', initials: 'wdjd', level: 'township', shape: 2 }),
      make('area', '411002002', { code: '411002002', name: '魏北', initials: 'wb', level: 'township' }),
    ];
    for (const q of ['wd', '魏', '4110']) expect(findAreas(q, areas).map((o) => o.key), q).toEqual(['411002', '411002001']);
  });
});

describe('the words', () => {
  it('say what a fence is', () => {
    const time = () => '12:00';
    expect(fenceFacts(fence, () => undefined, time)).toEqual(['半径 500 m', '随事件移动', '告警：进入']);
    expect(fenceFacts({ ...fence, type: 'division', division: '411002', follows: false, warn: ['dwell'], dwell: 1800, until: '2026-11-23T12:00:00Z' }, () => '魏都区', time)).toEqual(['魏都区', '告警：停留超 30 分钟', '12:00 自动撤销']);
  });

  it('say what happened at it', () => {
    expect(fenceWords({ what: 'enter', fence })).toBe('进入 热区 化工厂');
    expect(fenceWords({ what: 'found', fence })).toBe('划定时已在 热区 化工厂 内');
    expect(fenceWords({ what: 'edit', fence: { ...fence, radius: 1500, until: '2026-11-23T12:00:00Z' }, was: fence })).toBe('修改 热区 化工厂：半径 500 m → 1.5 km、改撤销时间');
    expect(fenceWords({ what: 'edit', fence: { ...fence, purpose: 'cold', name: '冷区 化工厂' }, was: fence })).toBe('修改 冷区 化工厂：用途 热区 → 冷区、更名');
  });
});

describe('the history of an incident', () => {
  const change = (seq: number): Seen => ({ seq, at: '', wall: '', actor: { id: '', name: '', role: 'system' }, kind: 'fence.cross', put: [{ ...fence, version: seq }] });

  it('is read page by page, goes on with the feed, and is read on after a cut', async () => {
    let hear: (c: Seen) => void = () => {};
    let moved = () => {};
    const live = { phase: 'live' as 'live' | 'cut', onChange: (f: typeof hear) => ((hear = f), () => {}), subscribe: (f: typeof moved) => ((moved = f), () => {}) };
    const asked: string[] = [];
    const pages = [{ changes: [change(1), change(2)], next: 2, more: true }, { changes: [change(3)], next: 3, more: false }, { changes: [change(5)], next: 5, more: false }];
    let told: number[] = [];
    followFences(live, 'i1', (all) => (told = all.map((c) => c.seq)), async (_, after) => (asked.push(after ?? ''), pages.shift()!));
    hear(change(4));
    await new Promise((r) => setTimeout(r));
    expect(told).toEqual([1, 2, 3, 4]);
    live.phase = 'cut';
    moved();
    live.phase = 'live';
    moved();
    await new Promise((r) => setTimeout(r));
    expect(told).toEqual([1, 2, 3, 4, 5]);
    expect(asked).toEqual(['', '2', '3']);
  });
});
