// Compensation as it travels: rates and claims. Money is whole fen.
import type { Head, Stamp } from './types';

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
  invented?: boolean;
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
