// The planning of a drill: objectives, people, the script by keyboard, along its
// time and through Excel, the checks and the papers.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inside, until } from './house.mjs';
import { test } from './runner.mjs';

const pictures = process.env.PICTURES;

/** A picture for those who look at the screens. */
async function picture(page, name) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

test('drill plan: script by keyboard, timeline, Excel, checks and papers', async (house) => {
  const director = await house.api('planner');
  const made = await director.do('drill.open', { name: '液氯储罐泄漏综合演练', content: 'comprehensive', form: 'field', purpose: 'test', picture: 'resources', situation: '14 时许，液氯储罐进料阀法兰泄漏，下风向有学校。' });
  const drill = made.put.find((r) => r.kind === 'drill').id;
  await inside(director, drill);
  const put = async (name, body) => (await director.do(name, body)).put.find((r) => r.kind === name.split('.')[0]);
  try {
    const page = await house.screen('/drill', 'planner', { kept: { theme: 'day' } });
    if (await page.locator('.band').count() === 0) {
      await page.locator(`tr[data-drill="${drill}"]`).getByRole('button', { name: '进入' }).click();
      await page.locator('.band').waitFor();
    }
    await page.getByRole('link', { name: '方案' }).click();
    await page.getByText('脚本为空').waitFor();

    // Objectives and people.
    await page.getByRole('tab', { name: '目标与人员' }).click();
    await page.getByRole('button', { name: '新增目标' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('input').first().fill('及时接报并报告');
    await dialog.locator('select').selectOption('warning');
    await page.keyboard.press('Control+Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.locator('ol li', { hasText: '及时接报并报告' }).waitFor();
    await page.getByRole('combobox').fill('消防');
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await page.keyboard.press('Control+Enter');
    await dialog.waitFor({ state: 'detached' });
    await until('a player has a part', 10, async () => (await director.list('part')).length === 2);

    // The script by the keyboard: a new line, its content and its time in place.
    await page.getByRole('tab', { name: '脚本表' }).click();
    await page.keyboard.press('n');
    const row = page.locator('[role=row][data-inject="001"]');
    await row.locator('[data-col=text]').click();
    await page.keyboard.press('Enter');
    await page.locator('textarea.cell-edit').fill('群众来电：厂区有刺鼻气味');
    await page.keyboard.press('Enter');
    await row.locator('[data-col=text]', { hasText: '刺鼻气味' }).waitFor();
    await row.locator('[data-col=time]').click();
    await page.keyboard.press('Enter');
    await page.locator('input.cell-edit').fill('noon');
    await page.keyboard.press('Enter');
    await page.getByText('时间应如').waitFor();
    await row.locator('[data-col=time]').click();
    await page.keyboard.press('Enter');
    await page.locator('input.cell-edit').fill('0:05');
    await page.keyboard.press('Enter');
    await row.locator('[data-col=time]', { hasText: '0:05:00' }).waitFor();
    await row.locator('[data-col=text]').click();
    await page.keyboard.press('Control+d');
    const copy = page.locator('[role=row][data-inject="002"]');
    await copy.waitFor();
    await page.keyboard.press('Control+z');
    await copy.waitFor({ state: 'detached' });
    assert.deepEqual(await house.axe(page), [], 'the script as a table');

    // A richer script, as others write it meanwhile.
    const first = (await director.list('inject'))[0];
    const times = [['system', '气象：东北风 3 级', 600], ['radio', '侦检组：检出浓度超标', 1200], ['phone', '学校询问是否停课', 1500], ['email', '上级要求续报', 2400], ['actor', '两名群众现场晕倒', 2700], ['phone', '记者到场采访', 3600]];
    for (const [method, text, offset] of times) await put('inject.save', { type: 'information', method, text, from: '导调', to: '指挥中心', move: 1 + Math.floor(offset / 1400), trigger: { type: 'timed', offset } });
    await put('inject.save', { type: 'facilitation', method: 'system', text: '未请求支援：提醒指挥长', trigger: { type: 'condition', when: { clauses: [{ command: 'request.raise', not: true, within: 1800 }] } } });
    const tied = await put('inject.save', { type: 'action', method: 'radio', text: '第二泄漏点', trigger: { type: 'condition', delay: 300, when: { clauses: [{ inject: first.id, state: 'released' }] } }, expected: [{ text: '增派堵漏组', within: 300, weight: 3, command: 'task.assign' }] });
    await put('inject.save', { type: 'information', method: 'phone', text: '备用：停电', trigger: { type: 'manual' } });
    await page.locator(`[role=row][data-inject="${tied.number}"]`).waitFor();
    await picture(page, 'plan-table-day-zh');

    // Along the time: the arrow keys move, and so does the hand.
    await page.getByRole('tab', { name: '时间轴' }).click();
    const mark = page.locator('.mark[data-inject="001"]');
    await mark.click();
    await page.locator('svg[role=application]').focus();
    await page.keyboard.press('Shift+ArrowRight');
    await until('moved by five minutes', 10, async () => (await director.record('inject', first.id)).trigger.offset === 600);
    await page.locator('.what', { hasText: '0:10:00' }).waitFor();
    const at = await mark.boundingBox();
    await page.mouse.move(at.x + 15, at.y + 10);
    await page.mouse.down();
    await page.mouse.move(at.x + 90, at.y + 10, { steps: 5 });
    await page.mouse.up();
    await until('dragged to a whole minute', 10, async () => {
      const { offset } = (await director.record('inject', first.id)).trigger;
      return offset > 600 && offset % 60 === 0;
    });
    await page.keyboard.press('Control+z');
    await until('and back', 10, async () => (await director.record('inject', first.id)).trigger.offset === 600);
    assert.deepEqual(await house.axe(page), [], 'the timeline');
    await picture(page, 'plan-timeline-day-zh');

    // The form refuses a circle at its place.
    await page.locator('svg[role=application]').focus();
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await dialog.getByText('条件', { exact: true }).click();
    await dialog.getByRole('button', { name: '注入', exact: true }).click();
    await dialog.locator('.clause select').first().selectOption(tied.id);
    await picture(page, 'plan-form-day-zh');
    await page.keyboard.press('Control+Enter');
    await dialog.getByText('成环').waitFor();
    assert.deepEqual(await house.axe(page), [], 'the form of an inject');
    await page.keyboard.press('Escape');

    // Excel out, and back with a broken row.
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: '导出 Excel' }).click()]);
    const sheet = join(tmpdir(), `msel-${process.pid}.xlsx`);
    await download.saveAs(sheet);
    assert.equal(readFileSync(sheet).subarray(0, 2).toString(), 'PK');
    await page.getByRole('button', { name: '导入 Excel' }).click();
    await dialog.locator('input[type=file]').setInputFiles(sheet);
    await dialog.getByText('无需写入').waitFor();
    const broken = join(tmpdir(), `msel-${process.pid}.csv`);
    writeFileSync(broken, '编号,时间,方式,内容\n900,0:50,电话,追加情况\n901,很快,飞鸽,错的\n');
    await dialog.locator('input[type=file]').setInputFiles(broken);
    await dialog.locator('td', { hasText: '飞鸽' }).waitFor();
    await picture(page, 'plan-refused-day-zh');
    assert.equal((await director.list('inject')).some((i) => i.number === '900'), false);
    writeFileSync(broken, '编号,时间,方式,内容\n900,0:50,电话,追加情况\n');
    await dialog.locator('input[type=file]').setInputFiles(broken);
    await dialog.getByRole('button', { name: /写入/ }).click();
    await dialog.getByText('已写入 1 条').waitFor();
    await page.keyboard.press('Escape');

    // Checks name what is in the way; the papers bear the word.
    await put('inject.save', { type: 'information', method: 'system', text: '等不到的条件', trigger: { type: 'condition', when: { clauses: [{ inject: first.id, state: 'acted' }] } } });
    await page.getByRole('tab', { name: '检查与文件' }).click();
    await page.locator('li', { hasText: '没有期望行动' }).waitFor();
    assert.deepEqual(await house.axe(page), [], 'checks and papers');
    await picture(page, 'plan-checks-day-zh');
    const said = await director.http.get('/api/v1/drills/papers/script');
    assert.match(await said.text(), /演练脚本[^]*刺鼻气味/);
    if (pictures) {
      await page.getByRole('tab', { name: '目标与人员' }).click();
      await page.locator('ol li').first().waitFor();
      await picture(page, 'plan-people-day-zh');
      const [paper] = await Promise.all([page.context().waitForEvent('page'), (async () => { await page.getByRole('tab', { name: '检查与文件' }).click(); await page.getByRole('link', { name: /演练脚本/ }).click(); })()]);
      await paper.waitForLoadState();
      await picture(paper, 'plan-paper');
      await paper.close();
      await page.getByRole('button', { name: 'EN' }).click();
      await page.evaluate(() => { document.documentElement.dataset.theme = 'dark'; });
      await page.getByRole('tab', { name: 'Script' }).click();
      await page.locator('[role=row][data-inject="001"]').waitFor();
      await picture(page, 'plan-table-dark-en');
      await page.getByRole('tab', { name: 'Timeline' }).click();
      await page.locator('.mark').first().waitFor();
      await picture(page, 'plan-timeline-dark-en');
    }
  } finally {
    await director.do('drill.cancel', { drill, reason: '测试结束' }).catch(() => undefined);
  }
});
