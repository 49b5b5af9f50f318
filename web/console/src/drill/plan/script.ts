// The script of a drill as the planner's table and timeline need it. No page in here.
import type { Clause, Inject, InjectBody } from '../../api/drill';

/** Seconds from the start as h:mm:ss. */
export function clock(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** Reads h:mm, h:mm:ss, or minutes alone: "1:05", "0:05:30", "+42"; undefined where it is no time. */
export function seconds(text: string): number | undefined {
  const m = /^\+?(\d{1,3})(?:[:：](\d{1,2})(?:[:：](\d{1,2}))?)?$/.exec(text.trim());
  if (!m) return undefined;
  const [a, b, c] = [Number(m[1]), Number(m[2] ?? 0), Number(m[3] ?? 0)];
  if (b > 59 || c > 59) return undefined;
  return m[2] === undefined ? a * 60 : a * 3600 + b * 60 + c;
}

/** Orders injects as their numbers count: 2, 14, 14a, 100. */
export function byNumber(a: { number: string; id: string }, b: { number: string; id: string }): number {
  const count = (s: string): [number, string] => {
    const m = /^\d+/.exec(s);
    return m ? [Number(m[0]), s.slice(m[0].length)] : [Infinity, s];
  };
  const [na, ra] = count(a.number);
  const [nb, rb] = count(b.number);
  if (na !== nb) return na < nb ? -1 : 1;
  return ra < rb ? -1 : ra > rb ? 1 : a.id < b.id ? -1 : 1;
}

/** The line as inject.save takes it. */
export function bodyOf(i: Inject): InjectBody {
  const body: InjectBody = { inject: i.id, number: i.number, type: i.type, method: i.method, text: i.text, trigger: plainTrigger(i) };
  for (const key of ['move', 'from', 'to', 'parts', 'objective', 'controller', 'evaluator', 'note'] as const) {
    if (i[key]) Object.assign(body, { [key]: i[key] });
  }
  if (i.action) body.action = { command: i.action.command, agency: i.action.agency, input: i.action.input };
  if (i.expected) body.expected = i.expected.map((e) => ({ text: e.text, within: e.within, weight: e.weight, ...(e.command && { command: e.command }), ...(e.agency && { agency: e.agency }) }));
  return body;
}

function plainTrigger(i: Inject): InjectBody['trigger'] {
  const t = { ...i.trigger };
  if (t.when) t.when = { ...t.when, clauses: t.when.clauses.map((c) => { const own: Clause = { ...c }; delete own.given; return own; }) };
  return t;
}

/** A copy of the line, to be saved as a new one. */
export function copyOf(i: Inject): InjectBody {
  const body = bodyOf(i);
  delete body.inject;
  delete body.number;
  return body;
}

/** The line moved to a moment: one that had none, or a condition, is timed from then on only if it was. */
export function movedTo(i: Inject, offset: number): InjectBody | undefined {
  if (i.trigger.type !== 'timed') return undefined;
  return { ...bodyOf(i), trigger: { type: 'timed', offset: Math.max(0, offset) } };
}

/** The nearest whole minute. */
export const snap = (s: number, step = 60) => Math.max(0, Math.round(s / step) * step);

/** A table's columns that are written in place. */
export type Column = 'number' | 'time' | 'move' | 'method' | 'from' | 'to' | 'text' | 'type' | 'objective' | 'controller' | 'evaluator' | 'expected';
export const columns: Column[] = ['number', 'time', 'move', 'method', 'from', 'to', 'text', 'type', 'objective', 'expected', 'controller', 'evaluator'];

/** The line with one cell written anew; a word says why it cannot be. */
export function withCell(i: Inject, column: Column, value: string): InjectBody | 'time' | 'move' {
  const body = bodyOf(i);
  const text = value.trim();
  switch (column) {
    case 'number':
      return { ...body, number: text };
    case 'time': {
      if (!text) return { ...body, trigger: { type: 'manual' } };
      const offset = seconds(text);
      if (offset === undefined) return 'time';
      return { ...body, trigger: { type: 'timed', offset } };
    }
    case 'move': {
      const n = Number(text || '0');
      if (!Number.isInteger(n) || n < 0 || n > 20) return 'move';
      return { ...body, move: n };
    }
    case 'method':
      return { ...body, method: value as Inject['method'] };
    case 'type':
      return { ...body, type: value as Inject['type'] };
    case 'expected':
      return body;
    default:
      return { ...body, [column]: text };
  }
}

/**
 * About when a line comes, in seconds from the start, where its trigger tells: of a
 * condition the earliest moment at which it can hold, as if all went by the script.
 */
export function moment(i: Inject, all: ReadonlyMap<string, Inject>, way: readonly string[] = []): number | undefined {
  const t = i.trigger;
  if (t.type === 'timed') return t.offset ?? 0;
  if (t.type === 'manual' || !t.when || way.includes(i.id)) return undefined;
  const moments = t.when.clauses.map((c): number | undefined => {
    if (c.not) return c.within;
    const other = c.inject ? all.get(c.inject) : undefined;
    if (!other) return undefined;
    const from = moment(other, all, [...way, i.id]);
    if (from === undefined) return undefined;
    const within = Math.min(...(other.expected ?? []).filter((e) => e.command && e.within > 0).map((e) => e.within));
    return c.state === 'missed' && Number.isFinite(within) ? from + within : from;
  });
  const known = moments.filter((m) => m !== undefined);
  if (known.length === 0 || (!t.when.any && known.length < moments.length)) return undefined;
  const at = t.when.any ? Math.min(...known) : Math.max(...known);
  return Math.max(at, t.offset ?? 0) + (t.delay ?? 0);
}

export interface Mark {
  inject: Inject;
  at: number;
  /** Whether the moment is the script's own rather than expected. */
  sure: boolean;
  lane: string;
  row: number;
}

export interface Lane {
  key: string;
  rows: number;
}

/**
 * The marks of a timeline in their lanes. Marks closer than gap seconds go into
 * rows below each other. Lines that no moment is known of are left out.
 */
export function marks(injects: readonly Inject[], laneOf: (i: Inject) => string, order: readonly string[], gap: number): { marks: Mark[]; lanes: Lane[]; loose: Inject[] } {
  const all = new Map(injects.map((i) => [i.id, i]));
  const loose: Inject[] = [];
  const out: Mark[] = [];
  for (const inject of injects) {
    const at = moment(inject, all);
    if (at === undefined) loose.push(inject);
    else out.push({ inject, at, sure: inject.trigger.type === 'timed', lane: laneOf(inject), row: 0 });
  }
  out.sort((a, b) => a.at - b.at || byNumber(a.inject, b.inject));
  const keys = [...new Set([...order, ...out.map((m) => m.lane)])].filter((k) => out.some((m) => m.lane === k));
  const lanes = keys.map((key): Lane => {
    const ends: number[] = [];
    for (const m of out) {
      if (m.lane !== key) continue;
      const row = ends.findIndex((end) => end + gap <= m.at);
      m.row = row < 0 ? ends.length : row;
      ends[m.row] = m.at;
    }
    return { key, rows: Math.max(1, ends.length) };
  });
  return { marks: out, lanes, loose };
}

/** The moves as bands, from the first of their marks to that of the next. */
export function bands(all: readonly Mark[], end: number): { move: number; from: number; to: number }[] {
  const first = new Map<number, number>();
  for (const m of all) {
    const n = m.inject.move ?? 0;
    if (n > 0 && m.at < (first.get(n) ?? Infinity)) first.set(n, m.at);
  }
  const list = [...first].sort((a, b) => a[1] - b[1]);
  return list.map(([move, from], k) => ({ move, from, to: Math.max(from, list[k + 1]?.[1] ?? end) }));
}

/** Steps of a time axis: the smallest that leaves room for a label. */
export function step(perPixel: number, room = 80): number {
  for (const s of [60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400]) if (s / perPixel >= room) return s;
  return 172_800;
}

/** What was done, so that it can be taken back: each entry gives what undoes it. */
export class Undo<T> {
  #list: T[] = [];
  constructor(private readonly most = 100) {}
  push(back: T) {
    this.#list = [...this.#list, back].slice(-this.most);
  }
  pop(): T | undefined {
    return this.#list.pop();
  }
  get size() {
    return this.#list.length;
  }
}
