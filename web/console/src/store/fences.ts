// Fences and the teams in them: plain functions on the records.
import type { Fence, FencePurpose, Point, Seen, Stay } from '../api/types';
import { sayCode } from '../i18n';
import { when } from './stamp';

export const purposes: readonly FencePurpose[] = ['hot', 'warm', 'cold', 'staging', 'watch'];

/** What the server begins the name of a fence with that was given none; it speaks Chinese. */
export const drawnAs: Record<FencePurpose, string> = { hot: '热区', warm: '温区', cold: '冷区', staging: '集结区', watch: '关注区' };

/** Purpose and name in the language of the screen; the purpose is never left out. */
export function fenceTitle(f: Pick<Fence, 'name' | 'purpose'>): string {
  const word = sayCode('fence.purpose', f.purpose);
  const own = drawnAs[f.purpose];
  const rest = f.name === word || f.name.startsWith(`${word} `) ? f.name.slice(word.length) : f.name.startsWith(own) ? f.name.slice(own.length) : ` ${f.name}`;
  return `${word}${rest}`.trim();
}

/** The name after the purpose has changed: the word in front is changed with it. */
export function renamed(name: string, from: FencePurpose, to: FencePurpose): string {
  return name.startsWith(drawnAs[from]) ? drawnAs[to] + name.slice(drawnAs[from].length) : name;
}

/** The fences that stand, the most dangerous first. */
export function standing(fences: readonly Fence[], which: (f: Fence) => boolean = () => true): Fence[] {
  const rank = (f: Fence) => purposes.indexOf(f.purpose);
  return fences
    .filter((f) => f.state === 'active' && which(f))
    .sort((a, b) => rank(a) - rank(b) || (a.radius ?? 0) - (b.radius ?? 0) || a.created.localeCompare(b.created) || a.id.localeCompare(b.id));
}

/** Who is inside, by fence, who came first first. */
export function insideBy(stays: readonly Stay[]): Map<string, Stay[]> {
  const out = new Map<string, Stay[]>();
  for (const s of stays) if (s.state === 'inside') out.set(s.fence, [...(out.get(s.fence) ?? []), s]);
  for (const list of out.values()) list.sort((a, b) => when(a.entered) - when(b.entered) || a.id.localeCompare(b.id));
  return out;
}

/** The teams inside hot zones, each once. */
export function inHotZones(fences: readonly Fence[], stays: readonly Stay[]): string[] {
  const hot = new Set(fences.filter((f) => f.state === 'active' && f.purpose === 'hot').map((f) => f.id));
  return [...new Set(stays.filter((s) => s.state === 'inside' && hot.has(s.fence)).map((s) => s.team))];
}

const radians = Math.PI / 180;
const earth = 6_371_008.8;

/** The point at that way from another, on the great circle; the bearing in degrees from north. */
export function along([lon, lat]: Point, meters: number, bearing: number): Point {
  const d = meters / earth, f = lat * radians, b = bearing * radians;
  const to = Math.asin(Math.sin(f) * Math.cos(d) + Math.cos(f) * Math.sin(d) * Math.cos(b));
  const by = Math.atan2(Math.sin(b) * Math.sin(d) * Math.cos(f), Math.cos(d) - Math.sin(f) * Math.sin(to));
  return [Number((lon + by / radians).toFixed(7)), Number((to / radians).toFixed(7))];
}

/** A circle as a closed ring of corners, from the north, against the clock as GeoJSON wants it. */
export function circle(center: Point, meters: number, corners = 96): Point[] {
  const ring = Array.from({ length: corners }, (_, i) => along(center, meters, -(360 * i) / corners));
  return [...ring, [...ring[0]!] as Point];
}

/** A ring with its first corner again as the last, as the server wants it. */
export function closed(corners: readonly Point[]): Point[] {
  const [first, last] = [corners[0], corners.at(-1)];
  if (!first || !last) return [];
  return first[0] === last[0] && first[1] === last[1] ? [...corners] : [...corners, first];
}

