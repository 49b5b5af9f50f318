// From when on silence about an incident is a warning.

/** How long nothing was heard of an incident: 0 fresh, 1 yellow, 2 orange, 3 red, 4 critical. */
export type Ageing = 0 | 1 | 2 | 3 | 4;

/** Minutes without news at which each step begins. */
export const STEPS: readonly number[] = [5, 15, 30, 60];

/** Graver incidents age faster: at grade I and II each step begins at half the time. */
export function ageing(silent: number, grade: number): Ageing {
  const scale = grade === 1 || grade === 2 ? 0.5 : 1;
  return STEPS.filter((m) => silent >= m * 60_000 * scale).length as Ageing;
}
