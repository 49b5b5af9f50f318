// Fences that stand: rings and perimeters from the records, divisions along the
// outlines of the area tiles. Colour and the kind of line tell the purpose, the
// words at the line too, with the number of teams inside. A ring has its words
// on its northern edge: in the middle stands what it is around.
import type { LayerSpecification, Map as GLMap } from 'maplibre-gl';
import type { Fence, FencePurpose, Point } from '../api/types';
import { say } from '../i18n';
import { along, circle, fenceTitle, insideBy, purposes, standing } from '../store/fences';
import { font } from './fonts';
import { featureLayer, isSelected, polygon, spot, type Feature, type LiveLayer, type Scene } from './layer';
import { palettes, type Palette } from './palette';

/** Dashes and gaps in widths of the line; the legend draws the same. */
export const fenceDashes: Record<FencePurpose, readonly number[]> = { hot: [1, 0], warm: [5, 2], cold: [2, 2], staging: [6, 2, 1, 2], watch: [1, 1.6] };

const source = 'live-fence';
/** The layers of the area tiles that have outlines. */
const outlines = ['city', 'county', 'township'] as const;
const division = (of: string) => `fence-division-${of}`;

/** The line of a fence as closed rings; none for a division, whose line is in the tiles. */
export function fenceRings(f: Pick<Fence, 'type' | 'center' | 'radius' | 'shape'>): Point[][] {
  if (f.type === 'ring') return f.center && f.radius ? [circle(f.center, f.radius)] : [];
  return f.type === 'perimeter' ? (f.shape ?? []) : [];
}

/** Where its words stand. */
export const labelPoint = (f: Pick<Fence, 'type' | 'center' | 'radius'>): Point | undefined =>
  f.type === 'ring' && f.center && f.radius ? along(f.center, f.radius, 0) : f.center;

export function fenceFeatures(scene: Pick<Scene, 'store' | 'selected'>): Feature[] {
  const inside = insideBy(scene.store.all('stay'));
  const out: Feature[] = [];
  // The most dangerous last: it lies on top.
  for (const f of standing(scene.store.all('fence')).reverse()) {
    const count = inside.get(f.id)?.length ?? 0;
    const selected = isSelected(scene, 'fence', f.id);
    const about = { kind: 'fence', id: f.id, purpose: f.purpose, ...(selected && { selected: true }) };
    const rings = fenceRings(f);
    if (rings.length) out.push(polygon(rings, about));
    const at = labelPoint(f);
    if (at)
      out.push(spot(at, {
        ...about, label: count ? `${fenceTitle(f)}\n${say('fence.inside', { n: count })}` : fenceTitle(f), rank: purposes.indexOf(f.purpose) - (count ? 10 : 0),
        ...(f.type === 'ring' && { edge: true }),
        // From far away only what somebody's life may hang on.
        ...((selected || (f.purpose === 'hot' && count > 0)) && { loud: true }),
      }));
  }
  return out;
}

const by = <T>(value: (p: FencePurpose) => T, of: unknown = ['get', 'purpose']): unknown =>
  ['match', of, ...purposes.slice(0, -1).flatMap((p) => [p, value(p)]), value(purposes.at(-1)!)];
const width = ['case', ['has', 'selected'], 4.5, ['match', ['get', 'purpose'], 'hot', 2.8, 2.2]];

const shapes = () => featureLayer({
  id: 'fence',
  kinds: ['fence', 'stay'],
  hits: ['fence'],
  features: fenceFeatures,
  style: (src, p) => [
    { id: 'fence', type: 'fill', source: src, filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': by((x) => p.fence[x]), 'fill-opacity': ['case', ['has', 'selected'], 0.14, 0.06] } as never },
    { id: 'fence-line', type: 'line', source: src, filter: ['==', ['geometry-type'], 'Polygon'], layout: { 'line-join': 'round' }, paint: linePaint(p) as never },
    label(src, p),
  ],
});

const linePaint = (p: Palette) => ({ 'line-color': by((x) => p.fence[x]), 'line-width': width, 'line-dasharray': by((x) => ['literal', fenceDashes[x]]) });

const label = (src: string, p: Palette): LayerSpecification => ({
  id: 'fence-label', type: 'symbol', source: src, filter: ['has', 'label'],
  layout: {
    'text-field': ['step', ['zoom'], ['case', ['has', 'loud'], ['get', 'label'], ''], 10, ['get', 'label']],
    'text-font': font, 'text-size': ['interpolate', ['linear'], ['zoom'], 8, 12.5, 14, 13.5], 'text-max-width': 20, 'text-line-height': 1.2, 'text-justify': 'auto',
    'text-variable-anchor-offset': ['case', ['has', 'edge'],
      ['literal', ['bottom', [0, -0.35], 'bottom-left', [0.3, -0.2], 'bottom-right', [-0.3, -0.2], 'left', [1, 0], 'right', [-1, 0]]],
      ['literal', ['center', [0, 0], 'top', [0, 0.7], 'bottom', [0, -0.7], 'left', [1, 0], 'right', [-1, 0]]]],
    'symbol-sort-key': ['get', 'rank'], 'text-padding': 1,
  } as never,
  paint: { 'text-color': by((x) => p.fence[x]), 'text-halo-color': p.halo, 'text-halo-width': 1.8 } as never,
});

/** Fences along divisions, by code: the tiles have the line, the records say whose it is. */
export function divisions(scene: Pick<Scene, 'store'>): { code: string; purpose: FencePurpose }[] {
  const out = new Map<string, FencePurpose>();
  for (const f of standing(scene.store.all('fence')).reverse()) if (f.division) out.set(f.division, f.purpose);
  return [...out].map(([code, purpose]) => ({ code, purpose }));
}

/** A division's line is taken from the tiles of the areas, which are laid before. */
export function fenceLayer(): LiveLayer {
  let sent = '';
  const drawn = shapes();
  const paint = (map: GLMap, scene: Scene) => {
    const found = divisions(scene);
    const text = JSON.stringify([found, scene.theme]);
    if (text === sent) return;
    sent = text;
    const p = palettes[scene.theme];
    const of = <T>(value: (p: FencePurpose) => T, other: T) => (found.length ? ['match', ['get', 'code'], ...found.flatMap((f) => [f.code, value(f.purpose)]), other] : other);
    for (const level of outlines) {
      const id = division(level);
      map.setFilter(id, ['in', ['get', 'code'], ['literal', found.map((f) => f.code)]]);
      map.setPaintProperty(id, 'line-color', of((x) => p.fence[x], p.fence.watch) as never);
      map.setPaintProperty(id, 'line-dasharray', of<unknown>((x) => ['literal', fenceDashes[x]], ['literal', [1, 0]]) as never);
    }
  };
  return {
    ...drawn,
    kinds: ['fence', 'stay'],
    add(map, scene) {
      sent = '';
      for (const level of outlines)
        map.addLayer({ id: division(level), type: 'line', source: 'area', 'source-layer': level, filter: ['in', ['get', 'code'], ['literal', []]], layout: { 'line-join': 'round' }, paint: { 'line-width': 3.2 } });
      drawn.add(map, scene);
    },
    remove(map) {
      for (const level of outlines) if (map.getLayer(division(level))) map.removeLayer(division(level));
      drawn.remove(map);
    },
    draw(map, scene) {
      paint(map, scene);
      drawn.draw(map, scene);
    },
  };
}

/** For the draft, which is drawn like the fence it will be. */
export const fencePaint = linePaint;
export const fenceSource = source;
