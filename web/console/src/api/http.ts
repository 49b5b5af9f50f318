// The one place that talks HTTP. Refusals are thrown as Refused, with the
// server's problem document inside.
import type { Problem } from './base';

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.code);
    this.name = 'Refused';
  }
}

let csrf = '';
let realm = '';

/** The word of the session that every request that changes something carries. */
export function setCSRF(word: string) {
  csrf = word;
}

/**
 * The realm of the screen: every request says it, so that the server refuses
 * what a screen still means for a drill that the session has left.
 */
export function setRealm(name: string) {
  realm = name;
}

let leaving = false;

/** The page itself takes the session into another realm, and leads there: it is not to be loaded anew meanwhile. */
export function leave(on: boolean) {
  leaving = on;
}

/** The session is in another realm by now, from another window: all of this page is of the old one. */
export function elsewhere() {
  if (!leaving) globalThis.location?.reload?.();
}

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  body?: unknown;
  headers?: Record<string, string>;
  /** ms until the request is given up */
  timeout?: number;
  signal?: AbortSignal;
}

/** Sends the request and answers the response; throws Refused on any refusal and on a dead link. */
export async function send(path: string, call: Call = {}): Promise<Response> {
  const method = call.method ?? 'GET';
  const headers: Record<string, string> = { ...(realm ? { Realm: realm } : {}), ...call.headers };
  if (method !== 'GET' && csrf) headers['X-CSRF'] = csrf;
  let body: BodyInit | undefined;
  if (call.body instanceof Blob || call.body instanceof FormData) body = call.body;
  else if (call.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(call.body);
  }
  const limit = AbortSignal.timeout(call.timeout ?? 15_000);
  const signal = call.signal ? AbortSignal.any([limit, call.signal]) : limit;
  let response: Response;
  try {
    response = await fetch(path, { method, headers, body, signal, credentials: 'same-origin', cache: 'no-store' });
  } catch (cause) {
    if (call.signal?.aborted) throw cause;
    throw new Refused({ status: 0, code: 'no_answer', detail: 'the server did not answer', detail_zh: '服务器没有应答' });
  }
  if (!response.ok) {
    const p = await problemOf(response);
    // A row of the outbox says its own realm, and is told.
    if (p.field === 'Realm' && call.headers?.['Realm'] === undefined) elsewhere();
    throw new Refused(p);
  }
  return response;
}

/** GET, or another method, that answers JSON. */
export async function json<T>(path: string, call: Call = {}): Promise<T> {
  const response = await send(path, call);
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const p = (await response.json()) as Problem;
    if (p && typeof p.code === 'string') return p;
  } catch {
    // a proxy's page, or nothing at all
  }
  const code = response.status === 401 ? 'auth' : response.status >= 500 ? 'unavailable' : 'internal';
  return { status: response.status, code, detail: `the server answered ${response.status}`, detail_zh: `服务器返回 ${response.status}` };
}

/** The problem in any thrown value; what is no refusal is a fault of the console itself. */
export function problemIn(e: unknown): Problem {
  if (e instanceof Refused) return e.problem;
  const text = e instanceof Error ? e.message : String(e);
  return { status: 0, code: 'internal', detail: text, detail_zh: text };
}
