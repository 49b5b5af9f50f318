// The administration's own words.
import { book } from '../ui/book';
import { en } from './en';
import { enLink } from './en.link';
import { enRate } from './en.rate';
import { zh } from './zh';
import { zhLink } from './zh.link';
import { zhRate } from './zh.rate';

export type Word = keyof typeof zh | keyof typeof zhLink | keyof typeof zhRate;
export const { w, wc } = book<Word>({ zh: { ...zh, ...zhLink, ...zhRate }, en: { ...en, ...enLink, ...enRate } });
