// The phone's own words.
import { book } from '../ui/book';
import { en } from './en';
import { zh } from './zh';

export type Word = keyof typeof zh;
export const { w } = book<Word>({ zh, en });

/** The numbered words of a family: reasons and phrases to tap instead of typing. */
export function phrases(family: string): string[] {
  const out: string[] = [];
  for (let n = 1; `${family}.${n}` in zh; n++) out.push(w(`${family}.${n}` as Word));
  return out;
}
