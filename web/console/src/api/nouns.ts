// The nouns as they travel. Names and forms are those of the Go package dispatch:
// one noun, one name.
import type { Activation, Agreement } from './agreement';
import type {
  AgencyType, Bound, Capability, Channel, Condition, Count, Duty, DutyLine, Grade, Head, IncidentState, Kind, Need, NoteState, NoteType, Place, Point,
  ReportState, Role, Stamp, TaskState, TaskType, TeamStatus, TeamType,
} from './base';
import type { Claim, Rate } from './claim';
import type { Drill, Inject, Objective, Part } from './drill';
import type { Improvement, Observation } from './judge';
import type { Link, Parcel } from './link';
import type { Sim } from './sim';
import type { Letter, Loan, Offer, Request, Requisition } from './aid';

export interface Agency extends Head<'agency'> {
  name: string;
  short?: string;
  initials?: string;
  type: AgencyType;
  jurisdiction?: string;
  place: Place;
  phone?: string;
  invented?: boolean;
}

export interface Area extends Head<'area'> {
  code: string;
  level: 'province' | 'city' | 'county' | 'township' | 'village';
  parent?: string;
  name: string;
  initials?: string;
  center?: Point;
  bound?: Bound;
  shape?: number;
  duty?: DutyLine[];
  invented?: boolean;
}

export interface Person extends Head<'person'> {
  name: string;
  login?: string;
  roles: Role[];
  team?: string;
  phone?: string;
  post?: string;
  locked?: boolean;
}

export interface Depot extends Head<'depot'> {
  name: string;
  initials?: string;
  type: 'station' | 'warehouse' | 'hospital' | 'post';
  place: Place;
  keeper?: string;
  phone?: string;
  invented?: boolean;
}

export interface Hazard extends Head<'hazard'> {
  name: string;
  initials?: string;
  level: 1 | 2 | 3 | 4;
  operator: string;
  substances?: { name: string; un?: string; cas?: string; quantity: number; critical?: number }[];
  population?: number;
  place: Place;
  duty?: DutyLine[];
  external?: string;
  invented?: boolean;
}

export interface Report extends Head<'report'> {
  channel: Channel;
  state: ReportState;
  type?: string;
  text: string;
  place: Place;
  caller?: string;
  phone?: string;
  claimed?: string;
  claim_by?: string;
  until?: string;
  incident?: string;
  reason?: string;
  received: Stamp;
}

export interface Incident extends Head<'incident'> {
  number: string;
  state: IncidentState;
  type: string;
  grade: Grade;
  priority: 1 | 2 | 3;
  alarm_level: number;
  title: string;
  description?: string;
  place: Place;
  caller?: string;
  phone?: string;
  casualties: Count;
  needs?: Need[];
  commander?: string;
  parent?: string;
  duplicate?: string;
  split_from?: string;
  transfer_to?: string;
  outcome?: string;
  stamps?: Partial<Record<IncidentState, Stamp>>;
  auto_close: boolean;
  archive_due?: string;
}

export interface Distress {
  since: string;
  by: string;
  place?: Place;
  text?: string;
}

/** The last text that the desk sent to a team's vehicle terminal. */
export interface Message {
  id: string;
  text: string;
  sent: Stamp;
  state: 'sent' | 'delivered' | 'failed';
  answered?: string;
}

export interface Team extends Head<'team'> {
  name: string;
  call_sign: string;
  initials?: string;
  type: TeamType;
  capabilities?: Capability[];
  base: Place;
  depot?: string;
  seats_min: number;
  seats_full: number;
  crew: number;
  leader?: string;
  phone?: string;
  speed?: number;
  duty: Duty;
  duty_reason?: string;
  status: TeamStatus;
  task?: string;
  distress?: Distress;
  message?: Message;
  /** The agency that has it on loan. */
  holder?: string;
  loan?: string;
  /** By which its holder has it, in place of a loan. */
  requisition?: string;
  multi_assign?: boolean;
  invented?: boolean;
  retired?: boolean;
}

