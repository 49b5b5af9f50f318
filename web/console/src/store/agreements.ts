// Agreements between agencies: where each stands, what waits on whom, and what may
// be done with it. Plain functions on records; the server has the last word.
import type { Agreement, CommandName } from '../api/types';

export type PactGroup = 'waits' | 'sharing' | 'standby' | 'open' | 'over';
export const pactGroups: PactGroup[] = ['waits', 'sharing', 'standby', 'open', 'over'];

/** To decline is to withdraw before one has consented. */
export type PactStep = 'consent' | 'activate' | 'deactivate' | 'edit' | 'withdraw' | 'decline' | 'end';

export interface PactAct {
  does: PactStep;
  command: CommandName;
  key: string;
  main?: boolean;
}

export const party = (a: Agreement, agency: string | undefined) => a.parties.find((p) => p.agency === agency);

const before = (iso: string | undefined, now: number) => !!iso && Date.parse(iso) > now;

/** In force, and not yet over by its time. */
export const inForce = (a: Agreement, now: number) => a.state === 'in_force' && (!a.until || before(a.until, now));

/** Whether it shows the partners anything now. */
export const sharing = (a: Agreement, now: number) => inForce(a, now) && (!a.needs_activation || before(a.active_until, now));

/** Whether the agency's own officer is asked. */
export const waitsOn = (a: Agreement, agency: string | undefined) => {
  const p = party(a, agency);
  return !!p && !p.consented && !p.withdrawn && a.state === 'proposed';
};

export function groupOf(a: Agreement, agency: string | undefined, officer: boolean, now: number): PactGroup {
  if (officer && waitsOn(a, agency)) return 'waits';
  if (sharing(a, now)) return 'sharing';
  if (inForce(a, now)) return 'standby';
  return a.state === 'proposed' ? 'open' : 'over';
}

/** Exactly the legal steps of the agency's officer, the usual one first. */
export function pactActs(a: Agreement, agency: string | undefined, may: (c: CommandName) => boolean, now: number): PactAct[] {
  const p = party(a, agency);
  if (!p || a.state === 'ended') return [];
  const out: PactAct[] = [];
  const add = (does: PactStep, key: string, main = false) => {
    const command = does === 'edit' ? 'agreement.save' : does === 'decline' ? 'agreement.withdraw' : (`agreement.${does}` as CommandName);
    if (may(command)) out.push({ does, command, key, ...(main ? { main } : {}) });
  };
  if (!p.consented && (a.state === 'proposed' || a.state === 'withdrawn')) add('consent', 'P', true);
  if (inForce(a, now) && a.needs_activation) {
    if (a.active_until) add('deactivate', 'D');
    add('activate', 'S', !a.active_until);
  }
  const proposed = a.scope.agency === agency;
  if (proposed) add('edit', 'E');
  if (!p.withdrawn && (a.state === 'proposed' || a.state === 'in_force' || a.state === 'withdrawn')) add(p.consented ? 'withdraw' : 'decline', 'W');
  if (proposed) add('end', 'X');
  return out;
}

/** All that are on the board, what waits on me first, then the newest. */
export function pacts(list: readonly Agreement[], agency: string | undefined, officer: boolean, now: number): { g: PactGroup; rows: Agreement[] }[] {
  const rows = [...list].sort((a, b) => b.created.localeCompare(a.created) || a.id.localeCompare(b.id));
  return pactGroups.map((g) => ({ g, rows: rows.filter((a) => groupOf(a, agency, officer, now) === g) })).filter((x) => x.rows.length > 0);
}

/** Whether the agency has partners that a request can reach. */
export const hasPartners = (list: readonly Agreement[], agency: string | undefined, now: number) =>
  list.some((a) => inForce(a, now) && !!party(a, agency) && a.subjects.some((s) => s !== 'hazards'));
