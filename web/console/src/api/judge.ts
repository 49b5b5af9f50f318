// What is judged of a drill, as the server's own types tell it.
import { json } from './http';
import type { components } from './types.gen';
import type { Head } from './base';

type Schemas = components['schemas'];
type Of<N extends keyof Schemas> = Omit<Schemas[N], '$schema'>;
type Noun<N extends keyof Schemas, K extends 'observation' | 'improvement'> = Omit<Schemas[N], '$schema' | keyof Head<K>> & Head<K>;

export type Observation = Noun<'Observation', 'observation'>;
export type Improvement = Noun<'Improvement', 'improvement'>;
export type Score = Schemas['Score'];
export type DrillReport = Of<'DrillReport'>;
export type Measure = Schemas['Measure'];

/** What can be commanded about judging a drill. */
export interface JudgeCommands {
  'observation.add': Of<'ObservationAdd'>;
  'observation.edit': Of<'ObservationEdit'>;
  'observation.remove': Of<'ObservationRemove'>;
  'improvement.save': Of<'ImprovementSave'>;
  'improvement.progress': Of<'ImprovementMove'>;
  'improvement.done': Of<'ImprovementMove'>;
  'improvement.verify': Of<'ImprovementMove'>;
  'improvement.reopen': Of<'ImprovementMove'>;
  'improvement.drop': Of<'ImprovementMove'>;
  'drill.target': Of<'DrillTarget'>;
  'drill.evaluate': Of<'DrillMove'>;
  'drill.improve': Of<'DrillMove'>;
  'drill.close': Of<'DrillMove'>;
}

export type ImprovementOf = Omit<Schemas['ImprovementOf'], 'improvement'> & { improvement: Improvement };

/** What the person's agency owes after drills, and what is improved after those that the person directs. Asked wherever the session is. */
export const improvements = async () => (await json<{ improvements: ImprovementOf[] }>('/api/v1/drills/improvements', { headers: { Realm: '' } })).improvements;

/** Answers to an improvement from outside its drill; the list as it is then. */
export const answerImprovement = async (drill: string, id: string, step: 'progress' | 'done', reason: string, key: string) =>
  (await json<{ improvements: ImprovementOf[] }>(`/api/v1/drills/${encodeURIComponent(drill)}/improvements/${encodeURIComponent(id)}/${step}`,
    { method: 'POST', body: { reason }, headers: { 'Idempotency-Key': key } })).improvements;

/** What an observation said, each time that it was written down, the oldest first. */
export const versionsOf = async (id: string) =>
  (await json<{ versions: Observation[] }>(`/api/v1/drills/observations/${encodeURIComponent(id)}/versions`)).versions;

/** What came of the drill that the session is in, beside another drill or live:FROM/TO. */
export const drillReport = (beside = '') => json<DrillReport>(`/api/v1/drills/report?${new URLSearchParams(beside ? { with: beside } : {})}`);
