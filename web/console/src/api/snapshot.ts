// The form in which a whole picture comes: a line of head, a record a line, and
// an end line that counts them.
import { send } from './http';
import type { AnyRecord } from './types';

export interface Snapshot {
  epoch: string;
  seq: number;
  realm: string;
  at: string;
  records: AnyRecord[];
}

/** Reads everything on the board that we may see. */
export async function readSnapshot(watch?: 'alarms'): Promise<Snapshot> {
  const response = await send(`/api/v1/snapshot${watch ? `?watch=${watch}` : ''}`, { timeout: 60_000, headers: { Accept: 'application/x-ndjson' } });
  return parseSnapshot(await response.text());
}

export function parseSnapshot(text: string): Snapshot {
  const lines = text.split('\n').filter((l) => l !== '');
  const head = JSON.parse(lines[0] ?? 'null') as Omit<Snapshot, 'records'> | null;
  const end = JSON.parse(lines.at(-1) ?? 'null') as { end?: boolean; count?: number } | null;
  if (!head?.epoch || !end?.end) throw new Error('the snapshot ended too early');
  const records = lines.slice(1, -1).map((l) => JSON.parse(l) as AnyRecord);
  if (records.length !== end.count) throw new Error(`the snapshot holds ${records.length} records, not ${end.count}`);
  return { ...head, records };
}
