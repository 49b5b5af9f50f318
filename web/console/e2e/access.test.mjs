// Every page, in its usual states and both languages: axe finds nothing
// serious, and one click changes the language.
import assert from 'node:assert/strict';
import { test } from './runner.mjs';

const wall = { viewport: { width: 1920, height: 1080 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, hasTouch: true };

async function clean(house, page, what) {
  const found = await house.axe(page);
  assert.deepEqual(found, [], `${what}:\n${found.join('\n')}`);
}

test('axe: sign-in pages and the certificate page', async (house) => {
  for (const [path, options] of [['/', {}], ['/wall', wall], ['/admin', {}], ['/field/', phone], ['/ca', {}]]) {
    const page = await house.screen(path, undefined, options);
    await page.locator('h1').first().waitFor();
    await clean(house, page, path);
  }
});

test('axe: the desk with an incident, its recommendations, the call form, help; dark and day', async (house) => {
  const api = await house.api('dispatcher');
  const incident = (await api.do('incident.open', { type: '12G03', title: '无障碍检查', place: { text: '无障碍检查', point: [113.83, 34.03] }, needs: [{ capability: 'fire', count: 1 }] })).put.find((r) => r.kind === 'incident').id;
  try {
    for (const theme of ['dark', 'day']) {
      const page = await house.screen('/', 'dispatcher', { kept: { theme } });
      await page.locator('.desk[data-phase=live]').waitFor();
      await clean(house, page, `desk ${theme}`);
      await page.locator(`[data-incident="${incident}"]`).click();
      await page.keyboard.press('r');
      await page.locator('.rec li b').first().waitFor();
      await clean(house, page, `desk ${theme}, incident and recommendations`);
      await page.keyboard.press('n');
      await page.locator('input[name=type]').waitFor();
      await clean(house, page, `desk ${theme}, call form`);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Shift+Slash');
      await page.getByRole('dialog').waitFor();
      await clean(house, page, `desk ${theme}, help`);
      await page.close();
    }
  } finally {
    await api.do('incident.dismiss', { incident, reason: '测试' });
  }
}, { seconds: 300 });

test('axe: the wall', async (house) => {
  const page = await house.screen('/wall', 'wall', wall);
  await page.locator('main[data-ready=true]').waitFor();
  await clean(house, page, 'wall');
});

test('axe: the phone page and its tabs', async (house) => {
  const page = await house.screen('/field/', 'leader3', phone);
  await page.locator('.phone[data-link=live]').waitFor();
  const tabs = page.locator('nav button');
  for (let i = 0; i < await tabs.count(); i++) {
    await tabs.nth(i).click();
    await clean(house, page, `phone, tab ${i + 1}`);
  }
});

test('axe: every administration page and its form', async (house) => {
  const page = await house.screen('/admin', 'admin');
  for (const name of ['person', 'device', 'agency', 'team', 'depot', 'equipment', 'stock', 'hazard', 'area', 'imports', 'status']) {
    await page.locator(`nav a[href="#/${name}"]`).click();
    await page.locator(`nav a[href="#/${name}"][aria-current=page]`).waitFor();
    if (name === 'status') await page.locator('.verdict').waitFor();
    await clean(house, page, `admin ${name}`);
    const open = page.locator('main button.open').first();
    if (!(await open.count())) continue;
    await open.click();
    await page.getByRole('dialog').waitFor();
    await clean(house, page, `admin ${name}, form`);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
}, { seconds: 300 });

test('language: Chinese by default, English by one click, kept for the next time', async (house) => {
  for (const [path, login, options, button, word] of [
    ['/', 'dispatcher', {}, 'EN', 'Incidents'],
    ['/admin', 'admin', {}, 'EN', 'People and roles'],
    ['/wall', 'wall', wall, undefined, 'Incidents'],
    ['/field/', 'leader3', phone, undefined, undefined],
  ]) {
    const context = await house.window(options);
    const page = await house.screen(path, login, { context });
    await page.waitForFunction(() => document.documentElement.lang === 'zh-CN');
    if (path === '/wall') {
      await page.locator('main[data-ready=true]').waitFor();
      await page.keyboard.press('s');
      await page.getByRole('button', { name: 'English' }).click();
    } else if (button) await page.getByRole('button', { name: /Switch to English|^EN$/ }).first().click();
    else {
      await page.locator('nav button').last().click();
      await page.getByRole('button', { name: /EN|English/ }).first().click();
    }
    await page.waitForFunction(() => document.documentElement.lang === 'en');
    if (word) await page.getByText(word).first().waitFor();
    await page.reload();
    await page.waitForFunction(() => document.documentElement.lang === 'en');
  }
});

test('language: English fits the desk at 1280 and 1440', async (house) => {
  const page = await house.screen('/', 'dispatcher', { kept: { lang: 'en' } });
  await page.locator('.desk[data-phase=live]').waitFor();
  // The number of fences stands on a button.
  const api = await house.api('dispatcher');
  const fence = (await api.do('fence.draw', { type: 'ring', center: [113.83, 34.03], radius: 500 })).put.find((r) => r.kind === 'fence').id;
  await page.getByRole('button', { name: /^Fences \d/ }).waitFor();
  for (const width of [1280, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    const amiss = await page.evaluate(() => {
      const out = [];
      const header = document.querySelector('.desk header');
      if (header.scrollWidth > header.clientWidth) out.push(`the header is ${header.scrollWidth} px wide`);
      for (const dt of header.querySelectorAll('dt')) if (!dt.getClientRects().length) out.push(`a figure without its word: ${dt.textContent}`);
      const tops = (q) => new Set([...document.querySelectorAll(q)].map((x) => Math.round(x.getBoundingClientRect().top))).size;
      if (tops('.map .tools > button') > 1) out.push('the buttons of the map wrap');
      const tools = document.querySelector('.map .tools');
      if (tools.scrollWidth > tools.clientWidth) out.push(`the buttons of the map are ${tools.scrollWidth - tools.clientWidth} px too wide`);
      for (const x of document.querySelectorAll('.desk header *, .teams button *, .acts button')) {
        if (!x.closest('.sr') && x.scrollWidth > x.clientWidth + 1 && getComputedStyle(x).overflowX !== 'visible') out.push(`cut: ${x.textContent.trim()}`);
        // A word of the header on two lines.
        if (x.closest('.desk header') && !x.children.length && x.getBoundingClientRect().height > 40) out.push(`wraps: ${x.textContent}`);
      }
      return out;
    });
    assert.deepEqual(amiss, [], `${width} px`);
  }
  await api.do('fence.end', { fence, reason: '测试' });
});
