// Pooled forces: who may do what next with a request, an offer or a loan, what
// of it waits on whom, and how a board lists it. Plain functions on records; the
// server has the last word.
import type { CommandName, Equipment, Incident, Line, LineAsk, Loan, LoanState, Offer, Request, Ring, Scope, Stamp, Stock, Task, Team } from '../api/types';
import { can, needs, taskOpen, type Line as Entry } from './select';
import { when } from './stamp';

/** Who looks: an agency's desk in a role. */
export interface Me {
  agency: string;
  /** Division that the agency is at home in. */
  home: string;
  jurisdiction?: string;
  name?: string;
  may: (name: CommandName) => boolean;
}

const within = (area: string | undefined, division: string | undefined) => !!division && !!area?.startsWith(division);

/** Own, or in one's jurisdiction. */
export const directs = (me: Me, s: Scope) => (!!s.agency && s.agency === me.agency) || within(s.area, me.jurisdiction);

/** Whether the request has come as far as my agency. */
export const reaches = (me: Me, s: Scope) => within(me.home, s.reach) || !!s.shares?.some((x) => x.agency === me.agency && x.tier === 'assist');

export const standing = (o: Offer) => o.state === 'made' || o.state === 'ordered';
export const requestEnded = (r: Request) => r.state === 'closed' || r.state === 'cancelled';
export const loanOpen = (l: Loan) => l.state !== 'returned' && l.state !== 'cancelled';
/** What can still be ordered of a line. */
export const wanted = (l: Line) => Math.max(0, l.max - (l.ordered ?? 0));
/** What is still to be committed. */
export const missing = (l: Line) => Math.max(0, l.max - (l.committed ?? 0));

const rings: Ring[] = ['own', 'county', 'city', 'partners', 'range', 'province'];
export const wider = (r: Ring | undefined): Ring | undefined => (r ? rings[rings.indexOf(r) + 1] : undefined);

/** One legal next step. */
export interface Act {
  /** What it is about; acts of one thing stand together. */
  on: { kind: 'request' | 'offer' | 'loan'; id: string; line?: string };
  does:
    | 'submit' | 'approve' | 'return' | 'widen' | 'close' | 'cancelRequest' | 'edit'
    | 'answer' | 'answerFor' | 'withdraw' | 'order' | 'cancelOffer' | 'commit' | 'refuse'
    | 'advance' | 'extend' | 'recall' | 'agree' | 'deny' | 'cancelLoan' | 'collect';
  command: CommandName;
  to?: LoanState;
  /** The usual next step of its thing: it has a digit. */
  usual?: boolean;
  /** Others wait for this agency's desk to do it. */
  waits?: boolean;
}

export interface Aid {
  request: Request;
  offers: Offer[];
  loans: Loan[];
}

