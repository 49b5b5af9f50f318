// The dispatcher: from the call to a team on its way without touching the
// mouse, and the wall shows it meanwhile.
import assert from 'node:assert/strict';
import { relieve, settle, until, watchFeed } from './house.mjs';
import { test } from './runner.mjs';

/** Fills the call form by keys alone, and answers the incident. */
async function takeCall(page, api, { type, place, what }) {
  const before = new Set((await api.list('incident')).map((i) => i.id));
  await page.keyboard.press('n');
  await page.locator('input[name=type]:focus').waitFor();
  await page.keyboard.type(type);
  await page.keyboard.press('Enter');
  await page.locator('input[name=place]:focus').waitFor();
  await page.keyboard.type(place);
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('Enter');
  await page.locator('textarea[name=what]:focus').waitFor();
  await page.keyboard.type(what);
  for (let i = 0; i < 3; i++) await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowLeft'); // priority 2 → 1
  await page.keyboard.press('Enter');
  return until('the new incident', 15, async () => (await api.list('incident')).find((i) => !before.has(i.id) && i.description === what));
}

test('desk: a call becomes an incident, a recommended team goes, all by keyboard; the wall shows it', async (house) => {
  const api = await house.api('dispatcher');
  const wall = await house.screen('/wall', 'wall', { viewport: { width: 1920, height: 1080 } });
  await wall.locator('main[data-ready=true]').waitFor();
  const page = await house.screen('/', 'dispatcher');
  await page.locator('.desk[data-phase=live]').waitFor();

  const what = `居民楼厨房起火，有人被困 ${Date.now().toString(36)}`;
  const incident = await takeCall(page, api, { type: '12G04', place: 'bdj', what });
  try {
    assert.equal(incident.type, '12G04');
    assert.equal(incident.priority, 1);
    assert.ok(incident.place.point, 'the gazetteer gave the place');
    const pane = page.getByRole('region', { name: '事件', exact: true });
    await pane.getByText(incident.number, { exact: false }).first().waitFor();

    await page.keyboard.press('r');
    const list = page.getByRole('region', { name: '推荐队伍' });
    await list.locator('li b').first().waitFor();
    await page.keyboard.press('1');
    const task = await until('a task', 15, async () => (await api.list('task', { incident: incident.id }))[0]);
    const team = await api.record('team', task.team);
    const row = pane.locator('.tasks').getByText(team.call_sign);
    await row.waitFor();

    // The leader is one of the demo's: it answers, and the marker moves.
    await pane.locator('.tasks .what b').filter({ hasText: /已接令|出动|到场/ }).first().waitFor({ timeout: 40_000 });
    const seen = await watchFeed(page, { seconds: 60, moved: 1, team: team.id });
    assert.deepEqual(seen.moved, [team.id]);

    await wall.getByText(incident.title).first().waitFor({ timeout: 45_000 });
  } finally {
    await settle(api, incident.id);
  }
}, { seconds: 300 });

test('desk: the command bar moves a team on the radio, and refuses what is not legal', async (house) => {
  const api = await house.api('dispatcher');
  const team = (await api.list('team')).find((t) => t.status === 'available' && t.type === 'traffic' && t.crew >= t.seats_min);
  const made = await api.do('incident.open', { type: '12G03', title: '命令行测试', place: { text: '命令行测试', point: team.base.point }, verified: true });
  const incident = made.put.find((r) => r.kind === 'incident');
  try {
    const page = await house.screen('/', 'dispatcher');
    await page.locator('.desk[data-phase=live]').waitFor();
    await page.locator(`[data-incident="${incident.id}"]`).click();
    await page.keyboard.press('/');
    await page.keyboard.type(`p ${team.call_sign}`);
    const first = page.getByRole('option').first();
    await first.getByText(team.call_sign, { exact: false }).waitFor();
    await page.keyboard.press('Enter');
    const task = await until('a task', 15, async () => (await api.list('task', { incident: incident.id }))[0]);
    assert.equal(task.team, team.id);
    await page.locator('.toast.good').filter({ hasText: team.call_sign }).waitFor();

    // A second time the same: said at once, and nothing happens.
    await page.keyboard.press('/');
    await page.keyboard.type(`p ${team.call_sign}`);
    await page.keyboard.press('Enter');
    await page.locator('.toast.bad, [role=option].refuse').first().waitFor();
    assert.equal((await api.list('task', { incident: incident.id })).length, 1);
  } finally {
    await settle(api, incident.id);
  }
});

