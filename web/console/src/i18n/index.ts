// Words of the screens. Chinese is the source; English satisfies its keys, so a
// missing word does not compile. A word is a plain string with {holes}. The
// desk brings its own words, which the other screens need not load.
import { en } from './en';
import { zh } from './zh';
import * as zoned from './zone';
import type { zhAgreement } from './zh.agreement';
import type { zhAid } from './zh.aid';
import type { zhClaim } from './zh.claim';
import type { zhDesk } from './zh.desk';
import type { zhRequisition } from './zh.requisition';

export type Lang = 'zh' | 'en';
export type Word = keyof typeof zh | keyof typeof zhDesk | keyof typeof zhAid | keyof typeof zhAgreement | keyof typeof zhClaim | keyof typeof zhRequisition;
type Holes = Record<string, string | number>;

const books: Record<Lang, Record<string, string>> = { zh: { ...zh }, en: { ...en } };

/** Adds the words of one screen. */
export function learn(words: Record<Lang, Record<string, string>>) {
  Object.assign(books.zh, words.zh);
  Object.assign(books.en, words.en);
}

function saved(): Lang {
  try {
    return localStorage.getItem('lang') === 'en' ? 'en' : 'zh';
  } catch {
    return 'zh'; // storage switched off
  }
}

let lang: Lang = typeof localStorage === 'undefined' ? 'zh' : saved();
const listeners = new Set<() => void>();

export const language = (): Lang => lang;

export function speak(next: Lang) {
  lang = next;
  try {
    localStorage.setItem('lang', next);
  } catch {
    // it holds for this page at least
  }
  if (typeof document !== 'undefined') document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en';
  for (const l of [...listeners]) l();
}

export function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function fill(text: string, holes?: Holes): string {
  return holes ? text.replace(/\{(\w+)\}/g, (all, name: string) => String(holes[name] ?? all)) : text;
}

/** The word in the language of the screen. */
export const say = (word: Word, holes?: Holes): string => fill(books[lang][word] ?? word, holes);

/** A word made of a family and a code from the server; the code itself when the family lacks it. */
export function sayCode(family: string, code: string): string {
  return books[lang][`${family}.${code}`] ?? code;
}

/** The one of two names that the screen speaks. */
export const either = (names: { zh?: string; en?: string } | undefined): string =>
  names ? (lang === 'zh' ? names.zh || names.en : names.en || names.zh) || '' : '';

/** The refusal's sentence in the language of the screen. */
export const told = (p: { detail?: string; detail_zh?: string; code?: string }): string =>
  (lang === 'zh' ? p.detail_zh || p.detail : p.detail || p.detail_zh) || p.code || '';

const formats = new Map<string, Intl.DateTimeFormat>();

/** Which zone the local day is in; the server's settings say it. */
let zone: string | undefined;
export function setZone(name: string | undefined) {
  zone = name;
  formats.clear();
}

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = lang + JSON.stringify(options);
  let f = formats.get(key);
  if (!f) formats.set(key, (f = new Intl.DateTimeFormat(lang === 'zh' ? 'zh-CN' : 'en-GB', { timeZone: zone, hourCycle: 'h23', ...options })));
  return f;
}

/** A moment as a field of date and time holds it, in the house's zone: 2026-11-27T20:25:28. */
export const written = (ms: number): string => zoned.written(ms, zone);
/** The moment of what stands in such a field; NaN where there is none. */
export const readTime = (text: string): number => zoned.readTime(text, zone);
/** The house's day of a moment, as a field of a date holds it: 2026-11-27. */
export const dayOf = (ms: number): string => written(ms).slice(0, 10);
/** When the house's day begins, or with 1 when the next does, and so on, RFC 3339. */
export function dayBegins(date: string, more = 0): string {
  const d = new Date(`${date}T00:00:00Z`);
  d.setUTCDate(d.getUTCDate() + more);
  return new Date(readTime(d.toISOString().slice(0, 19))).toISOString();
}
/** The last second of the house's day, RFC 3339. */
export const dayEnds = (date: string): string => new Date(readTime(`${date}T23:59:59`)).toISOString();

export const clockTime = (ms: number) => format({ hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(ms);
export const shortTime = (ms: number) => format({ hour: '2-digit', minute: '2-digit' }).format(ms);
export const day = (ms: number) => format({ year: 'numeric', month: 'long', day: 'numeric', weekday: 'long' }).format(ms);
export const dayTime = (ms: number) => format({ month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }).format(ms);

/** Seconds as a running clock: 04:12, 1:52:25, and days above that. */
export function span(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  const s = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  if (s < 3600) return `${two(Math.floor(s / 60))}:${two(s % 60)}`;
  if (s < 86_400) return `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
  const d = Math.floor(s / 86_400);
  return lang === 'zh' ? `${d}天${Math.floor((s % 86_400) / 3600)}时` : `${d}d ${Math.floor((s % 86_400) / 3600)}h`;
}

/** A rough length of time in words: 8 秒, 12 分钟. */
export function about(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return lang === 'zh' ? `${s} 秒` : `${s} s`;
  if (s < 5_400) return lang === 'zh' ? `${Math.round(s / 60)} 分钟` : `${Math.round(s / 60)} min`;
  if (s < 129_600) return lang === 'zh' ? `${Math.round(s / 3600)} 小时` : `${Math.round(s / 3600)} h`;
  return lang === 'zh' ? `${Math.round(s / 86_400)} 天` : `${Math.round(s / 86_400)} d`;
}

export function distance(meters: number): string {
  if (meters < 950) return `${Math.round(meters / 10) * 10} m`;
  return `${(meters / 1000).toFixed(meters < 9_950 ? 1 : 0)} km`;
}

/** A place in words, else its coordinates, else nothing. */
export const placeWords = (p: { text?: string; point?: readonly [number, number] }): string => p.text || (p.point ? coordinates(p.point) : '');

export const coordinates = (p: readonly [number, number]) => `${p[0].toFixed(5)}, ${p[1].toFixed(5)}`;
