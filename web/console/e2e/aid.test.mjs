// Help from others, by keyboard: three people at three desks raise, approve,
// offer, order, commit, set out, arrive, release and return.
import assert from 'node:assert/strict';
import { settle, until } from './house.mjs';
import { test } from './runner.mjs';

const live = (page) => page.locator('.desk[data-phase=live]').waitFor();
const board = (page) => page.getByRole('region', { name: '支援', exact: true });

/** Opens the board at a request and waits until it is the one shown. */
async function openAt(page, request) {
  await page.keyboard.press('b');
  await page.locator(`[data-request="${request}"]`).click();
  await page.locator(`[data-request="${request}"][aria-current=true]`).waitFor();
}

/** Presses the digit that stands on a button of the open request. */
async function digitOf(page, act, n = 0) {
  const button = board(page).locator(`button[data-act="${act}"]`).nth(n);
  await button.waitFor();
  const key = await button.getAttribute('aria-keyshortcuts');
  assert.match(key ?? '', /^[1-9]$/, `${act} has a digit`);
  await page.keyboard.press(key);
}

const confirm = async (page) => {
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
};

const loanIs = (page, state) => board(page).locator(`[data-loan][data-state=${state}]`).first().waitFor();

/** Frees the team from what the city's own play gave it. */
async function free(api, team) {
  for (const t of (await api.list('task')).filter((x) => x.team === team && x.next)) {
    for (const end of ['task.cancel', 'task.release']) await api.do(end, { task: t.id, reason: '测试' }).catch(() => undefined);
  }
}

async function incidentFor(api, title, needs) {
  const made = await api.do('incident.open', { type: '12G03', title, place: { text: '颍昌大道', point: [113.83, 34.03] }, area: '411002005', verified: true, needs });
  return made.put.find((r) => r.kind === 'incident').id;
}

async function endRequests(api, incident) {
  for (const l of await api.list('loan', { incident })) {
    const moves = { on_loan: ['releasing', 'returned'], releasing: ['returned'] }[l.state] ?? [];
    let from = l.state;
    for (const to of moves) {
      await api.do('loan.advance', { loan: l.id, from, to }).catch(() => undefined);
      from = to;
    }
    await api.do('loan.cancel', { loan: l.id, reason: '测试结束' }).catch(() => undefined);
  }
  for (const r of await api.list('request', { incident })) await api.do('request.cancel', { request: r.id, reason: '测试结束' }).catch(() => undefined);
}

