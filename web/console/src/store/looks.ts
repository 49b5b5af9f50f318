// How every team looks now, and what binds it: worked out once for all panels
// and the map, anew when teams or tasks change; only lost contact is looked at
// each second.
import type { Task, Team } from '../api/types';
import type { Clock } from './clock';
import type { Positions } from './positions';
import { lookOf, taskByTeam, taskMoving, type Look } from './select';
import type { Store } from './store';

export class Looks {
  #look = new Map<string, Look>();
  #tasks = new Map<string, Task>();
  /** Teams whose contact may be lost: under way. */
  #out: { team: Team; task: Task }[] = [];
  #counts = new Map<Look, number>();
  #version = 0;
  readonly #listeners = new Set<() => void>();
  readonly #ends: (() => void)[];

  constructor(private readonly store: Store, private readonly positions: Positions, private readonly clock: Clock) {
    this.#ends = [
      store.subscribe((dirty) => {
        if (dirty.has('team') || dirty.has('task')) this.#all();
      }),
      clock.subscribe(() => this.#contact()),
    ];
    this.#all();
  }

  stop() {
    for (const end of this.#ends) end();
  }

  /** Moves whenever any look did. */
  get version(): number {
    return this.#version;
  }

  of(team: string): Look {
    return this.#look.get(team) ?? 'off';
  }

  /** The task that binds the team. */
  task(team: string): Task | undefined {
    return this.#tasks.get(team);
  }

  /** The task that binds each team. */
  tasks(): ReadonlyMap<string, Task> {
    return this.#tasks;
  }

  /** How many teams look so; retired ones do not count. */
  count(look: Look): number {
    return this.#counts.get(look) ?? 0;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #all() {
    this.#tasks = taskByTeam(this.store.all('task'));
    this.#look = new Map();
    this.#out = [];
    const known = this.clock.known();
    for (const team of this.store.all('team')) {
      if (team.retired) continue;
      const task = this.#tasks.get(team.id);
      if (task && taskMoving(task)) this.#out.push({ team, task });
      this.#look.set(team.id, lookOf(team, task, this.positions.get(team.id), known));
    }
    this.#changed();
  }

  /** Contact is lost with time, and found with the next fix. */
  #contact() {
    const known = this.clock.known();
    const c = this.positions.columns;
    let moved = false;
    for (const { team, task } of this.#out) {
      const was = this.#look.get(team.id)!;
      const r = this.positions.row(team.id);
      const silent = r >= 0 && c.fixed[r]! > 0 && known - c.fixed[r]! > c.stale[r]! * 1000;
      if (silent === (was === 'lost') || was === 'distress') continue;
      this.#look.set(team.id, lookOf(team, task, this.positions.get(team.id), known));
      moved = true;
    }
    if (moved) this.#changed();
  }

  #changed() {
    this.#counts = new Map();
    for (const look of this.#look.values()) this.#counts.set(look, (this.#counts.get(look) ?? 0) + 1);
    this.#version++;
    for (const l of [...this.#listeners]) l();
  }
}
