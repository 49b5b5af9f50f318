// Replay: the same desk and the same wall at a past moment, without commands,
// with a real alarm still heard, and one key back to live.
import assert from 'node:assert/strict';
import { inside, relieve, settle } from './house.mjs';
import { test } from './runner.mjs';

const put = (done, kind) => done.put.find((r) => r.kind === kind);
const live = (page) => page.locator('.desk[data-phase=live]').first().waitFor();
const past = async (page) => {
  await page.locator('[data-replay]').waitFor();
  await page.waitForFunction(() => Number(document.querySelector('[data-replay]').dataset.replay) > 0);
};
/** The screen of the past; the live one is still there, out of sight. */
const screen = (page) => page.locator('.past .screen');
const bar = (page) => page.locator('.past .bar');

/** Open incidents and where the journal stood, as any console is told now. */
async function recorded(api) {
  const lines = (await (await api.http.get('/api/v1/snapshot')).text()).split('\n').filter(Boolean).map((l) => JSON.parse(l));
  const open = lines.slice(1, -1).filter((r) => r.kind === 'incident' && !['closed', 'archived', 'false_alarm', 'duplicate'].includes(r.state));
  return { at: lines[0].at, seq: lines[0].seq, open: open.map((r) => r.id).sort() };
}

const shown = (page) => screen(page).locator('[data-incident]').evaluateAll((rows) => rows.map((r) => r.dataset.incident).sort());

test('replay: the desk shows past moments as they were, gives no command, and one key leads back', async (house) => {
  const api = await house.api('dispatcher');
  const moments = [await recorded(api)];
  const opened = await api.do('incident.open', { type: '12G03', title: '回放检验', place: { text: '颍昌大道', point: [113.83, 34.03] }, area: '411002005', verified: true });
  const incident = put(opened, 'incident').id;
  try {
    moments.push(await recorded(api));
    await api.do('note.add', { incident, text: '回放中可见的记录' });
    const noted = await recorded(api);
    await api.do('note.add', { incident, text: '之后才有的记录' });
    await api.do('incident.dismiss', { incident, reason: '测试' });
    moments.push(await recorded(api));

    const sent = [];
    const page = await house.screen('/', 'chief', { kept: { lang: 'zh', theme: 'dark' }, before: (p) => p.on('request', (r) => r.url().includes('/commands/') && sent.push(r.url())) });
    await live(page);
    // Half-written work of the live desk is to survive.
    await page.locator('[data-incident]').first().click();
    const field = page.locator('.desk input[name=note], .desk form input').first();
    await field.fill('写到一半');
    await field.blur();

    await page.keyboard.press('j');
    await past(page);
    assert.match(await page.title(), /^回放/);
    await page.getByText(/回放 · 非实时/).waitFor();
    assert.ok(new URL(page.url()).searchParams.get('replay'), 'the address names the moment');
    // Nothing to give commands with, and no key that does.
    for (const name of ['新接报', '派遣', '推荐', '确认']) assert.equal(await screen(page).getByRole('button', { name }).count(), 0, name);
    for (const key of ['n', 'f', 'a', 'v', 'r', 'm', '/', 'q']) await page.keyboard.press(key);
    assert.equal(await page.locator('dialog[open], .screen input[name=type]').count(), 0);
    const found = await house.axe(page);
    assert.deepEqual(found, [], found.join('\n'));

    // Changes, one by one and from the list; time that passes.
    const seq = () => page.locator('[data-replay]').evaluate((e) => Number(e.dataset.replay));
    const stood = await seq();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction((s) => Number(document.querySelector('[data-replay]').dataset.replay) < s, stood);
    await page.keyboard.press('c');
    const entry = page.locator('.past [data-seq]').last();
    await entry.waitFor();
    const to = await entry.getAttribute('data-seq');
    await entry.click();
    await page.waitForFunction((s) => document.querySelector('[data-replay]').dataset.replay === s, to);
    await bar(page).getByRole('combobox', { name: '倍速' }).selectOption('64');
    const before = await bar(page).locator('.when b').textContent();
    await page.keyboard.press('Space');
    await page.waitForFunction((b) => document.querySelector('.past .when b').textContent !== b, before);
    await page.keyboard.press('Space');
    await page.locator('.bar[data-playing=false]').waitFor();

    // A mark stays in this browser.
    await page.keyboard.press('k');
    await bar(page).getByRole('textbox', { name: '标记名称' }).fill('要害');
    await page.keyboard.press('Escape');
    await page.locator('[data-replay]').waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).searchParams.get('replay'), null);
    await page.waitForFunction(() => document.title.startsWith('联动'));
    assert.equal(await field.inputValue(), '写到一半', 'the live desk is as it was left');

    // Each recorded moment shows what was recorded, from its address.
    for (const m of moments) {
      await page.goto(`${house.base}/?replay=${encodeURIComponent(m.at)}`);
      await past(page);
      assert.deepEqual(await shown(page), m.open, `at ${m.at}, change ${m.seq}`);
    }
    await page.goto(`${house.base}/?replay=${encodeURIComponent(noted.at)}`);
    await past(page);
    await bar(page).locator('.flag').waitFor(); // the mark is there again
    await screen(page).locator(`[data-incident="${incident}"]`).click();
    await screen(page).getByText('回放中可见的记录').waitFor();
    assert.equal(await screen(page).getByText('之后才有的记录').count(), 0, 'what came later is not told');
    // From the timeline to the moment of its line: before the note.
    await screen(page).locator('button.at').last().click();
    await page.waitForFunction((s) => Number(document.querySelector('[data-replay]').dataset.replay) <= s, opened.seq + 1);
    await screen(page).getByText('回放中可见的记录').waitFor({ state: 'detached' });
    await page.keyboard.press('l');
    await page.locator('[data-replay]').waitFor({ state: 'detached' });
    assert.deepEqual(sent, [], 'no command was sent');
  } finally {
    await settle(api, incident);
  }
}, { seconds: 300 });

