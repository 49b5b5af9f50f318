// The form of a fence as plain values: what is typed, and the command it makes.
import type { Area, Commands, Fence, FencePurpose, FenceType, FenceWarn, Point } from '../api/types';
import { closed, corners, metersWords, parseMeters, renamed, type FenceEvent } from '../store/fences';
import { about, coordinates, readTime, say, sayCode, written } from '../i18n';
import { fenceDiff, fenceTitle } from '../store/fences';
import { parsePoint } from '../store/geo';
import type { Option } from '../ui/Combo.svelte';

export interface FenceValues {
  purpose: FencePurpose;
  type: FenceType;
  radius: string;
  /** The ring is around the incident. */
  follow: boolean;
  center: Point | undefined;
  /** One corner a line. */
  corners: string;
  division: string;
  warn: FenceWarn[];
  /** minutes */
  dwell: number;
  /** hours from now; at: the time in `at`; '' endless */
  until: '' | '1' | '4' | '12' | 'at';
  /** as the browser's field for a local time has it */
  at: string;
  name: string;
}

export const presets = [300, 500, 1000, 3000];

export function blank(follow: boolean, center?: Point): FenceValues {
  return { purpose: 'hot', type: 'ring', radius: '500', follow, center, corners: '', division: '', warn: ['enter'], dwell: 30, until: '', at: '', name: '' };
}

export const valuesOf = (f: Fence): FenceValues => ({
  purpose: f.purpose, type: f.type, radius: String(f.radius ?? ''), follow: !!f.follows, center: f.center, corners: cornersText(corners(f.shape?.[0] ?? [])),
  division: f.division ?? '', warn: [...(f.warn ?? [])], dwell: f.dwell ? Math.round(f.dwell / 60) : 30, until: f.until ? 'at' : '', at: f.until ? written(Date.parse(f.until)).slice(0, 16) : '', name: f.name,
});

export const cornersText = (points: readonly Point[]) => points.map(coordinates).join('\n');

/** The corners typed so far, and the number of the first line that is none. */
export function parseCorners(text: string): { points: Point[]; bad?: number } {
  const points: Point[] = [];
  let bad: number | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    if (!line.trim()) continue;
    const p = parsePoint(line);
    if (p) points.push(p);
    else bad ??= i + 1;
  }
  return bad ? { points, bad } : { points };
}


const untilOf = (v: FenceValues, now: number): string | undefined =>
  v.until === 'at' ? (v.at ? new Date(readTime(v.at)).toISOString() : undefined) : v.until ? new Date(now + Number(v.until) * 3_600_000).toISOString() : undefined;

const warnOf = (v: FenceValues) => (v.warn.length ? { warn: v.warn, ...(v.warn.includes('dwell') ? { dwell: Math.round(v.dwell * 60) } : {}) } : {});

/** The command that draws it. */
export function drawBody(v: FenceValues, incident: string | undefined, now: number): Commands['fence.draw'] {
  const until = untilOf(v, now);
  return {
    type: v.type, purpose: v.purpose, ...(v.name.trim() ? { name: v.name.trim() } : {}), ...(incident ? { incident } : {}),
    ...(v.type === 'ring' ? { radius: parseMeters(v.radius) ?? 0, ...(!v.follow && v.center ? { center: v.center } : {}) } : {}),
    ...(v.type === 'perimeter' ? { shape: [closed(parseCorners(v.corners).points)] } : {}),
    ...(v.type === 'division' ? { division: v.division } : {}),
    ...warnOf(v), ...(until ? { until } : {}),
  };
}

