// The reads that only administrators have: they are no records and no change
// tells of them, so a page asks again.
import { json, Refused, send } from '../api/http';
import type { Kind, Problem } from '../api/types';

export interface Account {
  person: string;
  login: string;
  must_change: boolean;
  failed: number;
  locked_until?: string;
  last_sign_in?: string;
}

export interface DeviceStats {
  device: string;
  received: string;
  fixed: string;
  shown: number;
  held?: Record<string, number>;
}

export const accounts = async () => (await json<{ accounts: Account[] }>('/api/v1/admin/accounts')).accounts;

export const devices = () => json<{ devices: DeviceStats[]; refused: Record<string, number> }>('/api/v1/admin/devices');

export interface Fault {
  row: number;
  column?: string;
  value?: string;
  zh: string;
  en: string;
}

export interface Report {
  ok: boolean;
  dry_run?: boolean;
  rows: number;
  created: number;
  updated: number;
  imported: number;
  ignored?: string[];
  errors: Fault[];
  more?: number;
  notes?: Fault[];
}

export interface Upload {
  kind: Kind;
  file: File;
  crs: string;
  repair: boolean;
  dry: boolean;
  /** The same key again imports nothing twice. */
  key: string;
  progress: (rows: number, of: number) => void;
  signal: AbortSignal;
}

/** Sends a file and follows its answer line by line to the report. */
export async function upload(u: Upload): Promise<Report> {
  const query = new URLSearchParams();
  if (u.crs) query.set('crs', u.crs);
  if (u.dry) query.set('dry_run', '1');
  if (u.repair) query.set('repair', '1');
  const form = new FormData();
  form.set('file', u.file);
  const answer = await send(`/api/v1/imports/${u.kind}?${query}`, {
    method: 'POST', body: form, headers: { 'Idempotency-Key': u.key }, timeout: 600_000, signal: u.signal,
  });
  return readReport(answer.body!.pipeThrough(new TextDecoderStream()), u.progress);
}

/** Reads the lines of an import's answer. One that ends without a report, or with a problem, is thrown as a refusal. */
export async function readReport(body: ReadableStream<string>, progress: (rows: number, of: number) => void): Promise<Report> {
  let rest = '';
  let report: Report | undefined;
  const take = (line: string) => {
    if (!line.trim()) return;
    const said = JSON.parse(line) as { rows?: number; of?: number; report?: Report; code?: string };
    if (said.report) report = said.report;
    else if (said.code) throw new Refused(said as Problem);
    else progress(said.rows ?? 0, said.of ?? 0);
  };
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + (value ?? '')).split('\n');
      rest = done ? '' : lines.pop()!;
      lines.forEach(take);
      if (done) break;
    }
  } catch (e) {
    if (e instanceof Refused) throw e;
    throw cutOff();
  }
  if (!report) throw cutOff();
  return report;
}

const cutOff = () => new Refused({ status: 0, code: 'no_answer', detail: 'the answer broke off', detail_zh: '应答中断' });
