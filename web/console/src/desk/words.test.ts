import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { say } from '../i18n';
import { en } from '../i18n/en';
import { enDesk } from '../i18n/en.desk';
import { zh } from '../i18n/zh';
import { zhDesk } from '../i18n/zh.desk';

const src = resolve(import.meta.dirname, '..');
const shared = ['map', 'session', 'store', 'ui'];

it('says the words of the desk once they are told', async () => {
  expect(say('pane.teams')).toBe('pane.teams');
  await import('./words');
  expect(say('pane.teams')).toBe(zhDesk['pane.teams']);
});

it('keeps shared words and those of the desk apart', () => {
  expect(Object.keys(zhDesk).filter((k) => k in zh)).toEqual([]);
  expect(Object.keys(enDesk).filter((k) => k in en)).toEqual([]);
});

it('uses no word of the desk in what other screens show, too', () => {
  const found = shared.flatMap((folder) =>
    readdirSync(resolve(src, folder)).filter((f) => !f.includes('.test.')).flatMap((file) => {
      const text = readFileSync(resolve(src, folder, file), 'utf8');
      return Object.keys(zhDesk).filter((k) => text.includes(`t('${k}'`) || text.includes(`say('${k}'`)).map((k) => `${folder}/${file}: ${k}`);
    }),
  );
  expect(found).toEqual([]);
});