/** The command that changes what differs from the form as it was opened; undefined when nothing does. */
export function editBody(v: FenceValues, f: Fence, now: number): Omit<Commands['fence.edit'], 'fence' | 'expect'> | undefined {
  const was = valuesOf(f);
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const name = v.name.trim() === was.name ? renamed(was.name, f.purpose, v.purpose) : v.name.trim();
  const radius = parseMeters(v.radius) ?? 0;
  const until = untilOf(v, now);
  const changes = {
    ...(v.purpose !== was.purpose ? { purpose: v.purpose } : {}),
    ...(name !== was.name ? { name } : {}),
    ...(v.type === 'ring' && radius !== f.radius ? { radius } : {}),
    ...(v.type === 'ring' && v.center && !v.follow && !same(v.center, f.center) ? { center: v.center } : {}),
    ...(v.type === 'perimeter' && v.corners !== was.corners ? { shape: [closed(parseCorners(v.corners).points)] } : {}),
    ...(!same([...v.warn].sort(), [...was.warn].sort()) ? { warn: v.warn } : {}),
    ...(v.warn.includes('dwell') ? (v.dwell * 60 !== f.dwell ? { dwell: Math.round(v.dwell * 60) } : {}) : f.dwell ? { dwell: 0 } : {}),
    ...(v.until === was.until && v.at === was.at ? {} : until ? { until } : { endless: true }),
  };
  return Object.keys(changes).length ? changes : undefined;
}

export interface AreaOption extends Option {
  area: Area;
}

/** Divisions that the text names, best first: code, name, initials; those that have a border. */
export function findAreas(text: string, areas: readonly Area[], limit = 8): AreaOption[] {
  const q = text.trim().toLowerCase();
  if (!q) return [];
  const score = (a: Area) => {
    const initials = (a.initials ?? '').toLowerCase().split(' ').filter(Boolean);
    if (a.code === q || a.name === q || initials.includes(q)) return 0;
    if (a.name.startsWith(q) || initials.some((i) => i.startsWith(q))) return 1;
    if (a.code.startsWith(q)) return 2;
    return a.name.includes(q) ? 3 : 9;
  };
  return areas
    .filter((a) => a.shape)
    .map((a) => ({ a, s: score(a) }))
    .filter((x) => x.s < 9)
    .sort((x, y) => x.s - y.s || x.a.code.length - y.a.code.length || x.a.code.localeCompare(y.a.code))
    .slice(0, limit)
    .map(({ a }) => ({ key: a.code, title: a.name, sub: a.code, area: a }));
}

/** One line of what a fence is, beside its name. */
export function fenceFacts(f: Fence, area: (code: string) => string | undefined, time: (ms: number) => string): string[] {
  const warn = (f.warn ?? []).map((x) => (x === 'dwell' ? say('fence.dwellOf', { span: about(f.dwell ?? 0) }) : sayCode('fence.warn', x)));
  return [
    f.type === 'ring' ? say('fence.radiusOf', { m: metersWords(f.radius ?? 0) }) : f.type === 'division' ? (area(f.division ?? '') ?? sayCode('fence.type', f.type)) : sayCode('fence.type', f.type),
    ...(f.follows && f.incident ? [say('fence.follows')] : []),
    ...(warn.length ? [say('fence.warnOf', { list: warn.join('、') })] : []),
    ...(f.until ? [say('fence.untilOf', { time: time(Date.parse(f.until)) })] : []),
  ];
}

/** The line of the timeline, without the team's name. */
export function fenceWords(e: Pick<FenceEvent, 'what' | 'fence' | 'was'>): string {
  const what = e.was ? fenceDiff(e.was, e.fence).map((k) => diffWords(k, e.was!, e.fence)).join('、') : '';
  return say(`line.fence.${e.what}`, { fence: fenceTitle(e.fence), what });
}

function diffWords(k: ReturnType<typeof fenceDiff>[number], was: Fence, f: Fence): string {
  if (k === 'radius') return say('fence.diff.radius', { from: metersWords(was.radius ?? 0), to: metersWords(f.radius ?? 0) });
  if (k === 'purpose') return say('fence.diff.purpose', { from: sayCode('fence.purpose', was.purpose), to: sayCode('fence.purpose', f.purpose) });
  return say(`fence.diff.${k}`);
}
