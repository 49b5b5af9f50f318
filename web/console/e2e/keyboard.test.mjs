// Dialogs by the keyboard alone: the focus goes in, Tab stays in, Enter
// confirms, Escape leaves, and the focus is back where it was.
import assert from 'node:assert/strict';
import { settle, until } from './house.mjs';
import { taskFor } from './task.mjs';
import { test } from './runner.mjs';

const focused = (page) => page.evaluate(() => {
  const x = document.activeElement;
  return x?.name || x?.ariaLabel || x?.innerText || x?.value || x?.tagName;
});

/** Whether the focus is on what the locator finds. */
const has = (locator) => locator.evaluate((x) => x === document.activeElement);
const hasFocus = async (locator) => until(`the focus on ${locator}`, 10, () => has(locator));

/** Tab goes through the whole dialog and round, both ways, and never out of it. */
async function trapped(page, dialog) {
  const inside = () => dialog.evaluate((x) => x !== document.activeElement && x.contains(document.activeElement));
  for (const key of ['Tab', 'Shift+Tab']) {
    const start = await focused(page);
    const seen = [];
    do {
      await page.keyboard.press(key);
      assert.ok(await inside(), `${key} left the dialog after ${seen.join(', ')}`);
      seen.push(await focused(page));
    } while (seen.at(-1) !== start && seen.length < 30);
    assert.equal(seen.at(-1), start, `${key} comes round: ${seen.join(', ')}`);
    assert.ok(seen.length >= 3, `the stops are ${seen.join(', ')}`);
  }
}

/** Finds in the focused field of choice by what is typed; Enter takes it and goes on. */
async function choose(page, dialog, text, found) {
  const field = dialog.getByRole('combobox');
  await hasFocus(field);
  await page.keyboard.type(text);
  await dialog.getByRole('option').first().waitFor();
  await page.keyboard.press('Enter');
  assert.equal(await field.inputValue(), found);
}

const toScene = (page) => page.locator('.desk[data-phase=live]').waitFor();

test('keyboard: an incident is handed over, and the focus comes back', async (house) => {
  const api = await house.api('chief');
  const made = await api.do('incident.open', { type: '12G03', title: '键盘移交测试', place: { text: '键盘移交测试', point: [113.85, 34.03] }, verified: true });
  const id = made.put.find((r) => r.kind === 'incident').id;
  try {
    const page = await house.screen('/', 'chief');
    await toScene(page);
    await page.locator(`[data-incident="${id}"]`).click();
    await page.getByRole('button', { name: '更多', exact: true }).press('Enter');
    const opener = page.getByRole('button', { name: '移交…' });
    await opener.press('Enter');
    const dialog = page.getByRole('dialog', { name: '移交' });
    const agency = dialog.getByRole('combobox', { name: '单位' });
    await hasFocus(agency);
    await trapped(page, dialog);
    // Left by Escape, nothing is handed over.
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await hasFocus(opener);
    assert.ok(!(await api.record('incident', id)).transfer_to);

    await page.keyboard.press('Enter');
    const to = (await api.list('agency')).find((a) => a.name === '许昌市水利局');
    await choose(page, dialog, 'xcsslj', to.name);
    // Choosing sends nothing, nor does Enter before the reason is there.
    await hasFocus(dialog.getByLabel('原因'));
    await page.keyboard.press('Enter');
    assert.ok(!(await api.record('incident', id)).transfer_to);
    await page.keyboard.type('归水利部门处置');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    assert.equal((await api.record('incident', id)).transfer_to, to.id);
    await hasFocus(opener);
  } finally {
    await settle(api, id);
  }
});

test('keyboard: a team is sent to another incident, and a refusal leaves the hands where they were', async (house) => {
  const { desk: api, incident, task } = await taskFor(house, 'leader4', { title: '键盘改派测试', text: '键盘改派测试', grade: 4, priority: 3 });
  const made = await api.do('incident.open', { type: '12G03', title: '键盘改派去处', grade: 4, priority: 1, place: { text: '键盘改派去处', point: [113.86, 34.04] }, verified: true });
  const other = made.put.find((r) => r.kind === 'incident');
  try {
    const page = await house.screen('/', 'dispatcher');
    await toScene(page);
    await page.locator(`[data-incident="${incident}"]`).click();

    // A refusal is read in the dialog, and the key's button still has the focus.
    await page.keyboard.press('x');
    const close = page.getByRole('dialog', { name: '结束事件' });
    await hasFocus(close.getByRole('textbox'));
    await page.keyboard.type('键盘测试');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    const ok = close.getByRole('button', { name: '确定' });
    await hasFocus(ok);
    await page.keyboard.press('Enter');
    await close.getByRole('alert').waitFor();
    await hasFocus(ok);
    await page.keyboard.press('Escape');
    await close.waitFor({ state: 'detached' });

    await page.getByRole('button', { name: '更多操作' }).press('Enter');
    const opener = page.getByRole('button', { name: '改派…' });
    await opener.press('Enter');
    const dialog = page.getByRole('dialog', { name: '改派' });
    const where = dialog.getByRole('combobox', { name: '事件' });
    await hasFocus(where);
    await trapped(page, dialog);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await hasFocus(opener);

    await page.keyboard.press('Enter');
    // An arrow lists everything; Escape leaves the list first, then the dialog.
    await hasFocus(where);
    await page.keyboard.press('ArrowDown');
    await dialog.getByRole('option').first().waitFor();
    await page.keyboard.press('Escape');
    await dialog.getByRole('listbox').waitFor({ state: 'hidden' });
    assert.equal(await dialog.count(), 1);
    await choose(page, dialog, other.number, other.title);
    await hasFocus(dialog.getByLabel('原因'));
    await page.keyboard.type('那里更急');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    assert.equal((await api.record('task', task)).state, 'diverted');
    assert.equal((await api.list('task', { incident: other.id })).length, 1);
    // The button is gone with the task's menu; the focus is in the pane it stood in, so the desk's keys and Tab go on from there.
    await page.waitForFunction(() => document.activeElement?.closest('section.incident'));
  } finally {
    await settle(api, incident);
    await settle(api, other.id);
  }
});

test('keyboard: a password that must change is changed, or left', async (house) => {
  const admin = await house.api('admin');
  const login = `keys.${Date.now().toString(36)}`;
  const made = await admin.do('person.save', { name: '键盘测试员', login, roles: ['dispatcher'] });
  const person = made.put.find((r) => r.kind === 'person').id;
  const password = (await admin.do('person.password', { person })).secret;
  const page = await house.screen('/', login, { password });
  const [old, fresh, again] = ['old', 'new', 'again'].map((n) => page.locator(`input[name=${n}]`));
  await hasFocus(old);
  // Escape leaves: who signed in by mistake is back at the sign-in page.
  await page.keyboard.press('Escape');
  const name = page.locator('input[autocomplete=username]');
  await hasFocus(name);
  await page.keyboard.type(login);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');

  await hasFocus(old);
  const next = async (text) => {
    await page.keyboard.press('Tab');
    await page.keyboard.type(text);
  };
  await page.keyboard.type('not the one');
  await next('eine neue Parole 7');
  await next('eine neue Parole 8');
  await page.keyboard.press('Enter');
  await page.getByText('两次输入不一致').waitFor();
  await hasFocus(again);
  await page.keyboard.type('eine neue Parole 7'); // what is wrong is selected
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await hasFocus(old);
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await toScene(page);
  assert.equal(await fresh.count(), 0);
});
