// Fences: drawn by keyboard and by mouse, seen on the wall, crossed by a team
// with a device, told to the leader on the phone.
import assert from 'node:assert/strict';
import { settle, until } from './house.mjs';
import { test } from './runner.mjs';

const hall = { viewport: { width: 1920, height: 1080 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, hasTouch: true, isMobile: true, permissions: ['geolocation'] };
const unique = () => Date.now().toString(36);

async function incidentAt(api, title, point) {
  const made = await api.do('incident.open', { type: '12G03', title, place: { text: title, point }, verified: true, priority: 1 });
  return made.put.find((r) => r.kind === 'incident').id;
}

/** A team of its own with a device, that the demo does not drive about; send tells where it is. */
async function teamWithDevice(house, base) {
  const admin = await house.api('admin');
  const callSign = `围栏${unique()}`;
  const made = await admin.do('team.save', { name: callSign, call_sign: callSign, type: 'fire', seats_min: 1, seats_full: 2, base: { point: base } });
  const team = made.put.find((r) => r.kind === 'team');
  const { secret } = await admin.do('device.save', { name: callSign, protocol: 'osmand', team: team.id });
  const send = async ([lon, lat]) => {
    const q = new URLSearchParams({ id: secret, lat: String(lat), lon: String(lon), accuracy: '5', timestamp: String(Date.now()) });
    const answer = await admin.http.get(`/devices/osmand?${q}`);
    assert.equal(answer.status(), 200, await answer.text());
  };
  return { team, callSign, send };
}

/** The desk with the incident open. */
async function deskOn(house, incident, options) {
  const page = await house.screen('/', 'dispatcher', options);
  await page.locator('.desk[data-phase=live]').waitFor();
  await page.locator(`[data-incident="${incident}"]`).click();
  await page.locator('.incident h2').waitFor();
  return page;
}

const fencesOf = async (api, incident) => (await changes(api, incident)).flatMap((c) => c.put ?? []).filter((r) => r.kind === 'fence');
const changes = async (api, incident) => (await api.get(`/api/v1/journal?${new URLSearchParams({ incident, limit: '1000' })}`)).changes ?? [];

test('fence: a hot ring by keyboard is on the wall, counts who comes and goes, is changed and ended', async (house) => {
  const api = await house.api('dispatcher');
  // A place of its own each time: the team of another run stands where it stood last.
  const point = [113.86 + Math.random() * 0.12, 34.05 + Math.random() * 0.07];
  const incident = await incidentAt(api, `围栏测试 ${unique()}`, point);
  const { team, callSign, send } = await teamWithDevice(house, [113.91, 34.08]);
  try {
    // The bar shows two alarms at once; those of other tests are done with.
    for (const a of await api.list('alarm')) if (!a.acked) await api.do('alarm.acknowledge', { alarm: a.id }).catch(() => undefined);
    const wall = await house.screen('/wall', 'wall', hall);
    await wall.locator('main[data-ready=true]').waitFor();
    const page = await deskOn(house, incident);

    await page.keyboard.press('f');
    await page.locator('input[name=purpose][value=hot]:focus').waitFor();
    await page.keyboard.press('2');
    await page.locator('input[name=purpose][value=warm]:focus').waitFor();
    await page.keyboard.press('1');
    await page.keyboard.press('r');
    await page.locator('input[name=radius]:focus').waitFor();
    // Too small: the refusal stands at the field, and the field has the focus.
    await page.keyboard.type('10');
    await page.keyboard.press('Enter');
    await page.locator('input[name=radius][aria-invalid=true]:focus').waitFor();
    const told = await page.locator('input[name=radius]').getAttribute('aria-describedby');
    assert.match(await page.locator(`[id="${told}"]`).innerText(), /30/);
    assert.deepEqual(await house.axe(page), []);
    await page.locator('input[name=radius]').fill('200');
    await page.keyboard.press('Enter');
    const row = page.locator('.incident [data-fence]');
    await row.getByText('半径 200 m').waitFor();
    await row.getByText('无队伍在内').waitFor();
    const [fence] = await fencesOf(api, incident);
    assert.deepEqual([fence.type, fence.purpose, fence.radius, fence.follows, fence.warn], ['ring', 'hot', 200, true, ['enter']]);

    // The team comes: list, alarm, timeline and wall say so.
    await api.do('team.duty', { team: team.id, duty: 'available', crew: 2 });
    const task = (await api.do('task.assign', { incident, team: team.id })).put.find((r) => r.kind === 'task').id;
    await api.do('task.timer', { task, seconds: 1200 });
    await send(point);
    await row.getByText('在内 1 队').waitFor();
    await row.getByRole('button', { name: callSign }).waitFor();
    const alarm = page.locator('.bar li').filter({ hasText: callSign });
    await alarm.waitFor();
    await page.locator('li.fence').filter({ hasText: callSign }).filter({ hasText: '进入' }).waitFor();
    const onWall = wall.locator('.hot').filter({ hasText: '热区内' }).filter({ hasText: callSign });
    await onWall.waitFor();
    await alarm.getByRole('button', { name: '查看' }).click();
    await page.locator('.row.chosen').filter({ hasText: callSign }).waitFor();

    // It seems to have arrived: one key a step until somebody has said so.
    await page.locator('.arrived').filter({ hasText: '疑似到场' }).waitFor();
    for (const state of ['acknowledged', 'en_route', 'on_scene']) {
      await page.keyboard.press('y');
      await api.until('task', task, (r) => r.state === state);
      await page.locator('.row').filter({ hasText: callSign }).locator('.what b').filter({ hasText: { acknowledged: '已接令', en_route: '出动', on_scene: '到场' }[state] }).waitFor();
    }
    await page.locator('.arrived').waitFor({ state: 'detached' });

    // Changed: only what was changed is sent, and the timeline says what.
    await row.getByRole('button', { name: '修改…' }).click();
    await page.locator('input[name=radius]').fill('150');
    await page.locator('select[name=until]').selectOption('4');
    await page.keyboard.press('Enter');
    await row.getByText('半径 150 m').waitFor();
    await page.locator('li.fence').filter({ hasText: '半径 200 m → 150 m' }).waitFor();

    // It leaves, far enough in the time that has passed.
    await page.waitForTimeout(8_000);
    await send([point[0] + 0.0032, point[1]]);
    await row.getByText('无队伍在内').waitFor();
    await page.locator('li.fence').filter({ hasText: callSign }).filter({ hasText: '离开' }).waitFor();
    await onWall.waitFor({ state: 'detached' });

    await row.getByRole('button', { name: '撤销…' }).click();
    await page.getByRole('dialog').locator('textarea').fill('险情排除');
    await page.keyboard.press('Enter');
    await row.waitFor({ state: 'detached' });
    await page.locator('li.fence').filter({ hasText: '撤销 热区' }).waitFor();
    assert.equal((await fencesOf(api, incident)).at(-1).reason, '险情排除');
  } finally {
    await settle(api, incident);
  }
}, { seconds: 300 });

test('fence: the command bar draws a ring around the open incident', async (house) => {
  const api = await house.api('dispatcher');
  const incident = await incidentAt(api, `命令围栏 ${unique()}`, [113.74, 34.06]);
  try {
    const page = await deskOn(house, incident);
    await page.keyboard.press('/');
    await page.keyboard.type('围栏 1.5km 温区');
    await page.getByRole('option').first().getByText('1.5 km').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.incident [data-fence]').getByText('半径 1.5 km').waitFor();
    assert.deepEqual((await fencesOf(api, incident)).map((f) => [f.purpose, f.radius]), [['warm', 1500]]);
  } finally {
    await settle(api, incident);
  }
});

test('fence: a perimeter is drawn by the mouse, corner by corner, and one that crosses itself is refused at its field', async (house) => {
  const api = await house.api('dispatcher');
  const incident = await incidentAt(api, `手绘围栏 ${unique()}`, [113.83, 34.03]);
  try {
    const page = await deskOn(house, incident);
    await page.keyboard.press('f');
    await page.locator('input[name=purpose]:focus').waitFor();
    await page.keyboard.press('3');
    await page.keyboard.press('p');
    await page.locator('textarea[name=corners]:focus').waitFor();
    await page.getByRole('button', { name: /在地图上绘制/ }).click();
    await page.locator('.hint').filter({ hasText: 'Backspace' }).waitFor();
    const box = await page.locator('[data-map]').boundingBox();
    const click = (x, y) => page.mouse.click(box.x + box.width * x, box.y + box.height * y);
    const corners = page.locator('textarea[name=corners]');
    const lines = async (n) => until(`${n} corners`, 10, async () => (await corners.inputValue()).split('\n').filter(Boolean).length === n);
    // A bow tie first: the last two corners are the wrong way round.
    for (const [x, y] of [[0.35, 0.35], [0.65, 0.35], [0.35, 0.65], [0.65, 0.65], [0.5, 0.9]]) await click(x, y);
    await lines(5);
    await page.keyboard.press('Backspace');
    await lines(4);
    await page.keyboard.press('Enter');
    await page.locator('button[type=submit]:focus').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('textarea[name=corners][aria-invalid=true]').waitFor();
    await page.getByRole('alert').filter({ hasText: '边界有误' }).waitFor();
    assert.equal((await fencesOf(api, incident)).length, 0);

    // Escape leaves the line as it was; the text can be mended by hand.
    await page.getByRole('button', { name: /在地图上绘制/ }).click();
    await click(0.2, 0.2);
    await lines(5);
    await page.keyboard.press('Escape');
    await lines(4);
    const [a, b, c, d] = (await corners.inputValue()).split('\n');
    await corners.fill([a, b, d, c].join('\n'));
    await page.keyboard.press('Control+Enter');
    const row = page.locator('.incident [data-fence]');
    await row.locator('small').filter({ hasText: '手绘' }).waitFor();
    const [fence] = await fencesOf(api, incident);
    assert.equal(fence.purpose, 'cold');
    assert.equal(fence.shape[0].length, 5, 'four corners, closed');
  } finally {
    await settle(api, incident);
  }
});

test('fence: one along a division stands for itself, is listed on the map and ended there', async (house) => {
  const api = await house.api('dispatcher');
  const page = await house.screen('/', 'dispatcher');
  await page.locator('.desk[data-phase=live]').waitFor();
  const county = (await api.list('area')).find((a) => a.level === 'county' && a.shape);
  await page.keyboard.press('f');
  await page.locator('input[name=purpose]:focus').waitFor();
  await page.keyboard.press('5');
  await page.keyboard.press('d');
  await page.locator('input[name=division]:focus').waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: '请选择区划' }).waitFor();
  await page.locator('input[name=division]:focus').waitFor();
  await page.keyboard.type(county.name);
  await page.getByRole('option').first().getByText(county.code).waitFor();
  await page.keyboard.press('Enter');
  const name = `关注 ${unique()}`;
  await page.locator('input[name=name]').fill(name);
  await page.keyboard.press('Enter');
  await page.locator('.toast.good').filter({ hasText: name }).waitFor();
  await page.getByRole('button', { name: /^围栏/ }).click();
  const row = page.locator('.map [data-fence]').filter({ hasText: name });
  await row.getByText(county.name).waitFor();
  assert.deepEqual(await house.axe(page), []);
  await row.getByRole('button', { name: '撤销…' }).click();
  await page.getByRole('dialog').locator('textarea').fill('测试结束');
  await page.keyboard.press('Enter');
  await row.waitFor({ state: 'detached' });
});

