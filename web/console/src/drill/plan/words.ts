// The words of the planning, which the other tabs need not load.
import { book } from '../../ui/book';
import { en } from './en';
import { zh } from './zh';

export type Word = keyof typeof zh;
export const { w, wc } = book<Word>({ zh, en });
