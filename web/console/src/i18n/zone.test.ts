import { afterEach, describe, expect, it } from 'vitest';
import { dayBegins, dayEnds, dayOf, setZone } from '.';
import { readTime, written } from './zone';

const hour = 3_600_000;
const begin = Date.parse('2026-11-23T08:00:00Z');

describe('a written time', () => {
  it('is read in the zone in which it was written', () => {
    for (const zone of ['Asia/Shanghai', 'America/Los_Angeles', 'UTC', 'Australia/Adelaide']) {
      for (let at = Date.parse('2026-01-05T00:00:00Z'); at < Date.parse('2027-01-05T00:00:00Z'); at += 3.7 * 24 * hour) expect(readTime(written(at, zone), zone)).toBe(at);
    }
    expect(written(begin, 'Asia/Shanghai')).toBe('2026-11-23T16:00:00');
    expect(readTime('nonsense', 'UTC')).toBeNaN();
  });
});

describe("the house's day", () => {
  afterEach(() => setZone(undefined));

  it('begins and ends where the house is, on days of 23 and 25 hours too', () => {
    setZone('Asia/Shanghai');
    expect(dayOf(Date.parse('2026-12-31T16:00:00Z'))).toBe('2027-01-01');
    expect(dayBegins('2027-01-01')).toBe('2026-12-31T16:00:00.000Z');
    expect(dayBegins('2026-12-31', 1)).toBe('2026-12-31T16:00:00.000Z');
    expect(dayEnds('2027-01-01')).toBe('2027-01-01T15:59:59.000Z');
    setZone('America/Los_Angeles');
    expect(Date.parse(dayBegins('2026-03-08', 1)) - Date.parse(dayBegins('2026-03-08'))).toBe(23 * hour);
    expect(Date.parse(dayBegins('2026-11-01', 1)) - Date.parse(dayBegins('2026-11-01'))).toBe(25 * hour);
  });
});
