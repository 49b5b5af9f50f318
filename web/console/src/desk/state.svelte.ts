// What the desk has in hand: the open incident, the chosen rows, the dialog, the
// map. Panels and map meet here.
import type { Bound, Fence, Incident, Place, Point, Problem, Ref, Report, Task, Team } from '../api/types';
import { say, sayCode } from '../i18n';
import type { App } from '../session/app';
import { fenceTitle } from '../store/fences';
import type { Draft } from '../map/sketch';
import { incidentOpen, queue, taskByTeam, tasksOf } from '../store/select';
import { when } from '../store/stamp';
import { arrivalStep } from './moves';
import { refusal, toast } from '../ui/toast';
import { AidDesk } from './aid.svelte';
import { PactDesk } from './pacts.svelte';
import { ClaimDesk } from './claim.svelte';
import type { CommandName } from '../api/types';

/** A question the desk asks before a command goes out. */
export type Ask =
  | { ask: 'reason'; title: string; label?: string; send: (reason: string, refused: (p: Problem) => void) => Promise<boolean> }
  | { ask: 'outcome'; incident: Incident }
  | { ask: 'merge'; incident: Incident }
  | { ask: 'divert'; task: Task }
  | { ask: 'split'; incident: Incident }
  | { ask: 'share'; incident: Incident }
  | { ask: 'transfer'; incident: Incident }
  | { ask: 'place'; incident: Incident }
  | { ask: 'edit'; incident: Incident }
  | { ask: 'equip'; incident: Incident }
  | { ask: 'upward'; incident: Incident; type: 'initial' | 'continued' | 'final' }
  | { ask: 'instruction'; note: string; expect: Record<string, number> }
  | { ask: 'link'; report: Report }
  | { ask: 'help' };

export interface CallForm {
  report?: Report;
  place?: Place;
}

/** A fence that is drawn, or changed where there is one. */
export interface Fencing {
  incident?: Incident;
  fence?: Fence;
  center?: Point;
}

/** What the desk needs of a map; see src/map. */
export interface MapHandle {
  show(ref: Ref): void;
  go(point: Point, zoom?: number): void;
  /** Brings it into view, and no smaller than can be judged. */
  reveal(bound: Bound): void;
  pick(): Promise<Point | undefined>;
  sketch(draft: Draft | undefined): void;
  corners(onChange: (corners: Point[]) => void): Promise<boolean>;
  incidentAt(x: number, y: number): string | undefined;
  fitAll(): void;
  focus(): void;
}

export class Desk {
  incident: string | undefined = $state();
  report: string | undefined = $state();
  team: string | undefined = $state();
  fence: string | undefined = $state();
  ask: Ask | undefined = $state.raw();
  call: CallForm | undefined = $state.raw();
  fencing: Fencing | undefined = $state.raw();
  recommending = $state(false);
  barOpen = $state(false);
  picking = $state(false);
  /** Corners are taken by clicks. */
  tracing = $state(false);
  map: MapHandle | undefined = $state.raw();
  /** Pooled forces: the board, the request being written. */
  readonly aid: AidDesk;
  /** Agreements with other agencies. */
  readonly pacts: PactDesk;
  /** Who sees the open incident is shown. */
  seeing = $state(false);
  /** Compensation: the claims. */
  readonly claims: ClaimDesk;

  constructor(readonly app: App) {
    this.aid = new AidDesk(app);
    this.pacts = new PactDesk(app);
    this.claims = new ClaimDesk(app, this.aid.me, () => (this.aid.shown = false));
    this.aid.collect = (loan) => void this.claims.collect(loan);
  }

  /** Takes the boards away that lie over the panes. */
  clear() {
    this.aid.shown = this.pacts.shown = this.claims.shown = false;
  }

  /** Opens one of the boards over the panes instead of the others, or closes it. */
  board(b: { shown: boolean; show: () => void }) {
    const opens = !b.shown;
    this.clear();
    if (opens) b.show();
  }

  /** Puts the incident into F2 and tells the others that we have it open. */
  open(id: string | undefined, show = false) {
    if (this.incident !== id) this.recommending = false;
    this.incident = id;
    this.report = undefined;
    this.call = this.fencing = undefined;
    this.aid.raising = undefined;
    this.clear();
    this.app.live.open(id ?? '');
    if (id && show) this.map?.show({ kind: 'incident', id });
  }

