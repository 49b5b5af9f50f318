// What an evaluator sees of a drill between the tap and the server's change.

import type { Inject } from '../api/drill';
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
    const tap = taps.filter((r) => r.body.inject === i.id && r.body.expected === n && r.state === 'waiting').at(-1);
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
