// What the wall says, worked out from the records: plain functions, no screen.

import type { Agency, Alarm, AnyRecord, Incident, Task, Team } from '../api/types';

/** The records the wall looks at. */
export interface Picture {
  incidents: readonly Incident[];
  tasks: readonly Task[];
  teams: readonly Team[];
  alarms: readonly Alarm[];
  agencies: readonly Agency[];
}

/** One line of the incidents column. */
export interface IncidentRow {
  incident: Incident;
  /** Teams on it: open tasks that are more than proposals. */
  teams: number;
  /** Teams asked for; 0 when nothing was. */
  needed: number;
  /** When it was opened, and when anything about it last changed, ms. */
  opened: number;
  changed: number;
}

const ENDED = new Set(['closed', 'archived', 'duplicate', 'false_alarm', 'transferred']);
const TASK_ENDED = new Set(['done', 'cancelled', 'refused', 'released', 'diverted']);

export const isOpen = (i: Incident) => !ENDED.has(i.state);
export const onIt = (t: Task) => !TASK_ENDED.has(t.state) && t.state !== 'proposed';

/** Time an incident began: the first milestone, else the record. */
function openedAt(i: Incident): number {
  const stamps = Object.values(i.stamps ?? {});
  return Math.min(Date.parse(i.created), ...stamps.map((s) => Date.parse(s.event ?? s.at)));
}

/** Open incidents, the worst first: grade, then priority, then the older one. */
export function incidentRows(p: Picture, notes: readonly AnyRecord[] = []): IncidentRow[] {
  const latest = new Map<string, number>();
  const touch = (incident: string | undefined, at: string) => {
    if (incident) latest.set(incident, Math.max(latest.get(incident) ?? 0, Date.parse(at)));
  };
  const teams = new Map<string, number>();
  for (const t of p.tasks) {
    touch(t.incident, t.updated);
    if (onIt(t)) teams.set(t.incident, (teams.get(t.incident) ?? 0) + 1);
  }
  for (const n of notes) if (n.kind === 'note') touch(n.incident, n.created);
  return p.incidents
    .filter(isOpen)
    .map((incident) => ({
      incident,
      teams: teams.get(incident.id) ?? 0,
      needed: (incident.needs ?? []).reduce((sum, n) => sum + n.count, 0),
      opened: openedAt(incident),
      changed: Math.max(Date.parse(incident.updated), latest.get(incident.id) ?? 0),
    }))
    .sort((a, b) => worse(a.incident, b.incident) || a.opened - b.opened);
}

/** Order of gravity. An ungraded incident stands where its priority puts it: 1 among the graves, 3 last. */
export function worse(a: Incident, b: Incident): number {
  const weight = (i: Incident) => (i.grade === 0 ? [2.5, 3.5, 4.5][i.priority - 1]! : i.grade);
  return weight(a) - weight(b) || a.priority - b.priority;
}

/** A new one of these is worth a jump of the view. */
export const grave = (i: Incident) => i.grade === 1 || i.grade === 2 || i.priority === 1;

/** What a team looks like from afar. `lost` is a team that should tell its position and does not. */
export type Look = 'available' | 'dispatched' | 'on_scene' | 'working' | 'returning' | 'lost' | 'off' | 'distress';

/** The order of the counts on the wall. */
export const LOOKS: readonly Look[] = ['available', 'dispatched', 'on_scene', 'working', 'returning', 'lost'];

const OF_STATE: Partial<Record<Task['state'], Look>> = {
  assigned: 'dispatched', acknowledged: 'dispatched', en_route: 'dispatched', staging: 'on_scene', on_scene: 'on_scene',
  to_destination: 'working', at_destination: 'working', returning: 'returning',
};

/**
 * A team's look from its record, the task that is furthest on, and whether its
 * position has gone stale. Only a team that is out can be lost: one at its base
 * need not tell where it is.
 */
export function lookOf(team: Team, task: Task | undefined, stale: boolean): Look {
  if (team.distress) return 'distress';
  const look = task && OF_STATE[task.state];
  if (look) return stale && look !== 'on_scene' ? 'lost' : look;
  return team.status === 'available' || team.status === 'delayed' ? 'available' : team.status === 'committed' ? 'dispatched' : 'off';
}

/** The open task of each team; where there are several, the one furthest on. */
export function taskOfTeams(tasks: readonly Task[]): Map<string, Task> {
  const order: Task['state'][] = ['assigned', 'acknowledged', 'returning', 'en_route', 'staging', 'to_destination', 'at_destination', 'on_scene'];
  const out = new Map<string, Task>();
  for (const t of tasks) {
    if (!onIt(t)) continue;
    const have = out.get(t.team);
    if (!have || order.indexOf(t.state) > order.indexOf(have.state)) out.set(t.team, t);
  }
  return out;
}

export interface Count {
  look: Look;
  count: number;
}

/** How many teams look how; retired teams do not count. */
export function counts(p: Picture, stale: (team: string) => boolean): { counts: Count[]; total: number; distress: number } {
  const tasks = taskOfTeams(p.tasks);
  const by = new Map<Look, number>();
  let total = 0;
  for (const t of p.teams) {
    if (t.retired) continue;
    const look = lookOf(t, tasks.get(t.id), stale(t.id));
    by.set(look, (by.get(look) ?? 0) + 1);
    if (look !== 'off') total++;
  }
  return { counts: LOOKS.map((look) => ({ look, count: by.get(look) ?? 0 })), total, distress: by.get('distress') ?? 0 };
}

/** The figures of the top bar. */
export interface Figures {
  open: number;
  met: number;
  needed: number;
  out: number;
  lost: number;
}

export function figures(p: Picture, rows: readonly IncidentRow[], c: readonly Count[]): Figures {
  const of = (look: Look) => c.find((x) => x.look === look)?.count ?? 0;
  return {
    open: rows.length,
    needed: rows.reduce((n, r) => n + r.needed, 0),
    // More teams than asked for at one place fill no gap at another.
    met: rows.reduce((n, r) => n + Math.min(r.teams, r.needed), 0),
    out: of('dispatched') + of('on_scene') + of('working') + of('returning') + of('lost'),
    lost: of('lost'),
  };
}

/** Alarms that nobody has acknowledged, the most urgent first, then the oldest. */
export function openAlarms(alarms: readonly Alarm[]): Alarm[] {
  return alarms
    .filter((a) => !a.acked && !a.ended)
    .sort((a, b) => a.tier - b.tier || Date.parse(a.raised.at) - Date.parse(b.raised.at));
}

/** Alarms acknowledged while their cause goes on: no longer loud, not yet over. */
export function heldAlarms(alarms: readonly Alarm[]): Alarm[] {
  return alarms.filter((a) => a.acked && !a.ended).sort((a, b) => a.tier - b.tier);
}
