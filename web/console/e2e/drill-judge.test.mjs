// Judging a drill: an evaluator's phone, with and without a network, the desk of
// the one who runs it, and the report that all read when it is evaluated.
import assert from 'node:assert/strict';
import { inside, put, until } from './house.mjs';
import { test } from './runner.mjs';

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, hasTouch: true, isMobile: true };

test('drill: judged on the phone and at the desk, reported, improved and closed', async (house) => {
  const planner = await house.api('planner');
  const drill = put(await planner.do('drill.open', { name: '评估演练', content: 'single', form: 'field', purpose: 'test', picture: 'resources' }), 'drill').id;
  const director = await inside(planner, drill);
  const fire = await house.api('fire');
  const person = fire.session.person.id;
  const agency = fire.session.agency.id;
  const other = await house.api('ems');
  await director.do('part.save', { person, role: 'evaluator' });
  const objective = put(await director.do('objective.save', { name: '疏散群众', aspect: 'protection', weight: 60 }), 'objective').id;
  const expected = [{ text: '通知下风向群众', within: 600, weight: 3, agency }, { text: '设警戒线', within: 900, weight: 1, agency }];
  const inject = put(await director.do('inject.save', { type: 'information', method: 'phone', text: '氯气向东扩散，下风向 600 米有学校', trigger: { type: 'manual' }, objective, expected, controller: planner.session.person.id, evaluator: person }), 'inject').id;
  for (const name of ['drill.approve', 'drill.check', 'drill.ready', 'drill.start']) await director.do(name, { drill, reason: '单机演示' });
  await director.do('inject.release', { inject });

  const context = await house.window({ ...phone, timezoneId: 'Asia/Shanghai' });
  const page = await house.screen('/field/', undefined, { context });
  await page.locator('input[autocomplete=username]').fill('fire');
  await page.locator('input[type=password]').fill(await house.password('fire'));
  await page.locator('form button.go').click();
  await page.locator(`button[data-drill="${drill}"]`).click();
  await page.locator(`[data-judge="${drill}"][data-link=live]`).waitFor();
  const action = (n) => page.locator(`[data-inject="${inject}"] [data-expected="${n}"]`);
  await action(0).getByRole('button', { name: '看到' }).click();
  await action(0).and(page.locator('[data-verdict=done]')).waitFor();
  await until('the first action is done', 15, async () => (await director.record('inject', inject)).expected[0].done);

  // Without a network the tap counts at its moment.
  await context.setOffline(true);
  await page.locator('[data-link=offline]').waitFor();
  await action(1).getByRole('button', { name: '未做' }).click();
  await page.getByRole('button', { name: '记录', exact: true }).first().click();
  await page.getByRole('dialog').locator('textarea').fill('警戒线没有设');
  await page.getByRole('dialog').getByRole('button', { name: '提交' }).click();
  await page.locator('[data-waiting="2"]').waitFor();
  // A quantity of an expected action: how long it took, against the time that it had.
  await action(0).getByRole('button', { name: '评分' }).click();
  const sheet = page.getByRole('dialog');
  assert.equal(await sheet.locator('input[name=target]').inputValue(), '600');
  await sheet.locator('input[name=value]').fill('');
  assert.ok(await sheet.getByRole('button', { name: '提交' }).isDisabled(), 'a quantity without its value');
  await sheet.locator('input[name=value]').fill('45');
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/phone-score.png` });
  assert.deepEqual(await house.axe(page), [], 'the sheet of a score');
  await sheet.getByRole('button', { name: '提交' }).click();
  await page.locator('[data-waiting="3"]').waitFor();
  await action(0).and(page.locator('[data-verdict=done]')).waitFor(); // what is scored is still seen
  assert.match(await page.locator('.band').innerText(), /^演练/);
  await page.getByRole('button', { name: '待发 3' }).click();
  await page.getByRole('dialog').getByText('评估记录').first().waitFor();
  await page.getByRole('dialog').getByRole('button', { name: '关闭' }).click();
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/phone.png` });
  assert.deepEqual(await house.axe(page), [], "the evaluator's phone");
  await context.setOffline(false);
  await page.locator('[data-waiting="0"]').waitFor();
  assert.equal((await director.record('inject', inject)).state, 'missed');
  const seen = await director.list('observation');
  assert.equal(seen.length, 4);
  assert.deepEqual(seen.find((o) => o.type === 'score').score, { scale: 'quantity', value: 45, unit: '秒', target: 600, less: true });
  assert.ok(seen.every((o) => o.seq > 0 && o.moment.event), 'each has its moment and its change');

  // What one wrote oneself may be written anew; what it said before stays in the record.
  const weak = seen.find((o) => o.type === 'weakness').id;
  await page.getByRole('button', { name: '已记' }).click();
  await page.locator(`[data-note="${weak}"]`).getByRole('button', { name: '修改' }).click();
  await page.getByRole('dialog').locator('textarea').fill('警戒线设得太晚');
  await page.getByRole('dialog').getByRole('button', { name: '提交' }).click();
  await page.locator(`[data-note="${weak}"][data-edited=true]`).waitFor();
  const { versions } = await director.get(`/api/v1/drills/observations/${weak}/versions`);
  assert.deepEqual(versions.map((o) => o.text), ['警戒线没有设', '警戒线设得太晚']);

  const desk = await house.screen('/drill', 'planner');
  await desk.locator(`tr[data-drill="${drill}"]`).getByRole('button', { name: '进入' }).click();
  await desk.locator('.band').waitFor();
  await desk.goto(`${house.base}/drill#/judge`);
  await desk.locator(`[data-objective="${objective}"]`).waitFor();
  await desk.getByRole('button', { name: '5 优秀' }).click();
  await until('a score', 15, async () => (await director.list('observation')).some((o) => o.type === 'score'));
  // By yes or no, of an expected action.
  await desk.locator(`[data-inject="${inject}"] [data-expected="1"]`).getByRole('button', { name: '评分' }).click();
  const rating = desk.getByRole('dialog');
  await rating.getByRole('radio', { name: '是 / 否' }).check();
  await rating.getByRole('radio', { name: '否', exact: true }).check();
  await rating.getByRole('button', { name: '保存' }).click();
  await desk.locator(`[data-inject="${inject}"] [data-expected="1"]`).getByText('评分 否').waitFor();
  await desk.locator(`[data-observation="${weak}"]`).getByRole('button', { name: '已修改' }).click();
  await desk.getByRole('dialog').getByText('警戒线没有设').waitFor();
  await desk.keyboard.press('Escape');
  await desk.getByRole('button', { name: '指标目标' }).click();
  const targets = desk.getByRole('dialog');
  assert.match(await targets.getByRole('row').filter({ hasText: '出动 − 派遣' }).innerText(), /80 秒/);
  await targets.locator('input[name=turnout]').fill('45');
  if (process.env.SHOTS) await desk.screenshot({ path: `${process.env.SHOTS}/targets.png` });
  await targets.getByRole('button', { name: '保存' }).click();
  await until('the target', 15, async () => (await director.record('drill', drill)).targets?.turnout === 45);
  if (process.env.SHOTS) await desk.screenshot({ path: `${process.env.SHOTS}/judge.png` });
  assert.deepEqual(await house.axe(desk), [], 'judging');
  await director.do('drill.end', { drill });
  await desk.goto(`${house.base}/drill#/report`);
  await desk.getByRole('button', { name: '完成评估' }).click();
  await desk.getByRole('dialog').getByRole('button', { name: '确定' }).click();
  // What is to be better is made of what was seen, for somebody who was not in the drill.
  await desk.locator(`[data-lesson="${weak}"]`).getByRole('button', { name: '转为改进项' }).click();
  const form = desk.getByRole('dialog');
  assert.ok(await form.locator(`input[value="${weak}"]`).isChecked(), 'it follows from the observation');
  await form.locator('textarea[name=text]').fill('按风向设警戒线');
  await form.locator('select[name=owner]').selectOption(other.session.agency.id);
  await form.locator('select[name=person]').selectOption(other.session.person.id);
  await form.locator('input[name=due]').fill('2020-01-31');
  await form.locator('textarea[name=resources]').fill('风向标 6 具');
  if (process.env.SHOTS) await desk.screenshot({ path: `${process.env.SHOTS}/form.png` });
  assert.deepEqual(await house.axe(desk), [], 'the form of an improvement');
  await form.getByRole('button', { name: '保存' }).click();
  await desk.locator('[data-improvement][data-state=open]').getByText('逾期').waitFor();
  // Actions 3 of 4; scores of 5, of a quantity within its target and of no: (0.75 + ⅔) ÷ 2.
  assert.equal(await desk.locator('[data-grade]').getAttribute('data-grade'), 'fair');
  if (process.env.SHOTS) await desk.screenshot({ path: `${process.env.SHOTS}/report.png`, fullPage: true });
  assert.deepEqual(await house.axe(desk), [], 'the report');

  // From the report to the picture of the moment.
  const told = (await director.list('observation')).find((o) => o.id === weak);
  const [past] = await Promise.all([desk.context().waitForEvent('page'), desk.locator(`[data-lesson="${weak}"] a`).click()]);
  await past.waitForFunction((seq) => document.querySelector('[data-replay]')?.dataset.replay === seq, String(told.seq));
  const clock = (iso) => new Date(iso).toLocaleTimeString('zh-CN', { hour12: false, timeZone: 'Asia/Shanghai' });
  assert.ok((await past.locator('.past .frame').innerText()).includes(clock(told.moment.event)), 'the replay stands at the moment');
  if (process.env.SHOTS) await past.screenshot({ path: `${process.env.SHOTS}/past.png` });
  await past.close();

  // The owner answers from outside the drill, which ended without it.
  const owner = await house.screen('/drill#/improvements', 'ems', { context: await house.window() });
  const owed = owner.locator('[data-group=owed] [data-improvement]').filter({ hasText: '评估演练' });
  await owed.getByText('逾期').waitFor();
  assert.match(await owed.innerText(), /^演练/);
  await owed.getByRole('button', { name: '登记进展' }).click();
  await owner.getByRole('dialog').locator('textarea').fill('风向标已采购');
  await owner.getByRole('dialog').getByRole('button', { name: '确定' }).click();
  await owed.getByText('风向标已采购').waitFor();
  if (process.env.SHOTS) await owner.screenshot({ path: `${process.env.SHOTS}/owed.png` });
  assert.deepEqual(await house.axe(owner), [], 'what is to be better, outside the drill');
  await owed.getByRole('button', { name: '已整改' }).click();
  await owner.getByRole('dialog').locator('textarea').fill('已安装并演示');
  await owner.getByRole('dialog').getByRole('button', { name: '确定' }).click();
  await owed.getByText('待验证').waitFor();
  await desk.locator('[data-improvement][data-state=done]').getByText('已安装并演示').waitFor();
  await desk.locator('[data-improvement]').getByRole('button', { name: '验证' }).click();
  await desk.locator('[data-improvement][data-state=verified]').waitFor();
  await desk.getByRole('button', { name: '归档' }).click();
  await until('closed', 15, async () => (await director.record('drill', drill)).state === 'closed');
});