  openReport(id: string) {
    this.report = id;
    this.incident = undefined;
    this.call = this.fencing = undefined;
    this.recommending = false;
    this.aid.raising = undefined;
    this.clear();
    this.app.live.open('');
  }

  newCall(form: CallForm = {}) {
    this.fencing = undefined;
    this.call = form;
    this.clear();
  }

  drawFence(form: Fencing = {}) {
    this.call = this.aid.raising = undefined;
    this.clear();
    this.fencing = form;
  }

  editFence(fence: Fence) {
    this.drawFence({ fence, incident: this.app.store.get('incident', fence.incident) });
  }

  /** Marks a fence; the team that was marked is so no more. */
  chooseFence(id: string | undefined) {
    this.team = undefined;
    this.fence = id;
  }

  /** A ring around an incident, as the command bar says it. */
  async ringAround(incident: Incident, purpose: Fence['purpose'], radius: number): Promise<boolean> {
    const done = await this.app.run('fence.draw', { type: 'ring', purpose, radius, incident: incident.id, ...(purpose === 'hot' ? { warn: ['enter'] } : {}) }, { marks: [{ kind: 'incident', id: incident.id }] });
    const made = done?.put?.find((r) => r.kind === 'fence');
    if (made?.kind !== 'fence') return false;
    toast('good', say('done.fence', { fence: fenceTitle(made) }));
    this.chooseFence(made.id);
    return true;
  }

  /** The open incident as it is now. */
  current(): Incident | undefined {
    return this.app.watch.get('incident', this.incident);
  }

  /** Sends a team; a crew below its least number asks for the reason first. */
  async assign(team: Team, incident: Incident, choice?: string): Promise<boolean> {
    const send = async (understaffed?: string, refused?: (p: Problem) => void) => {
      const done = await this.app.run('task.assign', { incident: incident.id, team: team.id, ...(choice ? { choice } : {}), ...(understaffed ? { understaffed } : {}) }, {
        marks: [{ kind: 'team', id: team.id }, { kind: 'incident', id: incident.id }],
        refused: (p) => this.shortOf(p, team.call_sign, send, refused),
      });
      if (!done) return false;
      const task = done.put?.find((r): r is Task => r.kind === 'task');
      if (task?.state === 'proposed') toast('good', say('done.propose', { agency: this.app.agencyName(task.agency), team: team.call_sign }));
      else toast('good', say('done.assign', { team: team.call_sign, incident: incident.title }));
      return true;
    };
    return send();
  }

  async assignById(team: string, incident: string, choice?: string): Promise<boolean> {
    const t = this.app.store.get('team', team);
    const i = this.app.store.get('incident', incident);
    return t && i ? this.assign(t, i, choice) : false;
  }

  /** Moves a task on, on behalf of the team on the radio. */
  async advance(task: Task, to: Task['state']): Promise<boolean> {
    const marks: Ref[] = [{ kind: 'task', id: task.id }];
    if (task.state === 'proposed' && to === 'assigned') return this.accept(task);
    const done = await this.app.run('task.advance', { task: task.id, from: task.state, to, radio: true }, { marks });
    if (done) toast('good', say('done.advance', { team: this.app.store.get('team', task.team)?.call_sign ?? '', state: sayCode('task.state', to) }));
    return !!done;
  }

  /** The tasks whose teams seem to have arrived and that we direct, the earliest first. */
  arrivals(tasks: readonly Task[]): Task[] {
    const { app } = this;
    if (!app.may('task.advance')) return [];
    return tasks
      .filter((x) => arrivalStep(x, app.vocabulary.moves) && (app.directs(x.scope) || app.directs(app.store.get('team', x.team)?.scope ?? {})))
      .sort((a, b) => when(a.arrival) - when(b.arrival));
  }