test('aid: raised by keyboard, approved, offered, ordered, committed, used and given back by three people', async (house) => {
  const api = await house.api('dispatcher');
  const team = 't-fire-02';
  const incident = await incidentFor(api, '互助链条', [{ capability: 'hazmat', count: 1 }]);
  try {
    const asks = await house.screen('/', 'dispatcher');
    await live(asks);
    await asks.locator(`[data-incident="${incident}"]`).click();
    await asks.locator('h2', { hasText: '互助链条' }).waitFor();
    const from = Date.now();
    await asks.keyboard.press('q');
    await asks.locator('input[name=what]').waitFor();
    await until('the unmet need in the form', 10, async () => (await asks.locator('input[name="lines.0.max"]').inputValue()) === '1');
    await asks.keyboard.type('bzd 200');
    await asks.getByRole('option').first().getByText('编织袋').waitFor();
    await asks.keyboard.press('Enter');
    await asks.locator('input[name="lines.1.max"]').waitFor();
    await asks.keyboard.press('Control+Enter');
    await asks.locator('.toast.good').waitFor();
    console.log(`        raised ${((Date.now() - from) / 1000).toFixed(1)} s after the key`);
    const request = (await api.list('request', { incident }))[0];
    assert.equal(request.state, 'submitted');
    assert.deepEqual(request.lines.map((l) => [l.capability ?? l.item, l.max, l.unit]), [['hazmat', 1, '支'], ['sandbag', 200, '条']]);
    assert.deepEqual(request.report_to.point, [113.83, 34.03]);

    const chief = await house.screen('/', 'chief');
    await live(chief);
    await chief.locator('header button.requests b').waitFor(); // something waits on the chief
    await openAt(chief, request.id);
    await digitOf(chief, 'approve');
    await board(chief).locator('button[data-act=widen]').waitFor();
    await chief.keyboard.press('w');
    await until('the city sees it', 15, async () => (await api.record('request', request.id)).ring === 'city');

    await free(api, team);
    const gives = await house.screen('/', 'fire');
    await live(gives);
    await openAt(gives, request.id);
    await digitOf(gives, 'answer');
    await confirm(gives);
    await board(gives).locator('button[data-act=withdraw]').waitFor();

    await openAt(asks, request.id);
    await digitOf(asks, 'order');
    await confirm(asks);

    await free(api, team);
    await digitOf(gives, 'commit');
    await gives.getByRole('dialog').getByText('消防02', { exact: false }).first().waitFor();
    await confirm(gives);
    await loanIs(gives, 'committed');
    assert.equal((await api.record('team', team)).holder, 'em-4110');

    await digitOf(gives, 'mobilising');
    await loanIs(gives, 'mobilising');
    await digitOf(gives, 'in_transit');
    await confirm(gives);
    await loanIs(gives, 'in_transit');
    await loanIs(asks, 'in_transit');
    await digitOf(asks, 'on_loan');
    await loanIs(asks, 'on_loan');

    // While it has a task here, it is not let go, and the refusal names the task.
    await free(api, team);
    const task = (await api.do('task.assign', { incident, team })).put.find((r) => r.kind === 'task').id;
    await digitOf(asks, 'releasing');
    await asks.locator('.toast.bad').filter({ hasText: '消防02' }).waitFor();
    await asks.locator('.toast.bad button').click();
    await api.do('task.cancel', { task, reason: '测试' });
    await free(api, team);
    await digitOf(asks, 'releasing');
    await loanIs(asks, 'releasing');
    await loanIs(gives, 'releasing');
    await digitOf(gives, 'returned');
    await loanIs(gives, 'returned');
    await until('the team is its owner\'s', 15, async () => !(await api.record('team', team)).holder);

    // What happened is in the incident's timeline.
    await asks.keyboard.press('Escape');
    await asks.locator('.scroll').getByText('已归还').first().waitFor();
  } finally {
    await endRequests(api, incident);
    await settle(api, incident);
  }
}, { seconds: 300 });

test('aid: a refusal stands at its line, and a line of the command bar asks, too', async (house) => {
  const api = await house.api('dispatcher');
  const incident = await incidentFor(api, '行内问题', [{ capability: 'hazmat', count: 2 }]);
  try {
    const page = await house.screen('/', 'dispatcher');
    await live(page);
    await page.locator(`[data-incident="${incident}"]`).click();
    await page.keyboard.press('q');
    await page.locator('input[name="lines.0.max"]').fill('0');
    await page.keyboard.press('Control+Enter');
    await page.locator('.lines [role=alert]').waitFor();
    assert.ok(await page.locator('input[name="lines.0.max"].wrong').count());
    await page.keyboard.press('Escape');
    await page.locator('input[name=what]').waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    await page.keyboard.type('请求 防化 3');
    await page.getByRole('option').first().getByText('危化品处置 3', { exact: false }).waitFor();
    await page.keyboard.press('Enter');
    const made = await until('a request', 15, async () => (await api.list('request', { incident }))[0]);
    assert.deepEqual(made.lines.map((l) => [l.capability, l.max]), [['hazmat', 3]]);
  } finally {
    await endRequests(api, incident);
    await settle(api, incident);
  }
});

