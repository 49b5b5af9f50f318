// Sends commands. Nothing here is optimistic: the caller waits for the server's
// yes, and the picture changes only when the change arrives by the socket.
import { json, Refused } from './http';
import type { CommandName, Commands, Done } from './types';

export interface Sender {
  /** Whether the link is up; a command given while it is cut is not sent at all. */
  up(): boolean;
  /** Sends the request; a seam for tests. */
  post?: (path: string, key: string, body: unknown) => Promise<Done>;
  wait?: (ms: number) => Promise<void>;
}

export type Do = <N extends CommandName>(name: N, body: Commands[N]) => Promise<Done>;

const post = (path: string, key: string, body: unknown) =>
  json<Done>(path, { method: 'POST', body, headers: { 'Idempotency-Key': key }, timeout: 8_000 });

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Makes the sender of commands. A request that gets no answer is repeated twice
 * with the same key, which the server answers from its record, so nothing
 * happens twice. When still nothing comes the result is unknown, and said so.
 */
export function commander(link: Sender): Do {
  const request = link.post ?? post;
  const wait = link.wait ?? pause;
  return async (name, body) => {
    if (!link.up()) {
      throw new Refused({
        status: 0, code: 'not_sent',
        detail: 'The link is cut: the command was NOT sent. Use the radio or telephone, or try again when the link is back.',
        detail_zh: '链路中断：命令未发送。请改用电台或电话，或待链路恢复后重试。',
      });
    }
    const key = crypto.randomUUID();
    for (let attempt = 0; ; attempt++) {
      try {
        return await request(`/api/v1/commands/${name}`, key, body);
      } catch (e) {
        const again = e instanceof Refused && (e.problem.code === 'no_answer' || e.problem.code === 'unavailable');
        if (!again) throw e;
        if (attempt === 2) {
          if (e.problem.code === 'unavailable') throw e;
          throw new Refused({
            ...e.problem,
            detail: 'No answer: it is not known whether the command was carried out. Check the picture when the link is back.',
            detail_zh: '未收到应答：命令是否执行尚不清楚，请在链路恢复后核对。',
          });
        }
        await wait(500 * 2 ** attempt);
      }
    }
  };
}
