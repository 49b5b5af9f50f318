// The phone's own words, and a way for the pages to notice that they changed.
import { createSubscriber } from 'svelte/reactivity';
import { fill, language, onLanguage } from '../i18n';
import { en } from './en';
import { zh } from './zh';
import type { Phone } from './phone';

export type Word = keyof typeof zh;
const books: Record<'zh' | 'en', Record<Word, string>> = { zh, en };
const spoken = createSubscriber((update) => onLanguage(update));

/** The word in the language of the screen, again whenever that changes. */
export function w(word: Word, holes?: Record<string, string | number>): string {
  spoken();
  return fill(books[language()][word], holes);
}

/** The numbered words of a family: reasons and phrases to tap instead of typing. */
export function phrases(family: string): string[] {
  spoken();
  const out: string[] = [];
  for (let n = 1; `${family}.${n}` in zh; n++) out.push(w(`${family}.${n}` as Word));
  return out;
}

/** The phone as the pages read it: whoever reads `phone` here is told when it moves. */
export class See {
  readonly #moved: () => void;

  constructor(private readonly it: Phone) {
    this.#moved = createSubscriber((update) => it.subscribe(update));
  }

  get phone(): Phone {
    this.#moved();
    return this.it;
  }
}
