// Takes the pictures of docs/pictures from a running demo at BASE_URL: the
// screens in Chinese and English, and the desk's link states. Arguments choose
// by a part of the name: npm run shots -- wall.
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { House, settle, until, watchFeed } from './house.mjs';
import { aid } from './aid.mjs';
import { scene } from './drill-scene.mjs';
import { card, neighbour, region } from './region.mjs';
import { taskFor } from './task.mjs';
import { breakable } from './cut.mjs';

const out = process.env.SHOTS ?? resolve(import.meta.dirname, '../../../docs/pictures');
const base = process.env.BASE_URL;
if (!base) throw new Error('BASE_URL is missing: the address of a running program with the demo city, such as https://127.0.0.1:8443');
const words = process.argv.slice(2);
const wanted = (name) => words.every((w) => name.includes(w));
mkdirSync(out, { recursive: true });

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, hasTouch: true, isMobile: true, timezoneId: 'Asia/Shanghai', permissions: ['geolocation'] };
const hall = { width: 1920, height: 1080 };

/** The map has drawn what it has: nothing is on its way and no frame is owed. */
async function drawn(page) {
  await page.waitForLoadState('networkidle');
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  // MapLibre fetches tiles in steps, and software drawing takes its time.
  await page.waitForTimeout(6_000);
  await page.waitForLoadState('networkidle');
}

async function keep(page, name, jpeg = false) {
  const path = resolve(out, `${name}.${jpeg ? 'jpg' : 'png'}`);
  rmSync(path, { force: true });
  await page.screenshot({ path, timeout: 120_000, ...(jpeg ? { type: 'jpeg', quality: 82 } : {}) });
  console.log(`${name}  ${Math.round(statSync(path).size / 1024)} KB`);
}

async function desk(house, lang) {
  const page = await house.screen('/', 'dispatcher', { kept: { lang, theme: 'dark' } });
  await page.locator('.desk[data-phase=live]').waitFor();
  // The incident with the most teams tells most.
  const rows = page.locator('[data-incident]');
  const api = await house.api('dispatcher');
  const open = (await api.list('task')).filter((t) => t.next);
  const counts = new Map();
  for (const t of open) counts.set(t.incident, (counts.get(t.incident) ?? 0) + 1);
  const [busiest] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  await (busiest ? page.locator(`[data-incident="${busiest}"]`) : rows.first()).click();
  await drawn(page);
  await keep(page, `desk-${lang}`);
}

async function wall(house, lang, name, options, jpeg) {
  const page = await house.screen('/wall', 'wall', { ...options, kept: { lang } });
  await page.locator('main[data-ready=true]').waitFor();
  await drawn(page);
  await keep(page, `${name}-${lang}`, jpeg);
}

async function field(house, lang, names) {
  if (wanted(names[0])) {
    const page = await house.screen('/field/', 'leader3', { ...phone, kept: { lang } });
    await page.locator('.phone[data-link=live]').waitFor();
    await keep(page, `${names[0]}`);
  }
  if (wanted(names[1])) {
    const { desk, incident, task, team } = await taskFor(house, 'leader4', { title: '居民楼三层厨房起火', text: '夏都街道居民楼 3 单元', grade: 4, description: '浓烟，有人在阳台呼救' });
    try {
      const [longitude, latitude] = team.base.point;
      const page = await house.screen('/field/', 'leader4', { ...phone, kept: { lang }, geolocation: { longitude, latitude, accuracy: 6 } });
      await page.locator(`.phone[data-link=live][data-task="${task}"]`).waitFor();
      await page.locator('.share').click();
      await page.locator('.share').waitFor({ state: 'detached' });
      await page.locator('main').getByText(/km/).first().waitFor();
      await keep(page, `${names[1]}`);
    } finally {
      await settle(desk, incident);
    }
  }
}

async function admin(house, lang) {
  const page = await house.screen('/admin', 'admin', { kept: { lang } });
  await page.locator('main table').waitFor();
  await keep(page, `admin-${lang}`);
}

