// The director's console: the clock, injects by keys, a simulated team taken by
// hand and given back.
import assert from 'node:assert/strict';
import { until } from './house.mjs';
import { test } from './runner.mjs';

/** A client in the drill. */
async function inside(api, drill) {
  const answer = await api.http.put('/api/v1/session/realm', { data: { drill }, headers: { 'X-CSRF': api.session.csrf } });
  assert.ok(answer.ok(), await answer.text());
  return api;
}
const put = (done, kind) => done.put.find((r) => r.kind === kind);

test('drill run: clock, injects by keys, simulated teams, by hand and back', async (house) => {
  const api = await house.api('planner');
  const drill = put(await api.do('drill.open', { name: '导调台演练', content: 'comprehensive', form: 'field', purpose: 'test', picture: 'resources', seed: 7 }), 'drill').id;
  try {
    await inside(api, drill);
    const inject = async (number, text, trigger, more = {}) =>
      put(await api.do('inject.save', { number, type: 'information', method: 'phone', from: '企业值班室', to: '指挥中心', text, trigger, ...more }), 'inject');
    await inject('001', '储罐区闻到刺鼻气味，两人不适', { type: 'timed', offset: 600 }, { expected: [{ text: '派出侦检', within: 300, weight: 3 }] });
    await inject('002', '风向转为东北风', { type: 'timed', offset: 1800 });
    await inject('003', '媒体来电询问', { type: 'manual' });
    for (const name of ['drill.approve', 'drill.check', 'drill.ready']) await api.do(name, { drill, reason: '单机演示' });

    const page = await house.screen('/drill', 'planner');
    await page.locator(`tr[data-drill="${drill}"]`).getByRole('button', { name: '进入' }).click();
    await page.getByRole('link', { name: '导调' }).click();
    const run = page.locator(`.run[data-drill="${drill}"]`);
    await run.waitFor();
    await page.getByRole('button', { name: '模拟所有无人带领的队伍' }).click();
    await page.getByRole('button', { name: '全部' }).last().click();
    await page.locator('[data-sim]').first().waitFor();

    await page.getByRole('button', { name: '启动', exact: true }).click();
    await page.locator('.run[data-state=running]').waitFor();
    await page.getByRole('radio', { name: '30×' }).click();
    await page.locator('[role=radio][aria-checked=true]', { hasText: '30×' }).waitFor();
    await page.locator('.clock').click({ position: { x: 4, y: 4 } });
    await page.keyboard.press('Space');
    await page.locator('.run[data-state=paused]').waitFor();

    // To the next inject, and not a second further.
    await page.getByRole('button', { name: /下一注入 #001/ }).click();
    const first = page.locator('[data-inject="001"]');
    await page.locator('[data-inject="001"][data-state=due]').waitFor();
    const clock = async () => (await api.get(`/api/v1/records/drill/${drill}`)).clock;
    const begins = Date.parse((await api.get(`/api/v1/records/drill/${drill}`)).begins);
    assert.equal(Date.parse((await clock()).at), begins + 600_000);
    assert.deepEqual(await house.axe(page), [], 'the running of a drill');
    await first.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: '全部' }).first().click();
    await page.locator('[data-inject="001"][data-state=released]').waitFor();
    await page.locator('[data-inject="003"]').focus();
    await page.keyboard.press('h');
    await page.getByRole('dialog').locator('input').fill('等待现场');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.locator('[data-inject="003"][data-state=held]').waitFor();
    await page.locator('[data-inject="002"]').focus();
    await page.keyboard.press('s');
    await page.getByRole('dialog').locator('input').fill('时间不够');
    await page.keyboard.press('Enter');
    await page.locator('[data-inject="002"][data-state=skipped]').waitFor();

    // A team is sent, and driven by hand for a while.
    const incident = put(await api.do('incident.open', { type: '12D02', title: '储罐泄漏', place: { text: '颍昌大道', point: [113.83, 34.03] }, area: '411002005', verified: true }), 'incident').id;
    const task = put(await api.do('task.assign', { incident, team: 't-fire-01' }), 'task').id;
    for (const team of ['t-fire-02', 't-fire-03']) await api.do('task.assign', { incident, team });
    await page.getByRole('button', { name: '有任务' }).click();
    const row = page.locator('[data-sim="t-fire-01"]');
    await page.locator('[data-sim="t-fire-01"][data-on=assigned]').waitFor();
    await row.focus();
    await page.keyboard.press('t');
    await page.locator('[data-sim="t-fire-01"][data-mode=hand]').waitFor();
    await page.keyboard.press('Space'); // in a list it is nobody's
    await page.locator('.clock').click({ position: { x: 4, y: 4 } });
    await page.keyboard.press('Space');
    await page.locator('.run[data-state=running]').waitFor();
    await row.focus();
    await page.keyboard.press('n');
    await page.locator('[data-sim="t-fire-01"][data-on=acknowledged]').waitFor();
    await row.getByRole('combobox').selectOption('advance');
    await page.locator('[data-sim="t-fire-01"][data-on=en_route]').waitFor();
    await row.getByRole('combobox').selectOption('report');
    await page.getByRole('dialog').locator('input').fill('道路积水，减速行驶');
    await page.keyboard.press('Enter');
    await until('the report', 60, async () => (await api.list('note', { incident })).some((n) => n.text === '道路积水，减速行驶'));
    await row.getByRole('button', { name: '交还' }).click();
    await page.locator('[data-sim="t-fire-01"][data-mode=auto]').waitFor();
    await page.getByRole('radio', { name: '60×' }).click();
    await until('the team on scene', 90, async () => ['on_scene', 'returning', 'done'].includes((await api.get(`/api/v1/records/task/${task}`)).state));
    if (process.env.SHOTS) {
      await page.screenshot({ path: `${process.env.SHOTS}/run-desk.png` });
      await page.setViewportSize({ width: 1920, height: 1080 });
      await page.screenshot({ path: `${process.env.SHOTS}/run-wide.png` });
      await page.setViewportSize({ width: 390, height: 844 });
      await page.screenshot({ path: `${process.env.SHOTS}/run-phone.png` });
    }
  } finally {
    await api.do('drill.cancel', { drill, reason: '测试结束' }).catch(() => undefined);
  }
});
