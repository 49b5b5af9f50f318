// The outbox carries taps to the server: in order within a lane, each exactly
// once in effect (the key is the same at every try), and none is ever dropped.

import type { Problem } from '../api/types';
import { backoff, dueOf, heads, laneOf, UNDO, type Row } from './row';

/** Where rows live; IndexedDB on the phone, a list in tests. */
export interface RowStore {
  all(): Promise<Row[]>;
  /** Stores a new row durably before it resolves, and gives it its number. */
  add(row: Omit<Row, 'n'>): Promise<Row>;
  put(row: Row): Promise<void>;
  remove(n: number): Promise<void>;
}

/** What became of one try. */
export type Outcome =
  | { kind: 'done'; seq: number }
  | { kind: 'refused'; problem: Problem }
  /** The server did not take it now: try again, not before `wait` ms where it said so. */
  | { kind: 'later'; wait?: number }
  /** Nobody was reached: no use in trying the other rows in this round. */
  | { kind: 'offline' }
  /** Sign in first; all rows wait. */
  | { kind: 'auth' };

export interface Deps {
  rows: RowStore;
  /** One try. It may call `keep` to store progress on the row (the id of an uploaded photo). */
  send(row: Row, keep: (row: Row) => Promise<void>): Promise<Outcome>;
  /** The person signed in now; undefined when nobody is. */
  person(): string | undefined;
  /** The phone's clock, ms. */
  now(): number;
  /** What the phone says of its network; false is nearly always true. */
  online(): boolean;
  /** The realm in which the phone is: live, or a drill. */
  realm(): string;
  /** What the realm's clock showed at that moment of the phone's, ms. */
  shown(at: number): number;
  /** Whether somebody else has entered the step that was refused. */
  overtaken(row: Row, problem: Problem): boolean;
  /** Runs `work` while no other tab does; resolves without running it when one does. */
  alone(work: () => Promise<void>): Promise<void>;
  after(ms: number, f: () => void): () => void;
  newKey(): string;
  /** Called after every change of the rows, and of `signIn` and `sending`. */
  changed(): void;
  /** The server took the row with this number in its journal. */
  done(row: Row, seq: number): void;
}

export class Outbox {
  rows: Row[] = [];
  /** The server asks for a new sign-in; the rows wait for it. */
  signIn = false;
  /** Key of the row under way. */
  sending = '';
  private running: Promise<void> | undefined;
  private again = false;
  /** Rounds in which nobody was reached, and until when that keeps all quiet. */
  private misses = 0;
  private quiet = 0;
  private cancelTimer: () => void = () => {};

  constructor(private readonly deps: Deps) {}

  async load(): Promise<void> {
    this.rows = await this.deps.rows.all();
    this.deps.changed();
  }

  /** Takes down a tap. It resolves when the row is safe on the phone. */
  async add(command: string, body: Record<string, unknown>, extra: { photo?: Blob; urgent?: boolean; event?: boolean } = {}): Promise<Row> {
    const person = this.deps.person();
    if (!person) throw new Error('nobody is signed in');
    const tapped = this.deps.now();
    const event_time = new Date(this.deps.shown(tapped)).toISOString();
    const row = await this.deps.rows.add({
      key: this.deps.newKey(), lane: laneOf(command, body, extra.photo !== undefined), person, realm: this.deps.realm(), command,
      body: extra.event === false ? body : { ...body, event_time },
      ...(extra.photo ? { photo: extra.photo } : {}),
      event_time, tapped, urgent: extra.urgent ?? false, tries: 0, due: 0, state: 'waiting',
    });
    this.rows = [...this.rows, row];
    this.deps.changed();
    void this.flush();
    return row;
  }

  /** Whether the tap can still be taken back: it has never left the phone. */
  undoable(row: Row): boolean {
    return row.state === 'waiting' && row.tries === 0 && row.key !== this.sending && this.deps.now() - row.tapped < UNDO;
  }

  /** Takes back a tap that has never left the phone, and what was tapped after it in its lane. */
  async undo(row: Row): Promise<boolean> {
    const have = this.rows.find((r) => r.n === row.n);
    if (!have || !this.undoable(have)) return false;
    for (const r of this.rows.filter((x) => x.lane === have.lane && x.n >= have.n)) await this.forget(r);
    this.deps.changed();
    return true;
  }

