// The command bar's grammar. A line is a verb and what it is about; a status is
// read from the end of the line, so that names may have spaces:
//
//	p xf21 [7]      assign team xf21 to the open incident, or to the one whose number ends in 7
//	s xf21 dc       the team reports on scene (by radio); also duty: zq xq xz, and zb5 = five aboard
//	q xf21          crew checked in, safe
//	n TEXT          note on the open incident
//	f 500 [warm]    fence of 500 m around the open incident, a hot zone unless said
//	z fh 3 ps 2     ask others for help for the open incident: what and how many
//	b               the board of pooled forces
//	i 7 · g PLACE · r · c · h · a · ?
//
// Each verb has a letter, a Chinese word and an English one. Parsing is pure: it
// answers what would be done, best reading first, and does nothing.
import type { Duty, FencePurpose, Incident, LineAsk, MoveTables, Task, TaskState, Team } from '../api/types';
import { askOf, findThings, type Thing } from '../store/aid';
import { parseMeters } from '../store/fences';
import { findTeams, incidentOpen } from '../store/select';
import { taskSteps } from './moves';

export type Reading =
  | { do: 'assign'; team: Team; incident: Incident }
  | { do: 'status'; team: Team; task: Task; to: TaskState }
  | { do: 'duty'; team: Team; to: Duty }
  | { do: 'crew'; team: Team; crew: number }
  | { do: 'checkin'; team: Team; task: Task }
  | { do: 'note'; incident: Incident; text: string }
  | { do: 'open'; incident: Incident }
  | { do: 'go'; text: string }
  | { do: 'recommend'; incident: Incident }
  | { do: 'close'; incident: Incident }
  | { do: 'fence'; incident: Incident; purpose: FencePurpose; radius: number }
  | { do: 'fenceForm' }
  | { do: 'request'; incident: Incident; lines: LineAsk[] }
  | { do: 'aid' }
  | { do: 'new' }
  | { do: 'ack' }
  | { do: 'help' }
  | { do: 'refuse'; word: 'bar.noTeam' | 'bar.noIncident' | 'bar.noMove' | 'bar.needReason' | 'bar.noTask' | 'bar.noThing' | 'bar.unknown' | 'bar.fenceBad'; holes: Record<string, string> };

export interface Context {
  teams: readonly Team[];
  incidents: readonly Incident[];
  /** the open incident */
  incident: Incident | undefined;
  task: (team: string) => Task | undefined;
  moves: MoveTables;
  /** what can be asked of others */
  things?: () => readonly Thing[];
}

type Verb = 'assign' | 'status' | 'checkin' | 'note' | 'open' | 'go' | 'recommend' | 'close' | 'fence' | 'request' | 'aid' | 'new' | 'ack' | 'help';

const verbs: Record<Verb, string[]> = {
  assign: ['p', '派', '派遣', 'assign'],
  status: ['s', '状态', 'status'],
  checkin: ['q', '清点', 'check'],
  note: ['n', '记', '记录', 'note'],
  open: ['i', '事件', 'incident'],
  go: ['g', '到', '定位', 'go'],
  recommend: ['r', '推荐', 'recommend'],
  close: ['c', '结束', 'close'],
  fence: ['f', '围栏', '划定围栏', 'fence'],
  request: ['z', '请求', '支援', '求援', 'request'],
  aid: ['b', '支援板', 'aid'],
  new: ['h', '新', '接报', 'new'],
  ack: ['a', '确认', 'ack'],
  help: ['?', '？', 'help', '帮助'],
};

const states: Partial<Record<TaskState, string[]>> = {
  acknowledged: ['jl', '接令', 'ack'],
  en_route: ['cd', '出动', 'er'],
  staging: ['jj', '集结', 'st'],
  on_scene: ['dc', '到场', 'os'],
  to_destination: ['zy', '转运', 'td'],
  at_destination: ['sd', '送达', 'ad'],
  returning: ['fc', '返程', 'rt'],
  done: ['wc', '完成', 'dn'],
};

