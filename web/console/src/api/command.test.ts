import { describe, expect, it } from 'vitest';
import { commander } from './command';
import { Refused } from './http';
import type { Done, Problem } from './types';

const refuse = (code: Problem['code']) => new Refused({ status: 0, code });
const none = async () => undefined;

function server(...answers: (Done | Error)[]) {
  const keys: string[] = [];
  const post = async (_path: string, key: string) => {
    keys.push(key);
    const a = answers[Math.min(keys.length - 1, answers.length - 1)]!;
    if (a instanceof Error) throw a;
    return a;
  };
  return { keys, post };
}

describe('commands', () => {
  it('a command given while the link is cut is not sent, and says so', async () => {
    const s = server({ seq: 1, replayed: false });
    const run = commander({ up: () => false, ...s, wait: none });
    await expect(run('alarm.acknowledge', { alarm: 'a' })).rejects.toMatchObject({ problem: { code: 'not_sent' } });
    expect(s.keys).toEqual([]);
  });

  it('a lost answer is asked for again with the same key, so nothing happens twice', async () => {
    const s = server(refuse('no_answer'), { seq: 7, replayed: true });
    const done = await commander({ up: () => true, ...s, wait: none })('alarm.acknowledge', { alarm: 'a' });
    expect(done.seq).toBe(7);
    expect(s.keys).toHaveLength(2);
    expect(new Set(s.keys).size).toBe(1);
  });

  it('two commands have two keys', async () => {
    const s = server({ seq: 1, replayed: false });
    const run = commander({ up: () => true, ...s, wait: none });
    await run('alarm.acknowledge', { alarm: 'a' });
    await run('alarm.acknowledge', { alarm: 'a' });
    expect(new Set(s.keys).size).toBe(2);
  });

  it('a refusal is final', async () => {
    const s = server(refuse('conflict'));
    await expect(commander({ up: () => true, ...s, wait: none })('alarm.acknowledge', { alarm: 'a' })).rejects.toMatchObject({ problem: { code: 'conflict' } });
    expect(s.keys).toHaveLength(1);
  });

  it('after three tries the result is unknown and said so', async () => {
    const s = server(refuse('no_answer'));
    await expect(commander({ up: () => true, ...s, wait: none })('alarm.acknowledge', { alarm: 'a' })).rejects.toMatchObject({ problem: { code: 'no_answer', detail: expect.stringContaining('not known') } });
    expect(s.keys).toHaveLength(3);
  });
});
