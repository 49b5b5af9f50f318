// One signed-in screen: session, picture, clock and commands, wired together.
import { createSubscriber } from 'svelte/reactivity';
import { commander, type Do } from '../api/command';
import { elsewhere, problemIn } from '../api/http';
import { settings as readSettings } from '../api/session';
import { vocabulary as readVocabulary, type Vocabulary } from '../api/reads';
import type { Drill } from '../api/drill';
import type { CommandName, Commands, Done, Problem, Ref, Scope, Session, Settings } from '../api/types';
import { either, setZone } from '../i18n';
import { Clock, drillClock } from '../store/clock';
import type { Tails } from '../map/tails';
import { Dialer } from '../api/worker';
import { Live, type Feed } from '../store/live';
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

/** What a screen is made of: the picture and where it comes from. */
export interface Parts<F extends Feed> {
  store: Store;
  positions: Positions;
  clock: Clock;
  live: F;
}

/**
 * What every panel is given. There are two: LiveApp, which gives commands, and
 * that of replay (replay/app.ts), which has nothing to give any with.
 */
export abstract class App<F extends Feed = Feed> {
  readonly store: Store;
  readonly positions: Positions;
  readonly clock: Clock;
  readonly live: F;
  readonly looks: Looks;
  readonly watch: Watch;
  /** Set where the picture is of a past moment. */
  readonly past: { tails: Tails; seek(at: number): void } | undefined = undefined;
  /** Goes to a past moment, with the incident open; where the screen offers that. */
  rewind: ((at: number, incident?: string) => void) | undefined;
  /** The incident with which a screen of a past moment begins. */
  readonly begins: string | undefined = undefined;
  readonly #events: Map<string, { zh: string; en?: string }>;
  readonly #capabilities: Map<string, { zh: string; en: string }>;
  readonly #roles: Map<string, string[]>;

  constructor(
    readonly session: Session,
    readonly settings: Settings,
    readonly vocabulary: Vocabulary,
    parts: Parts<F>,
  ) {
    this.store = parts.store;
    this.positions = parts.positions;
    this.clock = parts.clock;
    this.live = parts.live;
    this.looks = new Looks(this.store, this.positions, this.clock);
    this.watch = new Watch(this.store, this.positions, this.clock, this.live, this.looks);
    this.#events = new Map(vocabulary.events.map((e) => [e.code, e]));
    this.#capabilities = new Map(vocabulary.capabilities.map((c) => [c.code, c]));
    this.#roles = new Map(vocabulary.commands.map((c) => [c.name, c.roles]));
  }

  /**
   * Gives a command and waits until the picture holds its change. A refusal is
   * shown and answers undefined: nothing was done.
   */
  abstract run<N extends CommandName>(name: N, body: Commands[N], how?: Run): Promise<Done | undefined>;

  stop() {
    this.looks.stop();
  }

  /** Whether a command about the record waits for the server. */
  pending(_ref: Ref): boolean {
    return false;
  }

  /** Whether the session's role has a use for the command at all. Who directs a drill may act for any agency in it. */
  may(name: CommandName): boolean {
    const role = this.session.role;
    if ((role === 'director' || role === 'controller') && !drilling.test(name)) return (this.#roles.get(name)?.length ?? 0) > 0;
    return this.#roles.get(name)?.includes(this.session.role) ?? false;
  }

  /** The drill that the session is in. */
  drill(): Drill | undefined {
    return this.watch.all('drill')[0];
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
}

export class LiveApp extends App<Live> {
  readonly #dialer: Dialer;
  readonly #send: Do;
  readonly #pending = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  readonly #subscribe = createSubscriber((update) => {
    this.#listeners.add(update);
    return () => this.#listeners.delete(update);
  });

  constructor(session: Session, settings: Settings, vocabulary: Vocabulary) {
    setZone(settings.zone);
    const picture = { store: new Store(), positions: new Positions(), clock: new Clock() };
    const dialer = new Dialer();
    const live = new Live({ ...picture, dial: dialer.dial });
    super(session, settings, vocabulary, { ...picture, live });
    this.#dialer = dialer;
    this.store.subscribe((dirty) => dirty.has('drill') && (this.clock.drill = drillClock(this.store.all('drill')[0])));
    live.subscribe(() => {
      if (live.phase === 'live' && live.realm !== session.realm) elsewhere();
    });
    this.#send = commander({ up: () => live.up() });
    live.start();
  }

  /** Reads what a screen needs before it can start. */
  static async open(session: Session): Promise<LiveApp> {
    const [house, words] = await Promise.all([readSettings(), readVocabulary()]);
    return new LiveApp(session, house, words);
  }

  override stop() {
    this.live.stop();
    super.stop();
    this.#dialer.stop();
  }

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

  override pending(ref: Ref): boolean {
    this.#subscribe();
    return this.#pending.has(keyOf(ref));
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