const duties: Record<Duty, string[]> = {
  available: ['zq', '在勤', 'av'],
  off_duty: ['xq', '下勤', 'off'],
  on_break: ['xz', '休整', 'br'],
  out_of_service: ['ty', '停用', 'oos'],
};

const purposes: Record<FencePurpose, string[]> = {
  hot: ['rq', '热', '热区', 'hot'],
  warm: ['wq', '温', '温区', 'warm'],
  cold: ['lq', '冷', '冷区', 'cold'],
  staging: ['jjq', 'jj', '集结', '集结区', 'staging'],
  watch: ['gzq', 'gz', '关注', '关注区', 'watch'],
};

/** These are refused in the bar: they need a reason, which has its own dialog. */
const needsReason = ['ty', '停用', 'oos', '拒绝', '取消', '解除', '改派'];

const look = <K extends string>(table: Partial<Record<K, string[]>>, word: string): K | undefined =>
  (Object.keys(table) as K[]).find((k) => table[k]!.includes(word));

export function parse(line: string, c: Context): Reading[] {
  const text = line.trim().replace(/^\//, '').trim();
  if (!text) return [];
  const [first = '', ...rest] = text.split(/\s+/);
  const verb = look(verbs, first.toLowerCase());
  const tail = text.slice(first.length).trim();
  switch (verb) {
    case 'assign':
      return assign(rest, c);
    case 'status':
      return status(rest, c);
    case 'checkin':
      return each(tail, c, (team) => {
        const task = c.task(team.id);
        return task ? { do: 'checkin', team, task } : { do: 'refuse', word: 'bar.noTask', holes: { team: team.call_sign } };
      });
    case 'note':
      return withIncident(c, (incident) => (tail ? [{ do: 'note', incident, text: tail }] : []));
    case 'open':
      return tail ? findIncidents(tail, c.incidents).map((incident) => ({ do: 'open', incident })) : [];
    case 'go':
      return tail ? [{ do: 'go', text: tail }] : [];
    case 'recommend':
      return withIncident(c, (incident) => [{ do: 'recommend', incident }]);
    case 'close':
      return withIncident(c, (incident) => [{ do: 'close', incident }]);
    case 'fence':
      return fence(rest, c);
    case 'request':
      return withIncident(c, (incident) => asked(rest, incident, c));
    case 'aid':
    case 'new':
    case 'ack':
    case 'help':
      return [{ do: verb }];
    case undefined:
      return [{ do: 'refuse', word: 'bar.unknown', holes: { text: first } }];
  }
}

function withIncident(c: Context, then: (i: Incident) => Reading[]): Reading[] {
  return c.incident ? then(c.incident) : [{ do: 'refuse', word: 'bar.noIncident', holes: {} }];
}

/** Radius and purpose in either order; neither opens the form. */
function fence(words: string[], c: Context): Reading[] {
  if (words.length === 0) return [{ do: 'fenceForm' }];
  let purpose: FencePurpose = 'hot';
  const lengths: string[] = [];
  for (const word of words) {
    const found = look(purposes, word.toLowerCase());
    if (found) purpose = found;
    else lengths.push(word);
  }
  const radius = parseMeters(lengths.join(' '));
  if (!radius) return [{ do: 'refuse', word: 'bar.fenceBad', holes: { text: lengths.join(' ') } }];
  return withIncident(c, (incident) => [{ do: 'fence', incident, purpose, radius }]);
}

/** "防化 3 排水 2": names and numbers in turn; the last name may still be open, so each of its meanings is offered. */
function asked(words: string[], incident: Incident, c: Context): Reading[] {
  const pairs: { name: string; n: number | undefined; unit?: string }[] = [];
  for (const w of words) {
    const at = pairs.at(-1);
    const joined = /^(\D+)(\d{1,7})(\D{0,4})$/u.exec(w);
    const number = /^(\d{1,7})(\D{0,4})$/u.exec(w);
    if (number && at && at.n === undefined) Object.assign(at, { n: Number(number[1]), unit: number[2] || undefined });
    else if (joined) pairs.push({ name: joined[1]!, n: Number(joined[2]), unit: joined[3] || undefined });
    else pairs.push({ name: w, n: undefined });
  }
  const last = pairs.pop();
  if (!last) return [];
  const all = c.things?.() ?? [];
  const lines: LineAsk[] = [];
  for (const p of pairs) {
    const found = findThings(p.name, all, 1)[0];
    if (!found) return [{ do: 'refuse', word: 'bar.noThing', holes: { text: p.name } }];
    lines.push(askOf(found, p.n, p.unit));
  }
  const found = findThings(last.name, all, 6);
  if (found.length === 0) return [{ do: 'refuse', word: 'bar.noThing', holes: { text: last.name } }];
  return found.map((x) => ({ do: 'request', incident, lines: [...lines, askOf(x, last.n, last.unit)] }));
}

function assign(words: string[], c: Context): Reading[] {
  if (words.length === 0) return [];
  // A last word of digits names the incident, if what stands before it names a team.
  const last = words.at(-1)!;
  if (words.length > 1 && /^#?\d{1,4}$/.test(last)) {
    const name = words.slice(0, -1).join(' ');
    const target = findIncidents(last, c.incidents)[0];
    if (target && findTeams(name, c.teams).length > 0) return each(name, c, (team) => ({ do: 'assign', team, incident: target }));
  }
  return withIncident(c, (incident) => each(words.join(' '), c, (team) => ({ do: 'assign', team, incident })));
}

function status(words: string[], c: Context): Reading[] {
  if (words.length < 2) return words.length === 1 ? each(words[0]!, c, (team) => next(team, c)) : [];
  const word = words.at(-1)!.toLowerCase();
  const name = words.slice(0, -1).join(' ');
  if (needsReason.includes(word)) return [{ do: 'refuse', word: 'bar.needReason', holes: {} }];
  const crew = /^(?:zb|在队)?(\d{1,3})$/.exec(word);
  if (crew) return each(name, c, (team) => ({ do: 'crew', team, crew: Number(crew[1]) }));
  const duty = look(duties, word);
  if (duty) return each(name, c, (team) => (c.moves.duty[team.duty]?.includes(duty) ? { do: 'duty', team, to: duty } : noMove(team)));
  const to = look(states, word);
  if (!to) return each(words.join(' '), c, (team) => next(team, c));
  return each(name, c, (team) => {
    const task = c.task(team.id);
    if (!task) return { do: 'refuse', word: 'bar.noTask', holes: { team: team.call_sign } };
    return taskSteps(task, c.moves).includes(to) ? { do: 'status', team, task, to } : noMove(team);
  });
}

const noMove = (team: Team): Reading => ({ do: 'refuse', word: 'bar.noMove', holes: { team: team.call_sign } });

/** A team without a state: its usual next step. */
function next(team: Team, c: Context): Reading {
  const task = c.task(team.id);
  const to = task && taskSteps(task, c.moves)[0];
  return task && to ? { do: 'status', team, task, to } : { do: 'refuse', word: 'bar.noTask', holes: { team: team.call_sign } };
}

/** One reading per team that the name fits; those that can be done first. */
function each(name: string, c: Context, read: (t: Team) => Reading): Reading[] {
  if (!name) return [];
  const found = findTeams(name, c.teams, 6);
  if (found.length === 0) return [{ do: 'refuse', word: 'bar.noTeam', holes: { text: name } }];
  return found.map(read).sort((a, b) => Number(a.do === 'refuse') - Number(b.do === 'refuse'));
}

/** Open incidents by the end of the number, or by a part of title or place. */
export function findIncidents(text: string, incidents: readonly Incident[], limit = 6): Incident[] {
  const q = text.replace(/^#/, '').toLowerCase();
  const digits = /^\d{1,4}$/.test(q);
  return incidents
    .filter(incidentOpen)
    .filter((i) =>
      digits ? Number(i.number.split('-').at(-1)) === Number(q) || i.number.endsWith(q) : [i.title, i.number, i.place.text ?? ''].some((f) => f.toLowerCase().includes(q)),
    )
    .sort((a, b) => Number(b.number.split('-').at(-1) === q) - Number(a.number.split('-').at(-1) === q) || b.created.localeCompare(a.created))
    .slice(0, limit);
}
