// Compensation: who may do what next with a claim, what of it waits on whom, and
// how money and quantities are written. Plain functions on records; the server
// has the last word.
import type { Claim, ClaimLine, ClaimState, CommandName } from '../api/types';
import type { Me } from './aid';

/** One legal next step of a claim, with its key. */
export interface ClaimAct {
  does: 'submit' | 'check' | 'payer' | 'approve' | 'pay' | 'close' | 'recompute' | 'return' | 'again' | 'waive';
  command: CommandName;
  key: string;
  usual?: boolean;
  /** Others wait for this agency's desk to do it. */
  waits?: boolean;
}

const within = (area: string | undefined, division: string | undefined) => !!division && !!area?.startsWith(division);

export const claimant = (c: Claim, me: Me) => c.scope.agency === me.agency;

/** Whether the claimant's own desk may change it now. */
export const editable = (c: Claim, me: Me) => claimant(c, me) && (c.state === 'collected' || c.state === 'returned') && me.may('claim.edit');

/** Exactly the legal next steps. Nobody decides on a claim of their own agency. */
export function claimActs(c: Claim, me: Me): ClaimAct[] {
  const out: ClaimAct[] = [];
  const add = (does: ClaimAct['does'], command: CommandName, key: string, more: Partial<ClaimAct> = {}) => {
    if (me.may(command)) out.push({ does, command, key, ...more });
  };
  const own = claimant(c, me);
  const over = within(c.scope.area, me.jurisdiction);
  const judges = !own && (over || !!c.scope.shares?.some((s) => s.agency === me.agency && s.tier === 'assist'));
  const payer = c.payer?.agency;
  const pays = judges && (!payer || payer === me.agency || over);
  const had = c.receivers.includes(me.agency);
  switch (c.state) {
    case 'collected':
    case 'returned':
      if (!own) break;
      add('submit', 'claim.submit', '1', { usual: true, waits: true });
      add('recompute', 'claim.recompute', 'K');
      add('waive', 'claim.close', 'W');
      break;
    case 'submitted':
      if (!judges) break;
      add('check', 'claim.check', '1', { usual: true, waits: had || over });
      add('return', 'claim.return', 'T');
      break;
    case 'checked':
      if (!judges) break;
      add('payer', 'claim.assign_payer', '1', { usual: true, waits: had || over });
      add('return', 'claim.return', 'T');
      break;
    case 'payer_assigned':
      if (pays) add('approve', 'claim.approve', '1', { usual: true, waits: payer ? payer === me.agency : had });
      if (judges) {
        add('again', 'claim.assign_payer', 'Y');
        add('return', 'claim.return', 'T');
      }
      break;
    case 'approved':
      if (pays) add('pay', 'claim.pay', '1', { usual: true, waits: payer ? payer === me.agency : had });
      break;
    case 'paid':
      if (own || judges) add('close', 'claim.close', '1', { usual: true, waits: own });
      break;
  }
  return out;
}

/** The parts of the list, in their order. */
export type ClaimGroup = 'waits' | 'ours' | 'theirs' | 'settled';
export const claimGroups: ClaimGroup[] = ['waits', 'ours', 'theirs', 'settled'];

export interface ClaimRow {
  claim: Claim;
  group: ClaimGroup;
  acts: ClaimAct[];
}

/** Every claim once, with what waits on us first; in a group the older first, settled ones the newer. */
export function claimRows(claims: readonly Claim[], me: Me): ClaimRow[] {
  return claims
    .map((claim): ClaimRow => {
      const acts = claimActs(claim, me);
      const group = claim.state === 'closed' ? 'settled' : acts.some((a) => a.waits) ? 'waits' : claimant(claim, me) ? 'ours' : 'theirs';
      return { claim, group, acts };
    })
    .sort((a, b) => claimGroups.indexOf(a.group) - claimGroups.indexOf(b.group) || (a.group === 'settled' ? -1 : 1) * a.claim.number.localeCompare(b.claim.number));
}

/** The way of a claim, as it is drawn. */
export const claimWay: ClaimState[] = ['collected', 'submitted', 'checked', 'payer_assigned', 'approved', 'paid', 'closed'];

/** Whole fen as yuan: 12,345.60. */
export function yuan(fen: number): string {
  const n = Math.abs(fen);
  return `${fen < 0 ? '−' : ''}${Math.floor(n / 100).toLocaleString('en-US')}.${String(n % 100).padStart(2, '0')}`;
}

/** Yuan as people type them, as whole fen; undefined when it is no amount. No float comes near it. */
export function readYuan(text: string): number | undefined {
  const m = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text.trim().replace(/[,，\s¥￥]/g, '').replace('。', '.'));
  return m ? Number(m[1]) * 100 + Number((m[2] ?? '').padEnd(2, '0')) : undefined;
}

export const amountOf = (l: ClaimLine): number => l.edited ?? l.computed;

/** Seconds as h:mm:ss. */
export function hms(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** How much, without its unit; of crews and meals for one person. */
export function quantity(l: ClaimLine): string {
  const each = l.persons ? l.quantity / l.persons : l.quantity;
  if (l.unit === 'hour') return hms(each);
  if (l.unit === 'km') return (l.quantity / 1000).toFixed(3);
  return String(each);
}
