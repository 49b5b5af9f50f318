// The draft of a fence: drawn like the fence it will be while the form is filled
// in, and its corners taken by clicks. Enter or a click on the first corner
// closes, Backspace takes the last one back, Escape leaves it as it was.
import type { GeoJSONSource, Map as GLMap, MapMouseEvent } from 'maplibre-gl';
import type { FencePurpose, Point } from '../api/types';
import { circle, closed } from '../store/fences';
import { fencePaint } from './fences';
import { collection, line, polygon, removeFrom, spot, type Feature } from './layer';
import { palettes, type Theme } from './palette';
import { round } from './pick';

export interface Draft {
  purpose: FencePurpose;
  ring?: { center: Point; radius: number };
  corners?: readonly Point[];
  /** code */
  division?: string;
}

const source = 'sketch';
const layers = ['sketch', 'sketch-line', 'sketch-corner', 'sketch-city', 'sketch-county', 'sketch-township'];
/** CSS pixels around the first corner that mean it. */
const near = 12;

/** What is drawn of a draft; with the pointer, the line goes on to it. */
export function sketchFeatures(d: Draft | undefined, pointer?: Point): Feature[] {
  if (!d) return [];
  const about = { purpose: d.purpose };
  if (d.ring) return [polygon([circle(d.ring.center, d.ring.radius)], about), spot(d.ring.center, about)];
  const corners = d.corners ?? [];
  const spots = corners.map((p) => spot(p, about));
  const all = pointer ? [...corners, pointer] : [...corners];
  if (all.length > 2) return [polygon([closed(all)], about), ...spots];
  return all.length === 2 ? [line(all, about), ...spots] : spots;
}

export class Sketch {
  #draft: Draft | undefined;
  #pointer: Point | undefined;
  #end: ((done: boolean) => void) | undefined;
  #told: ((corners: Point[]) => void) | undefined;

  constructor(private readonly map: GLMap) {}

  get busy(): boolean {
    return this.#end !== undefined;
  }

  set(draft: Draft | undefined) {
    this.#draft = draft;
    this.#draw();
  }

  /** Takes corners by clicks; the listener hears all of them. True when closed, false when it was left. */
  take(told: (corners: Point[]) => void): Promise<boolean> {
    this.stop();
    const { map } = this;
    return new Promise((resolve) => {
      this.#told = told;
      this.#end = (done) => {
        this.#end = this.#told = this.#pointer = undefined;
        delete map.getCanvas().dataset['tool'];
        map.doubleClickZoom.enable();
        map.off('click', this.#click);
        map.off('mousemove', this.#move);
        window.removeEventListener('keydown', this.#key, true);
        this.#draw();
        resolve(done);
      };
      map.getCanvas().dataset['tool'] = 'draw';
      map.doubleClickZoom.disable();
      map.on('click', this.#click);
      map.on('mousemove', this.#move);
      window.addEventListener('keydown', this.#key, true);
      map.getCanvas().focus();
    });
  }

  stop() {
    this.#end?.(false);
  }

  add(map: GLMap, theme: Theme) {
    const p = palettes[theme];
    const paint = { ...fencePaint(p), 'line-width': 2.6 } as never;
    map.addSource(source, { type: 'geojson', data: collection(sketchFeatures(this.#draft, this.#pointer)) });
    map.addLayer({ id: layers[0]!, type: 'fill', source, filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': p.accent, 'fill-opacity': 0.14 } });
    map.addLayer({ id: layers[1]!, type: 'line', source, filter: ['!=', ['geometry-type'], 'Point'], layout: { 'line-join': 'round' }, paint });
    map.addLayer({
      id: layers[2]!, type: 'circle', source, filter: ['==', ['geometry-type'], 'Point'],
      paint: { 'circle-radius': 4, 'circle-color': p.halo, 'circle-stroke-color': p.accent, 'circle-stroke-width': 2 },
    });
    for (const id of layers.slice(3))
      map.addLayer({ id, type: 'line', source: 'area', 'source-layer': id.slice('sketch-'.length), filter: ['==', ['get', 'code'], ''], paint: { 'line-color': p.accent, 'line-width': 3.5, 'line-dasharray': [3, 1.5] } });
    this.#draw();
  }

  remove(map: GLMap) {
    removeFrom(map, layers, source);
  }

  readonly #click = (e: MapMouseEvent) => {
    const at = round(e.lngLat.wrap());
    const had = this.#draft?.corners ?? [];
    const first = had[0] && this.map.project([...had[0]]);
    if (had.length > 2 && first && Math.hypot(first.x - e.point.x, first.y - e.point.y) < near) return this.#end?.(true);
    const last = had.at(-1);
    if (!last || last[0] !== at[0] || last[1] !== at[1]) this.#told?.([...had, at]);
  };

  readonly #move = (e: MapMouseEvent) => {
    this.#pointer = round(e.lngLat.wrap());
    this.#draw();
  };

  readonly #key = (e: KeyboardEvent) => {
    if (e.isComposing) return;
    const typing = e.target instanceof HTMLElement && e.target.closest('input, textarea, select, [contenteditable]');
    if (e.code !== 'Escape' && (typing || !['Enter', 'NumpadEnter', 'Backspace'].includes(e.code))) return;
    e.preventDefault();
    e.stopPropagation();
    if (e.code === 'Escape') this.#end?.(false);
    else if (e.code === 'Backspace') this.#told?.((this.#draft?.corners ?? []).slice(0, -1));
    else this.#end?.(true);
  };

  #draw() {
    this.map.getSource<GeoJSONSource>(source)?.setData(collection(sketchFeatures(this.#draft, this.busy ? this.#pointer : undefined)));
    for (const id of layers.slice(3)) if (this.map.getLayer(id)) this.map.setFilter(id, ['==', ['get', 'code'], this.#draft?.division ?? '']);
  }
}
