// What every live layer of the map is: a source of its own and the style layers
// on it, which it adds and removes again, and its data made from the records.
import type * as GeoJSON from 'geojson';
import type { GeoJSONSource, LayerSpecification, Map as GLMap } from 'maplibre-gl';
import type { Kind, Point, Ref } from '../api/types';
import type { Lang } from '../i18n';
import type { Clock } from '../store/clock';
import type { Looks } from '../store/looks';
import type { Positions } from '../store/positions';
import { alarms } from '../store/select';
import type { Store } from '../store/store';
import { palettes, type Palette, type Theme } from './palette';

/** What the layers draw from. */
export interface Scene {
  readonly store: Store;
  readonly positions: Positions;
  readonly clock: Clock;
  readonly looks: Looks;
  theme: Theme;
  lang: Lang;
  selected: Ref | undefined;
  /** Whether things may glide and pulse. */
  motion: boolean;
}

export interface LiveLayer {
  /** Redrawn when one of these moved. */
  readonly kinds: readonly Kind[];
  /** Style layers whose features carry kind and id, to be clicked. */
  readonly hits: readonly string[];
  add(map: GLMap, scene: Scene): void;
  remove(map: GLMap): void;
  draw(map: GLMap, scene: Scene): void;
  /** The id of what it drew without features at a point of the map's box, CSS pixels. */
  at?(map: GLMap, x: number, y: number, near: number): string | undefined;
}

export type Properties = Record<string, string | number | boolean>;
type Geometry = GeoJSON.Point | GeoJSON.LineString | GeoJSON.Polygon;
export type Feature = GeoJSON.Feature<Geometry, Properties>;
export type Collection = GeoJSON.FeatureCollection<Geometry, Properties>;

export const collection = (features: Feature[]): Collection => ({ type: 'FeatureCollection', features });
export const spot = (at: Point, properties: Properties): Feature => ({ type: 'Feature', properties, geometry: { type: 'Point', coordinates: [...at] } });
export const line = (points: readonly Point[], properties: Properties = {}): Feature => ({
  type: 'Feature', properties, geometry: { type: 'LineString', coordinates: points.map((p) => [...p]) },
});

export const polygon = (rings: readonly (readonly Point[])[], properties: Properties = {}): Feature => ({
  type: 'Feature', properties, geometry: { type: 'Polygon', coordinates: rings.map((r) => r.map((p) => [...p])) },
});

/** A layer whose data are a pure function of the scene, sent to the map only when they differ. */
export function featureLayer(o: {
  id: string;
  kinds: readonly Kind[];
  hits?: readonly string[];
  style: (source: string, palette: Palette) => LayerSpecification[];
  features: (scene: Scene) => Feature[];
}): LiveLayer {
  const source = `live-${o.id}`;
  let sent = '';
  let ids: string[] = [];
  return {
    kinds: o.kinds,
    hits: o.hits ?? [],
    add(map, scene) {
      sent = '';
      map.addSource(source, { type: 'geojson', data: collection([]) });
      const layers = o.style(source, palettes[scene.theme]);
      ids = layers.map((l) => l.id);
      for (const l of layers) map.addLayer(l);
    },
    remove(map) {
      removeFrom(map, ids, source);
    },
    draw(map, scene) {
      const data = collection(o.features(scene));
      const text = JSON.stringify(data);
      if (text === sent) return;
      sent = text;
      map.getSource<GeoJSONSource>(source)?.setData(data);
    },
  };
}

export function removeFrom(map: GLMap, layers: readonly string[], source: string) {
  for (const id of layers) if (map.getLayer(id)) map.removeLayer(id);
  if (map.getSource(source)) map.removeSource(source);
}

export const isSelected = (scene: Pick<Scene, 'selected'>, kind: Kind, id: string) =>
  scene.selected?.kind === kind && scene.selected.id === id;

/** 1: an alarm of the first tier waits for an answer, and pulses; 2: another alarm is open. By id of team or incident. */
export function alarmed(store: Store): Map<string, 1 | 2> {
  const out = new Map<string, 1 | 2>();
  for (const a of alarms(store.all('alarm'))) {
    const how = a.tier === 1 && !a.acked ? 1 : 2;
    // The team in need is the thing to look at; its incident only when no team is named.
    const id = a.team || a.incident;
    if (id && out.get(id) !== 1) out.set(id, how);
  }
  return out;
}

/** The marks around a symbol: corners when selected, a ring when alarmed. */
export function ringLayers(id: string, source: string, size: number, more: object = {}): LayerSpecification[] {
  const ring = (name: string, image: string, filter: unknown) =>
    ({
      id: `${id}-${name}`, type: 'symbol', source, filter,
      layout: { 'icon-image': image, 'icon-size': size, 'icon-allow-overlap': true, 'icon-ignore-placement': true, ...more },
      paint: { 'icon-opacity-transition': { duration: 450, delay: 0 } },
    }) as LayerSpecification;
  return [ring('alarm', 'ring:alarm', ['has', 'alarm']), ring('select', 'ring:select', ['has', 'selected'])];
}