/** The boards of the desk: requests with their loans, a requisition, claims, agreements. */
async function boards(house, lang) {
  const shown = await aid(house);
  const page = await house.screen('/', 'chief', { kept: { lang, theme: 'dark' } });
  await page.locator('.desk[data-phase=live]').waitFor();
  const board = async (key, one, ready, name) => {
    if (!wanted(name)) return;
    await page.keyboard.press(key);
    await page.locator(one).click();
    await page.locator(ready).first().waitFor();
    await page.mouse.move(5, 5);
    await keep(page, name);
    await page.keyboard.press('Escape');
  };
  await board('b', `[data-request="${shown.request}"]`, '.detail table tr', `requests-${lang}`);
  await board('b', `nav [data-requisition="${shown.requisition}"]`, `[data-shown="${shown.requisition}"]`, `requisition-${lang}`);
  await board('m', `[data-claim="${shown.claim}"]`, '.detail article', `claims-${lang}`);
  await board('h', '[data-pact][data-group=sharing]', '.detail article', `agreements-${lang}`);
}

/** The links of an administrator, with a neighbour that has accepted. */
async function links(house) {
  const there = await neighbour(house.browser);
  try {
    const [admin, foreign] = [await house.api('admin'), await there.house.api('admin')];
    const mine = (await admin.list('agency')).find((a) => a.type === 'neighbour');
    const us = await region(foreign, '许昌市', '411000');
    const [here, other] = [JSON.parse(await card(admin)), JSON.parse(await card(foreign))];
    const link = (await admin.do('link.save', { name: mine.short, region: mine.id, address: other.address, certificate: other.certificate })).put.find((r) => r.kind === 'link').id;
    await foreign.do('link.save', { name: '许昌', region: us, address: here.address, certificate: here.certificate });
    for (const [lang, word] of [['zh', '正常'], ['en', 'Working']]) {
      const page = await house.screen('/admin#/links', 'admin', { kept: { lang } });
      await page.getByRole('row').getByText(word, { exact: true }).waitFor();
      await keep(page, `links-${lang}`);
    }
    await admin.do('link.revoke', { link, reason: '演示结束' });
  } finally {
    await there.house.close();
    await there.stop();
  }
}

/** What the desk says at 6, 16 and 61 seconds without the server. */
async function link(house) {
  let cut;
  const page = await house.screen('/', 'dispatcher', { kept: { lang: 'zh', theme: 'dark' }, before: async (p, c) => { cut = await breakable(p, c); } });
  await page.locator('.desk.fresh').waitFor();
  await page.locator('[data-incident]').first().click();
  await drawn(page);
  await cut.set(true);
  let before = 0;
  for (const [seconds, state, name] of [[6, 'late', 5], [16, 'delayed', 15], [61, 'lost', 60]]) {
    await page.clock.fastForward((seconds - before) * 1000);
    before = seconds;
    await page.locator(`.desk.${state}`).waitFor();
    await keep(page, `link-${name}s`);
  }
}

/** A drill from its plan to its report, and the past on desk and wall. */
async function drills(house) {
  const s = await scene(house);
  try {
    for (const lang of ['zh', 'en']) {
      const page = await house.screen('/drill', 'planner', { kept: { lang, theme: 'day' } });
      if (!(await page.locator('.band').count())) await page.locator(`tr[data-drill="${s.drill}"] button`).first().click();
      await page.locator('.band').waitFor();
      const at = async (tab, ready, name) => {
        await page.goto(`${base.trim()}/drill#/${tab}`);
        await page.locator(ready).first().waitFor();
        if (wanted(name)) await keep(page, name);
      };
      await at('plan', '[role=row][data-inject="012"]', `drill-plan-${lang}`);
      await page.getByRole('tab').nth(1).click();
      await page.locator('.mark[data-inject="001"]').waitFor();
      if (wanted(`drill-timeline-${lang}`)) await keep(page, `drill-timeline-${lang}`);
      await at('run', '[data-sim]', `drill-run-${lang}`);
      await at('judge', '[data-objective]', `drill-judge-${lang}`);
      const judge = await house.screen('/field/', undefined, { ...phone, kept: { lang } });
      await judge.locator('input[autocomplete=username]').fill('ems');
      await judge.locator('input[type=password]').fill(await house.password('ems'));
      await judge.locator('form button.go').click();
      await judge.locator(`[data-drill="${s.drill}"]`).click();
      await judge.locator(`[data-judge="${s.drill}"][data-link=live]`).waitFor();
      await judge.locator('[data-expected]').first().waitFor();
      if (wanted(`drill-evaluator-${lang}`)) await keep(judge, `drill-evaluator-${lang}`);
    }
    await s.director.do('drill.resume', { drill: s.drill });
    await s.director.do('drill.end', { drill: s.drill });
    await s.director.do('drill.evaluate', { drill: s.drill, reason: '其余未观察' });
    await s.director.do('improvement.save', { text: '疏散通知模板写明集合点与路线', owner: s.agency, measures: '修订模板，下季度单项演练检验' });
    for (const lang of ['zh', 'en']) {
      const page = await house.screen('/drill', 'planner', { kept: { lang, theme: 'day' } });
      if (!(await page.locator('.band').count())) await page.locator(`tr[data-drill="${s.drill}"] button`).first().click();
      await page.locator('.band').waitFor();
      await page.goto(`${base.trim()}/drill#/report`);
      await page.locator('[data-improvement]').waitFor();
      if (wanted(`drill-report-${lang}`)) await keep(page, `drill-report-${lang}`);
    }
  } finally {
    await s.director.do('drill.cancel', { drill: s.drill, reason: '演示结束' }).catch(() => undefined);
  }
}

