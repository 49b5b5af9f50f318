// A stretch of the past: the picture of one change, and the changes after it as
// far as they were read. Any moment within it is a few changes from a picture
// that is kept.
import type { AnyRecord, Ref, Seen } from '../api/types';

/** A picture: every record by kind and id. */
export type Board = Map<string, AnyRecord>;

export const keyOf = (r: Ref) => `${r.kind}/${r.id}`;

/** A change as it is kept. */
export interface Change {
  seq: number;
  /** ms on the realm's clock */
  at: number;
  kind: string;
  actor: Seen['actor'];
  note?: string;
  put: readonly AnyRecord[];
  drop: readonly Ref[];
}

export const changeOf = (c: Seen): Change => ({
  seq: c.seq, at: Date.parse(c.at), kind: c.kind, actor: c.actor, put: c.put ?? [], drop: c.drop ?? [], ...(c.note && { note: c.note }),
});

/** A picture is kept after so many changes. */
const kept = 250;

export class Stretch {
  readonly changes: Change[] = [];
  /** Up to which change the server looked. */
  read: number;
  /** All that was decided up to this moment is here, ms. */
  known: number;
  /** The next change is an import: the picture after it is another. */
  ended = false;
  readonly #boards: { n: number; board: Board }[];

  constructor(board: Board, readonly seq: number, readonly at: number) {
    this.read = seq;
    this.known = at;
    this.#boards = [{ n: 0, board }];
  }

  /** Adds what a page of changes holds; told is up to when it is whole, ms. */
  add(page: readonly Seen[], next: number, told: number) {
    for (const c of page) {
      if (c.reset?.length) {
        this.ended = true;
        this.read = c.seq - 1;
        this.known = Math.max(this.known, Date.parse(c.at) - 1);
        return;
      }
      this.changes.push(changeOf(c));
      if (this.changes.length % kept === 0) this.#boards.push({ n: this.changes.length, board: this.board(this.changes.length) });
    }
    this.read = next;
    this.known = Math.max(this.known, told);
  }

  /** How many of the changes were made at or before the moment. */
  until(t: number): number {
    let n = this.changes.length;
    // Those that ran at once may be numbered in another order than they began: the last one counts.
    while (n > 0 && this.changes[n - 1]!.at > t) n--;
    return n;
  }

  /** The picture after the first n changes: a copy. */
  board(n: number): Board {
    let from = this.#boards[0]!;
    for (const b of this.#boards) if (b.n <= n) from = b;
    const board = new Map(from.board);
    for (let i = from.n; i < n; i++) apply(board, this.changes[i]!);
    return board;
  }

  /** The seq after the first n changes. */
  seqAt(n: number): number {
    return n > 0 ? this.changes[n - 1]!.seq : this.seq;
  }
}

/** Forgets drops, then takes puts: as the journal tells it. */
export function apply(board: Board, c: Pick<Change, 'put' | 'drop'>) {
  for (const ref of c.drop) board.delete(keyOf(ref));
  for (const r of c.put) board.set(keyOf(r), r);
}

/** What makes the one picture into the other. */
export interface Difference {
  put: AnyRecord[];
  drop: Ref[];
}

const texts = new WeakMap<AnyRecord, string>();

function text(r: AnyRecord): string {
  let s = texts.get(r);
  if (s === undefined) texts.set(r, (s = JSON.stringify(r)));
  return s;
}

export function difference(from: Board, to: Board): Difference {
  const out: Difference = { put: [], drop: [] };
  for (const [key, r] of to) {
    const had = from.get(key);
    // The same record comes as another object with another picture.
    if (had !== r && (!had || text(had) !== text(r))) out.put.push(r);
  }
  for (const [key, r] of from) if (!to.has(key)) out.drop.push({ kind: r.kind, id: r.id });
  return out;
}
