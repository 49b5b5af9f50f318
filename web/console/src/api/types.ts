// The nouns and inputs as they travel. Names and forms are those of the Go
// package dispatch: one noun, one name. Times are RFC 3339 in UTC, points
// [lon, lat] in WGS-84.

export type Kind =
  | 'agency' | 'area' | 'person' | 'depot' | 'hazard' | 'report' | 'incident'
  | 'team' | 'task' | 'equipment' | 'stock' | 'device' | 'note' | 'alarm';

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
  source: 'manual' | 'task';
}

export interface Scope {
  agency?: string;
  area?: string;
  shares?: Share[];
  teams?: string[];
  open?: boolean;
  admin?: boolean;
}

interface Head<K extends Kind> {
  kind: K;
  id: string;
  version: number;
  scope: Scope;
  created: string;
  updated: string;
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
export type Role = 'dispatcher' | 'chief' | 'leader' | 'planner' | 'observer' | 'admin' | 'system';
export type AgencyType = 'government' | 'enterprise' | 'social' | 'neighbour';
export type Condition = 'ready' | 'worn' | 'broken' | 'scrapped';
export type Channel = 'hotline' | 'app' | 'sensor' | 'upward' | 'neighbour';

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
  protocol: 'osmand' | 'owntracks' | 'phone';
  team: string;
  revoked?: boolean;
  expires?: string;
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
  type: 'distress' | 'checkin' | 'no_answer' | 'incident';
  tier: 1 | 2 | 3;
  text: string;
  incident?: string;
  task?: string;
  team?: string;
  raised: Stamp;
  acked?: Stamp;
  ended?: Stamp;
}

export interface Nouns {
  agency: Agency;
  area: Area;
  person: Person;
  depot: Depot;
  hazard: Hazard;
  report: Report;
  incident: Incident;
  team: Team;
  task: Task;
  equipment: Equipment;
  stock: Stock;
  device: Device;
  note: Note;
  alarm: Alarm;
}

export type AnyRecord = Nouns[Kind];

export interface ActorRef {
  id: string;
  name: string;
  role: Role;
  agency?: string;
}

/** A change as this audience sees it. */
export interface Seen {
  seq: number;
  at: string;
  wall: string;
  actor: ActorRef;
  kind: string;
  note?: string;
  put?: AnyRecord[];
  drop?: Ref[];
  reset?: Kind[];
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
  current?: AnyRecord;
  id?: string;
}

export interface Done {
  seq: number;
  at?: string;
  replayed: boolean;
  put?: AnyRecord[];
  drop?: Ref[];
  secret?: string;
}

export interface Session {
  person: Person;
  role: Role;
  roles: Role[];
  agency?: Agency;
  realm: string;
  csrf: string;
  must_change: boolean;
  expires?: string;
}

export interface Settings {
  city: { name: string; code: string; center?: Point; bound?: Bound };
  zone?: string;
  thresholds?: { ack_within: number; claim_for: number; check_every: number; link: number[] };
  areas_version?: number;
  tianditu?: boolean;
  demo?: boolean;
  languages?: string[];
  accounts?: { login: string; password: string; name: string; role: Role }[];
  stale?: Record<string, number>;
}

export interface Reason {
  code: string;
  zh: string;
  en: string;
}

export interface Candidate {
  team: string;
  rank: number;
  meets?: string[];
  seconds?: number;
  meters?: number;
  estimate: boolean;
  from: 'position' | 'base' | 'unknown';
  may: 'assign' | 'propose';
  reasons: Reason[];
}

export interface Ranking {
  incident: string;
  at: string;
  candidates: Candidate[];
  excluded: Candidate[];
  shortfalls: Need[];
}

export interface Hit {
  ref: Ref;
  title: string;
  subtitle?: string;
  point?: Point;
}

export interface EventType {
  code: string;
  parent?: string;
  zh: string;
  en?: string;
  initials?: string[];
}

export interface CapabilityName {
  code: string;
  zh: string;
  en: string;
}

/** Legal next states of each noun, from the server's own tables. */
export interface MoveTables {
  incident: Record<string, IncidentState[]>;
  task: Record<string, Record<string, TaskState[]>>;
  report: Record<string, ReportState[]>;
  note: Record<string, NoteState[]>;
  duty: Record<string, Duty[]>;
}

/** A command's name in both languages and the roles that may use it at all. */
export interface CommandWord {
  name: CommandName;
  zh: string;
  en: string;
  roles: Role[];
}

export interface Expect {
  expect?: Record<string, number>;
}

