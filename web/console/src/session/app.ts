// One signed-in screen: session, picture, clock and commands, wired together.
import { createSubscriber } from 'svelte/reactivity';
import { commander, type Do } from '../api/command';
import { problemIn } from '../api/http';
import { settings as readSettings } from '../api/session';
import { vocabulary as readVocabulary, type Vocabulary } from '../api/reads';
import type { Drill } from '../api/drill';
import type { CommandName, Commands, Done, Problem, Ref, Scope, Session, Settings } from '../api/types';
import { either, setZone } from '../i18n';
import { Clock, drillClock } from '../store/clock';
import { Dialer } from '../api/worker';
import { Live } from '../store/live';
import { Looks } from '../store/looks';
import { Positions } from '../store/positions';
import { Store } from '../store/store';
import { refusal } from '../ui/toast';
import { lang, Watch } from '../ui/watch';

export interface Run {
  /** Records that are marked pending meanwhile. */
  marks?: (Ref | undefined)[];
  /** Called with a refusal instead of the notice at the foot of the screen; true when it was dealt with. */
  refused?: (p: Problem) => boolean | void;
}

export class App {
  readonly store = new Store();
  readonly positions = new Positions();
  readonly clock = new Clock();
  readonly #dialer = new Dialer();
  readonly live = new Live({ store: this.store, positions: this.positions, clock: this.clock, dial: this.#dialer.dial });
  readonly looks = new Looks(this.store, this.positions, this.clock);
  readonly watch = new Watch(this.store, this.positions, this.clock, this.live, this.looks);
  readonly #send: Do = commander({ up: () => this.live.up() });
  readonly #pending = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  readonly #subscribe = createSubscriber((update) => {
    this.#listeners.add(update);
    return () => this.#listeners.delete(update);
  });
  readonly #events: Map<string, { zh: string; en?: string }>;
  readonly #capabilities: Map<string, { zh: string; en: string }>;
  readonly #roles: Map<string, string[]>;

  constructor(
    readonly session: Session,
    readonly settings: Settings,
    readonly vocabulary: Vocabulary,
  ) {
    setZone(settings.zone);
    this.store.subscribe((dirty) => dirty.has('drill') && (this.clock.drill = drillClock(this.store.all('drill')[0])));
    this.live.subscribe(() => {
      // The session came into another realm, from another window perhaps: all of
      // this screen is of the old one.
      if (this.live.phase === 'live' && this.live.realm !== session.realm) location.reload();
    });
    this.#events = new Map(vocabulary.events.map((e) => [e.code, e]));
    this.#capabilities = new Map(vocabulary.capabilities.map((c) => [c.code, c]));
    this.#roles = new Map(vocabulary.commands.map((c) => [c.name, c.roles]));
    this.live.start();
  }

  /** Reads what a screen needs before it can start. */
  static async open(session: Session): Promise<App> {
    const [house, words] = await Promise.all([readSettings(), readVocabulary()]);
    return new App(session, house, words);
  }

  stop() {
    this.live.stop();
    this.looks.stop();
    this.#dialer.stop();
  }

  /**
   * Gives a command and waits until the picture holds its change. A refusal is
   * shown and answers undefined: nothing was done.
   */
  async run<N extends CommandName>(name: N, body: Commands[N], how: Run = {}): Promise<Done | undefined> {
    const marks = (how.marks ?? []).filter((r) => r !== undefined).map(keyOf);
    this.#mark(marks, 1);
    try {
      const done = await this.#send(name, body);
      await Promise.race([this.live.reached(done.seq), new Promise((r) => setTimeout(r, 5_000))]);
      return done;
    } catch (e) {
      const p = problemIn(e);
      if (p.code === 'auth') void this.live.ask();
      if (!how.refused?.(p)) refusal(p);
      return undefined;
    } finally {
      this.#mark(marks, -1);
    }
  }

  /** Whether a command about the record waits for the server. */
  pending(ref: Ref): boolean {
    this.#subscribe();
    return this.#pending.has(keyOf(ref));
  }

  /** Whether the session's role has a use for the command at all. Who directs a drill may act for any agency in it. */
  may(name: CommandName): boolean {
    const role = this.session.role;
    if ((role === 'director' || role === 'controller') && !drilling.test(name)) return (this.#roles.get(name)?.length ?? 0) > 0;
    return this.#roles.get(name)?.includes(this.session.role) ?? false;
  }

  /** Whether the record is ours to direct: our agency's, or in our jurisdiction. */
  directs(scope: Scope): boolean {
    const own = this.session.agency;
    if (!own) return false;
    return scope.agency === own.id || (!!own.jurisdiction && !!scope.area?.startsWith(own.jurisdiction));
  }

  /** The event type's name; an unknown leaf, or one without an English name, falls back to its family. */
  eventName(code: string): string {
    for (const c of [code, code.slice(0, 3) + '00', code.slice(0, 2) + '000']) {
      const name = this.#events.get(c)?.[lang()];
      if (name) return name;
    }
    return code;
  }

  capabilityName(code: string): string {
    return either(this.#capabilities.get(code)) || code;
  }

  agencyName(id: string | undefined): string {
    const a = this.watch.get('agency', id);
    return a?.short || a?.name || id || '';
  }

  /** The drill that the session is in. */
  drill(): Drill | undefined {
    return this.watch.all('drill')[0];
  }

  #mark(keys: string[], by: 1 | -1) {
    for (const key of keys) {
      const n = (this.#pending.get(key) ?? 0) + by;
      if (n > 0) this.#pending.set(key, n);
      else this.#pending.delete(key);
    }
    for (const l of [...this.#listeners]) l();
  }
}

/** Commands by which a drill is prepared, run and judged: those have roles of their own. */
const drilling = /^(drill|part|objective|inject|sim|observation|improvement)\./;

const keyOf = (r: Ref) => `${r.kind}/${r.id}`;
