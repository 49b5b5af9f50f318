// What happened last, over all incidents: the fourth column of a very wide wall.

import type { Incident, Note, Report, Task } from '../api/types';
import { when } from '../store/stamp';

export interface Event {
  key: string;
  at: number;
  what: 'incident' | 'task' | 'note' | 'report';
  /** Code of the state, type or channel. */
  code: string;
  incident?: string;
  team?: string;
  text: string;
}

/** The newest events first, at most `limit`. */
export function latest(incidents: readonly Incident[], tasks: readonly Task[], notes: readonly Note[], reports: readonly Report[], limit: number): Event[] {
  const out: Event[] = [];
  for (const i of incidents) for (const [code, s] of Object.entries(i.stamps ?? {})) out.push({ key: `i/${i.id}/${code}`, at: when(s), what: 'incident', code, incident: i.id, text: i.title });
  for (const t of tasks) for (const [code, s] of Object.entries(t.stamps)) out.push({ key: `t/${t.id}/${code}`, at: when(s), what: 'task', code, incident: t.incident, team: t.team, text: '' });
  for (const n of notes) out.push({ key: `n/${n.id}`, at: when(n.stamp), what: 'note', code: n.type, incident: n.incident, text: n.text });
  for (const r of reports) out.push({ key: `r/${r.id}`, at: when(r.received), what: 'report', code: r.channel, text: r.text, ...(r.incident ? { incident: r.incident } : {}) });
  return out.sort((a, b) => b.at - a.at || (a.key < b.key ? -1 : 1)).slice(0, limit);
}