  /** The leader gives up a row, with what follows it in its lane where asked. */
  async discard(row: Row, following: boolean): Promise<void> {
    const gone = this.rows.filter((r) => r.n === row.n || (following && r.lane === row.lane && r.n > row.n));
    for (const r of gone) if (r.key !== this.sending) await this.forget(r);
    this.deps.changed();
    void this.flush();
  }

  /** Tries a parked row again, as it is. */
  async retry(row: Row): Promise<void> {
    const { error: _, ...rest } = row;
    await this.keep({ ...rest, state: 'waiting', tries: 0, due: 0 });
    void this.flush();
  }

  /** Forgets all waiting times: the network is back, or the page was opened. */
  async hurry(): Promise<void> {
    this.misses = this.quiet = 0;
    for (const r of this.rows) if (r.due > 0) await this.keep({ ...r, due: 0 });
    await this.flush();
  }

  /** Somebody signed in: what waited for it goes on. */
  async signedIn(): Promise<void> {
    this.signIn = false;
    await this.hurry();
  }

  /** Sends what can go. Calls while one is running are joined into one more round. */
  flush(): Promise<void> {
    this.again = true;
    this.running ??= this.run();
    return this.running;
  }

  stop(): void {
    this.cancelTimer();
  }

  private async run(): Promise<void> {
    // The step from the last look at `again` to `running` being free must not
    // be interrupted, or a tap made just then would find nobody to send it.
    try {
      while (this.again) {
        this.again = false;
        await this.deps.alone(() => this.round());
      }
    } finally {
      this.running = undefined;
      this.arm();
    }
  }

  private async round(): Promise<void> {
    // Another tab may have sent or added rows meanwhile.
    this.rows = await this.deps.rows.all();
    for (;;) {
      const person = this.deps.person();
      if (!person || this.signIn) return;
      const now = this.deps.now();
      const row = heads(this.rows, person).find((r) => this.dueOf(r) <= now);
      if (!row) return;
      if (!(await this.one(row))) return;
    }
  }

  /** One try of one row; false ends the round. */
  private async one(row: Row): Promise<boolean> {
    this.sending = row.key;
    this.deps.changed();
    let latest = row;
    let outcome: Outcome;
    try {
      outcome = await this.deps.send(row, async (r) => { latest = r; await this.keep(r); });
    } catch {
      // A fault of our own must not lose the row nor stop the others.
      outcome = { kind: 'later' };
    }
    this.sending = '';
    return this.settle(latest, outcome);
  }

  private async settle(row: Row, outcome: Outcome): Promise<boolean> {
    const tries = row.tries + 1;
    if (outcome.kind !== 'offline') this.misses = this.quiet = 0;
    switch (outcome.kind) {
      case 'done':
        this.deps.done(row, outcome.seq);
        await this.forget(row);
        this.deps.changed();
        return true;
      case 'refused': {
        const state = this.deps.overtaken(row, outcome.problem) ? 'overtaken' : 'parked';
        await this.keep({ ...row, tries, state, error: outcome.problem });
        return true;
      }
      case 'auth':
        this.signIn = true;
        this.deps.changed();
        return false;
      case 'later':
        await this.keep({ ...row, tries, due: this.deps.now() + Math.max(outcome.wait ?? 0, backoff(tries, row.urgent)) });
        return true;
      case 'offline':
        this.quiet = this.deps.now() + backoff(++this.misses, row.urgent);
        await this.keep({ ...row, tries });
        return false;
    }
  }

  private async keep(row: Row): Promise<void> {
    await this.deps.rows.put(row);
    this.rows = this.rows.map((r) => (r.n === row.n ? row : r));
    this.deps.changed();
  }

  private async forget(row: Row): Promise<void> {
    await this.deps.rows.remove(row.n);
    this.rows = this.rows.filter((r) => r.n !== row.n);
  }

  private dueOf(row: Row): number {
    return Math.max(dueOf(row, this.deps.online()), this.quiet);
  }

  private arm(): void {
    this.cancelTimer();
    const person = this.deps.person();
    if (!person || this.signIn) return;
    const dues = heads(this.rows, person).map((r) => this.dueOf(r));
    if (!dues.length) return;
    this.cancelTimer = this.deps.after(Math.max(250, Math.min(...dues) - this.deps.now()), () => void this.flush());
  }
}
