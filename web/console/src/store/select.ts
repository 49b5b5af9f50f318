// Lists derived from the picture: pure functions on records. Panels and map
// meet here and nowhere else.
import type { Alarm, Incident, IncidentState, Loan, Note, Offer, Report, Request, Requisition, Ring, Seen, Stamp, Task, TaskState, Team } from '../api/types';
import type { FenceEvent } from './fences';
import { isStale, type Position } from './positions';
import { when } from './stamp';

const endedIncident: IncidentState[] = ['closed', 'archived', 'duplicate', 'false_alarm', 'transferred'];
const endedTask: TaskState[] = ['done', 'cancelled', 'refused', 'released', 'diverted'];

export const incidentOpen = (i: Incident) => !endedIncident.includes(i.state);
export const taskOpen = (t: Task) => !endedTask.includes(t.state);
/** Travelling or at work, not merely asked. */
export const taskMoving = (t: Task) => taskOpen(t) && t.state !== 'proposed' && t.state !== 'assigned' && t.state !== 'acknowledged';

/**
 * The one order of incidents on every screen: as bad as the worse of what grade
 * and priority say (priority 1 weighs as grade II, 3 as grade IV); among equals
 * the one not yet graded first, for it must be graded soon; then grade, then
 * priority, then the older.
 */
export function urgency(a: Incident, b: Incident): number {
  const weight = (i: Incident) => Math.min(i.grade || 9, i.priority + 1);
  return weight(a) - weight(b) || a.grade - b.grade || a.priority - b.priority || a.created.localeCompare(b.created) || a.id.localeCompare(b.id);
}

/** Open incidents, most urgent first. */
export const queue = (incidents: readonly Incident[]): Incident[] => incidents.filter(incidentOpen).sort(urgency);

/** Ended incidents still on the board, last first. */
export function ended(incidents: readonly Incident[]): Incident[] {
  return incidents.filter((i) => !incidentOpen(i)).sort((a, b) => b.updated.localeCompare(a.updated));
}

/** Reports nobody has dealt with, unclaimed first, then oldest. */
export function intake(reports: readonly Report[]): Report[] {
  const rank = (r: Report) => (r.state === 'waiting' ? 0 : 1);
  return reports
    .filter((r) => r.state === 'waiting' || r.state === 'claimed')
    .sort((a, b) => rank(a) - rank(b) || when(a.received) - when(b.received));
}

export function tasksOf(incident: string, tasks: readonly Task[]): Task[] {
  return tasks
    .filter((t) => t.incident === incident)
    .sort((a, b) => Number(taskOpen(b)) - Number(taskOpen(a)) || a.created.localeCompare(b.created) || a.id.localeCompare(b.id));
}

export interface NeedLine {
  capability: string;
  asked: number;
  met: number;
}

/** Each need with the number of teams on the way or there that can do it. A team counts for one need. */
export function needs(incident: Incident, tasks: readonly Task[], team: (id: string) => Team | undefined): NeedLine[] {
  const free = tasks.filter((t) => t.incident === incident.id && taskOpen(t) && t.state !== 'proposed' && !t.flagged);
  return (incident.needs ?? []).map(({ capability, count }) => {
    let met = 0;
    for (let i = free.length - 1; i >= 0 && met < count; i--) {
      if (!can(team(free[i]!.team), capability)) continue;
      free.splice(i, 1);
      met++;
    }
    return { capability, asked: count, met };
  });
}

/** "rescue" is met by "rescue.vehicle". */
export const can = (t: Team | undefined, code: string) =>
  t?.capabilities?.some((c) => c.code === code || c.code.startsWith(code + '.')) ?? false;

/**
 * How a team looks, on the map and on the board: its availability, told apart by
 * how far its open task has come. lost wins over all but distress: its last fix
 * is older than its source allows while it is out.
 */
export type Look = 'distress' | 'lost' | 'dispatched' | 'on_scene' | 'working' | 'returning' | 'available' | 'off';

export function lookOf(team: Team, task: Task | undefined, position: Position | undefined, now: number): Look {
  if (team.status === 'distress' || team.distress) return 'distress';
  if (task && taskOpen(task)) {
    if (position && taskMoving(task) && isStale(position, now)) return 'lost';
    switch (task.state) {
      case 'on_scene':
      case 'staging':
        return 'on_scene';
      case 'to_destination':
      case 'at_destination':
        return 'working';
      case 'returning':
        return 'returning';
      case 'proposed':
        break;
      default:
        return 'dispatched';
    }
  }
  if (team.status === 'committed') return 'dispatched';
  return team.status === 'unavailable' ? 'off' : 'available';
}

export const looks: Look[] = ['distress', 'lost', 'dispatched', 'on_scene', 'working', 'returning', 'available', 'off'];

/** Those of teams that are out, on whatever it is, seen from here or not. */
export const outLooks = looks.slice(0, looks.indexOf('available'));

/** The open task that binds a team: the one it names, else its newest open one. */
export function openTask(team: Team, tasks: readonly Task[]): Task | undefined {
  let newest: Task | undefined;
  for (const t of tasks) {
    if (t.team !== team.id || !taskOpen(t)) continue;
    if (t.id === team.task) return t;
    if (!newest || t.created > newest.created) newest = t;
  }
  return newest;
}

