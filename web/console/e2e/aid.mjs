// A city that helps itself, for pictures: requests in all states, loans on the way, a requisition, and
// claims in several states. Made over the API, once a server.
import { until } from './house.mjs';

const put = (done, kind) => done.put.find((r) => r.kind === kind);
const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
const ahead = (minutes) => ago(-minutes);

/** Frees the team from what the city's own play gave it. */
async function free(api, team) {
  for (const t of (await api.list('task')).filter((x) => x.team === team && x.next)) {
    for (const end of ['task.cancel', 'task.release']) await api.do(end, { task: t.id, reason: '另有任务' }).catch(() => undefined);
  }
}

/** Answers {request, claim, requisition, pact}: what the pictures show. */
export async function aid(house) {
  const [api, chief, fire] = [await house.api('dispatcher'), await house.api('chief'), await house.api('fire')];
  const known = (await api.list('request')).find((r) => r.title.includes('氯碱'));
  if (known) {
    const incident = known.incident;
    return { request: known.id, claim: (await api.list('claim')).find((c) => c.state === 'submitted').id,
      requisition: (await api.list('requisition', { incident }))[0].id, pact: (await api.list('agreement'))[0].id, incident };
  }
  const incident = put(await api.do('incident.open', { type: '12D02', title: '氯碱厂液氯泄漏', place: { text: '颍昌大道氯碱厂', point: [113.83, 34.03] }, area: '411002005', verified: true, grade: 2, needs: [{ capability: 'hazmat', count: 3 }] }), 'incident').id;
  const burnt = put(await api.do('incident.open', { type: '12G03', title: '厂房火灾', place: { text: '许由路 8 号', point: [113.86, 34.05] }, area: '411002005', verified: true, grade: 3 }), 'incident').id;
  const raise = async (more) => {
    const request = put(await api.do('request.raise', { incident, contact: '现场指挥 王强 0374-0001000', ...more }), 'request').id;
    await chief.do('request.approve', { request });
    await chief.do('request.widen', { request, ring: 'city' });
    return request;
  };
  const commit = async (request, line, quantity, what, more = {}) => {
    const offer = put(await fire.do('offer.make', { request, line, type: 'accept', quantity, ...more }), 'offer').id;
    await api.do('offer.order', { offer });
    for (const t of what.teams ?? []) await free(api, t);
    return put(await fire.do('offer.commit', { offer, ...what }), 'loan').id;
  };
  // One that was lent and is back: it is claimed.
  const past = await raise({ incident: burnt, lines: [{ capability: 'hazmat', max: 1 }, { item: 'foam', unit: '升', max: 200 }] });
  const stock = (await fire.list('stock')).find((s) => s.type === 'foam' && s.scope.agency === fire.session.agency.id && s.available >= 200);
  const back = [await commit(past, '1', 1, { teams: ['t-fire-02'] }), await commit(past, '2', 200, { stock: stock.id, quantity: 200 })];
  for (const [n, loan] of back.entries()) {
    await fire.do('loan.advance', { loan, from: 'committed', to: 'in_transit', event_time: ago(320) });
    await api.do('loan.advance', { loan, from: 'in_transit', to: 'on_loan', event_time: ago(285) });
    await api.do('loan.advance', { loan, from: 'on_loan', to: 'releasing', event_time: ago(70) });
    await fire.do('loan.advance', { loan, from: 'releasing', to: 'returned', event_time: ago(20), ...(n ? { returned: 80 } : {}) });
  }
  const claim = put(await fire.do('claim.collect', { loan: back[0] }), 'claim').id;
  await fire.do('claim.edit', { claim, line: '1', amount: 6_200_00, reason: '按值班记录，含待命' });
  await fire.do('claim.submit', { claim, responsible: { name: '恒源氯碱有限公司' } });
  await fire.do('claim.collect', { loan: back[1] });
  await api.do('request.close', { request: past });
  // One at work, with an answer of each kind.
  const request = await raise({ priority: 1, text: '从北门进，风向东南', back: ahead(600), until: ahead(95),
    lines: [{ capability: 'hazmat', min: 2, max: 3, needed_by: ahead(40) }, { item: 'sandbag', unit: '条', max: 500 }] });
  const loan = await commit(request, '1', 1, { teams: ['t-fire-02'] }, { text: '带防化服六套' });
  await fire.do('loan.advance', { loan, from: 'committed', to: 'in_transit', eta: ahead(18) });
  await fire.do('offer.make', { request, line: '1', type: 'provisional', quantity: 1, conditions: '18 点前须归还' });
  await fire.do('offer.make', { request, line: '2', type: 'decline', reason: '库存不足' });
  await (await house.api('ems')).do('request.raise', { incident: put(await (await house.api('ems')).do('incident.open', { type: '13Y00', title: '学校多人呕吐', place: { text: '莲城中学', point: [113.85, 34.02] }, area: '411002005', verified: true }), 'incident').id, lines: [{ capability: 'medical', max: 2 }] });
  const requisition = put(await chief.do('requisition.order', { incident, decision: '许政征〔2026〕9号', purpose: '筑围堰', type: 'vehicle', name: '挖掘机', unit: '台', quantity: 1, description: '斗容 1 立方米，豫K-9',
    owner_name: '孙某', owner_contact: '100-0000-0001', receiver: chief.session.agency.id, value: 620_000_00 }), 'requisition').id;
  await chief.do('requisition.take', { requisition, given_by: '孙某', taken_by: '王强', condition: 'ready' });
  const pact = (await until('agreements', 20, async () => (await api.list('agreement'))))[0].id;
  return { request, claim, requisition, pact, incident };
}