/** The past, on the desk and on the wall. */
async function replay(house, lang) {
  const desk = await house.screen('/', 'chief', { kept: { lang, theme: 'dark' } });
  await desk.locator('.desk[data-phase=live]').waitFor();
  const at = `?replay=${new Date(Date.now() - 90_000).toISOString()}`;
  await desk.goto(`${base.trim()}/${at}`);
  await desk.locator('.past [data-incident]').first().click();
  await drawn(desk);
  if (wanted(`replay-desk-${lang}`)) await keep(desk, `replay-desk-${lang}`);
  const page = await house.screen('/wall', 'wall', { viewport: hall, kept: { lang } });
  await page.locator('main[data-ready=true]').waitFor();
  await page.goto(`${base.trim()}/wall${at}`);
  await page.locator('[data-replay]').waitFor();
  await drawn(page);
  if (wanted(`replay-wall-${lang}`)) await keep(page, `replay-wall-${lang}`);
}

const browser = await House.browser();
async function take(name, shot) {
  if (!wanted(name)) return;
  const house = new House(browser, base);
  try {
    await shot(house);
    house.clean();
  } finally {
    await house.close();
  }
}

try {
  // A city at work: some incidents, and teams that have left their bases.
  await take('', async (house) => {
    const api = await house.api('dispatcher');
    await until('four open incidents', 300, async () => (await api.list('incident')).filter((i) => ['active', 'controlled'].includes(i.state)).length >= 4);
    const page = await house.screen('/wall', 'wall', { viewport: hall });
    await watchFeed(page, { seconds: 120, moved: 3 });
  });
  for (const lang of ['zh', 'en']) {
    await take(`desk-${lang}`, (h) => desk(h, lang));
    await take(`wall-${lang}`, (h) => wall(h, lang, 'wall', { viewport: hall }));
    await take(`wall-4k-${lang}`, (h) => wall(h, lang, 'wall-4k', { viewport: hall, deviceScaleFactor: 2 }, true));
    await take(`wall-wide-${lang}`, (h) => wall(h, lang, 'wall-wide', { viewport: { width: 3440, height: 1440 } }));
    await take(`field-${lang} field-task-${lang}`, (h) => field(h, lang, [`field-${lang}`, `field-task-${lang}`]));
    await take(`admin-${lang}`, (h) => admin(h, lang));
    await take(`replay-desk-${lang} replay-wall-${lang}`, (h) => replay(h, lang));
    await take(`requests-${lang} requisition-${lang} claims-${lang} agreements-${lang}`, (h) => boards(h, lang));
  }
  await take(['plan', 'timeline', 'run', 'judge', 'evaluator', 'report'].map((n) => `drill-${n}-zh drill-${n}-en`).join(' '), drills);
  await take('links-zh links-en', links);
  await take('link', link);
} finally {
  await browser.close();
}
