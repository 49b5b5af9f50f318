// A drill from the planner's list to the player's desk: its own world under a
// frame, real alarms in it, and the way out by one key.
import assert from 'node:assert/strict';
import { inside, relieve, settle, until } from './house.mjs';
import { test } from './runner.mjs';

const live = (page) => page.locator('.desk[data-phase=live]').waitFor();

test('drill: opened from what is real, joined, framed, and left by one key for a real alarm', async (house) => {
  const name = '液氯泄漏双盲演练';
  const desk = await house.api('dispatcher');
  const made = await desk.do('incident.open', { type: '12D02', grade: 3, title: '真实的泄漏', place: { text: '颍昌大道', point: [113.83, 34.03] }, area: '411002005', verified: true });
  const real = made.put.find((r) => r.kind === 'incident').id;
  let director;
  let drill;
  try {
    const page = await house.screen('/drill', 'planner');
    await page.getByRole('heading', { name: '演练列表' }).waitFor();
    assert.deepEqual(await house.axe(page), [], 'the list of drills');
    await page.keyboard.press('n');
    const form = page.getByRole('dialog');
    await form.locator('input[name=name]').fill(name);
    assert.deepEqual(await house.axe(page), [], 'the form of a drill');
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Control+Enter')]);
    await page.locator('.band', { hasText: name }).waitFor();
    await page.getByRole('heading', { name }).waitFor();
    drill = await page.locator('.band').getAttribute('data-drill');
    assert.match(await page.title(), /^【演练】/);
    assert.deepEqual(await house.axe(page), [], 'the overview of a drill');

    director = await inside(await house.api('planner'), drill);
    const fire = (await (await house.api('fire')).get('/api/v1/session')).person;
    await director.do('part.save', { person: fire.id, role: 'dispatcher' });
    for (const [act, next] of [['批准', '已批准'], ['完成通联检查', '通联已检查'], ['就绪', '就绪'], ['启动', '进行中']]) {
      await page.getByRole('button', { name: act, exact: true }).click();
      if (act === '完成通联检查') {
        await page.getByRole('dialog').locator('input').fill('单机演示');
        await page.keyboard.press('Enter');
      }
      await page.locator('.band', { hasText: next }).waitFor();
    }

    // The player's desk: the same screen, another world.
    const player = await house.screen('/drill', 'fire', { kept: { theme: 'dark' } });
    await player.locator(`tr[data-drill="${drill}"]`).getByRole('button', { name: '进入' }).click();
    await live(player);
    await player.locator('.band', { hasText: name }).waitFor();
    const opened = await director.do('incident.open', { type: '12G03', title: '演练里的火情', place: { text: '颍昌大道', point: [113.83, 34.03] }, area: '411002005', verified: true });
    const practised = opened.put.find((r) => r.kind === 'incident').id;
    await director.do('incident.share', { incident: practised, agency: fire.scope.agency, tier: 'assist' });
    await player.getByText('演练里的火情').first().waitFor();
    assert.ok(!(await desk.list('incident')).some((i) => i.id === practised), 'the real desk does not see what is practised');
    assert.deepEqual(await house.axe(player), [], 'a desk in a drill');

    // A real distress reaches the player over everything.
    const team = (await desk.list('team')).find((t) => t.scope.agency === fire.scope.agency && t.status === 'available');
    await desk.do('team.distress', { team: team.id, text: '真实遇险' });
    const bar = player.locator('.real');
    await bar.waitFor();
    assert.match(await bar.textContent(), /真实告警/);
    await Promise.all([player.waitForEvent('load'), player.keyboard.press('F9')]);
    await live(player);
    assert.equal(await player.locator('.band').count(), 0, 'the frame is gone');
    assert.equal(await player.getByText('演练里的火情').count(), 0, 'nothing of the drill is left');
    await player.locator('.bar li', { hasText: '遇险' }).first().waitFor();
    await relieve(desk, team.id);
  } finally {
    if (director) await director.do('drill.cancel', { drill, reason: '测试结束' }).catch(() => undefined);
    await settle(desk, real);
  }
});

// A screen that still shows a drill after the session left it gives no command.
test('drill: what was meant for a drill is not done in earnest', async (house) => {
  const director = await house.api('planner');
  const made = await director.do('drill.open', { name: '两个窗口', content: 'single', form: 'tabletop', purpose: 'research', picture: 'resources' });
  const drill = made.put.find((r) => r.kind === 'drill').id;
  await inside(director, drill);
  const said = await director.http.post('/api/v1/commands/incident.open', {
    data: { type: '12G03', title: '不该发生', area: '411002' },
    headers: { 'Idempotency-Key': crypto.randomUUID(), 'X-CSRF': director.session.csrf, Realm: 'live' },
  });
  assert.equal(said.status(), 409);
  assert.equal((await said.json()).field, 'Realm');
  await director.do('drill.cancel', { drill, reason: '测试结束' });
  const page = await house.screen('/', 'planner');
  await live(page);
  await page.evaluate(async (id) => {
    const { csrf } = await (await fetch('/api/v1/session')).json();
    await fetch('/api/v1/session/realm', { method: 'PUT', headers: { 'Content-Type': 'application/json', 'X-CSRF': csrf }, body: JSON.stringify({ drill: id }) });
  }, drill);
  // The desk of what is real notices that its session went elsewhere, and shows the drill.
  await until('the desk shows the drill', 30, () => page.locator('.band').count());
});
