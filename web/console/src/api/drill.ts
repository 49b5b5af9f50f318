// The nouns of a drill, as they travel (Go package dispatch), and its door.
import { json } from './http';
import type { Head, Role, Stamp } from './base';

export type DrillState =
  | 'planned' | 'approved' | 'comms_checked' | 'ready' | 'running' | 'paused' | 'ended' | 'evaluated' | 'improvements_open' | 'closed' | 'cancelled';
export type DrillContent = 'comprehensive' | 'single';
export type DrillForm = 'field' | 'tabletop';
export type DrillPurpose = 'test' | 'demonstration' | 'research';
export type PictureType = 'resources' | 'picture' | 'plan';
export type PartRole = 'director' | 'controller' | 'evaluator' | 'dispatcher' | 'chief' | 'leader' | 'observer';

export interface Drill extends Head<'drill'> {
  name: string;
  content: DrillContent;
  form: DrillForm;
  purpose: DrillPurpose;
  no_notice?: boolean;
  situation?: string;
  /** When it is to begin, on the wall. */
  planned?: string;
  /** Seconds from the start to its planned end. */
  length?: number;
  state: DrillState;
  clock: { at: string; wall: string; rate: number; running: boolean; until?: string };
  /** What its clock shows at the start. */
  begins: string;
  seed: number;
  start: { type: PictureType | ''; realm: string; seq: number; at: string };
  plan?: number;
  /** Seconds, by measure. */
  targets?: Record<string, number>;
  stamps?: Partial<Record<DrillState, Stamp>>;
  reason?: string;
}

export interface Part extends Head<'part'> {
  person: string;
  name: string;
  role: PartRole;
  agency?: string;
  team?: string;
  confirmed?: Stamp;
  text?: string;
}

export interface Objective extends Head<'objective'> {
  number: number;
  name: string;
  text?: string;
  aspect: string;
  weight: number;
}

export type InjectState = 'waiting' | 'due' | 'held' | 'released' | 'skipped' | 'acted' | 'missed';

export interface Inject extends Head<'inject'> {
  number: string;
  move?: number;
  type: 'information' | 'facilitation' | 'action';
  method: 'system' | 'phone' | 'radio' | 'email' | 'actor';
  from?: string;
  to?: string;
  parts?: string[];
  text: string;
  trigger: Trigger;
  action?: { command: string; agency: string; input: unknown; done?: Stamp };
  objective?: string;
  expected?: Expected[];
  controller?: string;
  evaluator?: string;
  note?: string;
  state: InjectState;
  /** When its condition came to hold. */
  met?: string;
  due?: string;
  stamps?: Partial<Record<InjectState, Stamp>>;
  reason?: string;
}

export interface Trigger {
  type: 'timed' | 'manual' | 'condition';
  /** Seconds from the start. */
  offset?: number;
  until?: number;
  delay?: number;
  when?: { any?: boolean; clauses: Clause[] };
}

export interface Clause {
  inject?: string;
  state?: InjectState;
  command?: string;
  agency?: string;
  not?: boolean;
  within?: number;
  /** When the command was first given. */
  given?: string;
}

/** What inject.save takes of a line; it keeps what the drill itself wrote. */
export type InjectBody = Omit<Inject, keyof Head<'inject'> | 'number' | 'state' | 'met' | 'due' | 'stamps' | 'reason'> & { inject?: string; number?: string };

export interface Expected {
  text: string;
  /** Seconds from the release. */
  within: number;
  weight: number;
  command?: string;
  agency?: string;
  done?: Stamp;
  /** When the evaluator saw that it was not done. */
  missed?: Stamp;
}

/** A drill that the person may join. */
export interface DrillLine {
  drill: Drill;
  realm: string;
  role: Role;
  part?: Part;
}

/** Asked wherever the session is: the list is the person's. */
export const drills = () => json<{ drills: DrillLine[] }>('/api/v1/drills', { headers: { Realm: '' } });

/** Somebody who can take part. */
export interface DrillPerson {
  id: string;
  name: string;
  agency: string;
  roles: Role[];
  team?: string;
  post?: string;
}

/** What keeps the plan from being played. */
export interface PlanFault {
  ref: { kind: 'drill' | 'part' | 'inject'; id: string };
  field: string;
  zh: string;
  en: string;
}

/** An agency's duty to drill by one rule. */
export interface DrillDuty {
  agency: string;
  name: string;
  rule: { code: string; unit: string; months: number; report?: boolean; zh: string; en: string; source_zh: string; source_en: string };
  last?: { drill: string; name: string; at: string };
  due?: string;
  state: 'met' | 'soon' | 'overdue' | 'never';
}

/** One thing wrong with a sheet, and what became of the whole. */
export interface SheetReport {
  ok: boolean;
  dry_run?: boolean;
  rows: number;
  created: number;
  updated: number;
  imported: number;
  errors: { row: number; column?: string; value?: string; zh: string; en: string }[];
  more?: number;
}

export const drillPersons = async () => (await json<{ persons: DrillPerson[] }>('/api/v1/drills/persons')).persons;
export const planFaults = async () => (await json<{ faults: PlanFault[] }>('/api/v1/drills/checks')).faults;
export const drillDuties = async () => (await json<{ duties: DrillDuty[] }>('/api/v1/drills/duties')).duties;

/** Takes a sheet as the script; dry only reports. */
export function sendScript(file: File, dry: boolean, key: string): Promise<SheetReport> {
  const form = new FormData();
  form.set('file', file);
  return json<SheetReport>(`/api/v1/drills/msel${dry ? '?dry_run=1' : ''}`, { method: 'POST', body: form, headers: { 'Idempotency-Key': key }, timeout: 120_000 });
}

/** Whether the role runs a drill rather than playing in it. */
export const runs = (role: Role, realm: string) => realm !== 'live' && (role === 'director' || role === 'controller' || role === 'evaluator' || role === 'planner');