export interface Task extends Head<'task'> {
  incident: string;
  team: string;
  agency: string;
  type: TaskType;
  state: TaskState;
  next?: TaskState;
  stamps: Partial<Record<TaskState, Stamp>>;
  choice?: string;
  reason?: string;
  estimate?: number;
  destination?: Place;
  diverted_to?: string;
  interruptible?: boolean;
  check_every?: number;
  check_due?: string;
  /** When a position first showed the team at the incident: a suggestion. */
  arrival?: Stamp;
  ack_due?: string;
  flagged?: boolean;
}

export interface Equipment extends Head<'equipment'> {
  name: string;
  initials?: string;
  type: string;
  serial?: string;
  capabilities?: Capability[];
  condition: Condition;
  holder: string;
  depot?: string;
  place: Place;
  incident?: string;
  team?: string;
  invented?: boolean;
}

export interface Stock extends Head<'stock'> {
  name: string;
  initials?: string;
  type: string;
  unit: string;
  available: number;
  least?: number;
  holder: string;
  depot?: string;
  place: Place;
  expires?: string;
  invented?: boolean;
}

export interface Device extends Head<'device'> {
  name: string;
  protocol: 'osmand' | 'owntracks' | 'phone' | 'cot' | 'jt808';
  team: string;
  revoked?: boolean;
  expires?: string;
  /** jt808: the phone number of the terminal's card */
  identifier?: string;
  terminal?: string;
  registered?: string;
}

export interface Note extends Head<'note'> {
  incident: string;
  task?: string;
  type: NoteType;
  text: string;
  photo?: string;
  internal?: boolean;
  author: string;
  stamp: Stamp;
  state?: NoteState;
  to?: string;
  instruction?: string;
  signed?: Stamp[];
}

export interface Alarm extends Head<'alarm'> {
  type: 'distress' | 'checkin' | 'no_answer' | 'incident' | 'fence' | 'inject';
  tier: 1 | 2 | 3;
  text: string;
  /** Of an inject: who it seems to come from. */
  from?: string;
  incident?: string;
  task?: string;
  team?: string;
  stay?: string;
  raised: Stamp;
  acked?: Stamp;
  ended?: Stamp;
}

export type FenceType = 'ring' | 'perimeter' | 'division';
export type FencePurpose = 'hot' | 'warm' | 'cold' | 'staging' | 'watch';
export type FenceWarn = 'enter' | 'exit' | 'dwell';

export interface Fence extends Head<'fence'> {
  name: string;
  type: FenceType;
  purpose: FencePurpose;
  state: 'active' | 'ended';
  incident?: string;
  hazard?: string;
  /** The middle of a ring; else where the name is written. */
  center?: Point;
  /** Of a ring, metres. */
  radius?: number;
  follows?: boolean;
  /** Of a perimeter: rings, the outer one first. */
  shape?: Point[][];
  division?: string;
  warn?: FenceWarn[];
  /** Seconds. */
  dwell?: number;
  until?: string;
  drawn: string;
  reason?: string;
}

export interface Stay extends Head<'stay'> {
  fence: string;
  team: string;
  incident?: string;
  state: 'inside' | 'left';
  found?: boolean;
  entered: Stamp;
  point: Point;
  left?: Stamp;
  dwell_due?: string;
  dwelt?: Stamp;
  reason?: string;
}

export interface Nouns {
  drill: Drill;
  sim: Sim;
  part: Part;
  objective: Objective;
  inject: Inject;
  observation: Observation;
  improvement: Improvement;
  agency: Agency;
  area: Area;
  person: Person;
  depot: Depot;
  hazard: Hazard;
  report: Report;
  incident: Incident;
  fence: Fence;
  request: Request;
  offer: Offer;
  loan: Loan;
  requisition: Requisition;
  letter: Letter;
  agreement: Agreement;
  activation: Activation;
  rate: Rate;
  claim: Claim;
  team: Team;
  task: Task;
  equipment: Equipment;
  stock: Stock;
  device: Device;
  note: Note;
  stay: Stay;
  alarm: Alarm;
  link: Link;
  parcel: Parcel;
}

export type AnyRecord = Nouns[Kind];
