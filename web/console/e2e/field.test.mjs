// The team leader: three taps in a tunnel, a reload there, and back in the
// light exactly three changes in their order.
import assert from 'node:assert/strict';
import { settle } from './house.mjs';
import { test } from './runner.mjs';
import { taskFor } from './task.mjs';

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, hasTouch: true, isMobile: true, permissions: ['geolocation'], geolocation: { longitude: 113.83, latitude: 34.03 } };

async function hold(page, step) {
  const button = page.locator(`[data-step=${step}]`);
  await button.waitFor();
  await button.focus();
  await page.keyboard.down('Enter');
  // The button goes when it was held long enough.
  await button.waitFor({ state: 'detached' });
  await page.keyboard.up('Enter');
}

test('field: three taps offline, a reload, and exactly three changes in order', async (house) => {
  const page = await house.screen('/field/', 'leader1', phone);
  await page.locator('.phone[data-link=live]').waitFor();
  // The page is kept on the phone before the tunnel comes.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const { desk, incident, task } = await taskFor(house, 'leader1', { title: '隧道测试', text: '隧道测试' });
  await page.locator(`.phone[data-task="${task}"]`).waitFor();
  const before = (await desk.get(`/api/v1/journal?incident=${incident}&limit=200`)).changes.length;

  const context = page.context();
  await context.setOffline(true);
  await page.locator('.phone[data-link=offline]').waitFor();
  for (const step of ['acknowledged', 'en_route', 'on_scene']) await hold(page, step);
  await page.locator('.phone[data-waiting="3"]').waitFor();
  await page.reload();
  await page.locator('.phone[data-link=offline][data-waiting="3"]').waitFor();
  assert.equal((await desk.record('task', task)).state, 'assigned', 'nothing can have arrived yet');

  await context.setOffline(false);
  await page.locator('.phone[data-waiting="0"]').waitFor({ timeout: 60_000 });
  const made = (await desk.get(`/api/v1/journal?incident=${incident}&limit=200`)).changes.slice(before);
  const states = made.filter((c) => c.kind === 'task.advance').map((c) => c.put.find((r) => r.kind === 'task')?.state);
  assert.deepEqual(states, ['acknowledged', 'en_route', 'on_scene']);
  const t = await desk.record('task', task);
  assert.equal(t.state, 'on_scene');
  const taps = ['acknowledged', 'en_route', 'on_scene'].map((s) => t.stamps[s]);
  for (const s of taps) assert.ok(s.event && Date.parse(s.event) < Date.parse(s.at), `the time of the tap is kept apart from its arrival: ${JSON.stringify(s)}`);
  assert.ok(taps[0].event < taps[1].event && taps[1].event < taps[2].event, 'in the order of the taps');
  await settle(desk, incident);
}, { seconds: 300 });

test('field: distress reaches the desk, and says loudly when it could not be sent', async (house) => {
  const page = await house.screen('/field/', 'leader2', phone);
  await page.locator('.phone[data-link=live]').waitFor();
  const desk = await house.api('dispatcher');
  const team = (await house.api('leader2')).session.person.team;
  const call = async () => {
    const sos = page.locator('footer button.sos');
    await sos.focus();
    await page.keyboard.down('Enter');
    await page.getByRole('dialog').or(page.locator('.sosbar')).first().waitFor();
    await page.keyboard.up('Enter');
  };
  await page.context().setOffline(true);
  await page.locator('.phone[data-link=offline]').waitFor();
  await call();
  await page.locator('.sosbar').waitFor();
  assert.ok(!(await desk.record('team', team)).distress, 'the desk cannot know');
  await page.context().setOffline(false);
  const there = await desk.until('team', team, (r) => r.distress);
  assert.ok(there.distress.since);
  const alarm = (await desk.list('alarm')).find((a) => a.type === 'distress' && a.team === team && !a.ended);
  assert.equal(alarm?.tier, 1);
  await desk.do('alarm.acknowledge', { alarm: alarm.id });
  await desk.do('team.relieve', { team, reason: '浏览器测试，人员安全' });
});
