// What travels between server and console beside the nouns: answers, reads,
// the inputs of the commands, the frames of the socket.
import type { AgreementTerms } from './agreement';
import type {
  AgencyType, Bound, Capability, Channel, Condition, Count, Duty, DutyLine, Expect, Grade, IncidentState, Kind, Need, NoteState, NoteType, Place,
  Point, Problem, Ref, ReportState, Role, TaskState, TaskType, TeamType,
} from './base';
import type { ClaimCommands } from './claim';
import type { DrillContent, DrillForm, DrillPurpose, InjectBody, Part, PartRole, PictureType } from './drill';
import type { JudgeCommands } from './judge';
import type { Agency, AnyRecord, Depot, Device, FencePurpose, FenceType, FenceWarn, Hazard, Person } from './nouns';
import type { SimCommands } from './sim';
import type { LoanState, OfferType, RequisitionType, Ring } from './aid';

/** What is written to a foreign system because no record says it. */
export type LetterType =
  | 'RequestInformation' | 'ResponseToRequestInformation' | 'OfferUnsolicitedResource' | 'RequestQuote' | 'ResponseToRequestQuote' | 'RequestResourceDeploymentStatus';

/** What became of messages from a foreign system. */
export interface TakenIn {
  messages: { message: string; type: string; type_zh: string; outcome: 'applied' | 'kept' | 'known' | 'ours'; effect?: string; put?: Ref[]; request?: string }[];
}

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

export interface Done {
  seq: number;
  at?: string;
  replayed: boolean;
  put?: AnyRecord[];
  drop?: Ref[];
  secret?: string;
}

type DrillMove = Expect & { drill: string; reason?: string };
type DrillGo = DrillMove & { until?: string };

export interface Session {
  person: Person;
  role: Role;
  roles: Role[];
  agency?: Agency;
  /** live, or the drill that the session is in. */
  realm: string;
  /** In that drill. */
  part?: Part;
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
  /** Seconds, by measure: what they are held against where a drill has no target of its own. */
  targets?: Record<string, number>;
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
  initials?: string[];
}

