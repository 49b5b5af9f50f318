// Snapshot → socket → apply, for ever: the picture follows the journal without
// a gap, or says since when it does not.
import { problemIn, Refused } from '../api/http';
import { current } from '../api/session';
import { readSnapshot, type Snapshot } from '../api/snapshot';
import { backoff, dialServer, Socket, type After, type Wire } from '../api/socket';
import { Packer, type Patch } from '../api/pack';
import type { Attendant, Bound, Presence, Problem, Seen } from '../api/types';
import type { Clock } from './clock';
import type { Positions } from './positions';
import type { Store } from './store';

/** first: no picture yet. live: following. cut: the picture is old, dialling. signed-out: the session ended. */
export type Phase = 'first' | 'live' | 'cut' | 'signed-out';

/** How old the picture is, in words: the four looks of every screen. */
export type Freshness = 'fresh' | 'late' | 'delayed' | 'lost';

/** Seconds of age from which the picture is late, delayed, lost. */
export const linkLimits = [5, 15, 60] as const;

export function freshness(seconds: number): Freshness {
  if (seconds > linkLimits[2]) return 'lost';
  if (seconds > linkLimits[1]) return 'delayed';
  return seconds > linkLimits[0] ? 'late' : 'fresh';
}

export interface LiveOptions {
  store: Store;
  positions: Positions;
  clock: Clock;
  /** Seams for tests. */
  snapshot?: () => Promise<Snapshot>;
  dial?: (since: number, epoch: string) => Wire;
  probe?: () => Promise<unknown>;
  random?: () => number;
  now?: () => number;
}

/** What a screen knows of where its picture comes from: the journal as it grows, or a past moment of it. */
export type Feed = Pick<Live, 'phase' | 'problem' | 'seq' | 'realm' | 'presence' | 'here' | 'apart' | 'age' | 'freshness' | 'up' | 'look' | 'open' | 'subscribe' | 'onChange'>;

export class Live {
  phase: Phase = 'first';
  /** Why there is no picture, when the snapshot was refused. */
  problem: Problem | undefined;
  seq = 0;
  epoch = '';
  realm = 'live';
  presence: Presence[] = [];
  /** Who is in the drill, for those who run it. */
  here: Attendant[] = [];
  /** Other servers cannot be heard: positions that came to them are missing here. */
  apart = false;

  /** A reported position with that id is stored. */
  placed: ((id: string) => void) | undefined;

  #heard = 0; // own clock, ms: the last word of the feed
  #behind = 0; // ms that the server itself was behind its journal then
  #started = 0;
  #look: { bound: Bound; zoom: number } | undefined;
  #open = '';
  #socket: Socket | undefined;
  #tries = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #round = 0;
  readonly #listeners = new Set<() => void>();
  readonly #changes = new Set<(change: Seen) => void>();
  readonly #waiting = new Set<{ seq: number; done: () => void }>();
  readonly #packer = new Packer();
  readonly #now: () => number;

  constructor(private readonly o: LiveOptions) {
    this.#now = o.now ?? Date.now;
  }

