// The words of judging, loaded with its screens and not before.
import { createSubscriber } from 'svelte/reactivity';
import { fill, language, onLanguage } from '../../i18n';
import type { Score } from '../../api/judge';
import { scoreText } from '../../field/judge';
import { en } from './en';
import { zh } from './zh';

export type Word = keyof typeof zh;
const books: Record<'zh' | 'en', Record<Word, string>> = { zh, en };
const spoken = createSubscriber((update) => onLanguage(update));

/** The word in the language of the screen, again whenever that changes. */
export function w(word: Word, holes?: Record<string, string | number>): string {
  spoken();
  return fill(books[language()][word], holes);
}

/** The word of a family and a code from the server; the code itself when the family lacks it. */
export function wc(family: string, code: string): string {
  spoken();
  return books[language()][`${family}.${code}` as Word] ?? code;
}

/** A score in words. */
export const scoreWords = (s: Score) => scoreText(s, (k) => (k === 'yes' || k === 'no' ? w(k) : w(`grade.${k}`)));
