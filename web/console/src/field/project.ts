// What the leader sees of a task between the tap and the server's change: the
// record, moved on by the taps that are still on the phone.

import type { Row } from './row';

/** As much of a task as moving it on takes. */
export interface Movable {
  id: string;
  type: string;
  state: string;
  next?: string;
}

/** The usual next step of a task of that type in that state; '' when there is none. */
export type NextOf = (type: string, state: string) => string;

export interface Projected {
  state: string;
  /** The one large step; '' when there is none. */
  next: string;
  /** Taps that have moved the state and that the record does not show yet, oldest first. */
  taps: Row[];
}

/**
 * Moves the task on by the taps, in their order. A tap that does not start
 * from the state reached so far is left out: either the record shows it
 * already, or the server will refuse it and say why.
 */
export function project(task: Movable, rows: readonly Row[], next: NextOf): Projected {
  let state = task.state;
  const taps: Row[] = [];
  for (const row of [...rows].sort((a, b) => a.n - b.n)) {
    if (row.command !== 'task.advance' || row.body.task !== task.id || row.state !== 'waiting') continue;
    if (row.body.from !== state) continue;
    state = String(row.body.to);
    taps.push(row);
  }
  return { state, next: taps.length ? next(task.type, state) : (task.next ?? ''), taps };
}

/** The same of a loan: its state, moved on by the taps that are still on the phone. */
export function projectLoan(loan: { id: string; state: string }, rows: readonly Row[]): Omit<Projected, 'next'> {
  let state = loan.state;
  const taps: Row[] = [];
  for (const row of [...rows].sort((a, b) => a.n - b.n)) {
    if (row.command !== 'loan.advance' || row.body.loan !== loan.id || row.state !== 'waiting' || row.body.from !== state) continue;
    state = String(row.body.to);
    taps.push(row);
  }
  return { state, taps };
}

/**
 * Whether the step that was refused is in the record already: the desk entered
 * it for the team, or another phone was first. `current` is the task as the
 * refusal or the last picture shows it.
 */
export function overtaken(row: Row, code: string, current: { stamps?: Record<string, unknown> } | undefined): boolean {
  return (row.command === 'task.advance' || row.command === 'loan.advance') && code === 'illegal_move' && current?.stamps?.[String(row.body.to)] !== undefined;
}
