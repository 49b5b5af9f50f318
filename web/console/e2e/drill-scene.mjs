// A drill as a planner would write it, made up: chlorine leaks from a tank of a
// plant in Weidu. It is opened over the API and played up to its middle.
import { inside, put, until } from './house.mjs';


const objectives = [
  ['接报、核实并按时报告', 'warning', 15], ['指挥长到位，力量编组', 'command', 20], ['侦检、堵漏与稀释', 'response', 25],
  ['疏散下风向群众', 'protection', 20], ['跨区支援与物资', 'resources', 20],
];
const minutes = (n) => n * 60;
// Number, minute, move, method, from, text, objective, expected action with its minutes and the command that shows it.
const script = [
  ['001', 1, 1, 'phone', '企业值班室', '液氯储罐进料阀法兰泄漏，3 人不适', 1, '建立警情', 3, 'incident.open'],
  ['002', 4, 1, 'system', '气象台', '东北风 3 米每秒，多云，未来 2 小时风向稳定', 3, '', 0],
  ['003', 6, 1, 'phone', '群众', '闻到刺鼻气味，下风向 600 米是小学', 4, '通知学校就地避险或撤离', 10],
  ['004', 10, 1, 'radio', '侦检组', '厂界浓度超标，泄漏点一处', 3, '划定热区并设警戒', 10, 'fence.draw'],
  ['005', 15, 2, 'phone', '上级', '请报告已到场力量与伤员人数', 1, '续报', 15],
  ['006', 18, 2, 'actor', '现场扮演', '两名群众倒在厂门外', 4, '急救到场并转运', 12],
  ['007', 22, 2, 'radio', '堵漏组', '第二处法兰渗漏，空呼余量 30%', 5, '补充空气呼吸器', 15, 'request.raise'],
  ['008', 30, 2, 'email', '省厅', '是否需要邻市危化队伍增援', 5, '答复并说明理由', 20],
  ['009', 40, 3, 'phone', '记者', '网传多人死亡，请回应', 1, '统一口径发布', 20],
  ['010', 55, 3, 'radio', '侦检组', '连续三次检测达标', 2, '解除警戒、有序撤离', 15],
];

/**
 * Opens the drill, writes its plan, and plays it for half an hour: an incident, teams
 * of the demo that are simulated, what an evaluator saw. The first planner directs.
 */
export async function scene(house, name = '液氯储罐泄漏综合演练') {
  const director = await house.api('planner');
  const people = {};
  for (const login of ['dispatcher', 'fire', 'ems', 'leader1']) people[login] = (await (await house.api(login)).get('/api/v1/session')).person;
  const drill = put(await director.do('drill.open', {
    name, content: 'comprehensive', form: 'field', purpose: 'test', picture: 'resources', seed: 7,
    situation: '某厂液氯储罐进料阀法兰泄漏，东北风，下风向 600 米有小学。（虚构）',
  }), 'drill').id;
  await inside(director, drill);
  const goals = [];
  for (const [text, aspect, weight] of objectives) goals.push(put(await director.do('objective.save', { name: text, aspect, weight }), 'objective').id);
  await director.do('part.save', { person: people.dispatcher.id, role: 'dispatcher' });
  await director.do('part.save', { person: people.fire.id, role: 'dispatcher' });
  await director.do('part.save', { person: people.leader1.id, role: 'leader', team: people.leader1.team });
  await director.do('part.save', { person: people.ems.id, role: 'evaluator' });
  const injects = [];
  for (const [number, at, move, method, from, text, goal, action, within, command] of script) {
    injects.push(put(await director.do('inject.save', {
      number, type: 'information', move, method, from, to: '指挥中心', text, trigger: { type: 'timed', offset: minutes(at) }, objective: goals[goal - 1],
      ...(action && { expected: [{ text: action, within: minutes(within), weight: 2, ...(command && { command }) }], evaluator: people.ems.id }),
    }), 'inject').id);
  }
  await director.do('inject.save', { number: '011', type: 'facilitation', move: 2, method: 'phone', from: '导调', to: '指挥中心', text: '25 分钟未请求支援：询问空呼与堵漏器材', trigger: { type: 'condition', when: { clauses: [{ command: 'request.raise', not: true, within: minutes(25) }] } }, objective: goals[4] });
  await director.do('inject.save', { number: '012', type: 'information', move: 2, method: 'phone', from: '电力', to: '指挥中心', text: '备用：厂区停电', trigger: { type: 'manual' }, objective: goals[1] });
  await director.do('sim.save', { mode: 'auto' });
  for (const step of ['drill.approve', 'drill.check', 'drill.ready', 'drill.start', 'drill.pause']) await director.do(step, { drill, reason: '演示' });
  const begins = Date.parse((await director.record('drill', drill)).begins);
  const go = (minute) => director.do('drill.jump', { drill, to: new Date(begins + minutes(minute) * 1000).toISOString() });
  const give = (n) => director.do('inject.release', { inject: injects[n - 1] });

  await go(1);
  await give(1);
  const desk = await inside(await house.api('dispatcher'), drill);
  await go(2.5);
  await director.do('drill.resume', { drill });
  const incident = put(await desk.do('incident.open', {
    type: '12D02', grade: 3, title: '液氯储罐泄漏', description: '进料阀法兰泄漏，3 人不适', place: { text: '颍昌大道化工园', point: [113.83, 34.03] }, area: '411002005', verified: true,
  }), 'incident').id;
  await go(3.2);
  for (const team of ['t-fire-01', 't-fire-02', 't-fire-03']) await desk.do('task.assign', { incident, team });
  await director.do('drill.pause', { drill });
  await go(6);
  await give(3);
  const judge = await inside(await house.api('ems'), drill);
  const saw = (inject, seen) => judge.do('observation.add', { type: 'action', inject: injects[inject - 1], expected: 0, seen });
  await go(12);
  await give(4);
  await saw(3, true);
  await judge.do('observation.add', { type: 'strength', text: '首批力量编组清楚，指挥长三分钟内明确分工' });
  await go(18);
  for (const n of [5, 6]) await give(n);
  await judge.do('observation.add', { type: 'weakness', text: '疏散通知没有说明集合点', objective: goals[3] });
  await go(28);
  await give(7);
  await saw(6, false);
  await judge.do('observation.add', { type: 'score', objective: goals[2], score: { scale: 'grade', value: 3 } });
  await until('teams on scene', 30, async () => (await director.list('task', { incident })).some((t) => ['on_scene', 'working'].includes(t.state)));
  return { director, judge, drill, incident, goals, agency: people.fire.scope.agency };
}
