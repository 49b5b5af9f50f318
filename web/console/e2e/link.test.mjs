// The picture's age: at 5, 15 and 60 seconds without the server the screen says
// so louder each time, and a command given then says that it was not sent. The
// page's clock is moved on by hand.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { breakable } from './cut.mjs';
import { test } from './runner.mjs';

const pictures = resolve(import.meta.dirname, '../test-results');

/** Stops the page's clock a second from now; asked again where the machine took longer than that to hear it. */
async function pause(page) {
  for (let tries = 3; ; tries--) {
    try {
      return await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1000));
    } catch (e) {
      if (!tries || !/to the past/.test(e.message)) throw e;
    }
  }
}

for (const [name, path, login, shown, viewport] of [
  ['desk', '/', 'dispatcher', '.desk', { width: 1440, height: 900 }],
  ['wall', '/wall', 'wall', 'main', { width: 1920, height: 1080 }],
]) {
  test(`link: the ${name} at 5, 15 and 60 seconds, and back`, async (house) => {
    let link;
    const page = await house.screen(path, login, { viewport, before: async (p, c) => { link = await breakable(p, c); } });
    await page.locator(`${shown}.fresh`).waitFor();
    mkdirSync(pictures, { recursive: true });
    await link.set(true);
    // From here on time passes only as told, however slow the machine is.
    await pause(page);
    let before = 1;
    for (const [seconds, state] of [[6, 'late'], [16, 'delayed'], [61, 'lost']]) {
      await page.clock.runFor((seconds - before) * 1000);
      before = seconds;
      await page.locator(`${shown}.${state}`).waitFor();
      await page.screenshot({ path: resolve(pictures, `link-${name}-${seconds}s.png`) });
      const bar = page.getByRole('alert').filter({ hasText: /数据延迟|链路中断/ });
      assert.equal(await bar.count() > 0, state !== 'late', `the bar at ${seconds} s`);
    }
    await link.set(false);
    await page.clock.resume();
    await page.clock.fastForward(16_000);
    await page.locator(`${shown}.fresh`).waitFor();
    assert.equal(await page.getByRole('alert').filter({ hasText: /数据延迟|链路中断/ }).count(), 0, 'the bar is gone');
  });
}

test('link: a command given while cut says that it was not sent, and is not', async (house) => {
  const api = await house.api('dispatcher');
  const made = await api.do('incident.open', { type: '12G03', title: '断链测试', place: { text: '断链测试' }, verified: true });
  const incident = made.put.find((r) => r.kind === 'incident').id;
  try {
    let link;
    const page = await house.screen('/', 'dispatcher', { before: async (p, c) => { link = await breakable(p, c); } });
    await page.locator('.desk.fresh[data-phase=live]').waitFor();
    await page.locator(`[data-incident="${incident}"]`).click();
    await link.set(true);
    await page.clock.fastForward(16_000);
    await page.locator('.desk[data-phase=cut]').waitFor();
    await page.keyboard.press('w');
    await page.keyboard.type('断链时写的记录');
    await page.keyboard.press('Enter');
    await page.getByText(/命令未发送/).waitFor();
    await link.set(false);
    await page.clock.fastForward(16_000);
    await page.locator('.desk.fresh[data-phase=live]').waitFor();
    assert.deepEqual((await api.list('note', { incident })).map((n) => n.text), [], 'nothing was sent later behind the back');
    // Given again, it goes.
    await page.keyboard.press('Enter');
    await page.locator('.scroll').getByText('断链时写的记录').waitFor();
    assert.equal((await api.list('note', { incident })).length, 1);
  } finally {
    for (const move of ['incident.dismiss', 'incident.close']) await api.do(move, { incident, reason: '测试', outcome: '测试' }).catch(() => undefined);
  }
});
