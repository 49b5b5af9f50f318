// Sharing by consent, by keyboard: the fire service proposes an agreement, the
// emergency doctors consent, activate it, see the incident, and withdraw.
import assert from 'node:assert/strict';
import { until } from './house.mjs';
import { test } from './runner.mjs';

const live = (page) => page.locator('.desk[data-phase=live]').waitFor();
const board = (page) => page.getByRole('region', { name: '共享协议', exact: true });
const chosen = (page) => board(page).locator('article[data-agreement]');

/** A desk at which the duty chief of the account's agency sits. */
async function chiefAt(house, login) {
  const page = await house.screen('/', login);
  await live(page);
  await page.locator('.user > button').click();
  await Promise.all([page.waitForEvent('load'), page.getByRole('menuitem', { name: /值班长/ }).click()]);
  await live(page);
  return page;
}

async function end(api, name) {
  for (const a of (await api.list('agreement')).filter((x) => x.name === name)) await api.do('agreement.end', { agreement: a.id, reason: '测试结束' }).catch(() => undefined);
}

/** A client that acts as the agency's duty chief. */
async function chiefApi(house, login) {
  const api = await house.api(login);
  const answer = await api.http.put('/api/v1/session/role', { data: { role: 'chief' }, headers: { 'X-CSRF': api.session.csrf } });
  assert.ok(answer.ok(), await answer.text());
  return api;
}

test('agreement: proposed, consented to, activated, seen, explained and withdrawn by keyboard', async (house) => {
  const name = '化学事故联动协议';
  const owner = await chiefApi(house, 'fire');
  const made = await owner.do('incident.open', { type: '12D02', grade: 3, title: '协议共享演示', place: { text: '颍昌大道', point: [113.83, 34.03] }, area: '411002005', verified: true, caller: '王女士', phone: '13900000000' });
  const incident = made.put.find((r) => r.kind === 'incident').id;
  try {
    const fire = await chiefAt(house, 'fire');
    await fire.keyboard.press('h');
    await board(fire).waitFor();
    await fire.keyboard.press('n');
    const form = fire.getByRole('dialog');
    await form.waitFor();
    await fire.keyboard.type(name);
    await fire.keyboard.press('Tab');
    await fire.keyboard.type('120');
    await form.getByRole('option').first().waitFor();
    await fire.keyboard.press('Enter');
    await form.locator('.chips li').first().waitFor();
    await form.locator('input[name=type]').focus();
    await fire.keyboard.type('12d02');
    await form.getByRole('option').first().waitFor();
    await fire.keyboard.press('Enter');
    await form.locator('.chips').nth(1).waitFor();
    for (const box of ['redacted', 'needs']) {
      await form.locator(`input[name=${box}]`).focus();
      await fire.keyboard.press('Space');
    }
    assert.deepEqual(await house.axe(fire), [], 'the form of an agreement');
    await fire.keyboard.press('Control+Enter');
    await form.waitFor({ state: 'detached' });
    await board(fire).locator('[data-pact][data-group=open]').filter({ hasText: name }).waitFor();
    const pact = (await owner.list('agreement')).find((a) => a.name === name);
    assert.deepEqual([pact.state, pact.types, pact.redacted, pact.needs_activation, pact.longest], ['proposed', ['12D02'], true, true, 24]);

    // It waits on the other side, and on nobody else.
    const doctors = await chiefAt(house, 'ems');
    assert.equal(await doctors.locator(`[data-incident="${incident}"]`).count(), 0, 'nothing is shared yet');
    await doctors.keyboard.press('h');
    await board(doctors).locator('[data-pact][data-group=waits]').filter({ hasText: name }).click();
    await doctors.keyboard.press('p');
    await board(doctors).locator('article[data-state=in_force][data-sharing=false]').waitFor();
    assert.deepEqual(await house.axe(doctors), [], 'the board of agreements');
    await doctors.keyboard.press('s');
    await doctors.getByRole('dialog').waitFor();
    await doctors.keyboard.type('2');
    await doctors.keyboard.press('Tab');
    await doctors.keyboard.type('液氯泄漏，伤员较多');
    await doctors.keyboard.press('Enter');
    await board(doctors).locator('article[data-sharing=true]').waitFor();
    await doctors.keyboard.press('Escape');
    await doctors.locator(`[data-incident="${incident}"]`).click();
    await doctors.locator('h2', { hasText: '协议共享演示' }).waitFor();
    assert.equal(await doctors.getByText('13900000000').count(), 0, 'the caller is not told');

    // Whose it is sees who sees it, and why.
    await fire.keyboard.press('Escape');
    await fire.locator(`[data-incident="${incident}"]`).click();
    await fire.locator('h2', { hasText: '协议共享演示' }).waitFor();
    await fire.keyboard.press('s');
    const row = fire.locator(`[data-access=ready] [data-agency="${pact.parties[1].agency}"]`);
    await row.waitFor();
    const words = await row.innerText();
    for (const word of ['脱敏', '仅查看', name]) assert.ok(words.includes(word), `${word} in ${words}`);
    assert.deepEqual(await house.axe(fire), [], 'the incident with who sees it');

    // The consent is taken back: the incident leaves the other desk at once.
    await doctors.keyboard.press('h');
    await board(doctors).locator('[data-pact]').filter({ hasText: name }).click();
    await chosen(doctors).waitFor();
    await doctors.keyboard.press('w');
    await doctors.getByRole('dialog').waitFor();
    await doctors.keyboard.type('处置完毕');
    await doctors.keyboard.press('Enter');
    await board(doctors).locator('article[data-state=withdrawn]').waitFor();
    await doctors.keyboard.press('Escape');
    await doctors.locator(`[data-incident="${incident}"]`).waitFor({ state: 'detached' });
    await row.waitFor({ state: 'detached' });

    await fire.keyboard.press('h');
    await board(fire).locator('[data-pact]').filter({ hasText: name }).click();
    await fire.keyboard.press('x');
    await fire.getByRole('dialog').waitFor();
    await fire.keyboard.type('另行商定');
    await fire.keyboard.press('Enter');
    await board(fire).locator('[data-pact]').filter({ hasText: name }).waitFor({ state: 'detached' });
  } finally {
    await end(owner, name);
    await owner.do('incident.dismiss', { incident, reason: '测试' });
  }
}, { seconds: 240 });

