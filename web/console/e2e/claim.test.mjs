// Compensation, by keyboard: who lent a team collects, corrects and submits; the
// city checks, names the payer and approves; it is paid and settled.
import assert from 'node:assert/strict';
import { settle, until } from './house.mjs';
import { test } from './runner.mjs';

const live = (page) => page.locator('.desk[data-phase=live]').waitFor();
const page_ = (page) => page.getByRole('region', { name: '补偿', exact: true });
const put = (done, kind) => done.put.find((r) => r.kind === kind);

const stateIs = (page, claim, state) => page_(page).locator(`[data-claim="${claim}"][data-state=${state}]`).waitFor();
const press = async (page, act) => {
  const button = page_(page).locator(`button[data-act="${act}"]`);
  await button.waitFor();
  await page.keyboard.press(await button.getAttribute('aria-keyshortcuts'));
};
const confirm = async (page) => {
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
};

/** A team of the fire service is lent for an incident and comes back: over the API, it has tests of its own. */
async function lent(house, team) {
  const [api, chief, fire] = [await house.api('dispatcher'), await house.api('chief'), await house.api('fire')];
  const incident = put(await api.do('incident.open', { type: '12G03', title: '补偿链条', place: { text: '颍昌大道', point: [113.83, 34.03] }, area: '411002005', verified: true, grade: 3 }), 'incident').id;
  const request = put(await api.do('request.raise', { incident, lines: [{ capability: 'hazmat', max: 1 }, { item: 'foam', unit: '升', max: 200 }] }), 'request').id;
  await chief.do('request.approve', { request });
  await chief.do('request.widen', { request, ring: 'city' });
  const loans = [];
  for (const [line, quantity, what] of [['1', 1, { teams: [team] }], ['2', 200, undefined]]) {
    const stock = what ? undefined : (await fire.list('stock')).find((s) => s.type === 'foam' && s.scope.agency === fire.session.agency.id && s.available >= 200);
    if (!what && !stock) continue;
    const offer = put(await fire.do('offer.make', { request, line, type: 'accept', quantity }), 'offer').id;
    await api.do('offer.order', { offer });
    for (const t of (await api.list('task')).filter((x) => what && x.team === team && x.next)) {
      for (const end of ['task.cancel', 'task.release']) await api.do(end, { task: t.id, reason: '测试' }).catch(() => undefined);
    }
    const done = await fire.do('offer.commit', what ? { offer, ...what } : { offer, stock: stock.id, quantity });
    loans.push(put(done, 'loan'));
  }
  const now = Date.now();
  const early = (minutes) => new Date(now - minutes * 60_000).toISOString();
  for (const l of loans) {
    const back = l.resource.kind === 'stock' ? { returned: 80 } : {};
    await fire.do('loan.advance', { loan: l.id, from: 'committed', to: 'in_transit', event_time: early(200) });
    await api.do('loan.advance', { loan: l.id, from: 'in_transit', to: 'on_loan', event_time: early(160) });
    await api.do('loan.advance', { loan: l.id, from: 'on_loan', to: 'releasing', event_time: early(30) });
    await fire.do('loan.advance', { loan: l.id, from: 'releasing', to: 'returned', event_time: early(2), ...back });
  }
  return { api, incident, request, loans };
}