/** The commands and what each takes; the Go table in dispatch/commands.go. */
export interface Commands {
  'report.take': { channel: Channel; type?: string; text: string; place: Place; area?: string; caller?: string; phone?: string; event_time?: string };
  'report.claim': ReportRef;
  'report.release': ReportRef;
  'report.dismiss': ReportRef;
  'report.link': Expect & { report: string; incident: string };
  'incident.open': {
    report?: string; type: string; grade?: Grade; priority?: number; title?: string; description?: string; place: Place; area?: string;
    caller?: string; phone?: string; needs?: Need[]; verified?: boolean; number?: string; event_time?: string;
  };
  'incident.verify': IncidentMove;
  'incident.edit': Expect & {
    incident: string; type?: string; title?: string; description?: string; priority?: number; grade?: Grade; alarm_level?: number;
    casualties?: Count; needs?: Need[]; commander?: string; caller?: string; phone?: string; parent?: string; reason?: string;
  };
  'incident.place': Expect & { incident: string; place: Place; area?: string; reason: string };
  'incident.control': IncidentMove;
  'incident.resume': IncidentMove;
  'incident.close': IncidentMove;
  'incident.reopen': IncidentMove;
  'incident.archive': IncidentMove;
  'incident.dismiss': IncidentMove;
  'incident.merge': Expect & { incident: string; into: string; reason?: string };
  'incident.split': Expect & { incident: string; title: string; type?: string; place: Place; area?: string; tasks?: string[]; reason?: string };
  'incident.share': IncidentShare;
  'incident.unshare': IncidentShare;
  'incident.transfer': Expect & { incident: string; agency: string; reason: string };
  'incident.accept': IncidentMove;
  'task.assign': Expect & {
    incident: string; team: string; type?: TaskType; destination?: Place; choice?: string; understaffed?: string; event_time?: string;
  };
  'task.accept': { task: string; event_time?: string };
  'task.advance': { task: string; from: TaskState; to: TaskState; event_time?: string; radio?: boolean };
  'task.refuse': TaskEnd;
  'task.cancel': TaskEnd;
  'task.release': TaskEnd;
  'task.divert': Expect & { task: string; incident: string; reason: string };
  'task.checkin': { task: string; event_time?: string };
  'task.timer': { task: string; seconds: number };
  'task.correct': { task: string; state: TaskState; time: string; reason: string };
  'note.add': {
    incident: string; task?: string; type?: NoteType; text?: string; photo?: string; internal?: boolean; to?: string; event_time?: string;
  };
  'note.advance': Expect & { note: string; to: NoteState; text?: string; instruction?: string };
  'alarm.acknowledge': { alarm: string };
  'team.save': Expect & {
    id?: string; agency?: string; area?: string; name: string; call_sign: string; type: TeamType; capabilities?: Capability[]; base: Place;
    depot?: string; seats_min: number; seats_full: number; leader?: string; phone?: string; speed?: number; multi_assign?: boolean; retired?: boolean;
  };
  'team.duty': { team: string; duty: Duty; crew?: number; reason?: string; radio?: boolean };
  'team.distress': { team: string; place?: Place; text?: string; event_time?: string };
  'team.relieve': { team: string; reason: string };
  'equipment.commit': Expect & { equipment: string; incident: string; team?: string };
  'equipment.return': Expect & { equipment: string; condition?: Condition; reason?: string };
  'depot.save': Expect & {
    id?: string; agency?: string; area?: string; name: string; type: Depot['type']; place: Place; keeper?: string; phone?: string;
  };
  'equipment.save': Expect & {
    id?: string; agency?: string; area?: string; name: string; type: string; serial?: string; capabilities?: Capability[]; condition: Condition;
    depot?: string; place: Place;
  };
  'stock.save': Expect & {
    id?: string; agency?: string; area?: string; name: string; type: string; unit: string; least?: number; depot?: string; place: Place; expires?: string;
  };
  'stock.receive': { stock: string; quantity: number; reason?: string };
  'hazard.save': Expect & {
    id?: string; agency?: string; area?: string; name: string; level: Hazard['level']; operator: string; substances?: Hazard['substances'];
    population?: number; place: Place; duty?: DutyLine[]; external?: string;
  };
  'area.duty': Expect & { area: string; duty: DutyLine[] };
  'stock.issue': { stock: string; quantity: number; incident?: string; reason?: string };
  'agency.save': Expect & {
    id?: string; area?: string; name: string; short?: string; type: AgencyType; jurisdiction?: string; place: Place; phone?: string;
  };
  'person.save': Expect & {
    id?: string; agency?: string; name: string; login?: string; roles: Role[]; team?: string; phone?: string; post?: string; locked?: boolean;
  };
  'person.password': { person: string; password?: string };
  'person.unlock': { person: string };
  'device.save': Expect & { id?: string; name: string; protocol: Device['protocol']; team: string; expires?: string };
  'device.token': { device: string; reason?: string };
  'device.revoke': { device: string; reason?: string };
}

export type CommandName = keyof Commands;

type ReportRef = Expect & { report: string; reason?: string };
type IncidentMove = Expect & { incident: string; reason?: string; outcome?: string; event_time?: string };
type IncidentShare = Expect & { incident: string; agency: string; tier?: 'view' | 'assist'; redacted?: boolean; reason?: string };
type TaskEnd = Expect & { task: string; reason: string; event_time?: string };

/** Frames the server sends over the socket. */
export type Frame =
  | { t: 'hello'; epoch: string; realm: string; seq: number; at: string; beat: number }
  | { t: 'changes'; from: number; to: number; changes: Seen[] }
  | { t: 'beat'; from: number; to: number; at: string; journal_at: string }
  | PositionsFrame
  | { t: 'positions_gone'; team: string[] }
  | { t: 'presence'; open: Presence[] }
  | ({ t: 'done'; id: string } & Done)
  | { t: 'refused'; id: string; problem: Problem };

export interface Presence {
  incident: string;
  people: { name: string; agency?: string; role: Role }[];
}

export interface PositionsFrame {
  t: 'positions';
  at: string;
  full: boolean;
  team: string[];
  lon: number[];
  lat: number[];
  speed: (number | null)[];
  heading: (number | null)[];
  accuracy: (number | null)[];
  /** unix ms of the fix */
  fixed: number[];
  /** seconds after which the source is stale */
  stale: number[];
  source: string[];
}

/** Frames the console sends. */
export type Ask =
  | { t: 'look'; bound: Bound; zoom: number }
  | { t: 'open'; incident: string }
  | { t: 'command'; id: string; name: CommandName; body: unknown }
  | { t: 'position'; lon: number; lat: number; accuracy?: number; speed?: number; heading?: number; at: string };
