// The picture: every record this audience sees, by kind and id. It is changed
// by put and drop only, and tells its readers once per frame which kinds moved.
// No page, no map, no view library in here.
import type { AnyRecord, Kind, Nouns, Ref } from '../api/types';

export const kinds: Kind[] = [
  'drill', 'part', 'objective', 'inject', 'sim', 'agency', 'area', 'person', 'depot', 'hazard', 'report', 'incident', 'fence', 'request', 'offer', 'loan', 'requisition', 'letter', 'rate', 'claim', 'agreement', 'activation', 'team', 'task', 'equipment', 'stock', 'device', 'note', 'stay', 'alarm', 'link', 'parcel',
];

export type Listener = (dirty: ReadonlySet<Kind>) => void;

/** Runs the flush once, soon: the next frame in a page, the next turn elsewhere. */
export type Schedule = (flush: () => void) => void;

// A hidden page gets no frames; its alarms must sound all the same.
const nextFrame: Schedule = (flush) => {
  if (typeof requestAnimationFrame === 'undefined' || globalThis.document?.hidden) setTimeout(flush, 16);
  else requestAnimationFrame(() => flush());
};

export class Store {
  readonly #tables = new Map<Kind, Map<string, AnyRecord>>(kinds.map((k) => [k, new Map()]));
  readonly #listeners = new Set<Listener>();
  #dirty = new Set<Kind>();
  #scheduled = false;

  constructor(private readonly schedule: Schedule = nextFrame) {}

  get<K extends Kind>(kind: K, id: string | undefined): Nouns[K] | undefined {
    return id === undefined ? undefined : (this.#table(kind).get(id) as Nouns[K] | undefined);
  }

  all<K extends Kind>(kind: K): Nouns[K][] {
    return [...this.#table(kind).values()] as Nouns[K][];
  }

  count(kind: Kind): number {
    return this.#table(kind).size;
  }

  /** Forgets drops, then takes puts: a change as the journal tells it. */
  apply(put: readonly AnyRecord[] = [], drop: readonly Ref[] = []) {
    for (const ref of drop) if (this.#table(ref.kind).delete(ref.id)) this.#mark(ref.kind);
    for (const r of put) {
      this.#table(r.kind).set(r.id, r);
      this.#mark(r.kind);
    }
  }

  /** The whole picture anew, from a snapshot. Its readers are told at once, before anything says that it is there. */
  replace(records: readonly AnyRecord[]) {
    for (const [kind, table] of this.#tables) {
      if (table.size > 0) this.#mark(kind);
      table.clear();
    }
    this.apply(records);
    this.flush();
  }

  /** Calls back once per frame with the kinds that moved. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells the readers now; tests and hidden pages need no frame. */
  flush() {
    this.#scheduled = false;
    if (this.#dirty.size === 0) return;
    const dirty = this.#dirty;
    this.#dirty = new Set();
    for (const listener of [...this.#listeners]) listener(dirty);
  }

  #table(kind: Kind): Map<string, AnyRecord> {
    let table = this.#tables.get(kind);
    // A kind this console does not know yet, from a newer server.
    if (!table) this.#tables.set(kind, (table = new Map()));
    return table;
  }

  #mark(kind: Kind) {
    this.#dirty.add(kind);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.schedule(() => this.flush());
  }
}