test('claim: collected from a loan, corrected, submitted, checked, approved, paid and settled by keyboard', async (house) => {
  const { api, incident, request, loans } = await lent(house, 't-fire-02');
  try {
    const fire = await house.screen('/', 'fire');
    await live(fire);
    await fire.keyboard.press('b');
    await fire.locator(`[data-request="${request}"]`).click();
    await fire.locator(`[data-loan="${loans[0].id}"] button[data-act=collect]`).waitFor();
    await fire.keyboard.press('ArrowRight');
    await fire.locator(`[data-loan="${loans[0].id}"].chosen`).waitFor();
    await fire.keyboard.press('k');
    await page_(fire).locator('article').waitFor();
    const claim = (await until('a claim', 15, async () => (await api.list('claim', { incident }))[0])).id;
    await stateIs(fire, claim, 'collected');

    const made = await api.record('claim', claim);
    const team = made.lines.find((l) => l.type === 'team');
    assert.equal(team.quantity, 198 * 60, 'away from the departure to the return, by the times that were told');
    assert.equal(team.computed, Math.round((team.quantity * team.price) / 3600));

    // The entries behind a line are the journal's.
    await fire.keyboard.press('ArrowRight');
    await fire.keyboard.press('j');
    await page_(fire).locator(`.entries [data-seq="${team.seqs[0]}"]`).waitFor();
    await until('all entries of the line', 10, async () => (await page_(fire).locator('.entries [data-seq]').count()) === team.seqs.length);

    // A changed amount wants its reason, and the computed one stays beside it.
    await fire.keyboard.press('e');
    const dialog = fire.getByRole('dialog');
    await dialog.locator('input[name=amount]').fill('1,300.5');
    await fire.keyboard.press('Enter');
    await dialog.locator('textarea').waitFor(); // still open: no reason yet
    await dialog.locator('textarea').fill('按值班记录');
    await confirm(fire);
    await page_(fire).locator('tr.changed s').waitFor();
    const edited = (await api.record('claim', claim)).lines.find((l) => l.type === 'team');
    assert.deepEqual([edited.edited, edited.computed, edited.reason], [130_050, team.computed, '按值班记录']);

    await press(fire, 'submit');
    await fire.getByRole('dialog').waitFor();
    await confirm(fire);
    await stateIs(fire, claim, 'submitted');
    assert.equal(await page_(fire).locator('button[data-act=check]').count(), 0, 'nobody decides on their own claim');

    const chief = await house.screen('/', 'chief');
    await live(chief);
    await chief.locator('header button.claims b').waitFor(); // it waits on the city
    await chief.keyboard.press('m');
    await page_(chief).locator(`[data-claim="${claim}"]`).click();
    await press(chief, 'check');
    await stateIs(chief, claim, 'checked');
    await press(chief, 'payer');
    await chief.getByRole('dialog').waitFor();
    await confirm(chief);
    await stateIs(chief, claim, 'payer_assigned');
    const payer = (await api.record('claim', claim)).payer;
    assert.deepEqual([payer.agency, payer.rule], ['em-4110', 'government'], 'a larger incident is the city government\'s');
    await press(chief, 'approve');
    await stateIs(chief, claim, 'approved');
    await press(chief, 'pay');
    await chief.getByRole('dialog').locator('input[name=reference]').fill('财支〔2026〕77号');
    await confirm(chief);
    await stateIs(chief, claim, 'paid');

    await press(fire, 'close');
    await page_(fire).locator(`[data-claim="${claim}"]`).waitFor({ state: 'detached' });
    await fire.keyboard.press('h');
    await stateIs(fire, claim, 'closed');
    await fire.keyboard.press('s');
    await page_(fire).locator('tfoot').waitFor();
  } finally {
    await settle(api, incident);
  }
}, { seconds: 240 });

test('claim: the statement prints, axe finds nothing, and a refusal stands in its dialog', async (house) => {
  const { api, incident, loans } = await lent(house, 't-fire-02');
  try {
    const fire = await house.api('fire');
    const claim = put(await fire.do('claim.collect', { loan: loans[0].id }), 'claim');
    const paper = await house.screen(`/api/v1/claims/${claim.id}/statement.html`, undefined, { before: async (page) => house.signIn(await page.goto(house.base + '/').then(() => page), 'dispatcher') });
    await paper.getByText(claim.number).first().waitFor();
    for (const theme of ['dark', 'day']) {
      const page = await house.screen('/', 'dispatcher', { kept: { theme } });
      await live(page);
      await page.keyboard.press('m');
      await page_(page).locator(`[data-claim="${claim.id}"]`).click();
      await page_(page).locator('article').waitFor();
      const clean = async (what) => {
        const found = await house.axe(page);
        assert.deepEqual(found, [], `${theme}, ${what}:\n${found.join('\n')}`);
      };
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('j');
      await page_(page).locator('.entries [data-seq]').first().waitFor();
      await clean('a claim');
      await page.keyboard.press('s');
      await page_(page).locator('tfoot').waitFor();
      await clean('the sums');
      await page.close();
    }
    const page = await house.screen('/', 'fire');
    await live(page);
    await page.keyboard.press('m');
    await page_(page).locator(`[data-claim="${claim.id}"]`).click();
    await press(page, 'waive');
    const dialog = page.getByRole('dialog');
    await dialog.locator('textarea').fill('测试结束');
    await fire.do('claim.submit', { claim: claim.id }); // meanwhile, by a colleague
    await page.keyboard.press('Enter');
    await dialog.getByRole('alert').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await stateIs(page, claim.id, 'submitted');
    await api.do('claim.return', { claim: claim.id, reason: '测试' });
    await fire.do('claim.close', { claim: claim.id, reason: '测试结束' });
  } finally {
    await settle(api, incident);
  }
}, { seconds: 240 });
