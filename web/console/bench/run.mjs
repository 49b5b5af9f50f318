// What very many moving teams cost a screen: the main thread's own CPU time per
// update at one update a second, from the thread clock in Chromium's trace, so that a busy
// machine does not count. A screen without updates is measured beside it.
//
//   npm run bench [-- --teams 10000 --seconds 30 --screen desk --json FILE]
//
// It draws by software where there is no graphics card; that work is another
// process's and is not in the figures.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { feed } from './feed.mjs';

const { values: o } = parseArgs({ options: {
  teams: { type: 'string', default: '1000,10000' }, seconds: { type: 'string', default: '30' }, screen: { type: 'string', default: 'desk,wall' },
  dist: { type: 'string', default: resolve(import.meta.dirname, '../dist') }, json: { type: 'string' }, shot: { type: 'string' }, profile: { type: 'string' },
} });
const seconds = Number(o.seconds);
const screens = { desk: ['/', 'dispatcher', { width: 1440, height: 900 }], wall: ['/wall', 'observer', { width: 1920, height: 1080 }] };
const pause = (ms) => new Promise((r) => setTimeout(r, ms));

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [
  '--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-background-networking', '--disable-dev-shm-usage', '--disable-features=Translate'] });

/** CPU ms a second of the page's main thread while run goes on, in all its tasks. */
async function traced(page, run) {
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  await run();
  const { traceEvents: events } = JSON.parse((await browser.stopTracing()).toString());
  const main = new Set(events.filter((e) => e.name === 'thread_name' && e.args.name === 'CrRendererMain').map((e) => `${e.pid}:${e.tid}`));
  const sums = new Map(); // by process: there is a renderer more for the empty first tab
  for (const e of events) {
    if (e.ph !== 'X' || !main.has(`${e.pid}:${e.tid}`)) continue;
    const sum = sums.get(e.pid) ?? { tasks: 0 };
    if (e.name === 'ThreadControllerImpl::RunTask') sum.tasks += e.tdur ?? 0;
    sums.set(e.pid, sum);
  }
  const most = [...sums.values()].sort((x, y) => y.tasks - x.tasks)[0] ?? { tasks: 0 };
  return { tasks: most.tasks / 1000 / seconds };
}

async function measure(screen, teams) {
  const [path, role, viewport] = screens[screen];
  const house = await feed({ dist: o.dist, teams, role });
  const page = await browser.newPage({ viewport, reducedMotion: 'reduce' });
  const faults = [];
  page.on('pageerror', (e) => faults.push(e.message));
  const cdp = o.profile && (await page.context().newCDPSession(page));
  await page.goto(house.url + path);
  const beat = setInterval(() => house.beat(), 4000);
  while (!house.connected()) await pause(100);
  await page.locator('canvas.maplibregl-canvas').waitFor();
  house.move();
  // The wall's tour would move the map; the whole city is the most there is to draw.
  if (screen === 'wall') await page.keyboard.press('2');
  await pause(8000); // tiles, fonts and the first picture
  const span = (each) => traced(page, async () => {
    for (let i = 0; i < seconds; i++) {
      const next = Date.now() + 1000;
      each();
      await pause(Math.max(0, next - Date.now()));
    }
  });
  const still = await span(() => {});
  if (o.profile) {
    await cdp.send('Profiler.enable');
    await cdp.send('Profiler.start');
  }
  const moving = await span(() => house.move());
  if (o.profile) writeFileSync(o.profile, JSON.stringify((await cdp.send('Profiler.stop')).profile));
  if (o.shot) await page.screenshot({ path: `${o.shot}-${screen}-${teams}.png`, timeout: 60_000 });
  clearInterval(beat);
  await page.close();
  house.close();
  if (faults.length) throw new Error(`the page broke: ${faults[0]}`);
  return { screen, teams, still: still.tasks, moving: moving.tasks, update: moving.tasks - still.tasks };
}

const rows = [];
try {
  console.log(`${cpus()[0].model.trim()}, ${cpus().length} cores; Chromium ${browser.version()}; ${seconds} updates at 1 Hz; main-thread CPU`);
  console.log('screen   teams   still ms/s   moving ms/s   an update ms');
  for (const screen of o.screen.split(',')) {
    for (const teams of o.teams.split(',').map(Number)) {
      const r = await measure(screen, teams);
      rows.push(r);
      const n = (v, width) => v.toFixed(1).padStart(width);
      console.log(`${screen.padEnd(6)}${String(teams).padStart(8)}${n(r.still, 13)}${n(r.moving, 14)}${n(r.update, 15)}`);
    }
  }
} finally {
  await browser.close();
}
if (o.json) writeFileSync(o.json, JSON.stringify({ at: new Date().toISOString(), cpu: cpus()[0].model, cores: cpus().length, seconds, rows }, null, 1) + '\n');
