// The director's console: the clock, injects by keys, a simulated team taken by
// hand and given back; and a leader's phone in the drill.
import assert from 'node:assert/strict';
import { inside, put, relieve, until } from './house.mjs';
import { test } from './runner.mjs';

const shoot = (page, name) => process.env.SHOTS && page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });

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

    // A private note, to the inject on which the focus is, and one to none.
    await page.locator('[data-inject="002"]').focus();
    await page.keyboard.press('m');
    await page.getByRole('dialog', { name: /导调记事 #002/ }).locator('textarea').fill('风向改在复盘时讲');
    await page.keyboard.press('Control+Enter');
    await page.locator('[data-remark]', { hasText: '风向改在复盘时讲' }).waitFor();
    await page.locator('.clock').click({ position: { x: 4, y: 4 } });
    await page.keyboard.press('m');
    await page.getByRole('dialog', { name: '导调记事', exact: true }).locator('textarea').fill('电台二频道有杂音');
    await page.keyboard.press('Control+Enter');
    await page.locator('[data-remark]', { hasText: '电台二频道有杂音' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').locator('textarea').fill('电台二频道有杂音，已换三频道');
    await page.keyboard.press('Control+Enter');
    await page.locator('[data-remark]', { hasText: '已换三频道' }).waitFor();
    assert.equal(await page.locator('[data-remark]').count(), 2);

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

test('drill run: simulated teams drive into a hot zone, and the desk sees it', async (house) => {
  const api = await house.api('planner');
  const drill = put(await api.do('drill.open', { name: '热区演练', content: 'single', form: 'tabletop', purpose: 'test', picture: 'resources', seed: 9 }), 'drill').id;
  try {
    await inside(api, drill);
    await api.do('part.save', { person: (await house.api('dispatcher')).session.person.id, role: 'dispatcher' });
    await api.do('sim.save', { mode: 'auto' });
    for (const name of ['drill.approve', 'drill.check', 'drill.ready', 'drill.start', 'drill.pause']) await api.do(name, { drill, reason: '测试' });
    const incident = put(await api.do('incident.open', { type: '12D02', title: '储罐泄漏', place: { text: '颍昌大道', point: [113.83, 34.03] }, area: '411002005', verified: true }), 'incident').id;
    await api.do('fence.draw', { type: 'ring', purpose: 'hot', incident, radius: 300, warn: ['enter'] });

    const context = await house.window();
    const desk = await house.screen('/drill', 'dispatcher', { context });
    await Promise.all([desk.waitForEvent('load'), desk.locator(`tr[data-drill="${drill}"]`).getByRole('button', { name: '进入' }).click()]);
    await desk.goto(`${house.base}/`);
    await desk.locator(`.band[data-drill="${drill}"]`).waitFor();
    await desk.locator(`[data-incident="${incident}"]`).click();
    const row = desk.locator('.incident [data-fence]');
    await row.getByText('无队伍在内').waitFor();

    // Nobody looks at the map while the clock is set on: that they drove in is known all the same.
    for (const team of ['t-fire-01', 't-fire-02']) await api.do('task.assign', { incident, team });
    const now = Date.parse((await api.get(`/api/v1/records/drill/${drill}`)).clock.at);
    await api.do('drill.jump', { drill, to: new Date(now + 600_000).toISOString() });
    await row.getByText('在内 2 队').waitFor();
    assert.equal((await api.list('alarm')).filter((a) => a.type === 'fence').length, 2);
    await shoot(desk, 'hot-desk');
    const wall = await house.screen('/wall', undefined, { context });
    await wall.setViewportSize({ width: 1920, height: 1080 });
    await wall.locator('.hot').filter({ hasText: '热区内' }).waitFor();
    await shoot(wall, 'hot-wall');
    const run = await house.screen('/drill', 'planner');
    await run.locator(`tr[data-drill="${drill}"]`).getByRole('button', { name: '进入' }).click();
    await run.getByRole('link', { name: '导调' }).click();
    await run.locator('[data-sim="t-fire-01"][data-on=on_scene]').waitFor();
    await shoot(run, 'hot-run');
  } finally {
    await api.do('drill.cancel', { drill, reason: '测试结束' }).catch(() => undefined);
  }
});

test('drill run: a phone joins, answers the check, is told and says that it has it', async (house) => {
  const api = await house.api('planner');
  const drill = put(await api.do('drill.open', { name: '手机演练', content: 'single', form: 'field', purpose: 'test', picture: 'resources', seed: 8 }), 'drill').id;
  const desk = await house.api('dispatcher');
  const leader = (await house.api('leader4')).session.person;
  try {
    await inside(api, drill);
    await api.do('part.save', { person: leader.id, role: 'leader', team: leader.team });
    const inject = put(await api.do('inject.save', { number: '001', type: 'information', method: 'system', from: '指挥中心', text: '储罐区下风向 600 米有一所学校，师生正在撤离。', trigger: { type: 'manual' } }), 'inject').id;
    await api.do('drill.approve', { drill });

    const page = await house.screen('/field/', 'leader4', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, hasTouch: true, isMobile: true });
    await page.locator('.phone[data-link=live]').waitFor();
    await page.getByRole('button', { name: '我', exact: true }).click();
    await page.locator(`button[data-drill="${drill}"]`).click();
    await page.locator(`.band[data-drill="${drill}"]`).waitFor();
    assert.match(await page.locator('.band').textContent(), /演练/);
    // Who runs the drill sees who is there before anybody has answered.
    const console = await house.screen('/drill', 'planner');
    await console.locator(`tr[data-drill="${drill}"]`).getByRole('button', { name: '进入' }).click();
    const seat = (state) => console.locator(`[data-part="${leader.id}"] [data-attends=${state}]`);
    await seat('here').waitFor();
    await shoot(console, 'overview');
    await console.getByRole('button', { name: '完成通联检查' }).click();
    await console.getByRole('dialog').locator('[data-attends=here]').first().waitFor();
    assert.deepEqual(await house.axe(console), [], 'the communications check');
    await shoot(console, 'check');
    await console.keyboard.press('Escape');
    await shoot(page, 'phone-check');
    await page.locator('.band .call').click();
    await page.locator('.band .call').waitFor({ state: 'detached' });
    await api.do('part.confirm', { part: api.session.person.id });
    for (const name of ['drill.check', 'drill.ready', 'drill.start']) await api.do(name, { drill });
    await page.locator('.off').waitFor({ state: 'detached' });

    await api.do('inject.release', { inject });
    const told = page.locator('[data-told]');
    await told.waitFor();
    assert.match(await told.textContent(), /指挥中心.*师生正在撤离/s);
    assert.deepEqual(await house.axe(page), [], 'a phone that is told');
    await shoot(page, 'phone-told');
    await told.getByRole('button', { name: '收到' }).click();
    await told.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^消息/ }).click();
    await page.locator('[data-heard]', { hasText: '师生正在撤离' }).waitFor();
    await shoot(page, 'phone-heard');

    // What is really alarming lies over it, and the way out is one button.
    await desk.do('team.distress', { team: leader.team, text: '真实遇险' });
    await page.locator('.real', { hasText: '真实告警' }).waitFor();
    await shoot(page, 'phone-real');
    // The page makes room for it: nothing of the phone lies below.
    const [bar, head] = await Promise.all(['.real', '.phone > header'].map((at) => page.locator(at).boundingBox()));
    assert.ok(head.y >= bar.y + bar.height - 1, `the head of the phone, at ${head.y}, lies under the alarm, which ends at ${bar.y + bar.height}`);
    await relieve(desk, leader.team);
    await page.locator('.real').waitFor({ state: 'detached' });
    await Promise.all([page.waitForEvent('load'), page.locator('.band button').click()]);
    await page.locator('.phone[data-link=live]').waitFor();
    assert.equal(await page.locator('.band').count(), 0);
    await console.getByRole('link', { name: '导调' }).click();
    await seat('left').waitFor();
    await shoot(console, 'players');
  } finally {
    await api.do('drill.cancel', { drill, reason: '测试结束' }).catch(() => undefined);
  }
});
