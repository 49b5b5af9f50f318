// A drill from plan to report by four people on their own screens, its clock at
// 30 times: the director, a dispatcher at the desk, a leader's phone, and an
// evaluator's. A chlorine tank leaks; the scenario is made up.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inside, until } from './house.mjs';
import { test } from './runner.mjs';

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, hasTouch: true, isMobile: true };

async function hold(page, step) {
  const button = page.locator(`[data-step=${step}]`);
  await button.waitFor();
  await button.focus();
  await page.keyboard.down('Enter');
  await button.waitFor({ state: 'detached' });
  await page.keyboard.up('Enter');
}

async function shot(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`) });
}

test('drill story: four roles from plan to report at 30 times', async (house) => {
  const name = `液氯泄漏跨区联合演练 ${Date.now().toString(36)}`;
  const names = {};
  const person = async (login) => (await (await house.api(login)).get('/api/v1/session')).person;
  for (const login of ['fire', 'ems']) names[login] = await person(login);
  // A leader of the desk's own agency.
  const logins = (await (await house.api('planner')).get('/api/v1/settings')).accounts.filter((a) => a.role === 'leader').map((a) => a.login);
  let lead;
  for (const login of logins) {
    names[login] = await person(login);
    if (names[login].scope.agency === names.fire.scope.agency) {
      lead = login;
      break;
    }
  }

  // The director opens it and writes its plan.
  const director = await house.screen('/drill', 'planner');
  await director.getByRole('heading', { name: '演练列表' }).waitFor();
  await director.keyboard.press('n');
  const dialog = director.getByRole('dialog');
  await dialog.locator('input[name=name]').fill(name);
  await dialog.locator('input[value=resources]').check();
  await dialog.locator('textarea[name=situation]').fill('某厂液氯储罐法兰泄漏，下风向有学校。（虚构）');
  await Promise.all([director.waitForEvent('load'), director.keyboard.press('Control+Enter')]);
  await director.locator('.band', { hasText: name }).waitFor();
  const drill = await director.locator('.band').getAttribute('data-drill');
  const eye = await inside(await house.api('planner'), drill); // reads what came of it; gives no command until the end
  try {
    await director.getByRole('link', { name: '方案' }).click();
    await director.getByRole('tab', { name: '目标与人员' }).click();
    for (const [text, aspect] of [['接报并派出侦检力量', 'command'], ['疏散下风向群众', 'protection']]) {
      await director.getByRole('button', { name: '新增目标' }).click();
      await dialog.locator('input').first().fill(text);
      await dialog.locator('select').selectOption(aspect);
      await director.keyboard.press('Control+Enter');
      await dialog.waitFor({ state: 'detached' });
    }
    for (const [login, role] of [['fire', 'dispatcher'], [lead, 'leader'], ['ems', 'evaluator']]) {
      await director.getByRole('combobox').fill(names[login].name);
      await director.getByRole('option').first().waitFor();
      await director.keyboard.press('Enter');
      await dialog.locator('select').first().selectOption(role);
      await director.keyboard.press('Control+Enter');
      await dialog.waitFor({ state: 'detached' });
      await director.locator('.cast li', { hasText: names[login].name }).waitFor();
    }
    await director.getByRole('tab', { name: '脚本表' }).click();
    await director.getByRole('button', { name: '导入 Excel' }).click();
    const sheet = join(tmpdir(), `story-${process.pid}.csv`);
    const [e, f] = [names.ems.name, names.fire.name];
    writeFileSync(sheet, [
      '编号,时间,阶段,来源,对象,方式,内容,目标,期望行动,期望时限,权重,期望命令,评估员,推送至,触发,条件命令,未执行,条件时限',
      `001,0:01:00,1,企业值班室,指挥中心,电话,储罐法兰泄漏，3 人中毒,1,派出侦检力量,0:20:00,3,task.assign,${e},${f},定时,,,`,
      `002,0:04:00,1,气象台,指挥中心,系统,风向转为东北风 3 米每秒,2,通知下风向学校疏散,0:20:00,2,,${e},${f},定时,,,`,
      `003,,2,上级,指挥中心,电话,是否需要增援,1,说明理由,0:20:00,1,,${e},${f},条件,request.raise,是,0:10:00`,
      `004,,2,记者,指挥中心,电话,现场情况如何,2,,,,,,${f},手动,,,`,
    ].join('\n'));
    await dialog.locator('input[type=file]').setInputFiles(sheet);
    await dialog.getByRole('button', { name: /写入/ }).click();
    await dialog.getByText('已写入 4 条').waitFor();
    await director.keyboard.press('Escape');
    await director.locator('[role=row][data-inject="004"]').waitFor();
    await shot(director, '1-plan');
    await director.getByRole('tab', { name: '时间轴' }).click();
    await director.locator('.mark[data-inject="001"]').waitFor();
    await shot(director, '2-timeline');
    await director.getByRole('link', { name: '概况' }).click();
    const step = async (act, next) => {
      await director.getByRole('button', { name: act, exact: true }).first().click();
      await director.locator('.band', { hasText: next }).waitFor();
    };
    await step('批准', '已批准');

    // All answer the communications check on the screen that they will use.
    const desk = await house.screen('/drill', 'fire');
    await desk.locator(`tr[data-drill="${drill}"]`).getByRole('button', { name: '进入' }).click();
    await desk.locator('.desk[data-phase=live]').waitFor();
    const leader = await house.screen('/field/', lead, phone);
    await leader.locator('.phone[data-link=live]').waitFor();
    await leader.getByRole('button', { name: '我', exact: true }).click();
    await leader.locator(`[data-drill="${drill}"]`).click();
    await leader.locator(`.band[data-drill="${drill}"]`).waitFor();
    const judge = await house.screen('/field/', undefined, phone);
    await judge.locator('input[autocomplete=username]').fill('ems');
    await judge.locator('input[type=password]').fill(await house.password('ems'));
    await judge.locator('form button.go').click();
    await judge.locator(`[data-drill="${drill}"]`).click();
    await judge.locator(`[data-judge="${drill}"][data-link=live]`).waitFor();
    for (const page of [director, desk, leader, judge]) {
      const band = await page.locator('.band').innerText();
      assert.match(band, /^演练/);
      assert.doesNotMatch(band, /drill\./, 'a word is missing on this screen');
      const call = page.locator('.band .call');
      await call.click();
      await call.waitFor({ state: 'detached' });
    }
    await until('all have answered', 20, async () => (await eye.list('part')).every((p) => p.confirmed));
    await step('完成通联检查', '通联已检查');
    await step('就绪', '就绪');

    // It runs at 30 times; who has no leader is simulated.
    await director.getByRole('link', { name: '导调' }).click();
    await director.locator(`.run[data-drill="${drill}"]`).waitFor();
    await director.getByRole('button', { name: '模拟所有无人带领的队伍' }).click();
    await director.locator('.run').getByRole('button', { name: '启动', exact: true }).click();
    await director.locator('.run[data-state=running]').waitFor();
    await director.getByRole('radio', { name: '30×' }).click();
    await director.locator('[role=radio][aria-checked=true]', { hasText: '30×' }).waitFor();

    // A call is spoken by the one who runs the drill, when it is due.
    const give = async (n) => {
      const row = director.locator(`[data-inject="${n}"]`);
      await row.and(director.locator('[data-state=due], [data-state=waiting]')).waitFor();
      await row.focus();
      await director.keyboard.press('Enter');
      await until(`inject ${n}`, 20, async () => (await eye.list('inject')).find((i) => i.number === n).stamps?.released);
    };
    await director.locator('[data-inject="001"][data-state=due]').waitFor();
    await shot(director, '2-due');
    await give('001');

    // The call becomes an incident, and teams go; what the system tells reaches the desk by itself.
    await desk.keyboard.press('n');
    await desk.locator('input[name=type]:focus').waitFor();
    await desk.keyboard.type('12D02');
    await desk.keyboard.press('Enter');
    await desk.locator('input[name=place]:focus').waitFor();
    await desk.keyboard.type('bdj');
    await desk.getByRole('option').first().waitFor();
    await desk.keyboard.press('Enter');
    await desk.locator('textarea[name=what]:focus').waitFor();
    await desk.keyboard.type('储罐法兰泄漏，3 人中毒');
    for (let i = 0; i < 3; i++) await desk.keyboard.press('Tab');
    await desk.keyboard.press('Enter');
    const incident = await until('the incident', 20, async () => (await eye.list('incident')).find((i) => i.description === '储罐法兰泄漏，3 人中毒'));
    const own = await eye.record('team', names[lead].team);
    await desk.locator(`[data-incident="${incident.id}"]`).first().waitFor();
    await desk.keyboard.press('/');
    await desk.keyboard.type(`p ${own.call_sign}`);
    await desk.getByRole('option').first().getByText(own.call_sign, { exact: false }).waitFor();
    await desk.keyboard.press('Enter');
    const task = await until('the leader has a task', 20, async () => (await eye.list('task', { incident: incident.id }))[0]);
    await desk.keyboard.press('Escape');
    await desk.keyboard.press('r');
    await desk.getByRole('region', { name: '推荐队伍' }).locator('li b').first().waitFor();
    await desk.keyboard.press('1');
    await until('a simulated team goes, too', 20, async () => (await eye.list('task', { incident: incident.id })).length === 2);
    await until('the inject stands on the desk', 60, async () => {
      const more = desk.locator('.bar button[aria-expanded=false]');
      if (await more.count()) await more.click(); // others ring before it
      return desk.locator('.bar li.inject', { hasText: '风向转为东北风' }).count();
    });
    await shot(desk, '3-desk');

    // The leader turns out.
    await leader.getByRole('button', { name: '任务' }).first().click();
    await leader.locator(`.phone[data-task="${task.id}"]`).waitFor();
    await shot(leader, '4-leader');
    for (const s of ['acknowledged', 'en_route', 'on_scene']) await hold(leader, s);
    await until('on scene', 20, async () => (await eye.record('task', task.id)).state === 'on_scene');

    // The evaluator sees what the system cannot.
    const told = judge.locator('article', { hasText: '风向转为东北风' }).locator('[data-expected="0"]');
    await told.getByRole('button', { name: '看到' }).click();
    await told.and(judge.locator('[data-verdict=done], [data-verdict=late]')).waitFor();
    await shot(judge, '5-evaluator');
    await judge.getByRole('button', { name: '记录', exact: true }).first().click();
    await judge.getByRole('dialog').locator('textarea').fill('疏散通知没有说明集合点');
    await judge.getByRole('dialog').getByRole('button', { name: '提交' }).click();

    // Nobody asked for support within ten minutes: the condition comes due by itself; the press may call at any time.
    await director.locator('[data-inject="003"][data-state=due]').waitFor();
    await give('003');
    await give('004');
    await director.getByRole('button', { name: '全部' }).first().click();
    await shot(director, '6-run');
    const sim = (await eye.list('task', { incident: incident.id })).find((t) => t.id !== task.id);
    await until('the simulated team on scene', 60, async () => ['on_scene', 'returning', 'done'].includes((await eye.record('task', sim.id)).state));
    await until('the note', 20, async () => (await eye.list('observation')).some((o) => o.text === '疏散通知没有说明集合点'));

    // Its end, its report, and what is to be better.
    await director.getByRole('link', { name: '概况' }).click();
    await step('结束', '已结束');
    await director.getByRole('link', { name: '报告' }).click();
    await director.getByRole('button', { name: '完成评估' }).click();
    const open = (await eye.list('inject')).flatMap((i) => i.expected ?? []).filter((x) => !x.done && !x.missed).length;
    if (open) await dialog.locator('input').fill('其余未观察');
    await dialog.getByRole('button', { name: '确定' }).click();
    await director.locator('.band', { hasText: '已评估' }).waitFor();
    await director.locator('[data-measure=first_assignment]').waitFor();
    await director.getByText('疏散通知没有说明集合点').waitFor();
    await shot(director, '7-report');
    const [paper] = await Promise.all([director.context().waitForEvent('page'), director.getByRole('link', { name: '打印' }).click()]);
    await paper.getByText(name).first().waitFor();
    assert.match(await paper.locator('body').innerText(), /演练/);
    await shot(paper, '8-paper');
    const [file] = await Promise.all([director.waitForEvent('download'), director.locator('a[download]').click()]);
    await file.saveAs(`${sheet}.xlsx`);
    assert.equal(readFileSync(`${sheet}.xlsx`).subarray(0, 2).toString(), 'PK');
    assert.ok(!(await (await house.api('dispatcher')).list('incident')).some((i) => i.id === incident.id), 'nothing of it is real');
    for (const [page, what] of [[director, 'the report'], [desk, 'the desk'], [leader, "the leader's phone"], [judge, "the evaluator's phone"]]) assert.deepEqual(await house.axe(page), [], what);
  } finally {
    await eye.do('drill.cancel', { drill, reason: '测试结束' }).catch(() => undefined);
  }
}, { seconds: 400 });
