// Grid areas: outlines as vector tiles from the server, names from the records,
// so that a name is written once and not once per tile.
import type { Map as GLMap, VectorTileSource } from 'maplibre-gl';
import { collection, removeFrom, spot, type Feature, type LiveLayer } from './layer';
import { palettes } from './palette';
import type { Store } from '../store/store';
import type { GeoJSONSource, LayerSpecification } from 'maplibre-gl';
import { font } from './fonts';

const tiles = 'area';
const names = 'area-name';

/** The lowest line layer: the base map goes below it. */
export const firstAreaLine = 'area-glow';
/** Colours the city where there is no base map to do it. */
export const areaFill = 'area-fill';

/** The server draws to here; beyond, the map stretches. */
const maxZoom = 14;

const address = (version: string) => `${location.origin}/api/v1/tiles/areas/{z}/{x}/{y}.mvt?v=${encodeURIComponent(version)}`;

export function areaNames(store: Store): Feature[] {
  return store
    .all('area')
    .flatMap((a) => (a.center && (a.level === 'city' || a.level === 'county' || a.level === 'township') ? [spot(a.center, { level: a.level, name: a.name })] : []));
}

/** Moves when an area record does, so that changed outlines are fetched. */
const stamp = (store: Store) => store.all('area').reduce((s, a) => (a.updated > s ? a.updated : s), '') + '/' + store.count('area');

export function areaLayer(version: number | undefined): LiveLayer {
  let seen = '';
  const style = layers('dark').map((l) => l.id);
  return {
    kinds: ['area'],
    hits: [],
    add(map, { theme, store }) {
      seen = stamp(store);
      map.addSource(tiles, { type: 'vector', tiles: [address(String(version ?? seen))], minzoom: 4, maxzoom: maxZoom });
      map.addSource(names, { type: 'geojson', data: collection([]) });
      for (const l of layers(theme)) map.addLayer(l);
    },
    remove(map) {
      removeFrom(map, style, names);
      removeFrom(map, [], tiles);
    },
    draw(map, { store }) {
      map.getSource<GeoJSONSource>(names)?.setData(collection(areaNames(store)));
      const now = stamp(store);
      // The first records only fill an empty map; the address given at the start still holds.
      if (seen !== '/0' && now !== seen) map.getSource<VectorTileSource>(tiles)?.setTiles([address(now)]);
      seen = now;
    },
  };
}

/** Hides the plain ground of the city once the base map lies there. */
export function coverAreas(map: GLMap) {
  if (map.getLayer(areaFill)) map.setLayoutProperty(areaFill, 'visibility', 'none');
}

function layers(theme: 'dark' | 'day'): LayerSpecification[] {
  const p = palettes[theme];
  const g = p.ground;
  const of = (layer: string) => ({ source: tiles, 'source-layer': layer });
  const join = { 'line-join': 'round' } as const;
  const name = (level: string) => ({ type: 'symbol' as const, source: names, filter: ['==', ['get', 'level'], level] as never });
  return [
    { id: areaFill, type: 'fill', ...of('county'), paint: { 'fill-color': g.home, 'fill-antialias': false } },
    {
      id: firstAreaLine, type: 'line', ...of('city'), layout: join,
      paint: { 'line-color': g.glow, 'line-width': 9, 'line-blur': 9, 'line-opacity': 0.75 },
    },
    {
      id: 'area-township', type: 'line', ...of('township'), minzoom: 9.6, layout: join,
      paint: { 'line-color': g.township, 'line-width': 0.8, 'line-dasharray': [2, 2], 'line-opacity': ['interpolate', ['linear'], ['zoom'], 9.6, 0, 10.4, 1] },
    },
    { id: 'area-county', type: 'line', ...of('county'), layout: join, paint: { 'line-color': g.line, 'line-width': ['interpolate', ['linear'], ['zoom'], 8, 0.9, 12, 1.6] } },
    { id: 'area-city', type: 'line', ...of('city'), layout: join, paint: { 'line-color': g.edge, 'line-width': ['interpolate', ['linear'], ['zoom'], 7, 1.2, 11, 2] } },
    {
      id: 'area-name-township', ...name('township'), minzoom: 10.6,
      layout: { 'text-field': ['get', 'name'], 'text-font': font, 'text-size': ['interpolate', ['linear'], ['zoom'], 10.6, 10.5, 14, 14], 'text-letter-spacing': 0.05, 'text-padding': 6 },
      paint: { 'text-color': g.nameFar, 'text-halo-color': g.home, 'text-halo-width': 1.4 },
    },
    {
      id: 'area-name-county', ...name('county'), minzoom: 7.2,
      layout: {
        'text-field': ['get', 'name'], 'text-font': font, 'text-size': ['interpolate', ['linear'], ['zoom'], 7, 11, 9, 15, 13, 22], 'text-letter-spacing': 0.15, 'text-padding': 8,
      },
      paint: { 'text-color': g.name, 'text-halo-color': g.home, 'text-halo-width': 1.8, 'text-opacity': ['interpolate', ['linear'], ['zoom'], 12, 1, 14, 0.5] },
    },
    {
      id: 'area-name-city', ...name('city'), maxzoom: 7.2,
      layout: { 'text-field': ['get', 'name'], 'text-font': font, 'text-size': 15, 'text-letter-spacing': 0.25 },
      paint: { 'text-color': g.name, 'text-halo-color': g.home, 'text-halo-width': 1.8 },
    },
  ];
}
