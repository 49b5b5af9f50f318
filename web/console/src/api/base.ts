// What the nouns are made of: references, scopes, stamps, places, and the words of
// their states. Names and forms are those of the Go package dispatch. Times are
// RFC 3339 in UTC, points [lon, lat] in WGS-84.

export type Kind =
  | 'drill' | 'part' | 'objective' | 'inject' | 'sim' | 'observation' | 'improvement'
  | 'agency' | 'area' | 'person' | 'depot' | 'hazard' | 'report' | 'incident' | 'fence' | 'request' | 'offer' | 'loan' | 'requisition' | 'letter'
  | 'rate' | 'claim' | 'agreement' | 'activation' | 'team' | 'task' | 'equipment' | 'stock' | 'device' | 'note' | 'stay' | 'alarm' | 'link' | 'parcel';

export type Point = [lon: number, lat: number];
export type Bound = [west: number, south: number, east: number, north: number];

export interface Ref {
  kind: Kind;
  id: string;
}

export interface Share {
  agency: string;
  tier: 'view' | 'assist';
  redacted?: boolean;
  source: 'manual' | 'task' | 'loan' | 'link' | 'agreement' | 'range';
  /** The agreement, or the name of who shared by hand. */
  by?: string;
  /** When it ends by itself. */
  until?: string;
}

export interface Scope {
  agency?: string;
  area?: string;
  shares?: Share[];
  /** Desks of agencies at home in this division see it. */
  reach?: string;
  teams?: string[];
  open?: boolean;
  admin?: boolean;
}

export interface Head<K extends Kind> {
  kind: K;
  id: string;
  version: number;
  scope: Scope;
  created: string;
  updated: string;
  origin?: Origin;
}

export interface Stamp {
  at: string;
  event?: string;
  by?: string;
  via?: string;
}

export interface Place {
  text?: string;
  point?: Point;
  source?: string;
}

export interface Count {
  dead?: number;
  injured?: number;
  trapped?: number;
  missing?: number;
  moved?: number;
}

export interface Need {
  capability: string;
  count: number;
}

export interface Capability {
  code: string;
  level?: number;
  expires?: string;
}

export interface DutyLine {
  name: string;
  post?: string;
  phone?: string;
}

export type Grade = 0 | 1 | 2 | 3 | 4;
export type IncidentState =
  | 'reported' | 'verified' | 'active' | 'controlled' | 'closed' | 'archived' | 'duplicate' | 'false_alarm' | 'transferred';
export type TaskState =
  | 'proposed' | 'assigned' | 'acknowledged' | 'en_route' | 'staging' | 'on_scene' | 'to_destination' | 'at_destination'
  | 'returning' | 'done' | 'cancelled' | 'refused' | 'released' | 'diverted';
export type TaskType = 'rescue' | 'standby' | 'relocation' | 'transport' | 'return';
export type TeamType = 'fire' | 'medical' | 'hazmat' | 'mine' | 'water' | 'traffic' | 'power' | 'social' | 'command' | 'other';
export type TeamStatus = 'available' | 'delayed' | 'committed' | 'unavailable' | 'distress';
export type Duty = 'off_duty' | 'available' | 'on_break' | 'out_of_service';
export type ReportState = 'waiting' | 'claimed' | 'linked' | 'dismissed';
export type NoteType = 'remark' | 'photo' | 'correction' | 'initial' | 'continued' | 'final';
export type NoteState = 'drafted' | 'checked' | 'signed' | 'sent' | 'received';
export type Role = 'dispatcher' | 'chief' | 'leader' | 'planner' | 'observer' | 'admin' | 'system' | DrillRole;
/** Roles that a person has in a drill and nowhere else. */
export type DrillRole = 'director' | 'controller' | 'evaluator';
export type AgencyType = 'government' | 'enterprise' | 'social' | 'neighbour';
export type Condition = 'ready' | 'worn' | 'broken' | 'scrapped';
export type Channel = 'hotline' | 'app' | 'sensor' | 'upward' | 'neighbour';

/** Where a record is at home that a neighbouring region's server told of. */
export interface Origin {
  link: string;
  agency?: string;
  seq: number;
  /** Commands about it that its home has not answered: until then it is shown as they would have it. */
  waiting?: number;
  /** Its home shows it no longer. */
  gone?: boolean;
}

export interface Expect {
  expect?: Record<string, number>;
}

/** A refusal: an RFC 9457 problem document. */
export interface Problem {
  type?: string;
  title?: string;
  status: number;
  code:
    | 'invalid' | 'not_found' | 'forbidden' | 'illegal_move' | 'stale' | 'conflict' | 'blocked' | 'key_reused'
    | 'unavailable' | 'too_large' | 'throttled' | 'auth' | 'csrf' | 'internal'
    | 'not_sent' | 'no_answer'; // the last two are the console's own: the link was cut before, or during
  detail?: string;
  detail_zh?: string;
  field?: string;
  value?: unknown;
  legal?: string[];
  blockers?: Ref[];
  /** The record as it is now, where it was changed meanwhile. */
  current?: Head<Kind>;
  id?: string;
}
