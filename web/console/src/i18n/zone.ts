// A time as a zone writes it, for a field of date and time.

const formats = new Map<string, Intl.DateTimeFormat>();

function parts(ms: number, zone: string | undefined): number[] {
  const key = zone ?? '';
  let f = formats.get(key);
  if (!f) {
    formats.set(key, (f = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
    })));
  }
  const by = Object.fromEntries(f.formatToParts(ms).map((p) => [p.type, Number(p.value)]));
  return [by['year']!, by['month']!, by['day']!, by['hour']!, by['minute']!, by['second']!];
}

/** 2026-11-27T20:25:28 */
export function written(ms: number, zone: string | undefined): string {
  const [y, ...rest] = parts(ms, zone);
  const [mo, d, h, mi, s] = rest.map((n) => String(n).padStart(2, '0'));
  return `${String(y).padStart(4, '0')}-${mo}-${d}T${h}:${mi}:${s}`;
}

/** The moment of a written time; NaN where it is none. */
export function readTime(text: string, zone: string | undefined): number {
  const utc = Date.parse(`${text}Z`);
  if (!Number.isFinite(utc)) return NaN;
  // The zone's distance at about that time, and once more where that leads over a change of clocks.
  let at = utc;
  for (let i = 0; i < 2; i++) {
    const [y, mo, d, h, mi, s] = parts(at, zone) as [number, number, number, number, number, number];
    at += utc - Date.UTC(y, mo - 1, d, h, mi, s);
  }
  return at;
}
