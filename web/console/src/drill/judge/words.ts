// The words of judging, loaded with its screens and not before.
import type { Score } from '../../api/judge';
import { scoreText } from '../../field/judge';
import { book } from '../../ui/book';
import { en } from './en';
import { zh } from './zh';

export type Word = keyof typeof zh;
export const { w, wc } = book<Word>({ zh, en });

/** A score in words. */
export const scoreWords = (s: Score) => scoreText(s, (k) => (k === 'yes' || k === 'no' ? w(k) : w(`grade.${k}`)));
