// A task for a leader who is a person.

/** An incident with a task of the leader's team on it, given by a dispatcher over the API. */
export async function taskFor(house, login, { title, text, type = '12G03', ...more }) {
  const desk = await house.api('dispatcher');
  const leader = await house.api(login);
  const id = leader.session.person.team;
  const team = await desk.record('team', id);
  const opened = await desk.do('incident.open', { type, title, place: { text, point: [team.base.point[0] + 0.02, team.base.point[1] + 0.01] }, verified: true, ...more });
  const incident = opened.put.find((r) => r.kind === 'incident').id;
  if (team.task) await desk.do('task.release', { task: team.task, reason: '改派测试任务' });
  if (team.duty !== 'available' || team.crew < team.seats_min) await desk.do('team.duty', { team: id, duty: 'available', crew: team.seats_full });
  const done = await desk.do('task.assign', { incident, team: id });
  const task = done.put.find((r) => r.kind === 'task').id;
  // A timer set by a person: the demo's own leaders leave the task to the phone.
  await desk.do('task.timer', { task, seconds: 1200 });
  return { desk, leader, team, incident, task };
}