test('fence: the phone says that the team is in a hot zone, and asks whether it has arrived', async (house) => {
  const api = await house.api('dispatcher');
  // One that the demo does not drive about: its positions would be newer than the phone's.
  let who, id, team;
  for (who of ['leader5', 'leader6', 'leader7', 'leader8', 'leader9', 'leader10', 'leader4', 'leader3']) {
    id = (await house.api(who)).session.person.team;
    team = await api.record('team', id);
    if (!team.task) break;
  }
  const incident = await incidentAt(api, `手机围栏 ${unique()}`, team.base.point);
  try {
    await api.do('fence.draw', { type: 'ring', purpose: 'hot', radius: 300, incident, name: '热区 南门' });
    if (team.task) await api.do('task.release', { task: team.task, reason: '改派测试任务' });
    if (team.duty !== 'available' || team.crew < team.seats_min) await api.do('team.duty', { team: id, duty: 'available', crew: team.seats_full });
    const task = (await api.do('task.assign', { incident, team: id })).put.find((r) => r.kind === 'task').id;
    await api.do('task.timer', { task, seconds: 1200 });
    await api.do('task.advance', { task, from: 'assigned', to: 'en_route', radio: true });
    const [longitude, latitude] = team.base.point;
    const page = await house.screen('/field/', who, { ...phone, geolocation: { longitude, latitude, accuracy: 6 } });
    await page.locator(`.phone[data-link=live][data-task="${task}"]`).waitFor();
    await page.locator('.share').click();
    await page.locator('.inside.hot').filter({ hasText: '您在热区内' }).filter({ hasText: '南门' }).waitFor();
    await page.getByText('看起来您已到达现场，确认到场？').waitFor();
    assert.deepEqual(await house.axe(page), []);
    // One large button, not two.
    assert.equal(await page.locator('[data-step]').count(), 1);
    const hold = page.locator('[data-step=on_scene]');
    const box = await hold.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.waitForTimeout(900);
    await page.mouse.up();
    await api.until('task', task, (r) => r.state === 'on_scene');
    await page.locator('.arrived').waitFor({ state: 'detached' });
  } finally {
    await settle(api, incident);
  }
});
