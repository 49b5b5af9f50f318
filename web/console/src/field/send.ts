// One try to hand a row to the server.

import { problemIn, Refused, send } from '../api/http';
import { current } from '../api/session';
import type { Done, Problem } from '../api/types';
import type { Outcome } from './outbox';
import type { Row } from './row';

/** A command is given up for this round after this long, ms; a photo takes longer. */
const COMMAND_TIME = 20_000;
const PHOTO_TIME = 90_000;

export async function sendRow(row: Row, keep: (row: Row) => Promise<void>): Promise<Outcome> {
  try {
    if (row.photo) {
      const { id } = await post<{ id: string }>('/api/v1/photos', row, row.photo, PHOTO_TIME, { 'Content-Type': row.photo.type || 'image/jpeg' });
      // The picture is over there: from now on only its id is carried.
      const { photo: _, ...rest } = row;
      row = { ...rest, body: { ...row.body, photo: id } };
      await keep(row);
    }
    const { seq } = await post<Done>(`/api/v1/commands/${row.command}`, row, row.body, COMMAND_TIME);
    return { kind: 'done', seq };
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    return outcomeOf(e.problem);
  }
}

async function post<T>(path: string, row: Row, body: unknown, timeout: number, more: Record<string, string> = {}): Promise<T> {
  const call = { method: 'POST' as const, body, timeout, headers: { 'Idempotency-Key': row.key, Realm: row.realm ?? 'live', ...more } };
  let answer: Response;
  try {
    answer = await send(path, call);
  } catch (e) {
    // After a reload, or another sign-in on this phone, the word of the session is a new one.
    if (problemIn(e).code !== 'csrf') throw e;
    await current();
    answer = await send(path, call);
  }
  try {
    return (await answer.json()) as T;
  } catch {
    // Cut in the middle of the answer, or a login page of some other network:
    // the same key asks again.
    throw new Refused({ status: 0, code: 'no_answer' });
  }
}

/** What a refusal means for the row. */
export function outcomeOf(p: Problem): Outcome {
  if (p.code === 'no_answer') return { kind: 'offline' };
  if (p.code === 'auth' || p.status === 401) return { kind: 'auth' };
  if (p.code === 'unavailable' || p.code === 'throttled' || p.status === 408 || p.status >= 500) return { kind: 'later' };
  // Not one of the server's refusals: a proxy or another network's page.
  if (p.code === 'internal') return { kind: 'offline' };
  return { kind: 'refused', problem: p };
}
