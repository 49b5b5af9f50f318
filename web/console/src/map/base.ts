// The ground under everything: land, water, roads and names from the offline
// base map, one PMTiles file. Without the file a plain ground remains, with the
// grid areas of areas.ts on it. Nothing is asked of any other host: text is
// drawn from the bundled font files.
import { addProtocol, type ExpressionSpecification, type LayerSpecification, type Map as GLMap, type MapSourceDataEvent, type StyleSpecification } from 'maplibre-gl';
import { Protocol } from 'pmtiles';
import { font, fontFaces } from './fonts';
import { palettes, type Ground, type Theme } from './palette';

const source = 'base';

let speaks = false;
function speakPMTiles() {
  if (speaks) return;
  addProtocol('pmtiles', new Protocol({ metadata: true }).tile);
  speaks = true;
}

/** The style before the base map is known to be there. */
export function plainStyle(theme: Theme): StyleSpecification {
  const g = palettes[theme].ground;
  return {
    version: 8,
    'font-faces': fontFaces(),
    sources: {},
    layers: [{ id: 'ground', type: 'background', paint: { 'background-color': g.land } }],
    transition: { duration: 0, delay: 0 },
  };
}

/** Whether the base map is served here; a missing one is no error. */
export async function hasBase(url: string): Promise<boolean> {
  try {
    const r = await fetch(url, { headers: { Range: 'bytes=0-6' } });
    if (!r.ok) return false;
    const head = new Uint8Array(await r.arrayBuffer()).subarray(0, 7);
    return new TextDecoder().decode(head) === 'PMTiles';
  } catch {
    return false;
  }
}

/** Lays the base map under the layer named before, and tells when it can be seen. */
export function addBase(map: GLMap, theme: Theme, url: string, before: string, covered: () => void) {
  if (map.getSource(source)) return;
  speakPMTiles();
  map.addSource(source, { type: 'vector', url: `pmtiles://${new URL(url, location.href).href}` });
  for (const layer of layers(palettes[theme].ground)) map.addLayer(layer, before);
  // What lay there stays until there is something to cover it.
  const laid = (e: MapSourceDataEvent) => {
    if (e.sourceId !== source || !e.isSourceLoaded || !map.getLayer('ground')) return;
    map.off('sourcedata', laid);
    map.setPaintProperty('ground', 'background-color', palettes[theme].ground.sea);
    covered();
  };
  map.on('sourcedata', laid);
}

const home: ExpressionSpecification = ['==', ['get', 'home'], true];
const width = (...stops: number[]): ExpressionSpecification => ['interpolate', ['exponential', 1.4], ['zoom'], ...stops] as unknown as ExpressionSpecification;

/** Class of road, its colour, the zoom it begins at, and widths at 7, 11 and 16. */
const roads = [
  ['secondary', 9.5, 0.4, 1, 5],
  ['primary', 8, 0.6, 1.4, 7],
  ['trunk', 6.5, 0.7, 1.9, 9],
  ['motorway', 5.5, 0.9, 2.3, 10],
] as const;

function layers(g: Ground): LayerSpecification[] {
  const of = (layer: string) => ({ source, 'source-layer': layer });
  const round = { 'line-cap': 'round', 'line-join': 'round' } as const;
  return [
    { id: 'base-land', type: 'fill', ...of('land'), paint: { 'fill-color': g.land } },
    { id: 'base-county', type: 'fill', ...of('county'), paint: { 'fill-color': ['case', home, g.home, g.neighbour], 'fill-antialias': false } },
    { id: 'base-water', type: 'fill', ...of('water'), paint: { 'fill-color': g.water } },
    { id: 'base-river', type: 'line', ...of('river'), layout: round, paint: { 'line-color': g.river, 'line-width': width(6, 0.8, 11, 2.2, 16, 12) } },
    {
      id: 'base-county-line', type: 'line', ...of('county_line'), minzoom: 7, filter: ['!=', ['get', 'home'], true],
      paint: { 'line-color': g.township, 'line-width': 0.8, 'line-dasharray': [4, 3] },
    },
    { id: 'base-rail', type: 'line', ...of('rail'), minzoom: 8, paint: { 'line-color': g.rail, 'line-width': width(8, 1, 16, 3) } },
    {
      id: 'base-rail-ties', type: 'line', ...of('rail'), minzoom: 8,
      paint: { 'line-color': g.land, 'line-width': width(8, 0.5, 16, 1.6), 'line-dasharray': [7, 7] },
    },
    ...roads.map(
      ([cls, minzoom, at7, at11, at16]): LayerSpecification => ({
        id: `base-road-${cls}`, type: 'line', ...of('road'), minzoom, filter: ['==', ['get', 'class'], cls], layout: round,
        paint: { 'line-color': g[cls], 'line-width': width(7, at7, 11, at11, 16, at16) },
      }),
    ),
    {
      id: 'base-road-ref', type: 'symbol', ...of('road'), minzoom: 9.5, filter: ['has', 'ref'],
      layout: { 'symbol-placement': 'line', 'symbol-spacing': 420, 'text-field': ['get', 'ref'], 'text-font': font, 'text-size': 10, 'text-rotation-alignment': 'viewport' },
      paint: { 'text-color': g.nameFar, 'text-halo-color': g.home, 'text-halo-width': 2 },
    },
    {
      id: 'base-name-county', type: 'symbol', ...of('label'), minzoom: 8.6, filter: ['all', ['==', ['get', 'class'], 'county'], ['!', home]],
      layout: { 'text-field': ['get', 'name'], 'text-font': font, 'text-size': ['interpolate', ['linear'], ['zoom'], 8, 10.5, 12, 14], 'text-letter-spacing': 0.08 },
      paint: { 'text-color': g.nameFar, 'text-halo-color': g.neighbour, 'text-halo-width': 1.5, 'text-opacity': 0.85 },
    },
    {
      id: 'base-name-city', type: 'symbol', ...of('label'), minzoom: 4, maxzoom: 10.5, filter: ['all', ['==', ['get', 'class'], 'city'], ['!', home]],
      layout: { 'text-field': ['get', 'name'], 'text-font': font, 'text-size': ['interpolate', ['linear'], ['zoom'], 5, 11, 10, 16], 'text-letter-spacing': 0.25 },
      paint: { 'text-color': g.nameFar, 'text-halo-color': g.neighbour, 'text-halo-width': 1.5 },
    },
  ];
}
