// A row is one command as it was tapped, kept on the phone until the server
// has taken it. Nothing but the server's yes, or the leader's own hand,
// removes a row.

import type { Problem } from '../api/types';

/**
 * waiting: goes out when it is its turn.
 * parked: refused; the rows behind it in its lane wait for the leader's answer.
 * overtaken: refused because somebody else entered the same step first; it asks
 * too, but holds up nobody.
 */
export type RowState = 'waiting' | 'parked' | 'overtaken';

export interface Row {
  /** Order of the taps on this phone, from 1; given by the store. */
  n: number;
  /** Idempotency key: the same at every try. */
  key: string;
  /** Rows of one lane go out in the order of their taps; see laneOf. */
  lane: string;
  /** Who tapped: nobody else's session may send it. */
  person: string;
  /** Where it was tapped: live, or a drill. It is never done anywhere else. */
  realm?: string;
  command: string;
  body: Record<string, unknown>;
  /** A photo that is uploaded first; body.photo then holds its id. */
  photo?: Blob;
  /** Time of the tap on the server's clock, RFC 3339. */
  event_time: string;
  /** Time of the tap on the phone's own clock, ms. */
  tapped: number;
  /** Goes before everything else and never waits long. */
  urgent: boolean;
  tries: number;
  /** Not before this time of the phone's clock, ms. */
  due: number;
  state: RowState;
  error?: Problem;
}

/**
 * Which queue a row stands in. Steps and check-ins of a task keep their order;
 * words and pictures stand in queues of their own, so that a large photo on a
 * thin network never holds up "on scene".
 */
export function laneOf(command: string, body: Record<string, unknown>, photo: boolean): string {
  const of = (field: string) => String(body[field] ?? '');
  if (command === 'team.distress') return 'distress';
  if (command.startsWith('task.')) return `task:${of('task')}`;
  if (command.startsWith('loan.')) return `loan:${of('loan')}`;
  if (command === 'note.add') return `${photo ? 'photo' : 'note'}:${of('incident')}`;
  if (command === 'observation.edit') return `edit:${of('observation')}`;
  if (command.startsWith('observation.')) return `seen:${of('inject')}:${of('expected')}:${of('objective')}`;
  if (command === 'alarm.acknowledge') return `told:${of('alarm')}`;
  return `team:${of('team')}`;
}

/** An undo is offered this long after the tap, ms. */
export const UNDO = 10_000;

/**
 * The heads of the lanes in the order in which they may go: urgent ones first,
 * then by tap. A parked row keeps its lane shut.
 */
export function heads(rows: readonly Row[], person: string): Row[] {
  const shut = new Set<string>();
  const out: Row[] = [];
  for (const row of [...rows].sort((a, b) => a.n - b.n)) {
    if (row.person !== person || shut.has(row.lane) || row.state === 'overtaken') continue;
    shut.add(row.lane);
    if (row.state === 'waiting') out.push(row);
  }
  return out.sort((a, b) => Number(b.urgent) - Number(a.urgent) || a.n - b.n);
}

/**
 * When a row may go. While the phone itself says that it has no network, a row
 * stays as long as its tap can be taken back: a try that surely fails would
 * only make the undo unsafe. Afterwards it is tried even so, because that
 * flag is sometimes wrong.
 */
export function dueOf(row: Row, online: boolean): number {
  return online || row.urgent ? row.due : Math.max(row.due, row.tapped + UNDO);
}

/** Wait before try number `tries` + 1, in ms: 2 s doubling to 60 s; a call for help never waits over 4 s. */
export function backoff(tries: number, urgent: boolean): number {
  return Math.min(1000 * 2 ** Math.max(1, tries), urgent ? 4_000 : 60_000);
}
