// What the wall says, worked out from the records: plain functions, no screen.

import type { Agency, Alarm, Incident, Note, Task, Team } from '../api/types';
import type { Looks } from '../store/looks';
import { incidentOpen, needs, outLooks, taskOpen, urgency, type Look } from '../store/select';
import { when } from '../store/stamp';

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
  /** Teams asked for, and how many of those are on it and can do what is asked; 0 when nothing was asked. */
  needed: number;
  met: number;
  /** When it began, and when anything about it last changed, ms. */
  opened: number;
  changed: number;
}

/** A task that sends a team: more than a proposal. */
export const onIt = (t: Task) => taskOpen(t) && t.state !== 'proposed';

/** Time an incident began: the first milestone, else the record. */
function openedAt(i: Incident): number {
  return Math.min(Date.parse(i.created), ...Object.values(i.stamps ?? {}).map(when));
}

/** Open incidents, the most urgent first. */
export function incidentRows(p: Picture, notes: readonly Note[] = []): IncidentRow[] {
  const latest = new Map<string, number>();
  const touch = (incident: string, at: string) => latest.set(incident, Math.max(latest.get(incident) ?? 0, Date.parse(at)));
  const teams = new Map<string, number>();
  for (const t of p.tasks) {
    touch(t.incident, t.updated);
    if (onIt(t)) teams.set(t.incident, (teams.get(t.incident) ?? 0) + 1);
  }
  for (const n of notes) touch(n.incident, n.created);
  const team = new Map(p.teams.map((t) => [t.id, t]));
  return p.incidents
    .filter(incidentOpen)
    .map((incident) => {
      // Under control, teams go home as they are done: nothing is short then.
      const lines = incident.state === 'controlled' ? [] : needs(incident, p.tasks, (id) => team.get(id));
      return {
        incident,
        teams: teams.get(incident.id) ?? 0,
        needed: lines.reduce((n, l) => n + l.asked, 0),
        met: lines.reduce((n, l) => n + l.met, 0),
        opened: openedAt(incident),
        changed: Math.max(Date.parse(incident.updated), latest.get(incident.id) ?? 0),
      };
    })
    .sort((a, b) => urgency(a.incident, b.incident));
}

/** A new one of these is worth a jump of the view. */
export const grave = (i: Incident) => i.grade === 1 || i.grade === 2 || i.priority === 1;

/** The order of the counts on the wall. */
export const LOOKS: readonly Look[] = ['available', 'dispatched', 'on_scene', 'working', 'returning', 'lost'];

export interface Count {
  look: Look;
  count: number;
}

/** How many teams look how; `total` are those on duty. */
export function counts(looks: Pick<Looks, 'count'>): { counts: Count[]; total: number; distress: number } {
  const distress = looks.count('distress');
  const counted = LOOKS.map((look) => ({ look, count: looks.count(look) }));
  return { counts: counted, total: distress + counted.reduce((n, c) => n + c.count, 0), distress };
}

/** The figures of the top bar. */
export interface Figures {
  open: number;
  met: number;
  needed: number;
  out: number;
  lost: number;
}

export function figures(rows: readonly IncidentRow[], c: readonly Count[], distress: number): Figures {
  const of = (look: Look) => c.find((x) => x.look === look)?.count ?? 0;
  return {
    open: rows.length,
    needed: rows.reduce((n, r) => n + r.needed, 0),
    met: rows.reduce((n, r) => n + r.met, 0),
    out: outLooks.reduce((n, look) => n + of(look), distress), // who calls for help is counted apart
    lost: of('lost'),
  };
}

/** Alarms that nobody has acknowledged, the most urgent first, then the oldest. */
export function openAlarms(alarms: readonly Alarm[]): Alarm[] {
  return alarms.filter((a) => !a.acked && !a.ended).sort((a, b) => a.tier - b.tier || when(a.raised) - when(b.raised) || a.id.localeCompare(b.id));
}

/** Alarms acknowledged while their cause goes on: no longer loud, not yet over. */
export function heldAlarms(alarms: readonly Alarm[]): Alarm[] {
  return alarms.filter((a) => a.acked && !a.ended && a.type === 'distress').sort((a, b) => when(a.raised) - when(b.raised));
}
