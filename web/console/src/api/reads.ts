// The reads beside snapshot and socket.
import { json, send } from './http';
import type { Access, AnyRecord, CapabilityName, ClaimState, CommandWord, EventType, Hit, Kind, MoveTables, Nouns, Ranking, Seen, Supplier, TakenIn } from './types';

export interface Vocabulary {
  events: EventType[];
  capabilities: CapabilityName[];
  moves: MoveTables;
  commands: CommandWord[];
}

export const vocabulary = () => json<Vocabulary>('/api/v1/vocabulary');

export const candidates = (incident: string, signal?: AbortSignal) =>
  json<Ranking>(`/api/v1/incidents/${encodeURIComponent(incident)}/candidates`, { signal });

/** Who sees an incident and why; for those who own or coordinate it. */
export const access = (incident: string, signal?: AbortSignal) => json<Access>(`/api/v1/incidents/${encodeURIComponent(incident)}/access`, { signal });

/** Who could help with a line of a request, the best first. */
export async function suppliers(request: string, line: string, signal?: AbortSignal): Promise<Supplier[]> {
  const q = new URLSearchParams({ line });
  return (await json<{ suppliers: Supplier[] | null }>(`/api/v1/requests/${encodeURIComponent(request)}/suppliers?${q}`, { signal })).suppliers ?? [];
}

export async function search(text: string, limit = 8, signal?: AbortSignal): Promise<Hit[]> {
  const q = new URLSearchParams({ text, limit: String(limit) });
  return (await json<{ hits: Hit[] | null }>(`/api/v1/search?${q}`, { signal, timeout: 5_000 })).hits ?? [];
}

export interface Page<T> {
  records: T[];
  next: string;
}

export const page = <K extends Kind>(kind: K, query: Record<string, string>, signal?: AbortSignal) =>
  json<Page<Nouns[K]>>(`/api/v1/records/${kind}?${new URLSearchParams(query)}`, { signal });

/** All records of a kind that the query finds, page by page, at most 5,000. */
export async function all<K extends Kind>(kind: K, query: Record<string, string> = {}): Promise<Nouns[K][]> {
  const out: Nouns[K][] = [];
  for (let after = ''; out.length < 5_000; ) {
    const p = await page(kind, { ...query, limit: '500', ...(after ? { after } : {}) });
    out.push(...(p.records ?? []));
    if (!p.next) break;
    after = p.next;
  }
  return out;
}

export const record = <T extends AnyRecord>(kind: Kind, id: string) => json<T>(`/api/v1/records/${kind}/${encodeURIComponent(id)}`);

export const journal = (incident: string, after = '', limit = 200) =>
  json<{ changes: Seen[] | null; next?: string | number; more?: boolean }>(
    `/api/v1/journal?${new URLSearchParams({ incident, limit: String(limit), ...(after ? { after } : {}) })}`,
  );

export async function uploadPhoto(file: Blob): Promise<string> {
  const answer = await send('/api/v1/photos', { method: 'POST', body: file, headers: { 'Content-Type': file.type }, timeout: 60_000 });
  return ((await answer.json()) as { id: string }).id;
}

/** The changes that a claim rests on. */
export const claimJournal = async (claim: string, signal?: AbortSignal): Promise<Seen[]> =>
  (await json<{ changes: Seen[] | null }>(`/api/v1/claims/${encodeURIComponent(claim)}/journal`, { signal })).changes ?? [];

export interface ClaimTotals {
  count: number;
  /** Fen. */
  computed: number;
  amount: number;
  groups: { incident: string; title: string; agency: string; month: string; state: ClaimState; count: number; computed: number; amount: number }[];
}

export const claimTotals = (query: Record<string, string>, signal?: AbortSignal) => json<ClaimTotals>(`/api/v1/claims/totals?${new URLSearchParams(query)}`, { signal });

export interface Percentiles {
  count: number;
  p50: number;
  p90: number;
}

export interface ResponseTimes {
  from: string;
  to: string;
  incidents: number;
  tasks: number;
  backwards: number;
  call_taking: Percentiles;
  queue: Percentiles;
  turnout: Percentiles;
  travel: Percentiles;
}

export const responseTimes = (from: string, to: string) => json<ResponseTimes>(`/api/v1/report?${new URLSearchParams({ from, to })}`);

/** Takes in a message of a foreign system. */
export async function takeIn(xml: Blob, agency: string, incident: string): Promise<TakenIn> {
  const query = new URLSearchParams({ ...(agency && { agency }), ...(incident && { incident }) });
  return json<TakenIn>(`/api/v1/edxl${query.size ? `?${query}` : ''}`, { method: 'POST', body: xml, headers: { 'Content-Type': 'application/xml' }, timeout: 60_000 });
}
