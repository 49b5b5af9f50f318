// The administrator: a person is made, signs in, and must change the password.
import assert from 'node:assert/strict';
import { test } from './runner.mjs';

const unique = () => Date.now().toString(36);

test('admin creates a person who signs in and must change the password', async (house) => {
  const login = `e2e.${unique()}`;
  const page = await house.screen('/admin', 'admin');
  await page.getByRole('button', { name: '新增', exact: false }).click();
  const form = page.getByRole('dialog');

  // Nothing filled in: every field that is missing says so, the first has the focus.
  await form.getByRole('button', { name: '保存' }).click();
  await form.getByText('请填写').first().waitFor();
  await page.locator('#f-name:focus').waitFor();

  await form.getByLabel('姓名').fill('浏览器测试员');
  await form.getByLabel('登录名').fill('张三');
  await form.getByLabel('调度员', { exact: true }).check();
  await form.getByRole('button', { name: '保存' }).click();
  // The server's refusal stands at its field, in the user's language, with what would be right.
  const fault = form.locator('#f-login-fault');
  await fault.waitFor();
  assert.match(await fault.innerText(), /小写字母[\s\S]*zhang\.san/);
  await page.locator('#f-login:focus').waitFor();

  await form.getByLabel('登录名').fill(login);
  await form.getByRole('button', { name: '保存' }).click();
  const shown = page.getByRole('dialog', { name: /初始密码/ });
  await shown.waitFor();
  const password = await shown.getByRole('textbox', { name: '密码', exact: true }).inputValue();
  assert.ok(password.length >= 10, 'a first password is shown');
  await shown.getByRole('button', { name: '我已记下' }).click();
  await page.getByRole('searchbox').fill(login);
  await page.getByText('待改密码', { exact: true }).last().waitFor();
  assert.ok(!(await page.content()).includes(password), 'the password is shown only once');

  // The new person comes in, changes the password, and is at the desk.
  const own = await house.screen('/', login, { password });
  await own.locator('input[name=old]').fill(password);
  await own.locator('input[name=new]').fill('eine neue Parole 7');
  await own.locator('input[name=again]').fill('eine neue Parole 7');
  await own.getByRole('button', { name: '保存' }).click();
  await own.locator('.desk[data-phase=live]').waitFor();

  // Closed by the administrator, the desk is signed out at once.
  await page.getByRole('button', { name: /打开 浏览器测试员/ }).first().click();
  await page.getByLabel('停用账户').check();
  await page.getByRole('dialog').getByRole('button', { name: '保存' }).click();
  await page.getByRole('button', { name: '停用并保存' }).click();
  await own.locator('input[autocomplete=username]').waitFor();
});

