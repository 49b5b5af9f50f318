// What the desk's fields look up: event types by code, name or pinyin, places by
// the server's gazetteer.
import { search } from '../api/reads';
import type { EventType, Hit, Place, Point } from '../api/types';
import { coordinates, either, sayCode } from '../i18n';
import { parsePoint } from '../store/geo';
import type { Option } from '../ui/Combo.svelte';

export interface TypeOption extends Option {
  code: string;
}

/** Event types that the text names, best first: code, initials, then name. Families count less than their members. */
export function findTypes(text: string, events: readonly EventType[], limit = 8): EventType[] {
  const q = text.trim().toLowerCase();
  if (!q) return [];
  const score = (e: EventType): number => {
    const code = e.code.toLowerCase();
    const zh = e.zh.toLowerCase();
    const en = (e.en ?? '').toLowerCase();
    const initials = e.initials ?? [];
    if (code === q || zh === q || en === q) return 0;
    if (initials.includes(q)) return 1;
    if (code.startsWith(q)) return 2;
    // The first reading is the usual one.
    if (zh.startsWith(q) || initials[0]?.startsWith(q)) return 3;
    if (initials.some((i) => i.startsWith(q))) return 4.5;
    if (en.split(/\W+/).some((w) => w.startsWith(q))) return 4;
    if (zh.includes(q)) return 5;
    if (q.length > 1 && initials.some((i) => i.includes(q))) return 6;
    return 9;
  };
  return events
    .map((e) => ({ e, s: score(e) + (e.code.endsWith('00') ? 0.05 : 0) + e.zh.length / 100 }))
    .filter((x) => x.s < 9)
    .sort((a, b) => a.s - b.s || a.e.code.localeCompare(b.e.code))
    .slice(0, limit)
    .map((x) => x.e);
}

export const typeOptions = (text: string, events: readonly EventType[]): TypeOption[] =>
  findTypes(text, events).map((e) => ({ key: e.code, code: e.code, title: either(e), sub: e.code }));

export interface PlaceOption extends Option {
  place: Place;
  /** division code, where the place is a grid area */
  area?: string;
}

// Neither incidents nor teams: where something happened before, or where a team
// is at home, is not a place that a caller names, and Enter takes the first.
const placeKinds = ['area', 'depot', 'hazard', 'agency'];

/** Places that the text names; typed coordinates are a place of their own. */
export async function placeOptions(text: string, signal: AbortSignal): Promise<PlaceOption[]> {
  const point = parsePoint(text);
  if (point) return [{ key: 'typed', title: coordinates(point), place: { text: '', point, source: 'typed' } }];
  const hits = await search(text, 10, signal);
  return hits.filter((h) => h.point && placeKinds.includes(h.ref.kind)).map(placeOf);
}

const placeOf = (h: Hit): PlaceOption => ({
  key: `${h.ref.kind}/${h.ref.id}`,
  title: h.title,
  sub: [sayCode('kind', h.ref.kind), h.subtitle !== h.title ? h.subtitle : ''].filter(Boolean).join(' · '),
  place: { text: h.title, point: h.point, source: 'gazetteer' },
  ...(h.ref.kind === 'area' ? { area: h.ref.id } : {}),
});

export const pickedPlace = (text: string, point: Point): Place => ({ text: text.trim(), point, source: 'map' });
