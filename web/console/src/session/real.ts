// From within a drill: the alarms of what is real, and nothing else. It is a
// picture of its own, over a socket of its own; nothing of it enters the drill's.
import { dialServer } from '../api/socket';
import type { Alarm } from '../api/types';
import { Clock } from '../store/clock';
import { Live, readSnapshot } from '../store/live';
import { Positions } from '../store/positions';
import { Store } from '../store/store';

/** A tone as the desk's siren, for an alarm that nobody has taken yet. */
const TONES: [frequency: number, start: number, length: number][] = [[880, 0, 0.28], [660, 0.3, 0.28], [880, 0.6, 0.28], [660, 0.9, 0.28]];

export class RealAlarms {
  readonly #store = new Store();
  readonly live = new Live({
    store: this.#store, positions: new Positions(), clock: new Clock(),
    snapshot: () => readSnapshot('alarms'),
    dial: (since, epoch) => dialServer(since, epoch, 'alarms'),
  });
  readonly #listeners = new Set<() => void>();
  readonly #heard = new Set<string>();

  start() {
    this.#store.subscribe(() => this.#tell());
    this.live.subscribe(() => this.#tell());
    this.live.start();
  }

  stop() {
    this.live.stop();
  }

  /** Those that nobody has acknowledged, worst first. */
  open(): Alarm[] {
    return this.#store.all('alarm').filter((a) => !a.acked && !a.ended).sort((a, b) => a.tier - b.tier || b.raised.at.localeCompare(a.raised.at));
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell() {
    const fresh = this.open().filter((a) => a.tier <= 2 && !this.#heard.has(a.id));
    if (fresh.length) {
      for (const a of fresh) this.#heard.add(a.id);
      sound();
    }
    for (const l of [...this.#listeners]) l();
  }
}

function sound() {
  if (typeof AudioContext === 'undefined') return;
  const context = new AudioContext();
  for (const [frequency, start, length] of TONES) {
    const o = context.createOscillator();
    o.frequency.value = frequency;
    o.connect(context.destination);
    o.start(context.currentTime + start);
    o.stop(context.currentTime + start + length);
  }
  setTimeout(() => void context.close(), 2_000);
}