test('desk: a command typed while another is pending goes out after it, and both are seen', async (house) => {
  const api = await house.api('dispatcher');
  const made = await api.do('incident.open', { type: '12G03', title: '连续命令', place: { text: '连续命令' }, verified: true });
  const incident = made.put.find((r) => r.kind === 'incident').id;
  try {
    const page = await house.screen('/', 'dispatcher');
    await page.locator('.desk[data-phase=live]').waitFor();
    await page.locator(`[data-incident="${incident}"]`).click();
    // The first answer is held back until the second command was given.
    let release;
    const held = new Promise((r) => (release = r));
    let asked = 0;
    await page.route(/\/api\/v1\/commands\/note\.add/, async (r) => {
      if (asked++ === 0) await held;
      await r.continue();
    });
    await page.keyboard.press('/');
    await page.keyboard.type('n 第一条');
    await page.keyboard.press('Enter');
    await page.keyboard.type('n 第二条');
    await page.keyboard.press('Enter');
    await page.locator('.given li').nth(1).waitFor();
    assert.equal(asked, 1, 'the second waits for the first');
    release();
    await page.locator('.scroll').getByText('第二条').waitFor();
    await page.locator('.given').waitFor({ state: 'detached' });
    const notes = (await api.list('note', { incident })).sort((a, b) => a.created.localeCompare(b.created));
    assert.deepEqual(notes.map((n) => n.text), ['第一条', '第二条']);
  } finally {
    await settle(api, incident);
    await api.do('incident.dismiss', { incident, reason: '测试' }).catch(() => undefined);
  }
});

test('desk: a session that ended is noticed at the next command', async (house) => {
  const page = await house.screen('/', 'dispatcher');
  await page.locator('.desk[data-phase=live]').waitFor();
  await page.locator('[data-incident]').first().click();
  for (const path of ['commands/note.add', 'session']) {
    await page.route(new RegExp(`/api/v1/${path}$`), (r) => r.fulfill({ status: 401, contentType: 'application/problem+json', body: JSON.stringify({ status: 401, code: 'auth', detail: 'sign in' }) }));
  }
  await page.keyboard.press('w');
  await page.keyboard.type('会话已过期');
  await page.keyboard.press('Enter');
  await page.locator('input[autocomplete=username]').waitFor();
});

test('desk: keys that an input method is composing do nothing', async (house) => {
  const page = await house.screen('/', 'dispatcher');
  await page.locator('.desk[data-phase=live]').waitFor();
  await page.evaluate(() => {
    for (const code of ['KeyN', 'KeyR', 'Digit1']) {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { code, key: code.at(-1), isComposing: true, bubbles: true, cancelable: true }));
    }
  });
  assert.equal(await page.locator('input[name=type]').count(), 0);
  // The same keys with the method switched on but not composing: event.code still tells them.
  await page.evaluate(() => document.body.dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyN', key: 'Process', bubbles: true, cancelable: true })));
  await page.locator('input[name=type]').waitFor();
});

test('desk: a place search that got no answer is asked again', async (house) => {
  const page = await house.screen('/', 'dispatcher');
  await page.locator('.desk[data-phase=live]').waitFor();
  let asked = 0;
  await page.route(/\/api\/v1\/search/, (r) => (asked++ === 0 ? r.abort() : r.continue()));
  await page.keyboard.press('n');
  await page.locator('input[name=place]').click();
  await page.keyboard.type('bdj');
  await page.getByRole('option', { name: /北大街道 *网格区域/ }).waitFor();
  assert.ok(asked > 1);
});

test('desk: a third call for help is shown like the first, and A answers them one by one', async (house) => {
  const [fire, chief] = [await house.api('fire'), await house.api('chief')];
  const teams = (await fire.list('team')).filter((t) => t.scope.agency === fire.session.agency.id && !t.distress && t.status === 'available').slice(0, 3);
  assert.equal(teams.length, 3, 'three teams to call for help');
  const page = await house.screen('/', 'fire');
  await page.locator('.desk[data-phase=live]').waitFor();
  const alarm = (t) => page.locator('.bar li').filter({ hasText: t.call_sign });
  try {
    for (const t of teams) await fire.do('team.distress', { team: t.id, text: `${t.call_sign} 求助` });
    for (const t of teams) await alarm(t).waitFor();
    const bar = await page.getByRole('alert', { name: '告警' }).boundingBox();
    for (const t of teams) {
      const box = await alarm(t).boundingBox();
      assert.ok(box.y >= bar.y && box.y + box.height <= bar.y + bar.height + 1, `${t.call_sign} is in sight, not below the edge of the bar`);
    }
    // The key answers the one that has waited longest, until none is left of ours.
    const ours = async () => (await fire.list('alarm')).filter((a) => a.type === 'distress' && !a.acked && teams.some((t) => t.id === a.team)).length;
    await until('all answered', 60, async () => {
      if (await ours()) await page.keyboard.press('a');
      return !(await ours());
    });
  } finally {
    for (const t of teams) await relieve(chief, t.id);
  }
});
