// Joins the plain store to the view: reading inside a component's markup or a
// $derived subscribes it, per kind, to what it read.
import { createSubscriber } from 'svelte/reactivity';
import { language, onLanguage, say, sayCode, type Lang, type Word } from '../i18n';
import type { Kind, Nouns } from '../api/types';
import type { Clock } from '../store/clock';
import type { Live } from '../store/live';
import type { Looks } from '../store/looks';
import type { Position, Positions } from '../store/positions';
import type { Store } from '../store/store';

export class Watch {
  readonly #kinds = new Map<Kind, () => void>();
  readonly #tick: () => void;
  readonly #link: () => void;
  readonly #fixes: () => void;
  readonly #seen: () => void;

  constructor(
    readonly store: Store,
    readonly positions: Positions,
    readonly clock: Clock,
    readonly live: Live,
    private readonly teams: Looks,
  ) {
    this.#tick = createSubscriber((update) => clock.subscribe(update));
    this.#link = createSubscriber((update) => live.subscribe(update));
    this.#fixes = createSubscriber((update) => positions.subscribe(update));
    this.#seen = createSubscriber((update) => teams.subscribe(update));
  }

  all<K extends Kind>(kind: K): Nouns[K][] {
    this.#kind(kind)();
    return this.store.all(kind);
  }

  get<K extends Kind>(kind: K, id: string | undefined): Nouns[K] | undefined {
    this.#kind(kind)();
    return this.store.get(kind, id);
  }

  position(team: string): Position | undefined {
    this.#fixes();
    return this.positions.get(team);
  }

  /** unix ms of the newest fix, looked at each second; 0 when there is none. */
  newestFix(): number {
    this.#tick();
    return this.positions.newest();
  }

  /** How teams look; read again when any of them looks different. */
  looks(): Looks {
    this.#seen();
    return this.teams;
  }

  /** The server's time, anew each second. */
  now(): number {
    this.#tick();
    return this.clock.now();
  }

  /** The link; its age moves each second. */
  link(): Live {
    this.#tick();
    this.#link();
    return this.live;
  }

  /** Phase and presence only, without the second hand. */
  phase(): Live {
    this.#link();
    return this.live;
  }

  #kind(kind: Kind): () => void {
    let s = this.#kinds.get(kind);
    if (!s) {
      s = createSubscriber((update) =>
        this.store.subscribe((dirty) => {
          if (dirty.has(kind)) update();
        }),
      );
      this.#kinds.set(kind, s);
    }
    return s;
  }
}

const spoken = createSubscriber((update) => onLanguage(update));

/** The word, again whenever the language changes. */
export function t(word: Word, holes?: Record<string, string | number>): string {
  spoken();
  return say(word, holes);
}

/** A code's name, again whenever the language changes. */
export function tc(family: string, code: string): string {
  spoken();
  return sayCode(family, code);
}

export function lang(): Lang {
  spoken();
  return language();
}

// Marks between words, as the language of the screen writes them.

/** A label and what it is the label of. */
export const colon = (label: string, text = ''): string => `${label}${lang() === 'zh' ? '：' : ': '}${text}`;

/** Words one after the other. */
export const listed = (words: string[]): string => words.join(lang() === 'zh' ? '、' : ', ');

/** What is said beside it, in brackets. */
export const aside = (text: string): string => (lang() === 'zh' ? `（${text}）` : ` (${text})`);
