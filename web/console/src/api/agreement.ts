// What agencies agree to let each other see, as it travels.
import type { Grade, Head, Stamp } from './base';

export type AgreementState = 'proposed' | 'in_force' | 'withdrawn' | 'expired' | 'ended';
export type AgreementSubject = 'incidents' | 'resources' | 'hazards';

/** What the parties consent to. */
export interface AgreementTerms {
  subjects: AgreementSubject[];
  types?: string[];
  grade?: Grade;
  area?: string;
  tier: 'view' | 'assist';
  redacted?: boolean;
  needs_activation?: boolean;
  /** Hours that an activation lasts at most. */
  longest?: number;
  until?: string;
}

export interface Agreement extends Head<'agreement'>, AgreementTerms {
  number: string;
  name: string;
  text?: string;
  state: AgreementState;
  /** The first proposed it. */
  parties: { agency: string; consented?: Stamp; withdrawn?: Stamp }[];
  /** Version of the terms. */
  terms: number;
  activation?: string;
  active_until?: string;
  stamps?: Partial<Record<AgreementState, Stamp>>;
  reason?: string;
}

export interface Activation extends Head<'activation'> {
  agreement: string;
  state: 'open' | 'ended';
  agency: string;
  reason: string;
  until: string;
  opened: Stamp;
  ended?: Stamp;
  end_reason?: string;
}
