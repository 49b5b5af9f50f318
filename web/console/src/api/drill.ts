// Drills as they travel, as the server's own types tell them.
import type { components } from './types.gen';

type Schemas = components['schemas'];
type Of<N extends keyof Schemas> = Omit<Schemas[N], '$schema'>;

export type Drill = Of<'Drill'>;
export type Part = Of<'Part'>;
export type Objective = Of<'Objective'>;
export type Inject = Of<'Inject'>;
export type Observation = Of<'Observation'>;
export type Improvement = Of<'Improvement'>;
export type DrillList = Of<'DrillList'>;
export type DrillReport = Of<'DrillReport'>;
export type Measure = Schemas['Measure'];
export type ImprovementList = Of<'ImprovementList'>;

/** What can be commanded about judging a drill. */
export interface JudgeCommands {
  'observation.add': Of<'ObservationAdd'>;
  'observation.edit': Of<'ObservationEdit'>;
  'observation.remove': Of<'ObservationRemove'>;
  'improvement.save': Of<'ImprovementSave'>;
  'improvement.done': Of<'ImprovementMove'>;
  'improvement.verify': Of<'ImprovementMove'>;
  'improvement.reopen': Of<'ImprovementMove'>;
  'improvement.drop': Of<'ImprovementMove'>;
  'drill.target': Of<'DrillTarget'>;
  'drill.evaluate': Of<'DrillMove'>;
  'drill.improve': Of<'DrillMove'>;
  'drill.close': Of<'DrillMove'>;
}

export interface DrillNouns {
  drill: Drill;
  part: Part;
  objective: Objective;
  inject: Inject;
  observation: Observation;
  improvement: Improvement;
}
