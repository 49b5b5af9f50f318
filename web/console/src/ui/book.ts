// The words that a part of the house has for itself: they are loaded with it, and
// told again whenever the language changes.
import { createSubscriber } from 'svelte/reactivity';
import { fill, language, onLanguage, type Lang } from '../i18n';

/** The words of a part, by language, and how its components say them. */
export function book<W extends string>(words: Record<Lang, Record<W, string>>) {
  const spoken = createSubscriber((update) => onLanguage(update));
  return {
    /** The word in the language of the screen, with its holes filled. */
    w: (word: W, holes?: Record<string, string | number>): string => {
      spoken();
      return fill(words[language()][word], holes);
    },
    /** The word of a family and a code from the server; the code itself when the family lacks it. */
    wc: (family: string, code: string): string => {
      spoken();
      return (words[language()] as Partial<Record<string, string>>)[`${family}.${code}`] ?? code;
    },
  };
}
