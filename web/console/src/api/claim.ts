// Compensation as it travels: rates and claims. Money is whole fen.
import type { Expect, Head, Stamp } from './base';

export type RateType = 'team' | 'crew' | 'scene' | 'meal' | 'transport' | 'equipment' | 'wear' | 'repair' | 'loss' | 'supply';

export interface Rate extends Head<'rate'> {
  type: RateType;
  /** Type of team, equipment or supply; without it: all that have none of their own. */
  subject?: string;
  unit: string;
  /** Fen per unit. */
  amount: number;
  from: string;
  to?: string;
  source: string;
  within?: string;
}

export type ClaimState = 'collected' | 'submitted' | 'checked' | 'payer_assigned' | 'returned' | 'approved' | 'paid' | 'closed';
export type PayerRule = 'responsible' | 'government' | 'agreement';

export interface Party {
  agency?: string;
  name?: string;
}

export interface ClaimLine {
  id: string;
  type: RateType;
  loan: string;
  name: string;
  task?: string;
  from?: string;
  to?: string;
  /** Seconds (× persons), metres or units. */
  quantity: number;
  persons?: number;
  unit: string;
  rate?: string;
  /** Money is whole fen. */
  price: number;
  computed: number;
  edited?: number;
  reason?: string;
  editor?: Stamp;
  estimate?: boolean;
  seqs: number[];
}

export interface Claim extends Head<'claim'> {
  number: string;
  state: ClaimState;
  incident: string;
  title: string;
  receivers: string[];
  loans: string[];
  lines: ClaimLine[];
  computed: number;
  amount: number;
  responsible?: Party;
  payer?: Party & { rule: PayerRule; text?: string };
  payment?: string;
  reason?: string;
  waived?: boolean;
  stamps: Partial<Record<ClaimState, Stamp>>;
}

type ClaimMove = Expect & { claim: string; reason?: string };

/** What can be commanded about rates and claims. */
export interface ClaimCommands {
  'rate.save': Expect & {
    id?: string; agency?: string; type: RateType; subject?: string; unit?: string; amount: number; from: string; to?: string; source: string;
  };
  'rate.end': Expect & { rate: string; to: string };
  'claim.collect': { loan?: string; incident?: string; responsible?: Party };
  'claim.recompute': ClaimMove;
  'claim.edit': Expect & { claim: string; line: string; amount?: number; reason?: string };
  'claim.submit': Expect & { claim: string; responsible?: Party };
  'claim.check': ClaimMove;
  'claim.assign_payer': Expect & { claim: string; rule?: PayerRule; agency?: string; name?: string; reason?: string };
  'claim.approve': ClaimMove;
  'claim.return': ClaimMove;
  'claim.pay': Expect & { claim: string; reference: string };
  'claim.close': ClaimMove;
}
