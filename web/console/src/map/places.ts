// Where a record is: its own point, or that of what it belongs to.
import type { Bound, Point, Ref } from '../api/types';
import type { Positions } from '../store/positions';
import type { Store } from '../store/store';

export function pointOf(ref: Ref, store: Store, positions: Positions): Point | undefined {
  const of = (kind: Ref['kind'], id: string | undefined) => (id ? pointOf({ kind, id }, store, positions) : undefined);
  switch (ref.kind) {
    case 'team': {
      const p = positions.get(ref.id);
      return p ? [p.lon, p.lat] : store.get('team', ref.id)?.base.point;
    }
    case 'area':
      return store.get('area', ref.id)?.center;
    case 'fence':
      return store.get('fence', ref.id)?.center;
    case 'request':
      return store.get('request', ref.id)?.report_to.point;
    case 'offer':
      return of('request', store.get('offer', ref.id)?.request);
    case 'loan': {
      const l = store.get('loan', ref.id);
      return (l && of(l.resource.kind, l.resource.id)) ?? l?.report_to.point;
    }
    case 'agreement':
    case 'activation':
      return undefined; // they are nowhere
    case 'claim':
      return of('incident', store.get('claim', ref.id)?.incident);
    case 'rate':
      return undefined;
    case 'stay':
      return of('team', store.get('stay', ref.id)?.team);
    case 'task':
      return of('incident', store.get('task', ref.id)?.incident);
    case 'note':
      return of('incident', store.get('note', ref.id)?.incident);
    case 'person':
      return of('team', store.get('person', ref.id)?.team);
    case 'device':
      return of('team', store.get('device', ref.id)?.team);
    case 'alarm': {
      const a = store.get('alarm', ref.id);
      return of('team', a?.team) ?? of('incident', a?.incident);
    }
    case 'equipment': {
      const e = store.get('equipment', ref.id);
      return of('team', e?.team) ?? of('incident', e?.incident) ?? e?.place.point ?? of('depot', e?.depot);
    }
    case 'stock': {
      const s = store.get('stock', ref.id);
      return s?.place.point ?? of('depot', s?.depot);
    }
    case 'link':
    case 'parcel':
    case 'letter':
    case 'drill':
    case 'part':
    case 'objective':
    case 'inject':
    case 'observation':
    case 'improvement':
    case 'sim':
      return undefined;
    default:
      return store.get(ref.kind, ref.id)?.place?.point;
  }
}

/** The smallest bound that holds all points; undefined for none. */
export function boundOf(points: readonly Point[]): Bound | undefined {
  const first = points[0];
  if (!first) return undefined;
  return points.reduce<Bound>(
    (b, p) => [Math.min(b[0], p[0]), Math.min(b[1], p[1]), Math.max(b[2], p[0]), Math.max(b[3], p[1])],
    [first[0], first[1], first[0], first[1]],
  );
}

/** The bound with that part of its size more on each side. */
export function widened([w, s, e, n]: Bound, part: number): Bound {
  return [Math.max(-180, w - (e - w) * part), Math.max(-90, s - (n - s) * part), Math.min(180, e + (e - w) * part), Math.min(90, n + (n - s) * part)];
}

/** The city as the areas tell it, else whatever has a place; for a map that was told no home. */
export function homeOf(store: Store): Bound | undefined {
  const areas = store.all('area');
  const of = (level: string) => areas.flatMap((a) => (a.level === level && a.bound ? [a.bound] : []));
  const bounds = [of('city'), of('county')].find((b) => b.length > 0);
  if (bounds) return boundOf(bounds.flatMap((b): Point[] => [[b[0], b[1]], [b[2], b[3]]]));
  return boundOf(store.all('team').flatMap((t) => (t.base.point ? [t.base.point] : [])));
}

/** The least bound that holds both. */
export function grow(a: Bound, b: Bound): Bound {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}
