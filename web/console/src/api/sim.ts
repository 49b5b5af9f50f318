// Simulated teams of a drill, as they travel (Go package dispatch, Sim), and what
// is given while it runs.
import type { Expect, Head, Point, TaskState } from './base';

export type SimMode = 'auto' | 'hand' | 'off';
export type SimStep =
  | 'accept' | 'acknowledge' | 'refuse' | 'turn_out' | 'arrive' | 'break_down' | 'report' | 'checkin' | 'tire' | 'leave' | 'home' | 'rest' | 'resume';
export type SimDeed = 'advance' | 'stop' | 'go' | 'report' | 'refuse' | 'break_down' | 'distress';

/** A team that nobody plays; its id is the team's. */
export interface Sim extends Head<'sim'> {
  mode: SimMode;
  task?: string;
  on?: TaskState;
  /** What it does by itself, at due on the drill's clock. */
  next?: SimStep;
  due?: string;
  at?: Point;
  leg?: { from: Point; to: Point; departed: string; arrives: string };
  /** Seconds at work since its last rest. */
  worked?: number;
  /** Why it wants a hand. */
  reason?: string;
}

export interface SimCommands {
  'sim.save': Expect & { teams?: string[]; mode: SimMode };
  'sim.take': Expect & { sim: string };
  'sim.give': Expect & { sim: string };
  'sim.act': Expect & { sim: string; act: SimDeed; text?: string };
  'inject.release': Expect & { inject: string; reason?: string };
  'inject.hold': Expect & { inject: string; reason?: string };
  'inject.skip': Expect & { inject: string; reason?: string };
}
