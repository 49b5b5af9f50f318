import { describe, expect, it } from 'vitest';
import { bodyOf, draftOf, faultsOf, fieldOf, readPoint, type Field } from './form';

const fields: Field[] = [
  { as: 'text', name: 'name', label: 'f.name', max: 60, required: true },
  { as: 'text', name: 'login', label: 'f.login', max: 40, lower: true },
  { as: 'several', name: 'roles', label: 'f.roles', choices: () => [], required: true },
  { as: 'whole', name: 'seats_min', label: 'f.seatsMin', required: true },
  { as: 'whole', name: 'speed', label: 'f.speed' },
  { as: 'place', name: 'place', label: 'f.place' },
  { as: 'duty', name: 'duty', label: 'f.duty' },
  { as: 'check', name: 'locked', label: 'f.locked' },
];

describe('a form', () => {
  it('makes a draft that owns what it holds', () => {
    const record = { name: '张三', roles: ['leader'], place: { point: [113.8, 34] }, duty: [{ name: '李四' }] };
    const draft = draftOf(fields, record);
    (draft['duty'] as { name: string }[])[0]!.name = '王五';
    expect(record.duty[0]!.name).toBe('李四');
    expect(draft).toMatchObject({ name: '张三', login: '', roles: ['leader'], speed: '', locked: false });
  });

  it('names what is missing and what is no number', () => {
    const draft = { ...draftOf(fields), name: '  ', seats_min: 'fünf', speed: '' };
    expect(faultsOf(fields, draft)).toEqual({ name: 'form.missing', roles: 'form.missing', seats_min: 'form.number' });
  });

  it('sends nothing that is empty, numbers as numbers and logins in small letters', () => {
    const draft = { ...draftOf(fields), name: ' 张三 ', login: 'Zhang.San', roles: ['dispatcher'], seats_min: '5', duty: [{ name: '甲', post: '', phone: '1' }] };
    expect(bodyOf(fields, draft)).toEqual({
      name: '张三', login: 'zhang.san', roles: ['dispatcher'], seats_min: 5, place: {}, duty: [{ name: '甲', phone: '1' }],
    });
  });

  it('takes yuan and keeps whole fen, and a day without a time', () => {
    const money: Field[] = [{ as: 'yuan', name: 'amount', label: 'f.name', required: true }, { as: 'day', name: 'from', label: 'f.name' }];
    expect(draftOf(money, { amount: 123_450, from: '2026-01-01' })).toEqual({ amount: '1234.50', from: '2026-01-01' });
    expect(bodyOf(money, { amount: ' 0.29 ', from: '2026-01-01' })).toEqual({ amount: 29, from: '2026-01-01' });
    expect(bodyOf(money, { amount: '0', from: '' })).toEqual({ amount: 0 });
    expect(faultsOf(money, { amount: '1.234', from: '' })).toEqual({ amount: 'form.yuan' });
    expect(faultsOf(money, { amount: '', from: '' })).toEqual({ amount: 'form.missing' });
  });

  it('says a refusal at its field', () => {
    expect(fieldOf(fields, { status: 422, code: 'invalid', field: 'duty[2].name' })).toBe('duty');
    expect(fieldOf(fields, { status: 422, code: 'invalid', field: 'place.point' })).toBe('place');
    expect(fieldOf(fields, { status: 422, code: 'invalid', field: 'agency' })).toBeUndefined();
    expect(fieldOf(fields, { status: 409, code: 'blocked' })).toBeUndefined();
  });

  it('reads coordinates with longitude first, and knows them swapped', () => {
    expect(readPoint('113.8526, 34.0358')).toEqual([113.8526, 34.0358]);
    expect(readPoint('113.8526，34.0358')).toEqual([113.8526, 34.0358]);
    expect(readPoint('34.0358 113.8526')).toBe('swapped');
    expect(readPoint('113.8526')).toBe('bad');
    expect(readPoint('200, 100')).toBe('bad');
    expect(readPoint('  ')).toBeUndefined();
  });
});
