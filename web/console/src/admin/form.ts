// What a form is made of, and how its draft becomes a command and a refusal
// finds its field. No view in here.
import { dayEnds, dayOf } from '../i18n';
import type { Capability, DutyLine, Hazard, Kind, Place, Problem } from '../api/types';
import type { App } from '../session/app';
import { readYuan } from '../store/claim';
import type { Word } from './words';

export type Substance = NonNullable<Hazard['substances']>[number];

/** What a field holds while it is edited; numbers stay text until the form is read. */
export type Value = string | boolean | string[] | Place | Capability[] | DutyLine[] | Substance[];
export type Draft = Record<string, Value>;

export interface Choice {
  value: string;
  label: string;
}

interface Common {
  /** The name in the command's body. */
  name: string;
  label: Word;
  hint?: Word;
  required?: boolean;
  /** Both columns of the form. */
  wide?: boolean;
  /** Left out when a record that is there already is edited. */
  fresh?: boolean;
}

export type Field = Common &
  (
    | { as: 'text'; max: number; lower?: boolean; type?: 'text' | 'tel'; options?: (app: App) => Choice[] }
    | { as: 'whole' | 'amount' }
    /** Typed in yuan and kept in whole fen; a calendar day without a time. */
    | { as: 'yuan' | 'day' }
    | { as: 'date' | 'check' | 'place' | 'capabilities' | 'duty' | 'substances' }
    | { as: 'choice'; choices: () => Choice[]; figure?: boolean }
    | { as: 'several'; choices: () => Choice[] }
    | { as: 'ref'; kind: Kind }
  );

const blanks: Record<Field['as'], () => Value> = {
  text: () => '', whole: () => '', amount: () => '', yuan: () => '', day: () => '', date: () => '', choice: () => '', ref: () => '',
  check: () => false, several: () => [], place: () => ({}), capabilities: () => [], duty: () => [], substances: () => [],
};

/** The draft of a record, or of a new one. */
export function draftOf(fields: readonly Field[], from: Record<string, unknown> = {}): Draft {
  const draft: Draft = {};
  for (const f of fields) {
    const v = from[f.name];
    if (v === undefined || v === null) draft[f.name] = blanks[f.as]();
    else if (f.as === 'whole' || f.as === 'amount') draft[f.name] = v === 0 && !f.required ? '' : String(v);
    else if (f.as === 'yuan') draft[f.name] = (Number(v) / 100).toFixed(2);
    else if (f.as === 'choice') draft[f.name] = String(v);
    else if (f.as === 'date') draft[f.name] = dayOf(Date.parse(String(v)));
    else draft[f.name] = structuredClone(v) as Value;
  }
  return draft;
}

export type Faults = Record<string, Word>;

/** What is missing or no number, by field: what the server need not be asked for. */
export function faultsOf(fields: readonly Field[], draft: Draft): Faults {
  const out: Faults = {};
  for (const f of fields) {
    const v = draft[f.name];
    const text = typeof v === 'string' ? v.trim() : '';
    if (f.required && (v === '' || text === '' && typeof v === 'string' || Array.isArray(v) && v.length === 0)) out[f.name] = 'form.missing';
    else if (f.as === 'whole' && text && !/^-?\d{1,12}$/.test(text)) out[f.name] = 'form.number';
    else if (f.as === 'yuan' && text && readYuan(text) === undefined) out[f.name] = 'form.yuan';
    else if (f.as === 'amount' && text && !Number.isFinite(Number(text))) out[f.name] = 'form.amount';
  }
  return out;
}

/** The command's body: trimmed, numbers as numbers, nothing that is empty. */
export function bodyOf(fields: readonly Field[], draft: Draft): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const f of fields) {
    const v = draft[f.name];
    switch (f.as) {
      case 'text':
      case 'choice':
      case 'ref': {
        const text = String(v ?? '').trim();
        if (text) out[f.name] = f.as === 'text' && f.lower ? text.toLowerCase() : f.as === 'choice' && f.figure ? Number(text) : text;
        break;
      }
      case 'whole':
      case 'amount':
        if (String(v).trim()) out[f.name] = Number(String(v).trim());
        break;
      case 'yuan':
        if (String(v).trim()) out[f.name] = readYuan(String(v));
        break;
      case 'day':
        if (v) out[f.name] = v;
        break;
      case 'date':
        // Through the last second of that day.
        if (v) out[f.name] = dayEnds(String(v));
        break;
      case 'check':
        if (v) out[f.name] = true;
        break;
      case 'place':
        out[f.name] = placeOf(v as Place);
        break;
      case 'several':
        out[f.name] = [...(v as string[])];
        break;
      default:
        if ((v as unknown[]).length) out[f.name] = (v as object[]).map(full);
    }
  }
  return out;
}

function placeOf(p: Place): Place {
  const out: Place = {};
  if (p.text?.trim()) out.text = p.text.trim();
  if (p.point) out.point = [p.point[0], p.point[1]];
  if (p.point && p.source) out.source = p.source;
  return out;
}

const full = (row: object) => Object.fromEntries(Object.entries(row).filter(([, v]) => v !== '' && v !== undefined));

/** The field that a refusal is about: "duty[2].name" is said at duty, "place.point" at place. */
export function fieldOf(fields: readonly Field[], p: Problem): string | undefined {
  const first = p.field?.split(/[.[]/)[0];
  return fields.find((f) => f.name === first)?.name;
}

/** Coordinates as people paste them: longitude first, any separator. */
export function readPoint(text: string): [number, number] | undefined | 'bad' | 'swapped' {
  const parts = text.trim().split(/[\s,，;；]+/).filter(Boolean);
  if (parts.length === 0) return undefined;
  const [lon, lat] = parts.map(Number);
  if (parts.length !== 2 || !Number.isFinite(lon) || !Number.isFinite(lat)) return 'bad';
  if (Math.abs(lat!) > 90 && Math.abs(lon!) <= 90) return 'swapped';
  return Math.abs(lon!) <= 180 && Math.abs(lat!) <= 90 ? [lon!, lat!] : 'bad';
}
