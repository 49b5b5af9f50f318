// What the pages list, worked out from the records: plain functions.

import type { Alarm, AnyRecord, Fence, Incident, Loan, Note, Stay, Task } from '../api/types';
import { when } from '../store/stamp';

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

/** What a drill tells the team and nobody has received yet, the oldest first. */
export const toldTo = (alarms: readonly Alarm[], team: string): Alarm[] =>
  alarms.filter((a) => a.type === 'inject' && a.team === team && !a.acked).sort((a, b) => when(a.raised) - when(b.raised));

/** An address that opens the phone's own map or navigation. */
export function geoUri(i: Pick<Incident, 'title' | 'place'>): string | undefined {
  const p = i.place.point;
  if (!p) return undefined;
  const at = `${p[1].toFixed(6)},${p[0].toFixed(6)}`; // geo: wants latitude first (RFC 5870)
  return `geo:${at}?q=${at}(${encodeURIComponent(i.title)})`;
}

/** The loan that a team is out on. */
export const loanOf = (loans: readonly Loan[], team: string): Loan | undefined =>
  loans.find((l) => l.resource.kind === 'team' && l.resource.id === team && l.state !== 'returned' && l.state !== 'cancelled');

/** The step of a loan that its team's leader tells: up to the way. The arrival is the receiver's to confirm. */
export const leaderMove = (state: string): 'mobilising' | 'in_transit' | undefined => (state === 'committed' ? 'mobilising' : state === 'mobilising' ? 'in_transit' : undefined);

/** A loan of the team that was committed just now. */
export const lent = (put: readonly AnyRecord[], team: string): Loan | undefined =>
  put.find((r): r is Loan => r.kind === 'loan' && r.resource.id === team && r.state === 'committed');

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

/** A stay of the team that lasts, with its fence where the leader sees that. */
export interface Inside {
  stay: Stay;
  fence: Fence | undefined;
}

/** Where the team is now: hot zones first, then who came in last. */
export function insideNow(stays: readonly Stay[], fences: readonly Fence[], team: string): Inside[] {
  const hot = (i: Inside) => Number(i.fence?.purpose === 'hot');
  return stays
    .filter((s) => s.team === team && s.state === 'inside')
    .map((stay) => ({ stay, fence: fences.find((f) => f.id === stay.fence) }))
    .filter((i) => i.fence?.state !== 'ended')
    .sort((a, b) => hot(b) - hot(a) || when(b.stay.entered) - when(a.stay.entered));
}

const arriving = ['assigned', 'acknowledged', 'en_route', 'staging'];

/** The step that says the team has arrived, where its position says so first; the next one where that is not yet legal. */
export function arrivalStep(task: Task, state: string, moves: readonly string[], next: string): string | undefined {
  if (!task.arrival || !arriving.includes(state)) return undefined;
  return moves.includes('on_scene') ? 'on_scene' : next || undefined;
}
