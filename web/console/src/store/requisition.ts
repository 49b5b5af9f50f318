// Requisitions: who may do what next, and how a board lists them. Plain
// functions on records; the server has the last word.
import type { Agency, Incident, Requisition, RequisitionType } from '../api/types';
import { directs, type Me } from './aid';
import { type Line as Entry } from './select';
import { when } from './stamp';

export type RequisitionStep = 'take' | 'return' | 'extend' | 'cancel';

export const requisitionOpen = (q: Requisition) => q.state === 'ordered' || q.state === 'taken_over';

/** Things that are in no register: they are described. */
export const described: RequisitionType[] = ['vehicle', 'machine', 'building', 'site', 'material', 'other'];

/** Of people and of what is used up no condition is asked. */
export const hasCondition = (q: Requisition) => q.type !== 'team' && q.type !== 'stock' && q.type !== 'material';

/** A government of a county or above, for an incident in its jurisdiction. */
export const mayRequisition = (me: Me, agency: Agency | undefined, i: Incident | undefined) =>
  me.may('requisition.order') && agency?.type === 'government' && !!me.jurisdiction && me.jurisdiction.length <= 6 && !!i?.scope.area?.startsWith(me.jurisdiction);

/** The legal next steps, the usual one first. */
export function stepsOf(q: Requisition, me: Me): RequisitionStep[] {
  const decides = directs(me, q.scope);
  const uses = decides || !!q.scope.shares?.some((s) => s.agency === me.agency && s.tier === 'assist');
  const out: RequisitionStep[] = [];
  if (q.state === 'ordered' && uses && me.may('requisition.take')) out.push('take');
  if (q.state === 'taken_over' && uses && me.may('requisition.return')) out.push('return');
  if (requisitionOpen(q) && decides && me.may('requisition.extend')) out.push('extend');
  if (q.state === 'ordered' && decides && me.may('requisition.cancel')) out.push('cancel');
  return out;
}

/** Since when it is what it is. */
export const requisitionSince = (q: Requisition): number => when(q.stamps?.[q.state]) || Date.parse(q.updated);

/** Open ones first, those that are over their time before others, then the older. */
export function listed(all: readonly Requisition[], now: number): Requisition[] {
  const rank = (q: Requisition) => (!requisitionOpen(q) ? 2 : overdue(q, now) ? 0 : 1);
  return [...all].sort((a, b) => rank(a) - rank(b) || (requisitionOpen(a) ? a.created.localeCompare(b.created) : b.updated.localeCompare(a.updated)) || a.id.localeCompare(b.id));
}

export const overdue = (q: Requisition, now: number) => requisitionOpen(q) && !!q.until && Date.parse(q.until) < now;

/** Everything that happened to the requisitions of an incident. */
export function requisitionLines(incident: string, all: readonly Requisition[]): Entry[] {
  return all
    .filter((q) => q.incident === incident)
    .flatMap((q) => Object.entries(q.stamps ?? {}).map(([state, s]) => ({
      at: when(s), key: `requisition/${q.id}/${state}`, what: 'aid' as const, state, by: s.by, via: s.via, received: s.event ? Date.parse(s.at) : undefined, aid: q,
    })));
}

/** Fen as yuan: 12,000.50. */
export const yuan = (fen: number): string => (fen / 100).toLocaleString('en', { minimumFractionDigits: fen % 100 ? 2 : 0, maximumFractionDigits: 2 });