  start() {
    this.#started = this.#now();
    globalThis.addEventListener?.('online', this.#hurry);
    globalThis.document?.addEventListener('visibilitychange', this.#hurry);
    void this.#load();
  }

  stop() {
    this.#round++;
    globalThis.removeEventListener?.('online', this.#hurry);
    globalThis.document?.removeEventListener('visibilitychange', this.#hurry);
    clearTimeout(this.#retry);
    this.#socket?.stop();
  }

  /** Seconds since the picture was last known to be true. */
  age(): number {
    const since = this.#heard || this.#started || this.#now();
    return Math.max(0, this.#now() - since + this.#behind) / 1000;
  }

  freshness(): Freshness {
    return freshness(this.age());
  }

  /** Whether a command given now would reach the server. */
  up(): boolean {
    return this.phase === 'live';
  }

  /** What the map shows; positions come for that part only. */
  look(bound: Bound, zoom: number) {
    this.#look = { bound, zoom };
    this.#socket?.send({ t: 'look', bound, zoom });
  }

  /** Which incident is on the screen, for the others to see. */
  open(incident: string) {
    if (this.#open === incident) return;
    this.#open = incident;
    this.#socket?.send({ t: 'open', incident });
  }

  /** The leader's own position; false when the link is down. */
  report(p: { id?: string; lon: number; lat: number; accuracy?: number; speed?: number; heading?: number; at: string }): boolean {
    return this.#socket?.send({ t: 'position', ...p }) ?? false;
  }

  /** Resolves when the picture holds the change; a command is pending until then. */
  reached(seq: number): Promise<void> {
    if (seq <= this.seq) return Promise.resolve();
    return new Promise((done) => this.#waiting.add({ seq, done }));
  }

  /** Phase, freshness or presence moved. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Every change as it is applied; sounds and timelines listen here. Not called for a snapshot. */
  onChange(listener: (change: Seen) => void): () => void {
    this.#changes.add(listener);
    return () => this.#changes.delete(listener);
  }

  readonly #hurry = () => {
    if (globalThis.document?.hidden) return;
    if (this.phase !== 'live') this.#socket?.hurry();
  };

  async #load() {
    const round = ++this.#round;
    clearTimeout(this.#retry);
    this.#socket?.stop();
    this.#socket = undefined;
    try {
      const shot = await (this.o.snapshot ?? (() => readSnapshot()))();
      if (round !== this.#round) return;
      this.o.clock.heard(shot.at);
      this.o.store.replace(shot.records);
      this.o.positions.clear();
      this.seq = shot.seq;
      this.epoch = shot.epoch;
      this.realm = shot.realm;
      this.problem = undefined;
      this.#settle();
      this.#connect();
    } catch (e) {
      if (round !== this.#round) return;
      this.problem = problemIn(e);
      if (e instanceof Refused && e.problem.code === 'auth') {
        this.#turn('signed-out');
        return;
      }
      if (this.phase !== 'first') this.#turn('cut');
      else this.#tell();
      this.#retry = setTimeout(() => void this.#load(), backoff(this.#tries++, this.o.random));
    }
  }

  #connect() {
    this.#socket = new Socket({
      dial: this.o.dial ?? dialServer,
      cursor: () => ({ seq: this.seq, epoch: this.epoch }),
      opened: () => {
        if (this.#look) this.#socket?.send({ t: 'look', ...this.#look });
        if (this.#open) this.#socket?.send({ t: 'open', incident: this.#open });
      },
      read: (data) => this.#packer.read(data),
      frame: (f) => this.#take(f),
      closed: (what) => this.#closed(what),
      random: this.o.random,
    });
    this.#socket.start();
  }

  #closed(what: After) {
    if (what === 'sign-in') {
      this.#turn('signed-out');
      return;
    }
    this.#turn('cut');
    if (what === 'snapshot') this.#again();
    else void this.ask();
  }

  /** Asks whether the session still is: a refused upgrade looks like a cut, and a refused command may be the first to tell. */
  async ask() {
    const round = this.#round;
    try {
      await (this.o.probe ?? current)();
    } catch (e) {
      if (round !== this.#round || !(e instanceof Refused) || e.problem.code !== 'auth') return;
      this.stop();
      this.#turn('signed-out');
    }
  }

  /** A new snapshot, not at once if the last one did not hold. */
  #again() {
    this.#socket?.stop();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#load(), this.#tries === 0 ? 0 : backoff(this.#tries, this.o.random));
    this.#tries++;
  }

  #take(f: Patch) {
    this.o.clock.touch();
    switch (f.t) {
      case 'hello':
        if (f.epoch !== this.epoch) return this.#again();
        this.o.clock.heard(f.at);
        this.#nodes(f.nodes);
        this.#alive(0);
        this.#turn('live');
        return;
      case 'changes':
        if (!this.#advance(f.from, f.to)) return;
        for (const c of f.changes) this.o.store.apply(c.put, c.drop);
        this.#alive(this.#behind);
        this.#settle();
        for (const c of f.changes) for (const l of [...this.#changes]) l(c);
        // After an import the server names kinds, not records.
        if (f.changes.some((c) => c.reset?.length)) this.#again();
        return;
      case 'beat':
        if (!this.#advance(f.from, f.to)) return;
        this.o.clock.heard(f.at);
        this.#tries = 0;
        this.#nodes(f.nodes);
        this.#alive(Math.max(0, Date.parse(f.at) - Date.parse(f.journal_at)));
        this.#settle();
        return;
      case 'positions':
        this.o.positions.take(f, this.#look?.bound);
        return;
      case 'positions_gone':
        this.o.positions.gone(f.team);
        return;
      case 'presence':
        this.presence = f.open ?? [];
        this.here = f.here ?? [];
        this.#tell();
        return;
      case 'placed':
        this.placed?.(f.id);
    }
  }

  /** The frame must continue where the picture stands; else something was lost and only a new snapshot is true. */
  #advance(from: number, to: number): boolean {
    if (from !== this.seq) {
      this.#turn('cut');
      this.#again();
      return false;
    }
    this.seq = to;
    return true;
  }

  #nodes(word: 'cut' | undefined) {
    const apart = word === 'cut';
    if (apart === this.apart) return;
    this.apart = apart;
    this.#tell();
  }

  #alive(behind: number) {
    this.#heard = this.#now();
    this.#behind = behind > 2_500 ? behind : 0;
  }

  #settle() {
    for (const w of [...this.#waiting]) {
      if (w.seq > this.seq) continue;
      this.#waiting.delete(w);
      w.done();
    }
  }

  #turn(phase: Phase) {
    this.phase = phase;
    this.#tell();
  }

  #tell() {
    for (const l of [...this.#listeners]) l();
  }
}
