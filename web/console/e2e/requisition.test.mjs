// Requisition by order of a government, and messages with a foreign system, by
// keyboard: ordered, taken over, extended, returned; taken in, refused, answered.
import assert from 'node:assert/strict';
import { settle, until } from './house.mjs';
import { test } from './runner.mjs';

const live = (page) => page.locator('.desk[data-phase=live]').waitFor();
const board = (page) => page.getByRole('region', { name: '支援', exact: true });
const gone = (page) => page.getByRole('dialog').waitFor({ state: 'detached' });

async function incidentFor(api, title) {
  const made = await api.do('incident.open', { type: '12G03', title, place: { text: '颍昌大道', point: [113.83, 34.03] }, area: '411002005', verified: true });
  return made.put.find((r) => r.kind === 'incident').id;
}

async function type(page, ...texts) {
  for (const [n, text] of texts.entries()) {
    if (n > 0) await page.keyboard.press('Tab');
    if (text) await page.keyboard.type(text);
  }
}

test('requisition: ordered, taken over, extended and returned by keyboard, with its form', async (house) => {
  const api = await house.api('chief');
  const incident = await incidentFor(api, '征用流程');
  const one = async (right) => until('a requisition', 20, async () => (await api.list('requisition', { incident })).find(right));
  try {
    const page = await house.screen('/', 'chief');
    await live(page);
    await page.locator(`[data-incident="${incident}"]`).click();
    await page.locator('h2', { hasText: '征用流程' }).waitFor();
    await page.keyboard.press('z');
    await page.getByRole('dialog').waitFor();
    // Decision, purpose, what: not registered; type, name, quantity, unit, marks, owner, contact.
    await type(page, '许政征〔2026〕9号', '清障', '');
    await page.keyboard.press('ArrowRight');
    await page.locator('input[name=description]').waitFor();
    await type(page, '', '', '挖掘机', '', '台', '豫K-9', '孙某', '13700000001');
    await page.keyboard.press('Enter');
    await gone(page);
    const made = await one((q) => q.state === 'ordered');
    assert.deepEqual([made.decision, made.name, made.type, made.unit, made.owner_name, made.quantity], ['许政征〔2026〕9号', '挖掘机', 'vehicle', '台', '孙某', 1]);
    // It stands in the incident's pane and in the board.
    await page.locator(`.incident [data-requisition="${made.id}"]`).click();
    await page.locator(`[data-shown="${made.id}"]`).waitFor();
    await page.keyboard.press('1');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('孙某');
    await page.keyboard.press('Enter');
    await gone(page);
    await one((q) => q.state === 'taken_over' && q.taken_over.given_by === '孙某');
    await board(page).locator('[data-act=return]').waitFor(); // the desk has heard of it, too
    await page.keyboard.press('f');
    await page.getByRole('dialog').waitFor();
    await type(page, '24', '未完');
    await page.keyboard.press('Enter');
    await gone(page);
    await one((q) => q.until);
    // Broken: what was lost has to be said, and the refusal of the server stands in the sheet.
    await page.keyboard.press('1');
    await page.getByRole('dialog').waitFor();
    await page.getByRole('dialog').locator('input[value=broken]').check();
    assert.ok(await page.getByRole('dialog').locator('button[type=submit]').isDisabled());
    await page.getByRole('dialog').locator('input[name=loss]').fill('铲斗断裂');
    await page.keyboard.press('Enter');
    await gone(page);
    const back = await one((q) => q.state === 'returned');
    assert.deepEqual([back.came_back.condition, back.loss, back.returned], ['broken', '铲斗断裂', 1]);
    // The form opens for printing and has both ends.
    const [form] = await Promise.all([page.context().waitForEvent('page'), board(page).locator('a.print').click()]);
    await form.getByText('应急征用交接单').waitFor();
    await form.getByText('铲斗断裂').waitFor();
    assert.equal(await form.locator('.end').count(), 2);
    await form.close();
    await page.keyboard.press('Escape');
    await page.locator('.scroll').getByText('征用 已返还', { exact: false }).first().waitFor();
  } finally {
    await settle(api, incident);
  }
}, { seconds: 240 });

