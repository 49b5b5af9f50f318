// What the pages list, worked out from the records: plain functions.

import type { Alarm, AnyRecord, Incident, Note, Task } from '../api/types';

const ENDED = new Set(['done', 'cancelled', 'refused', 'released', 'diverted']);

export const ended = (t: Task) => ENDED.has(t.state);

/** The open tasks of a team: those that bind it first, proposals last, then the newest. */
export function openTasks(tasks: readonly Task[], team: string): Task[] {
  return tasks
    .filter((t) => t.team === team && !ended(t))
    .sort((a, b) => Number(a.state === 'proposed') - Number(b.state === 'proposed') || Date.parse(b.created) - Date.parse(a.created));
}

/** The ended tasks of a team since a time, the newest first. */
export function endedSince(tasks: readonly Task[], team: string, since: number): Task[] {
  return tasks.filter((t) => t.team === team && ended(t) && Date.parse(t.updated) >= since).sort((a, b) => Date.parse(b.updated) - Date.parse(a.updated));
}

/** Local midnight before `now`, ms. */
export function midnight(now: number): number {
  const d = new Date(now);
  d.setHours(0, 0, 0, 0);
  return d.getTime();
}

/** The states a task of that type usually goes through, from the table of moves: the first move each time. */
export function usualPath(first: (state: string) => string): string[] {
  const path = ['assigned'];
  for (let s = first('assigned'); s && !path.includes(s); s = first(s)) path.push(s);
  return path;
}

export interface Step {
  state: string;
  /** When it was reached, ms; undefined when not yet or skipped. */
  at: number | undefined;
  /** Only tapped so far: the server does not know yet. */
  tapped: boolean;
  now: boolean;
}

/** The milestones of a task as the leader reads them. Steps off the usual path that were taken are shown too. */
export function steps(task: Task, state: string, taps: readonly { body: Record<string, unknown>; event_time: string }[], path: readonly string[]): Step[] {
  const taken = new Map<string, { at: number; tapped: boolean }>();
  for (const [s, stamp] of Object.entries(task.stamps)) if (stamp) taken.set(s, { at: Date.parse(stamp.event ?? stamp.at), tapped: false });
  for (const t of taps) taken.set(String(t.body.to), { at: Date.parse(t.event_time), tapped: true });
  const order = [...path];
  for (const s of taken.keys()) {
    if (order.includes(s) || s === 'proposed') continue;
    // Put it in by its time, before the first step that is not reached.
    const after = order.findIndex((o) => (taken.get(o)?.at ?? Infinity) > taken.get(s)!.at);
    order.splice(after < 0 ? order.length : after, 0, s);
  }
  return order.map((s) => ({ state: s, at: taken.get(s)?.at, tapped: taken.get(s)?.tapped ?? false, now: s === state }));
}

/** The notes of the incidents a team is on, the newest first. */
export function messages(notes: readonly Note[], tasks: readonly Task[], team: string): Note[] {
  const mine = new Set(tasks.filter((t) => t.team === team).map((t) => t.incident));
  return notes.filter((n) => mine.has(n.incident)).sort((a, b) => Date.parse(b.created) - Date.parse(a.created));
}

/** The distress alarm of a team that is not over yet. */
export function distressAlarm(alarms: readonly Alarm[], team: string): Alarm | undefined {
  return alarms.filter((a) => a.type === 'distress' && a.team === team && !a.ended).sort((a, b) => Date.parse(b.raised.at) - Date.parse(a.raised.at))[0];
}

/** An address that opens the phone's own map or navigation. */
export function geoUri(i: Incident): string | undefined {
  const p = i.place.point;
  if (!p) return undefined;
  const at = `${p[1].toFixed(6)},${p[0].toFixed(6)}`; // geo: wants latitude first (RFC 5870)
  return `geo:${at}?q=${at}(${encodeURIComponent(i.title)})`;
}

/** What in a change calls for the leader's attention: a task given to the team, or taken from it. */
export function news(put: readonly AnyRecord[], team: string, before: (id: string) => Task | undefined): { kind: 'new' | 'ended'; task: Task } | undefined {
  for (const r of put) {
    if (r.kind !== 'task' || r.team !== team) continue;
    const had = before(r.id);
    if (r.state === 'assigned' && had?.state !== 'assigned') return { kind: 'new', task: r };
    if (had && !ended(had) && (r.state === 'cancelled' || r.state === 'released' || r.state === 'diverted')) return { kind: 'ended', task: r };
  }
  return undefined;
}
