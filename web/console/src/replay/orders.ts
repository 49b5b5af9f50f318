// What the screen and the worker of replay say to each other.
import type { Problem } from '../api/types';
import type { Entry, Listed, Scene } from './past';
import type { Span } from './span';

/** To the worker. n comes back with the answer. */
export type Order = { n: number } & (
  | { do: 'open'; as?: string; stale: Record<string, number> }
  | { do: 'to'; t: number; rate: number }
  | { do: 'after'; seq: number; at: number; rate: number }
  | { do: 'step'; by: 1 | -1; rate: number }
  | { do: 'ticks'; commands: string; from: number; to: number }
);

/** From the worker. A scene is applied whoever asked for it: the next one counts on it. */
export interface Answer {
  n: number;
  span?: Span;
  scene?: Scene;
  ticks?: Entry[];
  /** Read afterwards: n is 0. */
  listed?: Listed;
  problem?: Problem;
}

/** What is needed of a Worker; a seam for tests. */
export interface Hand {
  onmessage: ((e: MessageEvent<Answer>) => void) | null;
  onerror: ((e: ErrorEvent) => void) | null;
  postMessage(order: Order): void;
  terminate(): void;
}
