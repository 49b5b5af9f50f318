// What replay costs the screen: how long until a day of the past is open, and for
// seeks to random moments of it the main thread's own CPU time, from the thread
// clock in Chromium's trace, and the time on the wall, from the wish to the picture
// and two frames after it. What the screen costs at rest is measured beside it and
// taken off.
//
//   BASE_URL=https://127.0.0.1:8443 npm run bench:replay [-- --seeks 100 --opens 5 --screen desk --json FILE]
//
// BASE_URL is a running program whose demo city has a day behind it:
// liandong serve --demo-past 24h. It draws by software where there is no graphics
// card; that work is another process's and is not in the figures of CPU.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { House } from '../e2e/house.mjs';

const { values: o } = parseArgs({ options: {
  seeks: { type: 'string', default: '100' }, opens: { type: 'string', default: '5' }, screen: { type: 'string', default: 'desk,wall' }, json: { type: 'string' },
} });
const base = process.env.BASE_URL;
if (!base) throw new Error('BASE_URL is missing: the address of a running program, started with --demo-past 24h');
const screens = { desk: ['/', 'chief', { width: 1440, height: 900 }, 'j'], wall: ['/wall', 'wall', { width: 1920, height: 1080 }, 'r'] };
const quantile = (all, q) => [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.ceil(q * all.length) - 1)];
const browser = await House.browser();

/** CPU ms of the page's main thread within each of the spans that marks name. */
function within(events, names) {
  const main = new Set(events.filter((e) => e.name === 'thread_name' && e.args.name === 'CrRendererMain').map((e) => `${e.pid}:${e.tid}`));
  const at = new Map();
  for (const e of events) if (e.cat === 'blink.user_timing') at.set(e.name, { ts: e.ts, thread: `${e.pid}:${e.tid}` });
  const tasks = events.filter((e) => e.ph === 'X' && e.name === 'ThreadControllerImpl::RunTask' && main.has(`${e.pid}:${e.tid}`)).sort((a, b) => a.ts - b.ts);
  return names.map((n) => {
    const [from, to] = [at.get(`${n} from`), at.get(`${n} to`)];
    let sum = 0;
    for (const e of tasks) {
      if (`${e.pid}:${e.tid}` !== from.thread || e.ts + e.dur < from.ts || e.ts > to.ts) continue;
      // A task that began before or ends after counts as far as it lies within.
      const part = (Math.min(e.ts + e.dur, to.ts) - Math.max(e.ts, from.ts)) / Math.max(1, e.dur);
      sum += (e.tdur ?? 0) * Math.min(1, part);
    }
    return sum / 1000;
  });
}

/** In the page: does something, and resolves when the picture of it is there and was drawn. */
const settled = `window.__settled = (name, act) => new Promise((done, fail) => {
  setTimeout(() => fail(new Error(name + ': no picture within a minute; ' + JSON.stringify({ ...document.querySelector('[data-replay]')?.dataset }) + ' ' + document.querySelector('.past .said')?.textContent)), 60_000);
  performance.mark(name + ' from');
  const began = performance.now();
  const bar = () => document.querySelector('.past .bar');
  const was = document.querySelector('[data-replay]')?.dataset.shown;
  act();
  const look = () => {
    const now = document.querySelector('[data-replay]');
    if (!now || Number(now.dataset.replay) === 0 || now.dataset.shown === was || bar()?.dataset.busy === 'true') return requestAnimationFrame(look);
    requestAnimationFrame(() => requestAnimationFrame(() => { performance.mark(name + ' to'); done(performance.now() - began); }));
  };
  requestAnimationFrame(look);
})`;

async function measure(screen) {
  const [path, login, viewport, key] = screens[screen];
  const house = new House(browser, base);
  try {
    const page = await house.screen(path, login, { viewport });
    await page.locator(screen === 'desk' ? '.desk[data-phase=live]' : 'main[data-ready=true]').first().waitFor();
    await page.waitForTimeout(8_000); // tiles, fonts and the first picture
    await page.evaluate(settled);
    const span = await page.evaluate(async () => (await fetch('/api/v1/replay/span')).json());
    const [first, last] = [Date.parse(span.first.at), Date.parse(span.last.at)];
    const hours = (last - first) / 3_600_000;

    const opens = [];
    for (let i = 0; i < Number(o.opens); i++) {
      opens.push(await page.evaluate((k) => window.__settled('open', () => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: k, code: 'Key' + k.toUpperCase(), bubbles: true }))), key));
      if (i < Number(o.opens) - 1) {
        await page.keyboard.press('Escape');
        await page.locator('[data-replay]').waitFor({ state: 'detached' });
        await page.waitForTimeout(1500);
      }
    }
    await page.waitForTimeout(4000);
    if (screen === 'wall') await page.keyboard.press('2'); // the tour would move the map

    let seed = 1;
    const random = () => (seed = (seed * 1664525 + 1013904223) >>> 0) / 2 ** 32;
    const names = [];
    const walls = [];
    await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing', '__metadata'] });
    for (let i = 0; i < Number(o.seeks); i++) {
      const name = `seek ${i}`;
      names.push(name);
      walls.push(await page.evaluate(([n, part]) => window.__settled(n, () => {
        const slider = document.querySelector('.past input[type=range]');
        const was = slider.value;
        const set = (p) => (slider.value = String(Number(slider.min) + p * (Number(slider.max) - Number(slider.min))));
        set(part);
        if (slider.value === was) set((part + 0.5) % 1); // no wish where it is there already
        slider.dispatchEvent(new Event('input', { bubbles: true }));
      }), [name, random()]));
      await page.waitForTimeout(150);
    }
    // What the screen costs anyway while a seek takes its time on the wall.
    await page.evaluate(() => performance.mark('rest from'));
    await page.waitForTimeout(10_000);
    await page.evaluate(() => performance.mark('rest to'));
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
    house.clean();
    const rest = within(traceEvents, ['rest'])[0] / 10;
    const gross = within(traceEvents, names);
    return { screen, hours, changes: span.last.seq, opens, walls, rest, gross, cpu: gross.map((ms, i) => Math.max(0, ms - (rest * walls[i]) / 1000)) };
  } finally {
    await house.close();
  }
}

const rows = [];
try {
  console.log(`${cpus()[0].model.trim()}, ${cpus().length} cores; Chromium ${browser.version()}; ms`);
  console.log('screen   hours  changes   open p50   open max   seeks   CPU p50   CPU p95   CPU max   at rest ms/s   wall p50   wall p95');
  for (const screen of o.screen.split(',')) {
    const r = await measure(screen);
    rows.push(r);
    const n = (v, width) => v.toFixed(0).padStart(width);
    console.log(`${screen.padEnd(7)}${n(r.hours, 7)}${n(r.changes, 9)}${n(quantile(r.opens, 0.5), 11)}${n(Math.max(...r.opens), 11)}${n(r.cpu.length, 8)}${n(quantile(r.cpu, 0.5), 10)}${n(quantile(r.cpu, 0.95), 10)}${n(Math.max(...r.cpu), 10)}${n(r.rest, 15)}${n(quantile(r.walls, 0.5), 11)}${n(quantile(r.walls, 0.95), 11)}`);
  }
} finally {
  await browser.close();
}
if (o.json) writeFileSync(o.json, JSON.stringify({ at: new Date().toISOString(), cpu: cpus()[0].model, cores: cpus().length, rows }, null, 1) + '\n');
