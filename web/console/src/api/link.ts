// Links with neighbouring regions as they travel, and what waits to go over them.
import type { Head, Ref, Stamp } from './base';

/** A neighbouring region's server, accepted here. */
export interface Link extends Head<'link'> {
  name: string;
  region: string;
  address?: string;
  certificate?: string;
  fingerprint: string;
  state: 'active' | 'revoked';
  cursor: { epoch?: string; seq: number; at?: string };
  reason?: string;
}

/** A command about a neighbour's record, on its way to its home. */
export interface Parcel extends Head<'parcel'> {
  link: string;
  command: string;
  body: unknown;
  incident?: string;
  records: Ref[];
  by: string;
  state: 'waiting' | 'done' | 'refused';
  refusal?: string;
  refusal_zh?: string;
  sent: Stamp;
  settled?: Stamp;
}
