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

export class Storage implements RowStore {
  private constructor(private readonly db: IDBPDatabase<Schema>) {}

  static async open(name = 'liandong-field'): Promise<Storage> {
    const db = await openDB<Schema>(name, 1, {
      upgrade(d) {
        d.createObjectStore('outbox', { keyPath: 'n', autoIncrement: true });
        d.createObjectStore('kept');
      },
    });
    return new Storage(db);
  }

  all(): Promise<Row[]> {
    return this.db.getAll('outbox');
  }

  async add(row: Omit<Row, 'n'>): Promise<Row> {
    // Strict: the tap is on the disk before the page says that it is safe.
    const tx = this.db.transaction('outbox', 'readwrite', { durability: 'strict' });
    const n = await tx.store.add(row as Row);
    await tx.done;
    return { ...row, n };
  }

  async put(row: Row): Promise<void> {
    const tx = this.db.transaction('outbox', 'readwrite');
    // A row that another tab has sent meanwhile must not come back.
    if (await tx.store.getKey(row.n)) await tx.store.put(row);
    await tx.done;
  }

  async remove(n: number): Promise<void> {
    await this.db.delete('outbox', n);
  }

  async read<T>(name: string): Promise<T | undefined> {
    return (await this.db.get('kept', name)) as T | undefined;
  }

  async write(name: string, value: unknown): Promise<void> {
    await this.db.put('kept', value, name);
  }

  async erase(name: string): Promise<void> {
    await this.db.delete('kept', name);
  }
}
