// The screen's picture of a past moment: the parts of any app, fed by the player
// of replay. It has nothing to give commands with.
import type { CommandName, Done, Point, Session } from '../api/types';
import type { Tails } from '../map/tails';
import { App, type LiveApp, type Run } from '../session/app';
import { Clock } from '../store/clock';
import type { Feed, Freshness, Phase } from '../store/live';
import { Positions } from '../store/positions';
import { Store } from '../store/store';
import { refusal } from '../ui/toast';
import type { Problem } from '../api/types';
import type { Scene } from './past';

const noCommands: Problem = {
  status: 0, code: 'not_sent',
  detail: 'This is the past: no command can be given here. Return to live with Esc.',
  detail_zh: '当前为回放，不能下达命令；按 Esc 返回实时。',
};

/** Where the picture stands: never late, never live. */
class PastFeed implements Feed {
  phase: Phase = 'first';
  problem: Problem | undefined;
  seq = 0;
  presence = [];
  here = [];
  apart = false;
  readonly #listeners = new Set<() => void>();

  constructor(readonly realm: string) {}

  age = () => 0;
  freshness = (): Freshness => 'fresh';
  up = () => false;
  look = () => {};
  open = () => {};
  /** Changes of the past make no sound and call nobody. */
  onChange = () => () => {};

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  tell() {
    for (const l of [...this.#listeners]) l();
  }
}

class PastTails implements Tails {
  lines: { team: string; points: readonly Point[] }[] = [];
  readonly #listeners = new Set<() => void>();

  subscribe(listener: () => void) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  set(lines: { team: string; points: readonly Point[] }[]) {
    if (!lines.length && !this.lines.length) return;
    this.lines = lines;
    for (const l of [...this.#listeners]) l();
  }
}

export class PastApp extends App<PastFeed> {
  override readonly past: { tails: PastTails; seek: (at: number) => void };
  override readonly begins: string | undefined;
  /** The moment that is shown, ms. */
  readonly #now: { t: number };

  /** of is the live app; session says with whose eyes it is looked. */
  constructor(of: LiveApp, session: Session, seek: (at: number) => void, begins?: string) {
    const now = { t: 0 };
    super(session, of.settings, of.vocabulary, {
      store: new Store(), positions: new Positions(), clock: new Clock(() => now.t), live: new PastFeed(of.live.realm),
    });
    this.#now = now;
    this.past = { tails: new PastTails(), seek };
    this.rewind = seek;
    this.begins = begins;
  }

  /** Nothing is sent, whatever asked for it. */
  override async run(_name: CommandName, _body: unknown, how: Run = {}): Promise<Done | undefined> {
    if (!how.refused?.(noCommands)) refusal(noCommands);
    return undefined;
  }

  override may(): boolean {
    return false;
  }

  override directs(): boolean {
    return false;
  }

  /** Goes to the scene. */
  show(s: Scene) {
    const back = s.t < this.#now.t;
    this.#now.t = s.t;
    // Fixes never go back by themselves.
    if (back) this.positions.clear();
    this.positions.take(s.fixes);
    if (s.put.length || s.drop.length) this.store.apply(s.put, s.drop);
    this.store.flush(); // the bar names this moment now: the picture is to be of it, not of the frame before
    this.past.tails.set(s.tails);
    this.live.seq = s.seq;
    this.live.problem = undefined;
    if (this.live.phase === 'first') {
      this.live.phase = 'live';
      this.live.tell();
    }
    this.clock.tick();
  }

  /** There is no picture, and why. */
  failed(p: Problem) {
    this.live.problem = p;
    this.live.tell();
  }
}
