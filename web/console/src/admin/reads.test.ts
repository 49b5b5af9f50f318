import { describe, expect, it } from 'vitest';
import { Refused } from '../api/http';
import { readReport } from './reads';

const stream = (...parts: string[]) => new ReadableStream<string>({
  start(c) {
    parts.forEach((p) => c.enqueue(p));
    c.close();
  },
});
const report = { ok: true, rows: 2, created: 2, updated: 0, imported: 2, errors: [] };

describe("an import's answer", () => {
  it('is followed line by line, wherever the network cuts it', async () => {
    const seen: number[][] = [];
    const got = await readReport(stream('{"rows":1,"o', 'f":2}\n{"rows":2,"of":2}\n{"rep', `ort":${JSON.stringify(report)}}\n`), (n, of) => seen.push([n, of]));
    expect(seen).toEqual([[1, 2], [2, 2]]);
    expect(got).toEqual(report);
  });

  it('needs no newline at its end', async () => {
    expect(await readReport(stream(JSON.stringify({ report })), () => {})).toEqual(report);
  });

  it.each([['nothing'], ['half a line'], ['a problem']])('refuses %s', async (what) => {
    const parts = { nothing: [''], 'half a line': ['{"rows":1'], 'a problem': ['{"status":500,"code":"internal","id":"x1"}\n'] }[what]!;
    const e = await readReport(stream(...parts), () => {}).catch((e: unknown) => e);
    expect(e).toBeInstanceOf(Refused);
    expect((e as Refused).problem.code).toBe(what === 'a problem' ? 'internal' : 'no_answer');
  });
});