/** An agency that could help with a line of a request, as far as one may know. */
export interface Supplier {
  agency: string;
  /** The request has come as far as this agency. */
  reached: boolean;
  able: number;
  /** What it would have left after giving what is missing. */
  left: number;
  /** Estimated travel time of its nearest; 0 unknown. */
  seconds?: number;
  answers: { count: number; accepted: number; minutes: number };
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

/** The commands and what each takes; the Go table in dispatch/commands.go. */
type AgreementMove = Expect & { agreement: string; reason: string };

type InjectMove = Expect & { inject: string; reason?: string };

export interface Commands extends ClaimCommands, JudgeCommands, SimCommands {
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
  'task.accept': { task: string; understaffed?: string; event_time?: string };
  'task.advance': { task: string; from: TaskState; to: TaskState; event_time?: string; radio?: boolean };
  'task.refuse': TaskEnd;
  'task.cancel': TaskEnd;
  'task.release': TaskEnd;
  'task.divert': Expect & { task: string; incident: string; reason: string };
  'task.checkin': { task: string; event_time?: string };
  'task.timer': { task: string; seconds: number };
  'task.correct': { task: string; state: TaskState; time: string; reason: string };
  'fence.draw': {
    name?: string; type: FenceType; purpose?: FencePurpose; incident?: string; hazard?: string; center?: Point; radius?: number; shape?: Point[][];
    division?: string; warn?: FenceWarn[]; dwell?: number; until?: string;
  };
  'fence.edit': Expect & {
    fence: string; name?: string; purpose?: FencePurpose; center?: Point; radius?: number; shape?: Point[][]; warn?: FenceWarn[]; dwell?: number;
    until?: string; endless?: boolean;
  };
  'fence.end': Expect & { fence: string; reason?: string };
  'request.raise': {
    incident: string; to?: string[]; title?: string; text?: string; priority?: number; lines: LineAsk[]; report_to?: Place; contact?: string;
    until?: string; back?: string; draft?: boolean;
  };
  'request.edit': Expect & {
    request: string; title?: string; text?: string; priority?: number; lines?: LineAsk[]; report_to?: Place; contact?: string; until?: string; back?: string;
  };
  'request.submit': RequestMove;
  'request.approve': RequestMove;
  'request.return': RequestMove;
  'request.widen': { request: string; ring?: Ring; range?: number };
  'request.close': RequestMove;
  'request.cancel': RequestMove;
  'offer.make': {
    request: string; line: string; agency?: string; type: OfferType; quantity?: number; conditions?: string; ready?: string; back?: string;
    text?: string; reason?: string;
  };
  'offer.withdraw': OfferMove;
  'offer.order': Expect & { offer: string; quantity?: number };
  'offer.cancel': OfferMove;
  'offer.refuse': OfferMove;
  'offer.commit': Expect & { offer: string; teams?: string[]; equipment?: string[]; stock?: string; quantity?: number; eta?: string };
  'loan.advance': {
    loan: string; from: LoanState; to: LoanState; eta?: string; condition?: Condition; returned?: number; reason?: string; event_time?: string;
  };
  'loan.ask': { loan: string; type: 'extend' | 'recall'; until?: string; reason: string };
  'loan.answer': { loan: string; agree: boolean; until?: string; reason?: string };
  'loan.cancel': { loan: string; reason: string };
  'request.address': { request: string; agency: string };
  'letter.write': {
    request: string; type: LetterType; text?: string; answers?: string; line?: string; loan?: string; item?: string; quantity?: number; unit?: string; price?: number;
  };
  'requisition.order': {
    decision: string; incident: string; team?: string; equipment?: string; stock?: string; type?: RequisitionType; name?: string; description?: string;
    quantity?: number; unit?: string; owner?: string; owner_name?: string; owner_contact?: string; receiver?: string; purpose: string; place?: Place;
    from?: string; until?: string; value?: number;
  };
  'requisition.take': Expect & {
    requisition: string; condition?: Condition; note?: string; given_by: string; taken_by?: string; value?: number; event_time?: string;
  };
  'requisition.return': Expect & {
    requisition: string; condition?: Condition; returned?: number; loss?: string; note?: string; given_by?: string; taken_by: string; event_time?: string;
  };
  'requisition.extend': Expect & { requisition: string; until: string; reason: string };
  'requisition.cancel': Expect & { requisition: string; reason: string };
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
  'team.message': { team: string; text: string };
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
  'drill.open': {
    name: string; content: DrillContent; form: DrillForm; purpose: DrillPurpose; no_notice?: boolean; situation?: string; planned?: string;
    picture: PictureType; seq?: number; at?: string; begins?: string; seed?: number;
  };
  'drill.edit': Expect & { drill: string; name: string; content: DrillContent; form: DrillForm; purpose: DrillPurpose; no_notice?: boolean; situation?: string; planned?: string; length?: number; seed: number };
  'drill.approve': DrillMove;
  'drill.revise': DrillMove;
  'drill.check': DrillMove;
  'drill.ready': DrillMove;
  'drill.start': DrillGo;
  'drill.pause': DrillMove;
  'drill.resume': DrillGo;
  'drill.end': DrillMove;
  'drill.cancel': DrillMove;
  'drill.rate': Expect & { drill: string; rate: number };
  'drill.jump': Expect & { drill: string; to: string };
  'part.save': Expect & { person: string; role: PartRole; agency?: string; team?: string; text?: string };
  'part.remove': Expect & { part: string };
  'part.confirm': { part: string };
  'objective.save': Expect & { objective?: string; number?: number; name: string; text?: string; aspect: string; weight: number };
  'objective.remove': Expect & { objective: string };
  'inject.save': Expect & InjectBody;
  'inject.remove': Expect & { inject: string };
  'inject.release': InjectMove;
  'inject.hold': InjectMove;
  'inject.skip': InjectMove;
  'agreement.save': Expect & AgreementTerms & { id?: string; name: string; text?: string; parties: string[] };
  'agreement.consent': { agreement: string; terms: number };
  'agreement.withdraw': AgreementMove;
  'agreement.end': AgreementMove;
  'agreement.activate': { agreement: string; reason: string; until: string };
  'agreement.deactivate': AgreementMove;
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
  'device.save': Expect & { id?: string; name: string; protocol: Device['protocol']; team: string; expires?: string; identifier?: string };
  'link.save': Expect & { id?: string; name: string; region: string; address: string; certificate: string };
  'link.revoke': Expect & { link: string; reason: string };
  'device.token': { device: string; reason?: string };
  'device.revoke': { device: string; reason?: string };
}

export type CommandName = keyof Commands;

/** One line of a request as it is asked. */
export interface LineAsk {
  capability?: string;
  item?: string;
  unit?: string;
  min?: number;
  max: number;
  needed_by?: string;
  text?: string;
}

type RequestMove = Expect & { request: string; reason?: string };
type OfferMove = Expect & { offer: string; reason?: string };
type ReportRef = Expect & { report: string; reason?: string };
type IncidentMove = Expect & { incident: string; reason?: string; outcome?: string; event_time?: string };
type IncidentShare = Expect & { incident: string; agency: string; tier?: 'view' | 'assist'; redacted?: boolean; reason?: string; until?: string };
type TaskEnd = Expect & { task: string; reason: string; event_time?: string };

/** Frames the server sends over the socket. */
export type Frame =
  | { t: 'hello'; epoch: string; realm: string; seq: number; at: string; beat: number; nodes?: 'cut' }
  | { t: 'changes'; from: number; to: number; changes: Seen[] }
  | { t: 'beat'; from: number; to: number; at: string; journal_at: string; nodes?: 'cut' }
  | TeamsFrame
  | { t: 'positions_gone'; team: string[] }
  | { t: 'presence'; open: Presence[]; here?: Attendant[] }
  | { t: 'placed'; id: string; shown: boolean }
  | ({ t: 'done'; id: string } & Done)
  | { t: 'refused'; id: string; problem: Problem };

export interface Presence {
  incident: string;
  people: { name: string; agency?: string; role: Role }[];
}

/** Somebody who is connected in the drill, or was; those who run it are told. */
export interface Attendant {
  person: string;
  /** When the last connection ended, on the wall; missing while one is open. */
  left?: string;
}

/** The numbers of teams in the positions frames that follow, which are binary. */
export interface TeamsFrame {
  t: 'teams';
  number: number[];
  team: string[];
}

/** A positions frame in words. */
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

/** Who sees an incident, how much of it, and why. */
export interface Access {
  incident: string;
  at: string;
  agencies: AgencyAccess[];
  leaders?: { team: string; name: string; agency: string; sees: 'redacted' | 'full' }[];
}

export interface AgencyAccess {
  agency: string;
  sees: Partial<Record<Role, 'redacted' | 'full'>>;
  relation: 'viewer' | 'assistant' | 'over' | 'own';
  reasons: AccessReason[];
}

export interface AccessReason {
  type: 'own' | 'jurisdiction' | 'reach' | 'manual' | 'task' | 'loan' | 'agreement' | 'range';
  by?: string;
  /** Of the agreement. */
  name?: string;
  tier?: 'view' | 'assist';
  redacted?: boolean;
  until?: string;
}
