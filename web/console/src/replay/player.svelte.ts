// Time in replay: where it is, how fast it goes, and the one question to the
// worker that is under way. The newest wish counts; those between are left out.
import type { Problem } from '../api/types';
import type { Answer, Hand, Order } from './orders';
import type { Entry, Listed, Scene } from './past';
import { firstOf, type Span } from './span';

export const rates = [1, 2, 4, 8, 16, 32, 64] as const;
/** Lengths of the scrubber, ms. */
export const periods = [3_600_000, 4 * 3_600_000, 24 * 3_600_000, 72 * 3_600_000] as const;

/** Commands that are told on the scrubber. */
const tickCommands = 'incident.open,team.distress';
const every = 250;

type Wish = { do: 'to'; t: number; rate: number } | { do: 'after'; seq: number; at: number; rate: number } | { do: 'step'; by: 1 | -1; rate: number };

const hire = (): Hand => new Worker(new URL('./replay.worker.ts', import.meta.url), { type: 'module' });

export interface PlayerOptions {
  /** Begins at the moment, ms. */
  at: number;
  /** The last moment there is, ms: up to it nothing can come any more. */
  end: () => number;
  as?: string | undefined;
  stale: Record<string, number>;
  scene: (s: Scene) => void;
  failed: (p: Problem) => void;
  /** Seams for tests. */
  hire?: () => Hand;
  wall?: () => number;
}

export class Player {
  /** The moment that is shown, ms. */
  t = $state(0);
  seq = $state(0);
  playing = $state(false);
  rate: number = $state(8);
  /** A moment is being looked for. */
  busy = $state(false);
  problem: Problem | undefined = $state.raw();
  span: Span | undefined = $state.raw();
  /** The scrubber's ends. */
  from = $state(0);
  to = $state(0);
  period: number = $state(periods[2]);
  list: Entry[] = $state.raw([]);
  done = $state(0);
  ticks: Entry[] = $state.raw([]);

  readonly #hand: Hand;
  readonly #wall: () => number;
  readonly #answers = new Map<number, (a: Answer) => void>();
  #n = 0;
  #wish: Wish | undefined;
  #asked = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  #then = 0;
  #ticked = '';

  constructor(private readonly o: PlayerOptions) {
    this.#wall = o.wall ?? (() => performance.now());
    this.t = o.at;
    this.#hand = (o.hire ?? hire)();
    this.#hand.onmessage = ({ data }) => this.#heard(data);
    this.#hand.onerror = () => this.#heard({ n: this.#n, problem: { status: 0, code: 'internal', detail: 'the worker of replay broke', detail_zh: '回放组件出错' } });
    void this.#open();
  }

  stop() {
    clearInterval(this.#timer);
    this.#hand.terminate();
  }

  /** The last moment there is, ms. */
  end(): number {
    return this.o.end();
  }

  first(): number {
    return this.span ? firstOf(this.span) : 0;
  }

  seek(t: number) {
    this.#want({ do: 'to', t: this.#within(t), rate: this.rate });
  }

  /** Right after a change. */
  jump({ seq, at }: Pick<Entry, 'seq' | 'at'>) {
    this.#want({ do: 'after', seq, at, rate: this.rate });
  }

  step(by: 1 | -1) {
    this.pause();
    this.#want({ do: 'step', by, rate: this.rate });
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (this.playing || !this.span) return;
    this.playing = true;
    this.#then = this.#wall();
    this.#timer = setInterval(() => this.#tick(), every);
  }

  pause() {
    this.playing = false;
    clearInterval(this.#timer);
  }

  faster(by: 1 | -1) {
    const at = rates.indexOf(this.rate as 1);
    this.rate = rates[Math.min(rates.length - 1, Math.max(0, at + by))]!;
  }

  /** Shows so long a piece of time on the scrubber, with the moment in it. */
  stretch(period: number) {
    this.period = period;
    this.#frame(true);
  }

  #within(t: number): number {
    return Math.max(this.first(), Math.min(t, this.end()));
  }

  async #open() {
    this.busy = true;
    const a = await this.#ask({ do: 'open', stale: this.o.stale, ...(this.o.as && { as: this.o.as }) });
    if (!a.span) return this.#failed(a.problem);
    this.span = a.span;
    this.t = this.#within(this.o.at);
    this.#frame(true);
    this.seek(this.t);
  }

  /** The piece of time that the scrubber shows: the moment lies in it. */
  #frame(anew = false) {
    if (!anew && this.t >= this.from && this.t <= this.to) return;
    const end = this.end();
    this.from = Math.max(Math.min(this.t - this.period * 0.75, end - this.period), this.first());
    this.to = Math.min(this.from + this.period, end);
    void this.#marks();
  }

  async #marks() {
    const key = `${this.from} ${this.to}`;
    if (key === this.#ticked) return;
    this.#ticked = key;
    const a = await this.#ask({ do: 'ticks', commands: tickCommands, from: this.from, to: this.to });
    if (key === this.#ticked && a.ticks) this.ticks = a.ticks;
  }

  #tick() {
    const now = this.#wall();
    if (this.#asked) {
      this.#then = now; // time stands while a moment is looked for
      return;
    }
    const t = this.t + (now - this.#then) * this.rate;
    this.#then = now;
    if (t >= this.end()) this.pause();
    this.#want({ do: 'to', t: this.#within(t), rate: this.rate });
  }

  #want(w: Wish) {
    this.#wish = w;
    if (!this.#asked && this.span) void this.#grant();
  }

  async #grant() {
    this.#asked = true;
    const slow = setTimeout(() => (this.busy = true), 150);
    while (this.#wish) {
      const wish = this.#wish;
      this.#wish = undefined;
      const a = await this.#ask(wish);
      if (a.problem) this.#failed(a.problem);
      else this.problem = undefined;
    }
    clearTimeout(slow);
    this.busy = false;
    this.#asked = false;
  }

  #failed(p: Problem | undefined) {
    this.busy = false;
    this.pause();
    this.problem = p;
    if (p) this.o.failed(p);
  }

  #ask(order: Order extends infer O ? (O extends Order ? Omit<O, 'n'> : never) : never): Promise<Answer> {
    const n = ++this.#n;
    this.#hand.postMessage({ n, ...order } as Order);
    return new Promise((done) => this.#answers.set(n, done));
  }

  #heard(a: Answer) {
    if (a.scene) this.#show(a.scene);
    if (a.listed) this.#told(a.listed);
    this.#answers.get(a.n)?.(a);
    this.#answers.delete(a.n);
  }

  #told({ list, done }: Listed) {
    this.done = done;
    if (list) this.list = list;
  }

  #show(s: Scene) {
    this.t = s.t;
    this.seq = s.seq;
    this.#told(s);
    this.#frame();
    this.o.scene(s);
  }
}
