// The phone's own storage: rows of the outbox, the last picture, and a few
// settings, in one IndexedDB database. Nothing secret is kept here.

import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { RowStore } from './outbox';
import type { Row } from './row';

interface Schema extends DBSchema {
  outbox: { key: number; value: Row };
  /** Small values by name: the last picture, who was signed in, settings. */
  kept: { key: string; value: unknown };
}

/** What is kept when the browser keeps nothing (private mode): a page's life only. */
class Memory {
  private n = 0;
  readonly outbox = new Map<number, Row>();
  readonly kept = new Map<string, unknown>();
  next = () => ++this.n;
}

export class Storage implements RowStore {
  private constructor(private readonly db: IDBPDatabase<Schema> | undefined, private readonly memory = new Memory()) {}

  /** Opens the database; `forgetful` tells that there is none and nothing will outlive the page. */
  static async open(name = 'liandong-field'): Promise<{ storage: Storage; forgetful: boolean }> {
    try {
      const db = await openDB<Schema>(name, 1, {
        upgrade(d) {
          d.createObjectStore('outbox', { keyPath: 'n', autoIncrement: true });
          d.createObjectStore('kept');
        },
      });
      return { storage: new Storage(db), forgetful: false };
    } catch {
      return { storage: new Storage(undefined), forgetful: true };
    }
  }

  async all(): Promise<Row[]> {
    return this.db ? this.db.getAll('outbox') : [...this.memory.outbox.values()];
  }

  async add(row: Omit<Row, 'n'>): Promise<Row> {
    if (!this.db) {
      const kept = { ...row, n: this.memory.next() };
      this.memory.outbox.set(kept.n, kept);
      return kept;
    }
    // Strict: the tap is on the disk before the page says that it is safe.
    const tx = this.db.transaction('outbox', 'readwrite', { durability: 'strict' });
    const n = await tx.store.add(row as Row);
    await tx.done;
    return { ...row, n };
  }

  async put(row: Row): Promise<void> {
    if (!this.db) {
      if (this.memory.outbox.has(row.n)) this.memory.outbox.set(row.n, row);
      return;
    }
    const tx = this.db.transaction('outbox', 'readwrite');
    // A row that another tab has sent meanwhile must not come back.
    if ((await tx.store.getKey(row.n)) !== undefined) await tx.store.put(row);
    await tx.done;
  }

  async remove(n: number): Promise<void> {
    if (this.db) await this.db.delete('outbox', n);
    else this.memory.outbox.delete(n);
  }

  async read<T>(name: string): Promise<T | undefined> {
    return (this.db ? await this.db.get('kept', name) : this.memory.kept.get(name)) as T | undefined;
  }

  async write(name: string, value: unknown): Promise<void> {
    if (this.db) await this.db.put('kept', value, name);
    else this.memory.kept.set(name, value);
  }

  async erase(name: string): Promise<void> {
    if (this.db) await this.db.delete('kept', name);
    else this.memory.kept.delete(name);
  }
}
