// How old things are, in words short enough for a wall, and from when on age is
// a warning.

/** 07:05, 1:07:05, 3d 04:05. */
export function clock(ms: number, day = 'd'): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const days = Math.floor(s / 86_400);
  const hours = Math.floor(s / 3600) % 24;
  const minutes = Math.floor(s / 60) % 60;
  if (days) return `${days}${day} ${two(hours)}:${two(minutes)}`;
  return hours ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${two(minutes)}:${two(s % 60)}`;
}

/** How long nothing was heard of an incident: 0 fresh, 1 yellow, 2 orange, 3 red, 4 critical. */
export type Ageing = 0 | 1 | 2 | 3 | 4;

/** Minutes without news at which each step begins. */
export const STEPS: readonly number[] = [5, 15, 30, 60];

/** Graver incidents age faster: at grade I and II each step begins at half the time. */
export function ageing(silent: number, grade: number): Ageing {
  const scale = grade === 1 || grade === 2 ? 0.5 : 1;
  return STEPS.filter((m) => silent >= m * 60_000 * scale).length as Ageing;
}

/** State of the data: ok; from 5 s a dot, from 15 s a bar, from 60 s a frame and a greyed map. */
export type Link = 'ok' | 'dot' | 'bar' | 'frame';

export function linkOf(age: number): Link {
  if (age < 5_000) return 'ok';
  if (age < 15_000) return 'dot';
  return age < 60_000 ? 'bar' : 'frame';
}