/** Exactly the legal next steps, the request's first, then line by line, offers, loans. */
export function actsOf({ request: r, offers, loans }: Aid, me: Me, now: number, claimed: ReadonlySet<string> = new Set()): Act[] {
  const out: Act[] = [];
  const add = (on: Act['on'], does: Act['does'], command: CommandName, more: Partial<Act> = {}) => {
    if (me.may(command)) out.push({ on, does, command, ...more });
  };
  const mine = r.scope.agency === me.agency;
  // A neighbour's server decides about its own, whatever lies in one's jurisdiction.
  const over = directs(me, r.scope);
  const asks = over && !r.origin;
  const it: Act['on'] = { kind: 'request', id: r.id };
  if (asks) {
    const chief = me.may('request.approve');
    switch (r.state) {
      case 'draft':
      case 'returned':
        add(it, 'submit', 'request.submit', { usual: !chief, waits: mine && r.state === 'returned' && !chief });
        add(it, 'approve', 'request.approve', { usual: true, waits: mine && r.state === 'returned' });
        break;
      case 'submitted':
        // A county may have no duty chief of its own at night: it waits on those over it, too.
        add(it, 'approve', 'request.approve', { usual: true, waits: true });
        add(it, 'return', 'request.return');
        break;
      case 'open':
        if (wider(r.ring)) add(it, 'widen', 'request.widen');
        add(it, 'close', 'request.close');
        break;
      case 'expired':
        add(it, 'approve', 'request.approve', { usual: true, waits: mine });
        add(it, 'close', 'request.close');
        break;
    }
    if (!requestEnded(r)) {
      add(it, 'edit', 'request.edit');
      if (!loans.some(loanOpen)) add(it, 'cancelRequest', 'request.cancel');
    }
  }
  if (r.state === 'open') {
    for (const l of r.lines) {
      const on: Act['on'] = { ...it, line: l.id };
      if (wanted(l) === 0) continue;
      const answered = offers.some((o) => o.line === l.id && o.scope.agency === me.agency && standing(o));
      if (!mine && !answered && (over || reaches(me, r.scope))) add(on, 'answer', 'offer.make', { usual: true });
      if (me.jurisdiction && (over || reaches(me, r.scope))) add(on, 'answerFor', 'offer.make');
    }
  }
  for (const o of offers) {
    const on: Act['on'] = { kind: 'offer', id: o.id, line: o.line };
    const line = r.lines.find((l) => l.id === o.line);
    const gives = directs(me, o.scope) && !o.origin;
    const own = o.scope.agency === me.agency || (gives && !!me.name && o.stamps?.made?.by === me.name);
    if (o.state === 'made') {
      if (asks && r.state === 'open' && line && wanted(line) > 0) add(on, 'order', 'offer.order', { usual: true, waits: mine });
      if (gives) add(on, 'withdraw', 'offer.withdraw');
      if (asks) add(on, 'cancelOffer', 'offer.cancel');
    } else if (o.state === 'ordered' && gives) {
      add(on, 'commit', 'offer.commit', { usual: true, waits: own });
      if (!o.committed) add(on, 'refuse', 'offer.refuse');
    }
    if (o.state === 'ordered' && asks && !o.committed) {
      add(on, 'cancelOffer', 'offer.cancel');
    }
  }
  for (const l of loans) {
    const on: Act['on'] = { kind: 'loan', id: l.id, line: l.line };
    const gives = directs(me, l.scope) && !l.origin;
    const owns = l.owner === me.agency;
    const takes = asks;
    const holds = l.receiver === me.agency;
    const advance = (to: LoanState, more: Partial<Act> = {}) => add(on, 'advance', 'loan.advance', { to, ...more });
    // A team's leader sets out by himself; equipment and supplies have none.
    const led = l.resource.kind === 'team';
    const due = !l.eta || Date.parse(l.eta) <= now;
    switch (l.state) {
      case 'committed':
        if (gives) {
          advance('mobilising', { usual: true, waits: owns && !led });
          advance('in_transit');
        }
        if (takes) advance('on_loan');
        break;
      case 'mobilising':
        if (gives) advance('in_transit', { usual: true, waits: owns && !led });
        if (takes) advance('on_loan');
        break;
      case 'in_transit':
        if (takes) advance('on_loan', { usual: true, waits: holds && due });
        break;
      case 'on_loan':
        if (l.ask?.type === 'extend' && gives) {
          add(on, 'agree', 'loan.answer', { usual: true, waits: owns });
          add(on, 'deny', 'loan.answer');
        }
        if (l.ask?.type === 'recall' && takes) {
          add(on, 'agree', 'loan.answer', { usual: true, waits: holds });
          add(on, 'deny', 'loan.answer');
        }
        if (takes) {
          advance('releasing', { usual: !l.ask });
          if (!l.ask) add(on, 'extend', 'loan.ask');
        }
        if (gives && l.ask?.type !== 'recall') add(on, 'recall', 'loan.ask');
        break;
      case 'releasing':
        if (gives) advance('returned', { usual: true, waits: owns });
        break;
      case 'returned':
      case 'cancelled':
        // What was called off on the way has cost something, too.
        if (owns && !claimed.has(l.id) && (l.state === 'returned' || l.stamps.in_transit)) add(on, 'collect', 'claim.collect');
        break;
    }
    if ((gives || takes) && ['committed', 'mobilising', 'in_transit'].includes(l.state)) add(on, 'cancelLoan', 'loan.cancel');
  }
  return out;
}

/** The parts of the board, in their order. */
export type Group = 'waits' | 'ours' | 'calls' | 'given' | 'others' | 'ended';
export const groups: Group[] = ['waits', 'ours', 'calls', 'given', 'others', 'ended'];

export interface Row extends Aid {
  group: Group;
  acts: Act[];
  /** How many things wait on me in it. */
  waiting: number;
}

/** Every request once, with what waits on me first; in a group the more urgent first, then the older. */
export function board(requests: readonly Request[], offers: readonly Offer[], loans: readonly Loan[], me: Me, now: number, claimed?: ReadonlySet<string>): Row[] {
  const by = <T extends { request: string }>(list: readonly T[]) => {
    const m = new Map<string, T[]>();
    for (const x of list) m.set(x.request, [...(m.get(x.request) ?? []), x]);
    return m;
  };
  const o = by([...offers].sort(older));
  const l = by([...loans].sort(older));
  return requests
    .map((request): Row => {
      const aid = { request, offers: o.get(request.id) ?? [], loans: l.get(request.id) ?? [] };
      const acts = actsOf(aid, me, now, claimed);
      const waiting = acts.filter((a) => a.waits).length;
      return { ...aid, acts, waiting, group: groupOf(aid, acts, waiting, me) };
    })
    .sort((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group) || order(a, b));
}

