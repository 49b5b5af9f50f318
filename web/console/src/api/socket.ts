// One socket that keeps itself alive: it dials, listens, notices silence and
// dials again. What frames mean is not its business (see store/live.ts).
import type { Patch } from './pack';
import type { Ask } from './types';

/** Named close codes; the server's are in realtime/close.go. */
export const closeCodes = {
  goingAway: 1001, slow: 4001, epoch: 4002, auth: 4003, scope: 4004, tooOld: 4005, protocol: 4006,
} as const;

/** What to do after a close: dial with the cursor, take a new snapshot, or sign in. */
export type After = 'resume' | 'snapshot' | 'sign-in';

export function after(code: number): After {
  switch (code) {
    case closeCodes.epoch:
    case closeCodes.scope:
    case closeCodes.tooOld:
    case closeCodes.protocol:
      return 'snapshot';
    case closeCodes.auth:
      return 'sign-in';
  }
  return 'resume';
}

/** What the socket needs of a WebSocket; a seam for tests. */
export interface Wire {
  onopen: (() => void) | null;
  onmessage: ((e: { data: unknown }) => void) | null;
  onclose: ((e: { code: number }) => void) | null;
  readonly readyState: number;
  send(text: string): void;
  close(code?: number): void;
}

export interface SocketOptions {
  dial: (since: number, epoch: string) => Wire;
  /** Where the next dial continues. */
  cursor: () => { seq: number; epoch: string };
  /** Reads a frame, undefined when it holds nothing for the picture; a wire may also hand over what was read elsewhere. */
  read: (data: string | ArrayBuffer) => Patch | undefined;
  frame: (f: Patch) => void;
  opened: () => void;
  closed: (what: After) => void;
  random?: () => number;
}

/** ms before dial number n (0 is the first retry): 0.5 s doubling to 15 s, with jitter so that not all consoles come at once. */
export function backoff(n: number, random: () => number = Math.random): number {
  const full = Math.min(15_000, 500 * 2 ** n);
  return full / 2 + (full / 2) * random();
}

/** ms before the dial after the server said that it stops: 0.2 to 3 s evenly, for all its consoles come at once. */
export const spread = (random: () => number = Math.random): number => 200 + 2_800 * random();

export class Socket {
  #wire: Wire | undefined;
  #tries = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #beat = 4;
  #stopped = true;

  constructor(private readonly o: SocketOptions) {}

  start() {
    this.#stopped = false;
    this.#dial();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#drop(1000);
  }

  /** Dials now instead of after the pause: the network is back or the page is seen again. */
  hurry() {
    if (this.#stopped || this.#wire) return;
    this.#tries = 0;
    clearTimeout(this.#retry);
    this.#dial();
  }

  /** Sends where the link is up; false when it is not. */
  send(ask: Ask): boolean {
    if (!this.#wire || this.#wire.readyState !== 1) return false;
    this.#wire.send(JSON.stringify(ask));
    return true;
  }

  #dial() {
    const { seq, epoch } = this.o.cursor();
    const wire = this.o.dial(seq, epoch);
    this.#wire = wire;
    wire.onopen = () => {
      if (wire !== this.#wire) return;
      this.#listen();
      this.o.opened();
    };
    wire.onmessage = (e) => {
      if (wire !== this.#wire || typeof e.data === 'undefined') return;
      const frame = typeof e.data === 'string' || e.data instanceof ArrayBuffer ? this.o.read(e.data) : (e.data as Patch);
      this.#tries = 0;
      if (frame?.t === 'hello' && frame.beat > 0) this.#beat = frame.beat;
      this.#listen();
      if (frame) this.o.frame(frame);
    };
    wire.onclose = (e) => {
      if (wire === this.#wire) this.#closed(after(e.code), e.code === closeCodes.goingAway);
    };
    this.#listen();
  }

  /** Three beats without a word mean a dead link, whatever the browser thinks of it. */
  #listen() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#drop(1000);
      this.#closed('resume');
    }, this.#beat * 3_000);
  }

  #drop(code: number) {
    clearTimeout(this.#silence);
    const wire = this.#wire;
    this.#wire = undefined;
    if (!wire) return;
    wire.onopen = wire.onmessage = wire.onclose = null;
    wire.close(code);
  }

  #closed(what: After, told = false) {
    this.#drop(1000);
    if (this.#stopped) return;
    if (what === 'resume') this.#retry = setTimeout(() => this.#dial(), told ? spread(this.o.random) : backoff(this.#tries++, this.o.random));
    else this.#stopped = true;
    this.o.closed(what);
  }
}

/** Where the server the page came from has its socket. */
export function socketURL(since: number, epoch: string, watch?: 'alarms'): string {
  const url = new URL('/api/v1/socket', location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  url.search = new URLSearchParams({ since: String(since), epoch, ...(watch && { watch }) }).toString();
  return url.href;
}

/** Dials the server the page came from. */
export function dialServer(since: number, epoch: string, watch?: 'alarms'): Wire {
  const wire = new WebSocket(socketURL(since, epoch, watch));
  wire.binaryType = 'arraybuffer';
  return wire as unknown as Wire;
}
