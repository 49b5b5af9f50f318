// The nouns of a drill, as they travel (Go package dispatch), and its door.
import { json } from './http';
import type { Head, Role, Stamp } from './types';

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
  state: DrillState;
  clock: { at: string; wall: string; rate: number; running: boolean };
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
  action?: { command: string; agency: string; input: unknown };
  objective?: string;
  expected?: Expected[];
  controller?: string;
  evaluator?: string;
  note?: string;
  state: InjectState;
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
}

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

/** Whether the role runs a drill rather than playing in it. */
export const runs = (role: Role, realm: string) => realm !== 'live' && (role === 'director' || role === 'controller' || role === 'evaluator' || role === 'planner');