function groupOf({ request: r, offers, loans }: Aid, acts: Act[], waiting: number, me: Me): Group {
  if (waiting > 0) return 'waits';
  if (requestEnded(r) && !loans.some(loanOpen)) return 'ended';
  if (r.scope.agency === me.agency) return 'ours';
  const answered = offers.some((o) => o.scope.agency === me.agency);
  if (!answered && reaches(me, r.scope) && acts.some((a) => a.does === 'answer')) return 'calls';
  return answered ? 'given' : 'others';
}

const older = (a: { created: string; id: string }, b: { created: string; id: string }) => a.created.localeCompare(b.created) || a.id.localeCompare(b.id);

const order = (a: Row, b: Row) =>
  a.group === 'ended'
    ? b.request.updated.localeCompare(a.request.updated)
    : a.request.priority - b.request.priority || older(a.request, b.request);

/** When it began to wait for others: opened, else submitted, else made. */
export const since = (r: Request): number => {
  const s = r.stamps?.open ?? r.stamps?.submitted;
  return s ? when(s) : Date.parse(r.created);
};

/** The bar of a line: what has come how far, each part without what came further. */
export function parts(l: Line): { state: 'arrived' | 'moving' | 'committed' | 'ordered' | 'offered' | 'missing'; n: number }[] {
  const steps = [l.arrived ?? 0, l.moving ?? 0, l.committed ?? 0, l.ordered ?? 0, l.offered ?? 0];
  const names = ['arrived', 'moving', 'committed', 'ordered', 'offered'] as const;
  let seen = 0;
  const out: ReturnType<typeof parts> = [];
  for (const [i, state] of names.entries()) {
    const n = Math.min(steps[i]!, l.max) - seen;
    if (n <= 0) continue;
    out.push({ state, n });
    seen += n;
  }
  if (seen < l.max) out.push({ state: 'missing', n: l.max - seen });
  return out;
}

/** When the loan entered its state. */
export const loanSince = (l: Loan): number => when(l.stamps?.[l.state]) || Date.parse(l.updated);

/** The needs of an incident that no team on it meets, nobody was asked for yet, and nothing lent is on its way to. */
export function unmet(incident: Incident, tasks: readonly Task[], team: (id: string) => Team | undefined, requests: readonly Request[] = [], loans: readonly Loan[] = []): LineAsk[] {
  const asked = new Map<string, number>();
  for (const r of requests) {
    if (r.incident !== incident.id || requestEnded(r)) continue;
    for (const l of r.lines) if (l.capability) asked.set(l.capability, (asked.get(l.capability) ?? 0) + missing(l));
  }
  // A lent team counts as asked for until it has a task here; from then on it meets the need itself.
  const here = new Set(tasks.filter((t) => t.incident === incident.id && taskOpen(t)).map((t) => t.team));
  for (const l of loans) {
    if (l.incident !== incident.id || !loanOpen(l) || l.state === 'releasing' || here.has(l.resource.id)) continue;
    const code = requests.find((r) => r.id === l.request)?.lines.find((x) => x.id === l.line)?.capability;
    if (code) asked.set(code, (asked.get(code) ?? 0) + l.quantity);
  }
  return needs(incident, tasks, team)
    .map((n) => ({ capability: n.capability, max: n.asked - n.met - (asked.get(n.capability) ?? 0) }))
    .filter((l) => l.max > 0);
}

/** A thing that can be asked for. */
export interface Thing {
  capability?: string;
  item?: string;
  zh: string;
  en: string;
  unit?: string;
  initials: string[];
}

/** What can be asked for: the table of capabilities, and the types of items and supplies that are known here. */
export function things(capabilities: readonly { code: string; zh: string; en: string; initials?: string[] }[], equipment: readonly Equipment[], stocks: readonly Stock[]): Thing[] {
  const out: Thing[] = capabilities.map((c) => ({ capability: c.code, zh: c.zh, en: c.en, unit: '支', initials: c.initials ?? [] }));
  const have = new Set<string>();
  for (const r of [...stocks, ...equipment]) {
    const unit = r.kind === 'stock' ? r.unit : '件';
    const key = `${r.type} ${unit}`;
    if (have.has(key)) continue;
    have.add(key);
    out.push({ item: r.type, zh: r.name, en: r.type.replace(/_/g, ' '), unit, initials: (r.initials ?? '').split(' ').filter(Boolean) });
  }
  return out;
}