test('replay: a real alarm shows over the past; a chief sees what another desk saw', async (house) => {
  const [fire, chief] = [await house.api('fire'), await house.api('chief')];
  const team = (await fire.list('team')).find((t) => t.scope.agency === fire.session.agency.id && !t.distress && t.status === 'available');
  const page = await house.screen('/', 'chief', { kept: { lang: 'en', theme: 'day' } });
  await live(page);
  await page.keyboard.press('j');
  await past(page);
  const real = page.locator('.past [data-live-alarm]').filter({ hasText: team.call_sign }).or(page.locator('.past [data-live-alarm]').filter({ hasText: team.name }));
  const done = await fire.do('team.distress', { team: team.id, text: '回放时的真实求助' });
  try {
    // One that stands already may be shown before it; then it is counted.
    await real.or(page.locator('.past [data-live-alarm]').filter({ hasText: /more/ })).first().waitFor();
    await page.locator('.past [data-live-alarm] button').click();
    await page.locator('[data-replay]').waitFor({ state: 'detached' });
    await page.locator('.desk').getByText('回放时的真实求助').first().waitFor();
  } finally {
    await relieve(chief, team.id);
  }
  assert.ok(done.seq > 0);

  const now = await recorded(fire);
  await page.goto(`${house.base}/?replay=${encodeURIComponent(now.at)}`);
  await past(page);
  await bar(page).getByRole('combobox', { name: 'Seen by' }).selectOption(`${fire.session.agency.id}:dispatcher`);
  await page.waitForFunction((as) => new URL(location.href).searchParams.get('as') === as, `${fire.session.agency.id}:dispatcher`);
  await past(page);
  assert.deepEqual(await shown(page), now.open, 'what the fire desk was told at that moment');
  await bar(page).getByText(/saw it/).waitFor();

  // What was real becomes a drill, from that very moment.
  await bar(page).getByRole('link', { name: 'Drill from here' }).click();
  const form = page.getByRole('dialog');
  await page.locator('.frame[data-phase=live]').waitFor(); // commands go out when the link is there
  await form.locator('input[name=name]').fill('由回放而来');
  const chosen = (await form.locator('input[name=at]').inputValue()).padEnd(19, ':00'); // a field drops a zero of seconds
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Control+Enter')]);
  await page.locator('.band', { hasText: '由回放而来' }).waitFor();
  const drill = await page.locator('.band').getAttribute('data-drill');
  await inside(chief, drill);
  try {
    const { begins } = await chief.record('drill', drill);
    assert.equal(new Date(Date.parse(begins) + 8 * 3_600_000).toISOString().slice(0, 19), chosen, "the moment, in the city's zone");
  } finally {
    await chief.do('drill.cancel', { drill, reason: '测试结束' });
  }
}, { seconds: 240 });

test('replay: the wall', async (house) => {
  const page = await house.screen('/wall', 'wall', { viewport: { width: 1920, height: 1080 }, kept: { lang: 'zh' } });
  await page.locator('main[data-ready=true]').waitFor();
  await page.keyboard.press('r');
  await past(page);
  await page.locator('.past main[data-ready=true]').waitFor();
  await page.locator('.past .realm.past').waitFor();
  const found = await house.axe(page);
  assert.deepEqual(found, [], found.join('\n'));
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Escape');
  await page.locator('[data-replay]').waitFor({ state: 'detached' });
  await page.locator('main[data-ready=true]').waitFor();
});

test('replay: who may not is refused, and a moment that is not there is told', async (house) => {
  for (const [login, status] of [['admin', 403], ['leader1', 403], ['dispatcher', 200], ['wall', 200]]) {
    const api = await house.api(login);
    assert.equal((await api.http.get('/api/v1/replay/span')).status(), status, login);
  }
  const page = await house.screen('/?replay=1999-01-01T00:00:00Z', 'dispatcher', { kept: { lang: 'zh' } });
  await past(page); // the first moment there is
  await page.goto(`${house.base}/?replay=nonsense`);
  await live(page);
  assert.equal(await page.locator('[data-replay]').count(), 0);
});