/** A ring without the repeated corner, as people count corners. */
export function corners(ring: readonly Point[]): Point[] {
  const [first, last] = [ring[0], ring.at(-1)];
  return ring.length > 1 && first && last && first[0] === last[0] && first[1] === last[1] ? ring.slice(0, -1) : [...ring];
}

/** A length as it is typed: 500, 500m, 1.2km, 1.2 公里; undefined when it is none. */
export function parseMeters(text: string): number | undefined {
  const m = /^\s*(\d{1,7}(?:\.\d+)?)\s*(m|米|km|公里|千米)?\s*$/i.exec(text);
  if (!m) return undefined;
  return Math.round(Number(m[1]) * (m[2] && !/^(m|米)$/i.test(m[2]) ? 1000 : 1));
}

/** Metres as a fence says them: exactly, for the number is somebody's order. */
export const metersWords = (m: number): string => (m >= 1000 && m % 100 === 0 ? `${m / 1000} km` : `${m} m`);

/** What happened to a fence, or at it. */
export interface FenceEvent {
  key: string;
  at: number;
  what: 'draw' | 'edit' | 'end' | 'found' | 'enter' | 'exit' | 'dwell';
  fence: Fence;
  /** Before the edit. */
  was?: Fence;
  team?: string;
  by?: string;
}

/**
 * What the changes tell about the fences of an incident, oldest first. A stay
 * that ends leaves the board, so it arrives as a drop: what it was about is
 * known from the change that began it.
 */
export function fenceEvents(incident: string, changes: readonly Seen[]): FenceEvent[] {
  const out: FenceEvent[] = [];
  const fences = new Map<string, Fence>();
  const stays = new Map<string, Stay>();
  for (const c of changes) {
    const by = c.actor.role === 'system' ? undefined : c.actor.name;
    const told = (what: FenceEvent['what'], fence: Fence, id: string, more: Partial<FenceEvent> = {}) =>
      out.push({ key: `f/${c.seq}/${id}/${what}`, at: Date.parse(c.at), what, fence, ...more });
    for (const r of c.put ?? []) {
      if (r.kind !== 'fence' || r.incident !== incident) continue;
      const was = fences.get(r.id);
      fences.set(r.id, r);
      if (r.state === 'ended') told('end', r, r.id, { by });
      else if (!was && r.version === 1) told('draw', r, r.id, { by });
      else if (was && fenceDiff(was, r).length > 0) told('edit', r, r.id, { by, was });
    }
    for (const r of c.put ?? []) {
      if (r.kind !== 'stay' || r.incident !== incident) continue;
      const was = stays.get(r.id);
      stays.set(r.id, r);
      const fence = fences.get(r.fence);
      if (!fence) continue;
      // Where it was found, it had been before: what is told is the finding.
      if (!was) told(r.found ? 'found' : 'enter', fence, r.id, { team: r.team, ...(r.found ? {} : { at: when(r.entered) }) });
      else if (r.dwelt && !was.dwelt) told('dwell', fence, r.id, { team: r.team });
    }
    for (const d of c.drop ?? []) {
      const was = d.kind === 'stay' ? stays.get(d.id) : undefined;
      const fence = was && fences.get(was.fence);
      stays.delete(d.id);
      // With the fence all stays end: nobody left.
      if (was && fence?.state === 'active') told('exit', fence, d.id, { team: was.team });
    }
  }
  return out;
}

export type FenceField = 'purpose' | 'name' | 'center' | 'radius' | 'shape' | 'warn' | 'until';

/** What of a fence people would notice has changed. */
export function fenceDiff(a: Fence, b: Fence): FenceField[] {
  const of = (f: Fence): Record<FenceField, unknown> => ({
    purpose: f.purpose, name: f.name, center: f.type === 'ring' ? f.center : 0, radius: f.radius, shape: f.shape, warn: [f.warn, f.dwell], until: f.until,
  });
  const [x, y] = [of(a), of(b)];
  return (Object.keys(x) as FenceField[]).filter((k) => JSON.stringify(x[k]) !== JSON.stringify(y[k]));
}
