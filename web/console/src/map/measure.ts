// Distance along the points clicked, in metres along great circles.
import type { GeoJSONSource, Map as GLMap, MapMouseEvent } from 'maplibre-gl';
import type { Point } from '../api/types';
import { distance } from '../i18n';
import { meters } from '../store/geo';
import { collection, line, removeFrom, spot, type Feature } from './layer';
import { palettes, type Theme } from './palette';
import { font } from './fonts';
import { round } from './pick';

const source = 'measure';
const layers = ['measure-line', 'measure-point', 'measure-label'];

export function lengthOf(points: readonly Point[]): number {
  return points.slice(1).reduce((sum, p, i) => sum + meters(points[i]!, p), 0);
}

/** The line, and at each point after the first the way so far. */
export function measureFeatures(points: readonly Point[]): Feature[] {
  const spots = points.map((p, i) => spot(p, { label: i === 0 ? '' : distance(lengthOf(points.slice(0, i + 1))) }));
  return points.length > 1 ? [line(points), ...spots] : spots;
}

export class Measure {
  #points: Point[] = [];
  #told: ((meters: number) => void) | undefined;
  on = false;

  constructor(private readonly map: GLMap) {}

  start(told?: (meters: number) => void) {
    this.stop();
    this.on = true;
    this.#told = told;
    this.map.getCanvas().dataset['tool'] = 'measure';
    this.map.doubleClickZoom.disable();
    this.map.on('click', this.#click);
    window.addEventListener('keydown', this.#key, true);
    this.#draw();
  }

  stop() {
    if (!this.on) return;
    this.on = false;
    this.#points = [];
    delete this.map.getCanvas().dataset['tool'];
    this.map.doubleClickZoom.enable();
    this.map.off('click', this.#click);
    window.removeEventListener('keydown', this.#key, true);
    this.#draw();
  }

  add(map: GLMap, theme: Theme) {
    const p = palettes[theme];
    map.addSource(source, { type: 'geojson', data: collection(measureFeatures(this.#points)) });
    map.addLayer({ id: layers[0]!, type: 'line', source, paint: { 'line-color': p.accent, 'line-width': 2, 'line-dasharray': [3, 2] } });
    map.addLayer({
      id: layers[1]!, type: 'circle', source, filter: ['==', ['geometry-type'], 'Point'],
      paint: { 'circle-radius': 4, 'circle-color': p.halo, 'circle-stroke-color': p.accent, 'circle-stroke-width': 2 },
    });
    map.addLayer({
      id: layers[2]!, type: 'symbol', source, filter: ['has', 'label'],
      layout: { 'text-field': ['get', 'label'], 'text-font': font, 'text-size': 13, 'text-anchor': 'bottom', 'text-offset': [0, -0.6], 'text-allow-overlap': true },
      paint: { 'text-color': p.text, 'text-halo-color': p.halo, 'text-halo-width': 2 },
    });
  }

  remove(map: GLMap) {
    removeFrom(map, layers, source);
  }

  readonly #click = (e: MapMouseEvent) => {
    this.#points.push(round(e.lngLat.wrap()));
    this.#draw();
  };

  /** Backspace takes the last point back, Escape all of them. */
  readonly #key = (e: KeyboardEvent) => {
    if (e.isComposing || (e.code !== 'Escape' && e.code !== 'Backspace')) return;
    const typing = e.target instanceof HTMLElement && e.target.closest('input, textarea, select, [contenteditable]');
    if (typing || this.#points.length === 0) return;
    e.stopPropagation();
    if (e.code === 'Escape') this.#points = [];
    else this.#points.pop();
    this.#draw();
  };

  #draw() {
    this.map.getSource<GeoJSONSource>(source)?.setData(collection(measureFeatures(this.#points)));
    this.#told?.(lengthOf(this.#points));
  }
}