/** A message of a system that was written by others. */
const message = (kind, id, originating, preceding, lines, more = '') => `<rmsg:${kind} xmlns:rmsg="urn:oasis:names:tc:emergency:EDXL:RM:1.0:msg" xmlns:rm="urn:oasis:names:tc:emergency:EDXL:RM:1.0"><rmsg:MessageID>${id}</rmsg:MessageID><rmsg:SentDateTime>${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}+00:00</rmsg:SentDateTime><rmsg:MessageContentType>${kind}</rmsg:MessageContentType><rmsg:OriginatingMessageID>${originating}</rmsg:OriginatingMessageID>${preceding ? `<rmsg:PrecedingMessageID>${preceding}</rmsg:PrecedingMessageID>` : ''}<rmsg:IncidentInformation><rm:IncidentID>${originating}</rm:IncidentID><rm:IncidentDescription>漯河市液氨泄漏 ${originating}</rm:IncidentDescription></rmsg:IncidentInformation>${more}<rmsg:ContactInformation><rm:ContactDescription>漯河市应急管理局</rm:ContactDescription><rm:ContactRole>Sender</rm:ContactRole></rmsg:ContactInformation>${lines}</rmsg:${kind}>`;
const line = (id, name, n, unit, answer = '') => `<rmsg:ResourceInformation><rmsg:ResourceInfoElementID>${id}</rmsg:ResourceInfoElementID>${answer}<rmsg:Resource><rmsg:Name>${name}</rmsg:Name></rmsg:Resource><rmsg:AssignmentInformation><rmsg:Quantity><rm:MeasuredQuantity><rm:Amount>${n}</rm:Amount><rm:UnitOfMeasure><rm:ValueListURN>urn:x:unit</rm:ValueListURN><rm:Value>${unit}</rm:Value></rm:UnitOfMeasure></rm:MeasuredQuantity></rmsg:Quantity></rmsg:AssignmentInformation></rmsg:ResourceInformation>`;

test('edxl: a foreign request is pasted in, a broken one told by its element, questions answered, the thread downloaded', async (house) => {
  const api = await house.api('dispatcher');
  const id = `urn:lh:${Date.now()}`;
  const page = await house.screen('/', 'dispatcher');
  await live(page);
  await page.keyboard.press('b');
  await board(page).waitFor();
  await board(page).getByRole('button', { name: '导入报文' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  const paste = async (xml) => {
    await dialog.locator('textarea[name=xml]').fill(xml);
    await dialog.locator('textarea[name=xml]').press('Control+Enter');
  };
  await paste(message('RequestResource', id, id, '', line('R1', 'hazmat', 2, 'dozen')));
  await dialog.locator('code', { hasText: 'UnitOfMeasure/Value' }).waitFor();
  await paste(message('RequestResource', id, id, '', line('R1', 'hazmat', 2, 'team')));
  await dialog.locator('[data-outcome=applied]').waitFor();
  const found = await house.axe(page);
  assert.deepEqual(found, [], found.join('\n'));
  await dialog.getByRole('button', { name: '查看请求' }).click();
  await gone(page);
  const request = await until('the request', 15, async () => (await api.list('request')).find((r) => r.title === `漯河市液氨泄漏 ${id}` && r.state === 'open'));
  await board(page).locator(`[data-request="${request.id}"][aria-current=true]`).waitFor();
  try {
    await board(page).locator('[data-act=take-in]').click();
    await paste(message('RequestInformation', `${id}.2`, id, id, '').replace('<rmsg:OriginatingMessageID>', '<rmsg:MessageDescription>最快何时能到？</rmsg:MessageDescription><rmsg:OriginatingMessageID>'));
    await dialog.locator('[data-outcome=kept]').waitFor();
    await page.keyboard.press('Escape');
    await gone(page);
    await board(page).locator('[data-letter=RequestInformation]').getByText('最快何时能到？').waitFor();
    await board(page).locator('[data-act=write]').focus();
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    assert.equal(await dialog.locator('select[name=type]').inputValue(), 'ResponseToRequestInformation', 'a question waits for its answer');
    await dialog.locator('textarea[name=text]').fill('四十分钟');
    await dialog.locator('textarea[name=text]').press('Control+Enter');
    await gone(page);
    await board(page).locator('[data-letter=ResponseToRequestInformation]').getByText('四十分钟').waitFor();
    const [file] = await Promise.all([page.waitForEvent('download'), board(page).locator('[data-act=download]').click()]);
    assert.match(file.suggestedFilename(), /^Q\d{8}-\d{4}\.xml$/);
  } finally {
    // The other side takes its request back.
    const cancel = message('RequestResource', `${id}.9`, id, '', line('R1', 'hazmat', 2, 'team'), `<rmsg:MessageRecall><rm:RecallMessageID>${id}</rm:RecallMessageID><rm:RecallType>Cancel</rm:RecallType></rmsg:MessageRecall>`);
    await board(page).locator('[data-act=take-in]').click();
    await paste(cancel);
    await dialog.locator('[data-outcome=applied]').waitFor();
    await api.until('request', request.id, (r) => r.state === 'cancelled', 15);
  }
}, { seconds: 240 });