/** What else people call them, with the initials of that. */
const also: Record<string, string[]> = {
  hazmat: ['防化', 'fh'], flood: ['抗洪', 'kh'], 'flood.pump': ['排水', 'ps'], medical: ['救护', 'jh'], 'medical.ambulance': ['救护车', 'jhc'],
  'rescue.vehicle': ['破拆', 'pc'], machinery: ['挖掘机', 'wjj'], drone: ['航拍', 'hp'], sandbag: ['沙袋', 'sd'],
};

/** Things that the text names, best first. */
export function findThings(text: string, all: readonly Thing[], limit = 8): Thing[] {
  const q = text.trim().toLowerCase();
  if (!q) return [];
  const score = (t: Thing): number => {
    const code = (t.capability ?? t.item ?? '').toLowerCase();
    const zh = t.zh.toLowerCase();
    const en = t.en.toLowerCase();
    if (code === q || zh === q || en === q) return 0;
    if (t.initials.includes(q) || also[code]?.includes(q)) return 1;
    if (code.startsWith(q) || zh.startsWith(q)) return 2;
    if (t.initials.some((i) => i.startsWith(q))) return 3;
    if (en.split(/\W+/).some((w) => w.startsWith(q))) return 4;
    if (code.includes(q) || zh.includes(q)) return 5;
    if (q.length > 1 && t.initials.some((i) => i.includes(q))) return 7;
    return 9;
  };
  return all
    .map((t) => ({ t, s: score(t) + (t.item ? 0.2 : 0) + t.zh.length / 1000 }))
    .filter((x) => x.s < 9)
    .sort((a, b) => a.s - b.s)
    .slice(0, limit)
    .map((x) => x.t);
}

/** "编织袋 2000 条" taken apart: what, how many, in what unit. */
export function readAsk(text: string): { name: string; n: number | undefined; unit: string | undefined } {
  const m = /^(.*?)[\s×x*]*(\d{1,7})\s*([^\d\s]{0,10})$/u.exec(text.trim());
  if (!m?.[1]?.trim()) return { name: text.trim(), n: undefined, unit: undefined };
  return { name: m[1].trim(), n: Number(m[2]), unit: m[3] || undefined };
}

export const askOf = (t: Thing, n: number | undefined, unit?: string): LineAsk =>
  t.capability ? { capability: t.capability, unit: unit ?? '支', max: n ?? 1 } : { item: t.item!, unit: unit ?? t.unit ?? '件', max: n ?? 1 };

/** Own things that may be lent for a line, by the rules of the server. */
export function lendable(line: Line, owner: string, teams: readonly Team[], equipment: readonly Equipment[], stocks: readonly Stock[], busy: (team: string) => boolean) {
  return {
    teams: line.capability ? teams.filter((t) => t.scope.agency === owner && !t.holder && !t.retired && !t.distress && (t.duty === 'available' || t.duty === 'on_break') && can(t, line.capability!) && !busy(t.id)) : [],
    equipment: equipment.filter((e) => e.scope.agency === owner && e.holder === owner && !e.incident && (e.condition === 'ready' || e.condition === 'worn') &&
      (line.item ? e.type === line.item : !!e.capabilities?.some((c) => c.code === line.capability || c.code.startsWith(`${line.capability}.`)))),
    stocks: line.item ? stocks.filter((s) => s.scope.agency === owner && s.type === line.item && s.unit === line.unit && s.available > 0) : [],
  };
}

/** Everything that happened to the requests of an incident. */
export function aidLines(incident: string, requests: readonly Request[], offers: readonly Offer[], loans: readonly Loan[]): Entry[] {
  const out: Entry[] = [];
  const stamped = (kind: 'request' | 'offer' | 'loan', r: Request | Offer | Loan, stamps: Partial<Record<string, Stamp>> | undefined) => {
    for (const [state, s] of Object.entries(stamps ?? {})) {
      if (!s) continue;
      // A chief's own request is submitted and open in one: said once.
      if (kind === 'request' && state !== 'open' && stamps?.open?.at === s.at) continue;
      if (kind === 'request' && state === 'draft' && stamps?.submitted?.at === s.at) continue;
      out.push({ at: when(s), key: `${kind}/${r.id}/${state}`, what: 'aid', state, by: s.by, via: s.via, received: s.event ? Date.parse(s.at) : undefined, aid: r });
    }
  };
  for (const r of requests) {
    if (r.incident !== incident) continue;
    stamped('request', r, r.stamps);
    for (const [i, p] of (r.rings ?? []).entries()) if (i > 0) out.push({ at: Date.parse(p.at), key: `request/${r.id}/ring/${i}`, what: 'aid', state: 'widened', by: p.by, aid: r, ring: p.ring });
  }
  for (const o of offers) if (o.incident === incident) stamped('offer', o, o.stamps);
  for (const l of loans) if (l.incident === incident) stamped('loan', l, l.stamps);
  return out;
}
