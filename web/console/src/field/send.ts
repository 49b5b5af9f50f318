// One try to hand a row to the server.

import type { Outcome } from './outbox';
import type { Problem, Row } from './row';

export interface SendDeps {
  fetch: typeof fetch;
  /** The token of the session; empty before the session is known. */
  csrf(): string;
  /** Asks the server who is signed in, for a fresh token; false when nobody is. */
  renew(): Promise<boolean>;
}

/** A command is given up for this round after this long, ms; a photo takes longer. */
const COMMAND_TIME = 20_000;
const PHOTO_TIME = 90_000;

/** A try that was never answered: nobody knows whether it arrived. */
class Unreached extends Error {}

export function sender(deps: SendDeps) {
  return async (row: Row, keep: (row: Row) => Promise<void>): Promise<Outcome> => {
    try {
      if (row.photo) {
        const sent = await attempt(deps, '/api/v1/photos', PHOTO_TIME, { 'Content-Type': row.photo.type || 'image/jpeg', 'Idempotency-Key': row.key }, row.photo);
        if (sent.kind !== 'ok') return sent.outcome;
        // The picture is over there: from now on only its id is carried.
        const { photo: _, ...rest } = row;
        row = { ...rest, body: { ...row.body, photo: (sent.body as { id: string }).id } };
        await keep(row);
      }
      const sent = await attempt(deps, `/api/v1/commands/${row.command}`, COMMAND_TIME,
        { 'Content-Type': 'application/json', 'Idempotency-Key': row.key }, JSON.stringify(row.body));
      return sent.kind === 'ok' ? { kind: 'done', seq: (sent.body as { seq: number }).seq } : sent.outcome;
    } catch (e) {
      if (e instanceof Unreached) return { kind: 'offline' };
      throw e;
    }
  };
}

type Attempt = { kind: 'ok'; body: unknown } | { kind: 'not'; outcome: Outcome };

async function attempt(deps: SendDeps, path: string, ms: number, headers: Record<string, string>, body: BodyInit): Promise<Attempt> {
  if (!deps.csrf() && !(await renew(deps))) return { kind: 'not', outcome: { kind: 'auth' } };
  let answer = await post(deps, path, ms, headers, body);
  // The token belongs to the session: another sign-in on this phone changes it.
  if (answer.status === 403 && (await problem(answer)).code === 'csrf') {
    if (!(await renew(deps))) return { kind: 'not', outcome: { kind: 'auth' } };
    answer = await post(deps, path, ms, headers, body);
  }
  if (answer.ok) return { kind: 'ok', body: await bodyOf(answer) };
  return { kind: 'not', outcome: outcomeOf(answer.status, await problem(answer), answer.headers.get('Retry-After')) };
}

async function renew(deps: SendDeps): Promise<boolean> {
  try {
    return await deps.renew();
  } catch {
    throw new Unreached();
  }
}

async function post(deps: SendDeps, path: string, ms: number, headers: Record<string, string>, body: BodyInit): Promise<Response> {
  try {
    return await deps.fetch(path, { method: 'POST', headers: { ...headers, 'X-CSRF': deps.csrf() }, body, signal: AbortSignal.timeout(ms), credentials: 'same-origin', cache: 'no-store' });
  } catch {
    throw new Unreached();
  }
}

async function bodyOf(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch {
    // Cut in the middle of the answer: the same key asks again.
    throw new Unreached();
  }
}

async function problem(answer: Response): Promise<Problem> {
  try {
    const p = (await answer.clone().json()) as Problem;
    return { ...p, status: answer.status, code: p.code ?? '' };
  } catch {
    return { code: '', status: answer.status };
  }
}

/** What a refusal means for the row. */
export function outcomeOf(status: number, p: Problem, retryAfter: string | null): Outcome {
  if (status === 401) return { kind: 'auth' };
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const seconds = Number(retryAfter);
    return seconds > 0 ? { kind: 'later', wait: Math.min(seconds, 300) * 1000 } : { kind: 'later' };
  }
  // A page instead of a problem document is a captive portal or a proxy, not our server.
  if (!p.code) return { kind: 'offline' };
  return { kind: 'refused', problem: p };
}