test('aid: the leader of a lent team sees where to report, and tells the steps offline, in order', async (house) => {
  const api = await house.api('dispatcher');
  const chief = await house.api('chief');
  const team = 't-mine-1'; // leader9
  const incident = await incidentFor(api, '互助手机', [{ capability: 'rescue.mine', count: 1 }]);
  try {
    const put = (done, kind) => done.put.find((r) => r.kind === kind);
    const request = put(await api.do('request.raise', { incident, contact: '张帆 0374-0001000', lines: [{ capability: 'rescue.mine', max: 1 }] }), 'request').id;
    await chief.do('request.approve', { request });
    const offer = put(await api.do('offer.make', { request, line: '1', agency: 'mine-411081', type: 'accept', quantity: 1 }), 'offer').id;
    await api.do('offer.order', { offer });
    const page = await house.screen('/field/', 'leader9', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, hasTouch: true, isMobile: true });
    await page.locator('.phone[data-link=live]').waitFor();
    await free(api, team);
    const loan = put(await api.do('offer.commit', { offer, teams: [team] }), 'loan').id;
    const card = page.locator(`[data-loan="${loan}"]`);
    await card.getByText('颍昌大道').waitFor();
    await card.getByText('张帆 0374-0001000').waitFor();
    const found = await house.axe(page);
    assert.deepEqual(found, [], found.join('\n'));
    await page.context().setOffline(true);
    for (const step of ['mobilising', 'in_transit']) {
      const button = card.locator(`[data-step=${step}]`);
      await button.focus();
      await page.keyboard.down('Enter');
      await button.waitFor({ state: 'detached' });
      await page.keyboard.up('Enter');
    }
    await page.locator(`[data-loan="${loan}"][data-state=in_transit]`).waitFor();
    assert.equal((await api.record('loan', loan)).state, 'committed', 'nothing can have arrived yet');
    await page.context().setOffline(false);
    await page.locator('.phone[data-waiting="0"]').waitFor({ timeout: 60_000 });
    const made = await api.until('loan', loan, (l) => l.state === 'in_transit', 30);
    assert.ok(made.stamps.mobilising.event < made.stamps.in_transit.event, 'in the order of the taps');
  } finally {
    await endRequests(api, incident);
    await settle(api, incident);
  }
}, { seconds: 240 });

test('aid: axe finds nothing on the board and its forms, dark and day', async (house) => {
  const api = await house.api('dispatcher');
  const chief = await house.api('chief');
  const fire = await house.api('fire');
  const incident = await incidentFor(api, '互助无障碍', [{ capability: 'medical', count: 2 }]);
  try {
    const request = (await chief.do('request.raise', { incident, lines: [{ capability: 'hazmat', max: 3 }, { item: 'sandbag', unit: '条', max: 500 }] })).put.find((r) => r.kind === 'request').id;
    if ((await api.record('request', request)).state === 'submitted') await chief.do('request.approve', { request });
    await chief.do('request.widen', { request, ring: 'city' });
    await fire.do('offer.make', { request, line: '1', type: 'provisional', quantity: 1, conditions: '18 点前须归还' });
    await fire.do('offer.make', { request, line: '2', type: 'decline', reason: '库存不足' });
    for (const theme of ['dark', 'day']) {
      const page = await house.screen('/', 'dispatcher', { kept: { theme } });
      await live(page);
      await page.locator(`[data-incident="${incident}"]`).click();
      await page.keyboard.press('q');
      await page.locator('input[name="lines.0.max"]').waitFor();
      const clean = async (what) => {
        const found = await house.axe(page);
        assert.deepEqual(found, [], `${theme}, ${what}:\n${found.join('\n')}`);
      };
      await clean('the form of a request');
      await page.keyboard.press('Escape');
      await openAt(page, request);
      await board(page).locator('table tr').first().waitFor();
      await clean('the board');
      await digitOf(page, 'order');
      await page.getByRole('dialog').waitFor();
      await clean('an order');
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('e');
      await page.getByRole('dialog').waitFor();
      await clean('an edit');
      await page.close();
    }
  } finally {
    await endRequests(api, incident);
    await settle(api, incident);
  }
}, { seconds: 240 });
