// What the tests and the pictures need of the running program: a browser, its
// screens with somebody signed in, and its API as any other client uses it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, request } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The password of every account of the demo city is told by the program itself. */
const demo = new Map();

// The certificate is the program's own. ignoreHTTPSErrors of a context does not
// reach service workers, so the whole browser accepts it; everything that
// Chromium does by itself over the network is off.
const args = [
  '--no-sandbox', '--ignore-certificate-errors', '--disable-background-networking', '--disable-component-update', '--disable-default-apps',
  '--disable-domain-reliability', '--disable-sync', '--no-first-run', '--no-pings', '--metrics-recording-only', '--disable-dev-shm-usage',
  '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--autoplay-policy=no-user-gesture-required',
  '--disable-features=Translate,OptimizationHints,MediaRouter,InterestFeedContentSuggestions',
];

export class House {
  #contexts = [];
  #apis = [];
  #pages = [];
  #said = [];
  #strangers = [];

  constructor(browser, base) {
    this.browser = browser;
    this.base = base.replace(/\/$/, '').trim();
  }

  static browser(more = []) {
    return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...args, ...more] });
  }

  /** A window of its own: own cookies, own storage. */
  async window(options = {}) {
    const context = await this.browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', ...options });
    this.#contexts.push(context);
    // Slow machines draw maps by software; a test waits for signals, not for this.
    context.setDefaultTimeout(60_000);
    context.on('page', (page) => {
      this.#pages.push(page);
      page.on('pageerror', (e) => this.#said.push(`fault in the page: ${e.stack}`));
      page.on('requestfailed', (r) => this.#said.push(`no answer: ${new URL(r.url()).pathname} ${r.failure()?.errorText ?? ''}`));
      page.on('console', (m) => m.type() === 'error' && this.#said.push(`console: ${m.text()}`));
    });
    context.on('request', (r) => {
      const url = new URL(r.url());
      if (/^(https?|wss?):$/.test(url.protocol) && url.host !== new URL(this.base).host) this.#strangers.push(r.url());
    });
    return context;
  }

  /** Opens a screen ('/', '/wall', '/admin', '/field/') and signs in by its own page. */
  async screen(path, login, options = {}) {
    const context = options.context ?? (await this.window(options));
    if (options.kept) {
      // The page's own storage; about:blank before it has none.
      await context.addInitScript((kept) => {
        if (location.protocol === 'https:') for (const [k, v] of Object.entries(kept)) localStorage.setItem(k, v);
      }, options.kept);
    }
    const page = await context.newPage();
    if (options.before) await options.before(page, context);
    await page.goto(this.base + path);
    if (login) await this.signIn(page, login, options.password);
    return page;
  }

  async signIn(page, login, password) {
    password ??= await this.password(login);
    const name = page.locator('input[autocomplete=username]');
    await name.fill(login);
    await page.locator('input[type=password]').first().fill(password);
    await page.locator('form button[type=submit], form button.go').first().click();
    await name.waitFor({ state: 'detached' });
  }

  /** The password of a demo account. */
  async password(login) {
    if (!demo.has(login)) {
      const api = await request.newContext({ baseURL: this.base, ignoreHTTPSErrors: true });
      const said = await (await api.get('/api/v1/settings')).json();
      await api.dispose();
      for (const a of said.accounts ?? []) demo.set(a.login, a.password);
    }
    assert.ok(demo.has(login), `the program has no demo account ${login}: is the demo city loaded?`);
    return demo.get(login);
  }

  /** A client of the API, signed in. */
  async api(login, password) {
    const client = await Client.open(this.base, login, password ?? (await this.password(login)));
    this.#apis.push(client);
    return client;
  }

  /** Serious and critical findings of axe on the page as it is. */
  async axe(page) {
    await page.evaluate(`${axe}; undefined`);
    const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations);
    return found.filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .map((v) => `${v.id}: ${v.help}\n${v.nodes.slice(0, 3).map((n) => `  ${n.target.join(' ')}  ${n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ''}`).join('\n')}`);
  }

  /** Every test ends with this: nothing was asked of another host, and no page broke. */
  clean() {
    assert.deepEqual(this.#strangers, [], 'requests to other hosts');
    assert.deepEqual(this.#said.filter((s) => s.startsWith('fault')), [], 'a page broke');
  }

  words() {
    return [...new Set(this.#said)].slice(-8);
  }

  async pictures(prefix) {
    const kept = [];
    for (const [i, page] of this.#pages.entries()) {
      if (page.isClosed()) continue;
      const file = `${prefix}-${i}.png`;
      await page.screenshot({ path: file, timeout: 10_000 });
      kept.push(`picture: ${file}`);
    }
    return kept;
  }

  async close() {
    await Promise.allSettled(this.#apis.map((a) => a.close()));
    await Promise.allSettled(this.#contexts.map((c) => c.close()));
  }
}

/** The API as any client uses it. */
export class Client {
  #csrf = '';

  static async open(base, login, password) {
    const c = new Client();
    c.http = await request.newContext({ baseURL: base, ignoreHTTPSErrors: true });
    const answer = await c.http.post('/api/v1/session', { data: { login, password }, headers: { Origin: base } });
    assert.equal(answer.status(), 200, `${login} cannot sign in: ${await answer.text()}`);
    c.session = await answer.json();
    c.#csrf = c.session.csrf;
    return c;
  }

  /** Gives a command; throws its problem when it is refused. */
  async do(name, body, key = crypto.randomUUID()) {
    const answer = await this.http.post(`/api/v1/commands/${name}`, { data: body, headers: { 'Idempotency-Key': key, 'X-CSRF': this.#csrf } });
    const said = await answer.json();
    if (!answer.ok()) throw Object.assign(new Error(`${name} was refused: ${said.detail}`), { problem: said });
    return said;
  }

  async get(path) {
    const answer = await this.http.get(path);
    assert.ok(answer.ok(), `GET ${path}: ${answer.status()} ${await answer.text()}`);
    return answer.json();
  }

  async list(kind, query = {}) {
    return (await this.get(`/api/v1/records/${kind}?${new URLSearchParams({ limit: '1000', ...query })}`)).records;
  }

  record(kind, id) {
    return this.get(`/api/v1/records/${kind}/${encodeURIComponent(id)}`);
  }

  /** Asks until the record is as it should be. */
  async until(kind, id, right, seconds = 60) {
    return until(`${kind} ${id}`, seconds, async () => {
      const r = await this.record(kind, id);
      return right(r) && r;
    });
  }

  async close() {
    await this.http.dispose();
  }
}

/** The first record of the kind that a command put. */
export const put = (done, kind) => done.put.find((r) => r.kind === kind);

/** Takes the client's session into the drill. */
export async function inside(api, drill) {
  const answer = await api.http.put('/api/v1/session/realm', { data: { drill }, headers: { 'X-CSRF': api.session.csrf } });
  assert.ok(answer.ok(), await answer.text());
  return api;
}

/** Asks twice a second until the answer is truthy; there is no other signal over plain HTTP. */
export async function until(what, seconds, ask) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const said = await ask();
    if (said) return said;
    if (Date.now() > end) throw new Error(`${what}: not so within ${seconds} s`);
    await new Promise((r) => setTimeout(r, 500));
  }
}

/** Ends a call for help: acknowledged, so that it hides no other test's, and the team relieved. */
export async function relieve(api, team) {
  for (const a of await api.list('alarm')) if (a.type === 'distress' && a.team === team && !a.acked) await api.do('alarm.acknowledge', { alarm: a.id });
  await api.do('team.relieve', { team, reason: '测试结束' });
}

/** Ends an incident and what is open on it, so that the next test has the teams. */
export async function settle(api, incident) {
  for (const t of await api.list('task', { incident })) {
    for (const end of ['task.cancel', 'task.release']) await api.do(end, { task: t.id, reason: '测试结束' }).catch(refusedOnly);
  }
  for (const move of ['incident.control', 'incident.close']) await api.do(move, { incident, outcome: '测试结束' }).catch(refusedOnly);
}
const refusedOnly = (e) => {
  if (!e.problem) throw e;
};

/**
 * Watches the feed from inside a page, over a socket of its own with the page's
 * session, until enough has been seen; answers what that was, or throws after
 * the time with what was missing.
 */
export function watchFeed(page, want) {
  return page.evaluate(async ({ seconds, incidents = 0, acknowledged = 0, moved = 0, team }) => {
    const lines = (await (await fetch('/api/v1/snapshot')).text()).split('\n').filter(Boolean).map((l) => JSON.parse(l));
    const head = lines[0];
    const known = new Set(lines.slice(1).filter((r) => r.kind === 'incident').map((r) => r.id));
    const states = new Map(lines.slice(1).filter((r) => r.kind === 'task').map((r) => [r.id, r.state]));
    const house = await (await fetch('/api/v1/settings')).json();
    const seen = { incidents: new Set(), acknowledged: new Set(), moved: new Map() };
    const first = new Map();
    // Teams and places of a binary positions frame (realtime/doc.go). Here, because all of this runs in the page.
    const placed = (data, named) => {
      const view = new DataView(data);
      const f = { t: 'positions', team: [], lon: [], lat: [] };
      for (let at = 4 + view.getUint32(0, true); at < data.byteLength; at += 24) {
        f.team.push(named.get(view.getUint32(at, true)));
        f.lon.push(view.getInt32(at + 4, true) / 1e7);
        f.lat.push(view.getInt32(at + 8, true) / 1e7);
      }
      return f;
    };
    const socket = new WebSocket(`wss://${location.host}/api/v1/socket?since=${head.seq}&epoch=${head.epoch}`);
    const meters = (a, b) => Math.hypot((a[0] - b[0]) * 92_000, (a[1] - b[1]) * 111_000);
    try {
      return await new Promise((done, fail) => {
        const told = () => ({ incidents: [...seen.incidents], acknowledged: [...seen.acknowledged], moved: [...seen.moved.keys()] });
        setTimeout(() => fail(new Error(`within ${seconds} s only ${JSON.stringify(told())}`)), seconds * 1000);
        socket.binaryType = 'arraybuffer';
        socket.onopen = () => socket.send(JSON.stringify({ t: 'look', bound: house.city.bound ?? [73, 18, 135, 54], zoom: 10 }));
        socket.onclose = (e) => fail(new Error(`the socket closed with ${e.code}`));
        const named = new Map();
        socket.onmessage = (e) => {
          const f = typeof e.data === 'string' ? JSON.parse(e.data) : placed(e.data, named);
          if (f.t === 'teams') f.number.forEach((n, i) => named.set(n, f.team[i]));
          for (const r of (f.changes ?? []).flatMap((c) => c.put ?? [])) {
            if (r.kind === 'incident' && !known.has(r.id)) seen.incidents.add(r.id);
            if (r.kind === 'task') {
              if (states.get(r.id) !== 'acknowledged' && r.state === 'acknowledged') seen.acknowledged.add(r.id);
              states.set(r.id, r.state);
            }
          }
          if (f.t === 'positions') {
            f.team.forEach((id, i) => {
              const at = [f.lon[i], f.lat[i]];
              if (!first.has(id)) first.set(id, at);
              const far = meters(first.get(id), at);
              if (far > 20 && (!team || id === team)) seen.moved.set(id, far);
            });
          }
          if (seen.incidents.size >= incidents && seen.acknowledged.size >= acknowledged && seen.moved.size >= moved) done(told());
        };
      });
    } finally {
      socket.onclose = null;
      socket.close();
    }
  }, want);
}
