// A second server, with a demo city of its own: the neighbouring region.
import { spawn } from 'node:child_process';
import { mkdtempSync, chmodSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { House, until } from './house.mjs';

const program = resolve(import.meta.dirname, '../../../bin/liandong');

/** The neighbour's server with a demo city of its own. */
export async function neighbour(browser) {
  const dir = mkdtempSync(join(tmpdir(), 'liandong-region-'));
  chmodSync(dir, 0o755); // the user who runs PostgreSQL has to enter it
  const child = spawn(program, ['serve'], { stdio: 'ignore', env: { ...process.env, LIANDONG_DIR: join(dir, 'var'), LIANDONG_ADDR: '127.0.0.1:0', LIANDONG_HTTP_ADDR: 'off', LIANDONG_LINK: '127.0.0.1:0', LIANDONG_LIVE: 'false' } });
  const ended = new Promise((done) => child.once('exit', done));
  const stop = async () => {
    child.kill('SIGINT');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const base = await until('the neighbour’s server', 120, () => {
      try {
        return readFileSync(join(dir, 'var', 'address'), 'utf8');
      } catch {
        return undefined;
      }
    });
    return { house: new House(browser, base), stop };
  } catch (e) {
    await stop();
    throw e;
  }
}

export const region = async (api, name, area) => (await api.do('agency.save', { name, area, type: 'neighbour', place: {} })).put.find((r) => r.kind === 'agency').id;
export const card = async (api) => JSON.stringify({ name: '邻市', ...(await api.get('/api/v1/links/card')) });
