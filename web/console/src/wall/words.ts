// The wall's own words, again whenever the language changes.
import { createSubscriber } from 'svelte/reactivity';
import { fill, language, onLanguage } from '../i18n';
import { en } from './en';
import { zh } from './zh';

export type Word = keyof typeof zh;
const books: Record<'zh' | 'en', Record<Word, string>> = { zh, en };
const spoken = createSubscriber((update) => onLanguage(update));

export function w(word: Word, holes?: Record<string, string | number>): string {
  spoken();
  return fill(books[language()][word], holes);
}