test('agreement: a share by hand for hours tells its end, and is gone when stopped', async (house) => {
  const api = await house.api('dispatcher');
  const made = await api.do('incident.open', { type: '12G03', title: '限时共享演示', place: { text: '颍昌大道', point: [113.83, 34.03] }, area: '411002005', verified: true });
  const incident = made.put.find((r) => r.kind === 'incident').id;
  try {
    const page = await house.screen('/', 'dispatcher');
    await live(page);
    await page.locator(`[data-incident="${incident}"]`).click();
    await page.locator('h2', { hasText: '限时共享演示' }).waitFor();
    await page.getByRole('button', { name: '更多' }).click();
    await page.getByRole('button', { name: '共享…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await page.keyboard.type('急救');
    await dialog.getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
    await dialog.locator('input[name=until]').fill('3');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    const share = (await until('it is shared', 15, async () => (await api.record('incident', incident)).scope.shares?.find((s) => s.source === 'manual')));
    const left = (Date.parse(share.until) - Date.now()) / 3_600_000;
    assert.ok(left > 2.9 && left < 3.1, `${left} hours are left`);
    await page.keyboard.press('s');
    const row = page.locator(`[data-access=ready] [data-agency="${share.agency}"]`);
    await row.getByText('手动共享').waitFor();
    await row.getByRole('button', { name: /停止共享给/ }).click();
    await row.waitFor({ state: 'detached' });
  } finally {
    await api.do('incident.dismiss', { incident, reason: '测试' });
  }
});
