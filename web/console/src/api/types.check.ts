// Compiles only while the nouns written for reading (types.ts) have the fields
// of those generated from the server's own types (types.gen.ts).
import type { components } from './types.gen';
import type * as ours from './types';

type Schemas = components['schemas'];
type Fields<Gen, Own> = [Exclude<keyof Gen, keyof Own | '$schema'>, Exclude<keyof Own, keyof Gen>];
type Same<Gen, Own> = Fields<Gen, Own> extends [never, never] ? true : Fields<Gen, Own>;

type Checked = {
  [N in keyof ByName]: Same<Schemas[N], ByName[N]>;
};

interface ByName {
  Agency: ours.Agency;
  Area: ours.Area;
  Person: ours.Person;
  Depot: ours.Depot;
  Hazard: ours.Hazard;
  Report: ours.Report;
  Incident: ours.Incident;
  Team: ours.Team;
  Task: ours.Task;
  Equipment: ours.Equipment;
  Stock: ours.Stock;
  Device: ours.Device;
  Note: ours.Note;
  Fence: ours.Fence;
  Request: ours.Request;
  Offer: ours.Offer;
  Loan: ours.Loan;
  Rate: ours.Rate;
  Claim: ours.Claim;
  ClaimLine: ours.ClaimLine;
  Requisition: ours.Requisition;
  Letter: ours.Letter;
  Handover: ours.Handover;
  Line: ours.Line;
  Stay: ours.Stay;
  Alarm: ours.Alarm;
  Stamp: ours.Stamp;
  Message: ours.Message;
  Place: ours.Place;
  Scope: ours.Scope;
  Problem: ours.Problem;
  Candidate: ours.Candidate;
  Ranking: ours.Ranking;
  Hit: ours.Hit;
}

/** A field that only one side has shows here as a type error that names it. */
export const agreed: { [N in keyof ByName]: true } = {} as Checked;
