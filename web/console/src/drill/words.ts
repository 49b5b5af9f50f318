// The drills' own words.
import { book } from '../ui/book';
import { en } from './en';
import { zh } from './zh';

export type Word = keyof typeof zh;
export const { w, wc } = book<Word>({ zh, en });
