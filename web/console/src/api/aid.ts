// Pooled forces as they travel: what is asked, offered, lent, requisitioned, and
// the messages with foreign systems.
import type { Condition, Head, Place, Ref, Stamp } from './base';

export type RequestState = 'draft' | 'submitted' | 'returned' | 'open' | 'closed' | 'cancelled' | 'expired';
export type Ring = 'own' | 'county' | 'city' | 'partners' | 'range' | 'province';

export interface Line {
  id: string;
  capability?: string;
  item?: string;
  unit: string;
  min: number;
  max: number;
  needed_by?: string;
  text?: string;
  offered?: number;
  ordered?: number;
  committed?: number;
  moving?: number;
  arrived?: number;
}

export interface Request extends Head<'request'> {
  number: string;
  incident: string;
  state: RequestState;
  title: string;
  text?: string;
  priority: number;
  lines: Line[];
  report_to: Place;
  contact?: string;
  /** Agencies that it is addressed to. */
  to?: string[];
  ring?: Ring;
  rings?: { ring: Ring; at: string; by?: string; waited?: number; agencies?: number }[];
  /** Kilometres of the ring of that name. */
  range?: number;
  widen_due?: string;
  until?: string;
  back?: string;
  reason?: string;
  stamps?: Partial<Record<RequestState, Stamp>>;
}

export type OfferType = 'accept' | 'provisional' | 'decline';
export type OfferState = 'made' | 'ordered' | 'committed' | 'declined' | 'refused' | 'withdrawn' | 'cancelled';

export interface Offer extends Head<'offer'> {
  request: string;
  line: string;
  incident: string;
  type: OfferType;
  state: OfferState;
  quantity?: number;
  conditions?: string;
  ready?: string;
  back?: string;
  text?: string;
  ordered?: number;
  committed?: number;
  reason?: string;
  stamps?: Partial<Record<OfferState, Stamp>>;
}

export type LoanState = 'committed' | 'mobilising' | 'in_transit' | 'on_loan' | 'releasing' | 'returned' | 'cancelled';

export interface Loan extends Head<'loan'> {
  request: string;
  line: string;
  offer: string;
  incident: string;
  owner: string;
  receiver: string;
  resource: Ref;
  name: string;
  quantity: number;
  unit: string;
  state: LoanState;
  next?: LoanState;
  report_to: Place;
  contact?: string;
  eta?: string;
  back?: string;
  ask?: { type: 'extend' | 'recall'; until?: string; reason: string; stamp: Stamp };
  handed_over?: Condition;
  came_back?: Condition;
  returned?: number;
  reason?: string;
  stamps: Partial<Record<LoanState, Stamp>>;
}

export type RequisitionState = 'ordered' | 'taken_over' | 'returned' | 'cancelled';
export type RequisitionType = 'team' | 'equipment' | 'stock' | 'vehicle' | 'machine' | 'building' | 'site' | 'material' | 'other';

export interface Handover {
  condition?: Condition;
  note?: string;
  given_by: string;
  taken_by: string;
}

export interface Requisition extends Head<'requisition'> {
  decision: string;
  incident: string;
  authority: string;
  state: RequisitionState;
  next?: RequisitionState;
  type: RequisitionType;
  resource?: Ref;
  name: string;
  description?: string;
  quantity: number;
  unit: string;
  owner?: string;
  owner_name?: string;
  owner_contact?: string;
  receiver: string;
  purpose: string;
  place: Place;
  from: string;
  until?: string;
  /** Fen. */
  value?: number;
  taken_over?: Handover;
  came_back?: Handover;
  returned?: number;
  loss?: string;
  reason?: string;
  stamps: Partial<Record<RequisitionState, Stamp>>;
}

/** An EDXL-RM message that came from a foreign system, or was written to one. */
export interface Letter extends Head<'letter'> {
  message?: string;
  type: string;
  request?: string;
  incident: string;
  sender: string;
  received?: boolean;
  originating?: string;
  preceding?: string;
  answers?: string;
  sent: string;
  text?: string;
  lines?: { id: string; of?: string; item?: string; quantity?: number; unit?: string; price?: number }[];
  effect?: string;
  digest?: string;
  body?: string;
  stamp: Stamp;
}
