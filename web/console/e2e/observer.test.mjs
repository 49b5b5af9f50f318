// The wall's account sees and cannot command, whichever way it tries.
import assert from 'node:assert/strict';
import { test } from './runner.mjs';

test('observer: every command is refused by HTTP and by the socket, and nothing changes', async (house) => {
  const api = await house.api('wall');
  const desk = await house.api('dispatcher');
  const admin = await house.api('admin');
  const { commands } = await api.get('/api/v1/vocabulary');
  assert.ok(commands.length > 40);
  const team = (await desk.list('team'))[0];
  for (const c of commands) {
    const e = await api.do(c.name, {}).then(() => undefined, (e) => e);
    assert.ok(e?.problem, `${c.name} was carried out`);
    // Inside a drill everybody answers the communications check, the wall too.
    if (c.name === 'part.confirm') continue;
    assert.ok(!c.roles.includes('observer'), c.name);
    assert.equal(e.problem.code, 'forbidden', `${c.name}: ${JSON.stringify(e.problem)}`);
  }
  assert.equal(await admin.http.get('/api/v1/admin/accounts').then((r) => r.status()), 200);
  assert.equal(await api.http.get('/api/v1/admin/accounts').then((r) => r.status()), 403);
  assert.deepEqual(await api.list('device'), [], 'devices are for administrators');

  const page = await house.screen('/wall', 'wall', { viewport: { width: 1920, height: 1080 } });
  await page.locator('main[data-ready=true]').waitFor();
  const answer = await page.evaluate(async (team) => {
    const head = JSON.parse((await (await fetch('/api/v1/snapshot')).text()).split('\n')[0]);
    const socket = new WebSocket(`wss://${location.host}/api/v1/socket?since=${head.seq}&epoch=${head.epoch}`);
    return new Promise((done, fail) => {
      socket.onopen = () => socket.send(JSON.stringify({ t: 'command', id: crypto.randomUUID(), name: 'team.duty', body: { team, duty: 'off_duty' } }));
      socket.onclose = (e) => fail(new Error(`closed with ${e.code}`));
      socket.onmessage = (e) => {
        const f = JSON.parse(e.data);
        if (f.t === 'done' || f.t === 'refused') done(f);
      };
    });
  }, team.id);
  assert.equal(answer.t, 'refused');
  assert.equal(answer.problem.code, 'forbidden');
});

test('observer: the desk offers no command, and its keys give none', async (house) => {
  const sent = [];
  const page = await house.screen('/', 'wall', { before: (p) => p.on('request', (r) => r.url().includes('/commands/') && sent.push(r.url())) });
  await page.locator('.desk[data-phase=live]').waitFor();
  const row = page.locator('[data-incident]').first();
  if (await row.count()) await row.click();
  for (const name of ['新接报', '派遣', '推荐', '记录']) assert.equal(await page.getByRole('button', { name }).count(), 0, name);
  for (const key of ['r', '1', 'v', 'k', 'u', 'a', 't', 'n']) await page.keyboard.press(key);
  assert.equal(await page.locator('input[name=type]').count(), 0, 'N opens no call form');
  assert.equal(await page.locator('.rec').count(), 0, 'R opens no list of teams to send');
  assert.deepEqual(sent, []);
});
