// Which steps are legal, and what each asks for: only these are offered. The
// tables are the server's; the server has the last word.
import type { CommandName, Incident, IncidentState, MoveTables, Task, TaskState } from '../api/types';

/** What a step asks the dispatcher before it is sent. */
export type Asks = 'nothing' | 'reason' | 'outcome' | 'incident';

export interface Step {
  command: CommandName;
  /** the word on the button */
  word: 'verify' | 'control' | 'resume' | 'close' | 'reopen' | 'archive' | 'dismiss' | 'merge';
  to: IncidentState;
  asks: Asks;
  key?: string;
}

/** The steps of an incident, the usual one first. A first task makes it active by itself. */
export function incidentSteps(i: Pick<Incident, 'state'>, moves: MoveTables): Step[] {
  const from = i.state;
  const out: Step[] = [];
  for (const to of moves.incident[from] ?? []) {
    switch (to) {
      case 'verified':
        out.push(from === 'false_alarm' ? { command: 'incident.resume', word: 'resume', to, asks: 'reason' } : { command: 'incident.verify', word: 'verify', to, asks: 'nothing', key: 'V' });
        break;
      case 'active':
        if (from === 'controlled') out.push({ command: 'incident.resume', word: 'resume', to, asks: 'reason' });
        if (from === 'closed') out.push({ command: 'incident.reopen', word: 'reopen', to, asks: 'reason' });
        break;
      case 'controlled':
        out.push({ command: 'incident.control', word: 'control', to, asks: 'nothing', key: 'K' });
        break;
      case 'closed':
        out.push({ command: 'incident.close', word: 'close', to, asks: 'outcome', key: 'X' });
        break;
      case 'archived':
        out.push({ command: 'incident.archive', word: 'archive', to, asks: 'nothing' });
        break;
      case 'false_alarm':
        out.push({ command: 'incident.dismiss', word: 'dismiss', to, asks: 'reason' });
        break;
      case 'duplicate':
        out.push({ command: 'incident.merge', word: 'merge', to, asks: 'incident' });
        break;
    }
  }
  return out;
}

const sideEnds: TaskState[] = ['refused', 'cancelled', 'released', 'diverted'];

/** The steps forward of a task, the usual one first. */
export function taskSteps(task: Task, moves: MoveTables): TaskState[] {
  const table = moves.task[task.type]?.[task.state] ?? [];
  const forward = table.filter((s) => !sideEnds.includes(s));
  if (task.destination && task.type === 'rescue' && task.state === 'on_scene' && !forward.includes('to_destination')) forward.push('to_destination');
  if (task.state === 'proposed') return forward.filter((s) => s === 'assigned');
  if (!task.next) return forward;
  return [task.next, ...forward.filter((s) => s !== task.next)];
}

/** How a task may end before it is done. */
export function taskEnds(task: Task, moves: MoveTables): TaskState[] {
  return (moves.task[task.type]?.[task.state] ?? []).filter((s) => sideEnds.includes(s));
}

/** The states from which a team may yet arrive; after them the suggestion is old. */
const arriving: TaskState[] = ['assigned', 'acknowledged', 'en_route', 'staging'];

/** The step that says the team is there, where its position says so first; the next one where that is not yet legal. */
export function arrivalStep(task: Task, moves: MoveTables): TaskState | undefined {
  if (!task.arrival || !arriving.includes(task.state)) return undefined;
  const steps = taskSteps(task, moves);
  return steps.includes('on_scene') ? 'on_scene' : steps[0];
}
