// What an evaluator sees of a drill between the tap and the server's change.

import type { Inject } from '../api/drill';
import type { Score } from '../api/judge';
import type { Row } from './row';

/** none: the inject never reached the players; open: nobody has said yet. */
export type Verdict = 'none' | 'open' | 'done' | 'late' | 'missed';

export interface Action {
  inject: Inject;
  n: number;
  text: string;
  /** Told by a command of the players, not by hand. */
  auto: boolean;
  verdict: Verdict;
  /** ms on the drill's clock; 0 without a target. */
  due: number;
  /** A tap that the record does not show yet. */
  tap: Row | undefined;
}

const out = (i: Inject) => i.state === 'released' || i.state === 'acted' || i.state === 'missed';
const when = (s: { at: string; event?: string }) => Date.parse(s.event ?? s.at);

/** The expected actions of an inject, moved on by the taps that are still on the phone. */
export function actionsOf(i: Inject, taps: readonly Row[]): Action[] {
  const released = i.stamps?.['released'];
  return (i.expected ?? []).map((e, n) => {
    const due = released && e.within ? when(released) + e.within * 1000 : 0;
    const tap = taps.filter((r) => r.body.type === 'action' && r.body.inject === i.id && r.body.expected === n && r.state === 'waiting').at(-1);
    const verdictAt = (at: number): Verdict => (due && at > due ? 'late' : 'done');
    let verdict: Verdict = 'open';
    if (!released || !out(i)) verdict = 'none';
    else if (tap) verdict = tap.body.seen ? verdictAt(Date.parse(String(tap.body.event_time))) : 'missed';
    else if (e.done) verdict = verdictAt(when(e.done));
    else if (e.missed || (e.command && i.state === 'missed')) verdict = 'missed';
    return { inject: i, n, text: e.text, auto: !!e.command, verdict, due, tap };
  });
}

/** The injects that are out and nobody else's to watch, those with something to judge first, then the newest. */
export function toJudge(injects: readonly Inject[], me: string): Inject[] {
  const open = (i: Inject) => Number((i.expected ?? []).some((e) => !e.command && !e.done && !e.missed));
  return injects
    .filter((i) => out(i) && i.stamps?.['released'] && (i.expected?.length ?? 0) > 0 && (!i.evaluator || i.evaluator === me))
    .sort((a, b) => open(b) - open(a) || when(b.stamps!['released']!) - when(a.stamps!['released']!));
}

/** A score while it is given: what is typed is still text. */
export interface Rating {
  scale: Score['scale'];
  value: string;
  unit: string;
  target: string;
  less: boolean;
}

export const SCALES = ['grade', 'yes_no', 'quantity'] as const;
export const GRADES = [0, 1, 3, 5] as const;

export const ratingOf = (s?: Score): Rating => ({
  scale: s?.scale ?? 'grade', value: s ? String(s.value) : '', unit: s?.unit ?? '', target: s?.target === undefined ? '' : String(s.target), less: !!s?.less,
});

/** How long an expected action took: what is most often measured of one. */
export function timed(a: Action, now: number, unit: string): Rating {
  const from = a.inject.stamps?.['released'];
  const to = a.inject.expected?.[a.n]?.done;
  const within = a.inject.expected?.[a.n]?.within;
  const value = from ? Math.max(0, Math.round(((to ? when(to) : now) - when(from)) / 1000)) : '';
  return { scale: 'quantity', value: String(value), unit, target: within ? String(within) : '', less: true };
}

/** The score as the server takes it; undefined while something is missing or wrong. */
export function scoreOf(r: Rating): Score | undefined {
  // A number field hands over a number, or null while it is empty.
  const [value, goal, unit] = [String(r.value ?? '').trim(), String(r.target ?? '').trim(), r.unit.trim()];
  const n = Number(value);
  if (!value || !(n >= 0 && n <= 1e9)) return undefined;
  if (r.scale === 'yes_no') return n === 0 || n === 1 ? { scale: r.scale, value: n } : undefined;
  if (r.scale === 'grade') return GRADES.some((g) => g === n) ? { scale: r.scale, value: n } : undefined;
  const target = Number(goal);
  if (!unit || [...unit].length > 12 || (goal && !(target > 0 && target <= 1e9))) return undefined;
  return { scale: r.scale, value: n, unit, ...(goal && { target, less: r.less }) };
}

/** A score in words; word names yes, no and the grades. */
export function scoreText(s: Score, word: (of: 'yes' | 'no' | `${(typeof GRADES)[number]}`) => string): string {
  if (s.scale === 'yes_no') return word(s.value ? 'yes' : 'no');
  if (s.scale === 'grade') return word(String(s.value) as '0');
  return `${s.value} ${s.unit ?? ''}${s.target === undefined ? '' : ` (${s.less ? '≤' : '≥'} ${s.target})`}`;
}