  /** Agrees to a proposal for an own team; a crew below its least number asks for the reason first. */
  async accept(task: Task): Promise<boolean> {
    const team = this.app.store.get('team', task.team)?.call_sign ?? '';
    const send = async (understaffed?: string, refused?: (p: Problem) => void) => {
      const done = await this.app.run('task.accept', { task: task.id, ...(understaffed ? { understaffed } : {}) }, {
        marks: [{ kind: 'task', id: task.id }],
        refused: (p) => this.shortOf(p, team, send, refused),
      });
      if (done) toast('good', say('done.advance', { team, state: sayCode('task.state', 'assigned') }));
      return !!done;
    };
    return send();
  }

  /** Asks for the reason where a refusal says that too few are aboard; in the dialog already, the refusal is shown there. */
  private shortOf(p: Problem, team: string, send: (reason: string, refused: (p: Problem) => void) => Promise<boolean>, refused?: (p: Problem) => void): boolean {
    if (refused) {
      refused(p);
      return true;
    }
    if (!p.legal?.some((l) => l.startsWith('understaffed'))) return false;
    this.ask = { ask: 'reason', title: `${team} · ${say('ask.reason.understaffed')}`, send };
    return true;
  }

  /** Ends a task before it is done; the reason is asked. */
  end(task: Task, how: 'refuse' | 'cancel' | 'release') {
    const team = this.app.store.get('team', task.team)?.call_sign ?? '';
    this.askReason(`${team} · ${say(`ask.reason.${how}`)}`, `task.${how}`, (reason) => ({ task: task.id, reason }), [{ kind: 'task', id: task.id }]);
  }

  /** Asks for a reason and sends the command with it; a refusal is shown in the dialog. */
  askReason<N extends CommandName>(title: string, name: N, body: (reason: string) => object, marks: Ref[], label?: string) {
    this.ask = {
      ask: 'reason',
      title,
      label,
      send: async (reason, refused) =>
        !!(await this.app.run(name, body(reason) as never, {
          marks,
          refused: (p) => {
            refused(p);
            return true;
          },
        })),
    };
  }

  /** A command about one incident that asks nothing. */
  async move(name: CommandName, i: Incident) {
    await this.app.run(name, { incident: i.id, expect: { [`incident/${i.id}`]: i.version } } as never, { marks: [{ kind: 'incident', id: i.id }] });
  }

  /** One step more alarms struck. */
  async raise(i: Incident) {
    if (i.alarm_level >= 5) return;
    await this.app.run('incident.edit', { incident: i.id, alarm_level: i.alarm_level + 1, expect: { [`incident/${i.id}`]: i.version } }, { marks: [{ kind: 'incident', id: i.id }] });
  }

  async ack(id: string) {
    await this.app.run('alarm.acknowledge', { alarm: id }, { marks: [{ kind: 'alarm', id }] });
  }

  /** A click on the map gives a point; undefined when it was given up. */
  async pick(): Promise<Point | undefined> {
    if (!this.map) return undefined;
    this.picking = true;
    try {
      return await this.map.pick();
    } finally {
      this.picking = false;
    }
  }

  /** Where a team is now: its fix, else its base. */
  whereIs(team: Team): Point | undefined {
    const p = this.app.positions.get(team.id);
    return p ? [p.lon, p.lat] : team.base.point;
  }

  taskOf(team: string): Task | undefined {
    return taskByTeam(this.app.store.all('task')).get(team);
  }

  /** The next or previous row of the intake pane. */
  step(by: 1 | -1, rows: readonly Ref[]) {
    if (rows.length === 0) return;
    const at = rows.findIndex((r) => (r.kind === 'report' ? r.id === this.report : r.id === this.incident));
    const to = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))]!;
    if (to.kind === 'report') this.openReport(to.id);
    else this.open(to.id);
  }

  /** Confirms the first suggested arrival at the open incident; false when there is none. */
  confirmArrival(): boolean {
    const task = this.incident ? this.arrivals(tasksOf(this.incident, this.app.store.all('task')))[0] : undefined;
    const to = task && arrivalStep(task, this.app.vocabulary.moves);
    if (!to) return false;
    void this.advance(task, to);
    return true;
  }

  openIncidents(): Incident[] {
    return queue(this.app.watch.all('incident')).filter(incidentOpen);
  }

  refuse(p: Problem) {
    refusal(p);
  }
}
