// The wall's own words, again whenever the language changes.
import { book } from '../ui/book';
import { en } from './en';
import { zh } from './zh';

export type Word = keyof typeof zh;
export const { w } = book<Word>({ zh, en });
