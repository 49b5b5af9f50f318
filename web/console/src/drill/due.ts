// How near what is to be better after a drill is to its due day, by the days of the house.
import type { Improvement } from '../api/judge';
import { dayOf } from '../i18n';

/** Days until it is due, from 0 on the last day, or how late it is, from -1; undefined where nobody waits or no day is set. */
export function daysLeft(i: Pick<Improvement, 'state' | 'due'>, now: number): number | undefined {
  if (i.state !== 'open' || !i.due) return undefined;
  // Between days, not moments: what is due today is due today all day long.
  return Math.round((Date.parse(dayOf(Date.parse(i.due))) - Date.parse(dayOf(now))) / 86_400_000);
}