/** All open tasks by the team they bind; one pass for boards and maps. */
export function taskByTeam(tasks: readonly Task[]): Map<string, Task> {
  const out = new Map<string, Task>();
  for (const t of tasks) {
    if (!taskOpen(t)) continue;
    const had = out.get(t.team);
    // A task under way tells more than one that only waits.
    if (!had || (had.state === 'proposed' && t.state !== 'proposed') || (taskMoving(t) && !taskMoving(had))) out.set(t.team, t);
  }
  return out;
}

/** Alarms to be shown: not acknowledged, or their cause not over; worst first. */
export function alarms(all: readonly Alarm[]): Alarm[] {
  return all
    .filter((a) => !a.acked || !a.ended)
    .filter((a) => !(a.acked && a.type !== 'distress'))
    .filter((a) => !(a.type === 'inject' && a.team)) // what a drill tells a leader is for the phone
    .sort((a, b) => Number(!!a.acked) - Number(!!b.acked) || a.tier - b.tier || a.created.localeCompare(b.created));
}

/** Minutes after which a waiting thing turns yellow, orange, red, critical, for each priority. */
export const ageing: Record<1 | 2 | 3, [number, number, number, number]> = {
  1: [2, 5, 10, 20],
  2: [5, 15, 30, 60],
  3: [15, 30, 60, 120],
};

/** 0 fresh … 4 critical. Only what still waits for a team grows old. */
export function ageStep(minutes: number, priority: 1 | 2 | 3 = 2): 0 | 1 | 2 | 3 | 4 {
  const steps = ageing[priority] ?? ageing[2];
  return steps.filter((limit) => minutes >= limit).length as 0 | 1 | 2 | 3 | 4;
}

/** Whether nobody has arrived yet: the clock that matters to the caller still runs. */
export function waiting(incident: Incident, tasks: readonly Task[]): boolean {
  if (!incidentOpen(incident) || incident.state === 'controlled') return false;
  return !tasks.some((t) => t.incident === incident.id && ['on_scene', 'to_destination', 'at_destination', 'returning', 'done'].includes(t.state));
}

/** One line of an incident's timeline. */
export interface Line {
  at: number;
  key: string;
  what: 'incident' | 'task' | 'note' | 'report' | 'fence' | 'aid';
  state?: string;
  task?: Task;
  note?: Note;
  report?: Report;
  fence?: FenceEvent;
  /** What was asked, offered or lent; see aidLines. */
  aid?: Request | Offer | Loan | Requisition;
  ring?: Ring;
  by?: string;
  via?: string;
  /** The device told another time than the server heard it: received then. */
  received?: number;
}

/** Everything that happened to an incident, newest first. */
export function timeline(
  incident: Incident, tasks: readonly Task[], notes: readonly Note[], reports: readonly Report[], fences: readonly FenceEvent[] = [], aid: readonly Line[] = [],
): Line[] {
  const lines: Line[] = [...aid];
  const stamped = (key: string, what: Line['what'], state: string, s: Stamp, more: Partial<Line> = {}) =>
    lines.push({ at: when(s), key, what, state, by: s.by, via: s.via, received: s.event ? Date.parse(s.at) : undefined, ...more });
  for (const [state, s] of Object.entries(incident.stamps ?? {})) stamped(`i/${state}`, 'incident', state, s);
  for (const task of tasks) {
    if (task.incident !== incident.id) continue;
    for (const [state, s] of Object.entries(task.stamps ?? {})) stamped(`t/${task.id}/${state}`, 'task', state, s, { task });
  }
  for (const note of notes) if (note.incident === incident.id) stamped(`n/${note.id}`, 'note', note.type, note.stamp, { note, by: note.author || note.stamp.by });
  for (const report of reports) if (report.incident === incident.id) stamped(`r/${report.id}`, 'report', report.channel, report.received, { report });
  for (const f of fences) lines.push({ at: f.at, key: f.key, what: 'fence', state: f.what, by: f.by, fence: f });
  return lines.sort((a, b) => b.at - a.at || b.key.localeCompare(a.key));
}

/** Whether the text finds the team: call sign, name, pinyin initials. */
export function finds(text: string, team: Team): boolean {
  const q = text.trim().toLowerCase();
  if (!q) return true;
  return [team.call_sign, team.name, ...readings(team)].some((f) => f.toLowerCase().includes(q));
}

/** The pinyin initials of a name; more than one where it can be read in more ways. */
const readings = (t: Team) => (t.initials ?? '').split(' ').filter(Boolean);

/** Teams that the text names, best first: exact, then beginning, then within. */
export function findTeams(text: string, teams: readonly Team[], limit = 8): Team[] {
  const q = text.trim().toLowerCase();
  if (!q) return [];
  const score = (t: Team) => {
    let best = 9;
    for (const [n, f] of [t.call_sign, ...readings(t), t.name].entries()) {
      const v = f.toLowerCase();
      if (v === q) best = Math.min(best, 0);
      else if (v.startsWith(q)) best = Math.min(best, 1 + n / 100);
      else if (v.includes(q)) best = Math.min(best, 3 + n / 100);
    }
    return best;
  };
  return teams
    .filter((t) => !t.retired)
    .map((t) => ({ t, s: score(t) }))
    .filter((x) => x.s < 9)
    .sort((a, b) => a.s - b.s || a.t.call_sign.localeCompare(b.t.call_sign, 'zh'))
    .slice(0, limit)
    .map((x) => x.t);
}

/** What a change is about, in a few words for the log: its first record. */
export const subject = (c: Seen) => c.put?.[0];
