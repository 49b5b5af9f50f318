// Two regions: a second server of its own is the neighbour. Cards are exchanged,
// a request reaches the neighbour, its offer comes back, and a cut is told.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { settle, until } from './house.mjs';
import { card, neighbour, region } from './region.mjs';
import { test } from './runner.mjs';

test('region: cards are exchanged, a request goes over and an offer comes back, and a cut is told', async (house) => {
  const there = await neighbour(house.browser);
  let stopped = false;
  try {
    const admin = await house.api('admin');
    const [ours, theirs] = [await house.api('dispatcher'), await there.house.api('dispatcher')];
    const foreign = await there.house.api('admin');
    const name = `邻市${Date.now() % 10_000}`;
    await region(admin, name, '410400');
    const us = await region(foreign, '许昌市', '411000');

    // Accepted by its administrator, here on the page and there by the API.
    const page = await house.screen('/admin#/links', 'admin');
    await page.getByRole('button', { name: '接受对方名片' }).click();
    const form = page.getByRole('dialog');
    await form.locator('textarea').fill(await card(foreign));
    await form.locator('input[maxlength="60"]').fill(name);
    await form.locator('select').selectOption({ label: name });
    const print = (await foreign.get('/api/v1/links/card')).fingerprint;
    await form.locator('.print').filter({ hasText: print.slice(0, 4) }).waitFor();
    assert.equal((await form.locator('.print').innerText()).replace(/\s/g, ''), print, 'the page works the fingerprint out as the server does');
    assert.ok(await form.getByRole('button', { name: '接受', exact: true }).isDisabled(), 'not before it was compared');
    await form.getByRole('checkbox').check();
    await form.getByRole('button', { name: '接受', exact: true }).click();
    await form.waitFor({ state: 'detached' });
    const row = page.getByRole('row').filter({ hasText: name });
    await row.getByText('对方管理员尚未接受').waitFor();
    const mine = JSON.parse(await card(admin));
    await foreign.do('link.save', { name: '许昌', region: us, address: mine.address, certificate: mine.certificate });
    await row.getByText('正常', { exact: true }).waitFor();
    assert.deepEqual(await house.axe(page), []);

    // A request whose ring reaches the neighbour.
    const made = await ours.do('incident.open', { type: '12D02', title: '液氯泄漏', place: { text: '氯碱厂', point: [113.85, 34.03] }, area: '411002005', verified: true });
    const incident = made.put.find((r) => r.kind === 'incident').id;
    const raised = await ours.do('request.raise', { incident, lines: [{ capability: 'hazmat', max: 2 }] });
    const request = raised.put.find((r) => r.kind === 'request').id;
    await (await house.api('chief')).do('request.approve', { request });
    await ours.do('request.widen', { request, ring: 'province' });
    await until('the request at the neighbour’s', 60, async () => (await theirs.list('request')).find((r) => r.id === request && r.state === 'open'));

    const over = await there.house.screen('/', 'dispatcher');
    await over.locator('.desk[data-phase=live]').waitFor();
    await over.keyboard.press('b');
    await over.locator(`[data-request="${request}"]`).click();
    await over.locator(`[data-request="${request}"]`).getByText('许昌市 ·').waitFor();
    const offered = await theirs.do('offer.make', { request, line: '1', type: 'provisional', quantity: 1, conditions: '本市警戒解除后' });
    const offer = offered.put.find((r) => r.kind === 'offer').id;
    await until('the offer here', 60, async () => (await ours.list('offer')).find((o) => o.id === offer));

    // Here it is the neighbour's, is ordered by a key, and the neighbour's server decides.
    const desk = await house.screen('/', 'dispatcher');
    await desk.locator('.desk[data-phase=live]').waitFor();
    await desk.locator('[data-links=up]').waitFor();
    await desk.keyboard.press('b');
    await desk.locator(`[data-request="${request}"]`).click();
    const item = desk.locator(`[data-place="offer/${offer}"]`);
    await item.getByText(`${name} ·`).waitFor();
    const order = item.locator('button[data-act=order]');
    await desk.keyboard.press(await order.getAttribute('aria-keyshortcuts'));
    await desk.getByRole('dialog').waitFor();
    await desk.keyboard.press('Enter');
    await theirs.until('offer', offer, (o) => o.state === 'ordered');
    await ours.until('offer', offer, (o) => o.state === 'ordered' && !o.origin.waiting);
    if (process.env.REGION_PICTURES) {
      await desk.screenshot({ path: join(process.env.REGION_PICTURES, 'region-desk.png') });
      await over.screenshot({ path: join(process.env.REGION_PICTURES, 'region-over.png') });
      await page.screenshot({ path: join(process.env.REGION_PICTURES, 'region-admin.png') });
    }

    // A cut is told, and what is done meanwhile waits.
    await over.close();
    stopped = true;
    await there.stop();
    await desk.locator('[data-links=down]').waitFor();
    await ours.do('offer.cancel', { offer, reason: '不再需要' });
    await item.getByText(`待${name}确认`).waitFor();
    await desk.locator('[data-links=down]').getByText('待发 1').waitFor();
    if (process.env.REGION_PICTURES) await desk.screenshot({ path: join(process.env.REGION_PICTURES, 'region-cut.png') });
    assert.deepEqual(await house.axe(desk), []);
    const link = (await admin.list('link')).find((l) => l.name === name);
    await admin.do('link.revoke', { link: link.id, reason: '测试结束' });
    await desk.locator('[data-links]').waitFor({ state: 'detached' });
    await ours.do('request.cancel', { request, reason: '测试结束' });
    await settle(ours, incident);
  } finally {
    await there.house.close();
    if (!stopped) await there.stop();
  }
}, { seconds: 300 });
