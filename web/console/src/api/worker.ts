// The main thread's end of the worker that holds the socket (wire.worker.ts):
// a wire like any other, whose messages are patches instead of text.
import type { Patch } from './pack';
import { dialServer, socketURL, type Wire } from './socket';

/** To the worker. A new dial ends the one before; n tells them apart. */
export type Order = { do: 'dial'; n: number; url: string } | { do: 'send'; text: string } | { do: 'close'; code: number };

/** From the worker, about the dial with that number. */
export interface Told {
  n: number;
  open?: true;
  patch?: Patch;
  closed?: number;
}

/** What is needed of a Worker; a seam for tests. */
export interface Hand {
  onmessage: ((e: MessageEvent<Told>) => void) | null;
  onerror: ((e: ErrorEvent) => void) | null;
  postMessage(order: Order): void;
  terminate(): void;
}

const hire = (): Hand => new Worker(new URL('./wire.worker.ts', import.meta.url), { type: 'module' });

/** Dials through a worker of its own; directly where the browser has none or its script cannot be had. */
export class Dialer {
  #hand: Hand | undefined;
  #wire: WorkerWire | undefined;
  #n = 0;

  constructor(private readonly o: { hire?: () => Hand; direct?: (since: number, epoch: string) => Wire } = {}) {
    try {
      this.#hand = (o.hire ?? hire)();
    } catch {
      return;
    }
    this.#hand.onmessage = ({ data }) => {
      if (data.n === this.#n) this.#wire?.told(data);
    };
    this.#hand.onerror = () => {
      this.stop();
      this.#wire?.told({ n: this.#n, closed: 1006 });
    };
  }

  readonly dial = (since: number, epoch: string): Wire => {
    const hand = this.#hand;
    if (!hand) return (this.o.direct ?? dialServer)(since, epoch);
    this.#wire = new WorkerWire((order) => hand.postMessage(order));
    hand.postMessage({ do: 'dial', n: ++this.#n, url: socketURL(since, epoch) });
    return this.#wire;
  };

  stop() {
    this.#hand?.terminate();
    this.#hand = undefined;
  }
}

class WorkerWire implements Wire {
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: unknown }) => void) | null = null;
  onclose: ((e: { code: number }) => void) | null = null;
  readyState = 0;

  constructor(private readonly order: (o: Order) => void) {}

  told(said: Told) {
    if (said.open) {
      this.readyState = 1;
      this.onopen?.();
    }
    if (said.patch) this.onmessage?.({ data: said.patch });
    if (said.closed !== undefined) {
      this.readyState = 3;
      this.onclose?.({ code: said.closed });
    }
  }

  send(text: string) {
    this.order({ do: 'send', text });
  }

  close(code = 1000) {
    this.readyState = 3;
    this.order({ do: 'close', code });
  }
}