test('admin registers a device, whose token is shown once and moves its team', async (house) => {
  const page = await house.screen('/admin#/device', 'admin');
  const name = `测试终端 ${unique()}`;
  await page.getByRole('button', { name: '新增' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('名称').fill(name);
  const api = await house.api('admin');
  // A team of its own, off duty: one that the demo city drives about would make the fix a jump, which is rightly not shown.
  const callSign = `测试${unique()}`;
  const made = await api.do('team.save', { name: callSign, call_sign: callSign, type: 'fire', seats_min: 1, seats_full: 2, base: { point: [113.85, 34.03] } });
  const team = made.put.find((r) => r.kind === 'team');
  await form.getByLabel('协议').selectOption('osmand');
  // A team that is not there is not sent as no team.
  await form.getByLabel('队伍').fill('没有这支队伍');
  // Another team changes while the admin types: the typing stays.
  const later = `测试${unique()}`;
  await api.do('team.save', { name: later, call_sign: later, type: 'fire', seats_min: 1, seats_full: 2, base: { point: [113.85, 34.03] } });
  await form.locator(`option[value*="${later}"]`).waitFor({ state: 'attached' });
  assert.equal(await form.getByLabel('队伍').inputValue(), '没有这支队伍');
  await form.getByRole('button', { name: '保存' }).click();
  assert.match(await form.getByLabel('队伍').evaluate((x) => x.validationMessage), /没有“没有这支队伍”/);
  await form.getByLabel('队伍').fill(callSign);
  await form.getByRole('button', { name: '保存' }).click();
  const shown = page.getByRole('dialog', { name: /令牌/ });
  const token = await shown.getByRole('textbox', { name: '设备标识' }).inputValue();
  await shown.getByRole('button', { name: '我已记下' }).click();

  const [lon, lat] = team.base.point;
  const answer = await api.http.get(`/devices/osmand?${new URLSearchParams({ id: token, lat: String(lat), lon: String(lon), timestamp: String(Math.floor(Date.now() / 1000)) })}`);
  assert.equal(answer.status(), 200, await answer.text());
  await page.getByRole('searchbox').fill(name);
  const row = page.getByRole('row', { name: new RegExp(name) });
  await row.getByText(/秒前/).waitFor();

  await row.getByRole('button', { name: '停用' }).click();
  await page.getByRole('dialog').getByLabel('原因').fill('手机遗失');
  await page.getByRole('button', { name: '停用设备' }).click();
  await row.getByText('已停用').waitFor();
  assert.equal((await api.http.get(`/devices/osmand?id=${token}&lat=${lat}&lon=${lon}`)).status(), 403, 'a revoked device is refused');
});

test('admin imports a list: dry run, report row by row, then for good', async (house) => {
  const page = await house.screen('/admin#/imports', 'admin');
  const mark = unique();
  const sheet = (rows) => ({ name: 'depots.csv', mimeType: 'text/csv', buffer: Buffer.from('仓库名称,类型,地址\n' + rows.map((r) => r.join(',')).join('\n')) });
  await page.getByLabel('数据种类').selectOption('depot');
  await page.getByLabel('文件', { exact: true }).last().setInputFiles(sheet([[`测试库${mark}`, '仓库', '某路1号'], ['', '仓库', '某路2号'], [`乙库${mark}`, '飞船', '某路3号']]));
  await page.getByRole('button', { name: /试导入/ }).click();
  await page.getByText(/一行也没有导入/).waitFor();
  const faults = await page.getByRole('region', { name: '问题与改法' }).getByRole('row').allInnerTexts();
  assert.equal(faults.length, 3, faults.join('\n'));
  assert.match(faults[1], /^3\s/, 'the row as the sheet counts it');
  assert.match(faults[2], /^4[\s\S]*飞船/);
  assert.equal(await page.getByRole('button', { name: /正式导入/ }).count(), 0, 'a file with faults cannot be imported');

  await page.getByLabel('文件', { exact: true }).last().setInputFiles(sheet([[`测试库${mark}`, '仓库', '某路1号']]));
  await page.getByRole('button', { name: /试导入/ }).click();
  await page.getByText(/全部可以导入/).waitFor();
  await page.getByRole('button', { name: /正式导入 1 行/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: '导入', exact: true }).click();
  await page.getByText(/已导入 1 行/).waitFor();
  await page.getByRole('link', { name: '仓库站点' }).click();
  await page.getByRole('searchbox').fill(`测试库${mark}`);
  await page.getByRole('button', { name: new RegExp(`测试库${mark}`) }).waitFor();
});

test('admin edits what somebody else has just changed, and is told so', async (house) => {
  const page = await house.screen('/admin#/agency', 'admin');
  const api = await house.api('admin');
  const agency = (await api.list('agency')).find((a) => a.name === '许昌市水利局');
  await page.getByRole('button', { name: new RegExp(agency.name) }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('电话').fill('0374-0004444');
  const { name, short, type, place } = agency;
  await api.do('agency.save', { id: agency.id, name, short, type, place, phone: '0374-0005555' });
  await form.getByRole('button', { name: '保存' }).click();
  await form.getByText('有人刚刚修改过这条记录').waitFor();
  assert.equal((await api.record('agency', agency.id)).phone, '0374-0005555', 'the other change is not overwritten');
  await form.getByRole('button', { name: /载入最新内容/ }).click();
  assert.equal(await form.getByLabel('电话').inputValue(), '0374-0005555');
  await form.getByLabel('电话').fill(agency.phone);
  await form.getByRole('button', { name: '保存' }).click();
  await form.waitFor({ state: 'detached' });
  assert.equal((await api.record('agency', agency.id)).phone, agency.phone);
});

test('admin sees failed sign-ins and unlocks the account', async (house) => {
  const api = await house.api('admin');
  const login = `lock.${unique()}`;
  const made = await api.do('person.save', { name: '常输错的人', login, roles: ['observer'] });
  await api.do('person.password', { person: made.put.find((r) => r.kind === 'person').id });
  for (let i = 0; i < 3; i++) {
    const answer = await api.http.post('/api/v1/session', { data: { login, password: 'falsche Parole' } });
    assert.equal(answer.status(), 401);
  }
  const page = await house.screen('/admin', 'admin');
  await page.getByRole('searchbox').fill(login);
  const row = page.getByRole('row', { name: new RegExp(login) });
  await row.getByText('3 次').waitFor();
  await row.getByRole('button', { name: '解锁' }).click();
  await row.getByText('3 次').waitFor({ state: 'detached' });
  assert.equal((await api.get('/api/v1/admin/accounts')).accounts.find((a) => a.login === login).failed, 0);
});

test('admin sets who is on duty in a township, first called first', async (house) => {
  const api = await house.api('admin');
  const before = await api.record('area', '411002005');
  const page = await house.screen('/admin#/area', 'admin');
  await page.getByRole('searchbox').fill('411002005');
  await page.getByRole('button', { name: `打开 ${before.name}` }).click();
  const form = page.getByRole('dialog');
  await form.getByRole('button', { name: '加一行' }).click();
  const last = form.getByRole('row').last();
  await last.getByRole('textbox', { name: /姓名/ }).fill('夜班王五');
  await last.getByRole('textbox', { name: /电话/ }).fill('10000000001');
  for (let n = before.duty.length; n > 0; n--) await form.getByRole('button', { name: `第 ${n + 1} 行上移` }).click();
  await form.getByRole('button', { name: '保存' }).click();
  await form.waitFor({ state: 'detached' });
  const now = await api.record('area', '411002005');
  assert.deepEqual(now.duty, [{ name: '夜班王五', phone: '10000000001' }, ...before.duty]);
  await api.do('area.duty', { area: before.id, duty: before.duty });
});

test('admin sees how the server does, in both languages and by keyboard', async (house) => {
  const page = await house.screen('/admin#/status', 'admin');
  const verdict = page.locator('.verdict');
  await verdict.waitFor();
  for (const title of ['连接与变更流', '定位', '数据库与磁盘']) await page.getByRole('heading', { name: title, exact: true }).waitFor();
  const api = await house.api('admin');
  const save = () => api.do('team.save', { name: `状态${unique()}`, call_sign: `状态${unique()}`, type: 'fire', seats_min: 1, seats_full: 2, base: { point: [113.85, 34.03] } });
  await save();
  // The figures are asked for again by themselves: the next command shows up.
  const figure = page.locator('section', { hasText: '命令结果' }).locator('dd').first();
  await figure.waitFor();
  const before = await figure.innerText();
  await save();
  await page.waitForFunction((was) => [...document.querySelectorAll('section')].find((s) => s.textContent.includes('命令结果'))?.querySelector('dd')?.textContent !== was, before);
  // The tables take the focus, so that the keyboard can scroll them.
  const sheet = page.locator('[role=region][tabindex]').first();
  await sheet.focus();
  assert.equal(await sheet.evaluate((x) => document.activeElement === x), true);
  await page.getByRole('button', { name: 'EN', exact: true }).click();
  await page.getByRole('heading', { name: 'Status', exact: true }).waitFor();
  await page.getByRole('heading', { name: 'Connections and feed' }).waitFor();
});

test('admin: a half-filled form is not lost by one key', async (house) => {
  const page = await house.screen('/admin', 'admin');
  await page.getByRole('button', { name: '新增', exact: false }).click();
  const form = page.getByRole('dialog', { name: /新增/ });
  await form.getByLabel('姓名').fill('填了一半');
  await page.keyboard.press('Escape');
  const asked = page.getByRole('dialog', { name: /放弃/ });
  await asked.waitFor();
  await page.keyboard.press('Escape');
  await asked.waitFor({ state: 'detached' });
  assert.equal(await form.getByLabel('姓名').inputValue(), '填了一半');
  await page.keyboard.press('Escape');
  await asked.getByRole('button', { name: '放弃修改' }).click();
  await form.waitFor({ state: 'detached' });
  // Nothing typed: one key is enough.
  await page.getByRole('button', { name: '新增', exact: false }).click();
  await form.waitFor();
  await page.keyboard.press('Escape');
  await form.waitFor({ state: 'detached' });
});

test('admin: a key right after an answer finds the form it is meant for', async (house) => {
  const page = await house.screen('/admin', 'admin');
  await page.getByRole('button', { name: '新增', exact: false }).click();
  const form = page.getByRole('dialog', { name: /新增/ });
  await form.getByLabel('姓名').fill('填了一半');
  await page.keyboard.press('Escape');
  const asked = page.getByRole('dialog', { name: /放弃/ });
  await asked.waitFor();
  // Two keys between two frames: the first answers the question, the second asks it anew.
  await page.evaluate(async () => {
    const escape = () => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', code: 'Escape', bubbles: true, cancelable: true }));
    escape();
    for (let i = 0; i < 5; i++) await undefined;
    escape();
  });
  await asked.getByRole('button', { name: '放弃修改' }).waitFor();
  await page.keyboard.press('Escape');
  await asked.waitFor({ state: 'detached' });
  // What had the focus is gone, as a row that was taken out: the key is still the form's, and asks.
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('Escape');
  await asked.getByRole('button', { name: '取消' }).click();
  assert.equal(await form.getByLabel('姓名').inputValue(), '填了一半');
  // Left by its button, too, the question gives the focus back.
  await page.waitForFunction(() => document.activeElement?.closest('dialog')?.ariaLabel?.includes('新增'));
});
