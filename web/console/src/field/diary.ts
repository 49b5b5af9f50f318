// What happened to the team's tasks: what is news to the leader, and what was
// done today.
import { all as readAll, record } from '../api/reads';
import type { Incident, Seen, Task } from '../api/types';
import type { Store } from '../store/store';
import { alert } from './alert';
import { lent, midnight, news } from './select';

export class Diary {
  /** A task was given to the team or taken from it, and the leader has not said yes to that yet. */
  notice: ReturnType<typeof news>;
  /** Ended tasks of today that left the board. */
  today: Task[] = [];
  private readonly known = new Map<string, Task>();
  private readonly titles = new Map<string, string>();

  constructor(private readonly store: Store, private readonly who: () => { person: string; team: string } | undefined, private readonly tell: () => void) {}

  /** The incident's title, also of one that left the board. */
  titleOf(incident: string): string {
    return this.store.get('incident', incident)?.title ?? this.titles.get(incident) ?? '…';
  }

  dismiss(): void {
    this.notice = undefined;
    this.tell();
  }

  /** A change that was applied just now. */
  heard(c: Seen): void {
    const found = news(c.put ?? [], this.who()?.team ?? '', (id) => this.known.get(id));
    const loan = lent(c.put ?? [], this.who()?.team ?? '');
    if (loan && c.actor.id !== this.who()?.person) alert('new', loan.report_to.text ?? loan.name);
    this.remember();
    // What this very phone did is no news.
    if (!found || c.actor.id === this.who()?.person) return;
    this.notice = found;
    alert(found.kind, this.titleOf(found.task.incident));
    this.tell();
  }

  /** Takes the picture as the state from which the next change is news. */
  remember(): void {
    for (const t of this.store.all('task')) if (t.team === this.who()?.team) this.known.set(t.id, t);
    for (const i of this.store.all('incident')) this.titles.set(i.id, i.title);
  }

  /** Reads the tasks that ended today and are no longer in the picture. */
  async readToday(now: number): Promise<void> {
    const team = this.who()?.team;
    if (!team) return;
    try {
      this.today = await readAll('task', { team, archived: '1', since: new Date(midnight(now)).toISOString() });
      const missing = [...new Set(this.today.map((t) => t.incident))].filter((id) => this.titleOf(id) === '…').slice(0, 20);
      for (const id of missing) await record<Incident>('incident', id).then((i) => this.titles.set(id, i.title), () => {});
      this.tell();
    } catch {
      // An old list is no harm: it is history.
    }
  }
}
