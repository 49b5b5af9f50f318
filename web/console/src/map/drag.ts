// A team dragged on an incident: the map stays, a line follows the pointer, and
// the incident under it is told on release. Escape lets go.
import type { GeoJSONSource, Map as GLMap, MapMouseEvent } from 'maplibre-gl';
import type { Point } from '../api/types';
import { collection, line, removeFrom } from './layer';
import { palettes, type Theme } from './palette';

const source = 'drag';
const layers = ['drag-line'];

export interface DragOptions {
  /** Whether a drag means anything now. */
  may: () => boolean;
  /** The team under the pointer, and where it stands. */
  team: (x: number, y: number) => { id: string; at: Point } | undefined;
  incident: (x: number, y: number) => string | undefined;
  drop: (team: string, incident: string) => void;
}

export class Drag {
  #held: { id: string; at: Point } | undefined;

  constructor(
    private readonly map: GLMap,
    private readonly o: DragOptions,
  ) {
    map.on('mousedown', this.#down);
  }

  add(map: GLMap, theme: Theme) {
    map.addSource(source, { type: 'geojson', data: collection([]) });
    map.addLayer({ id: layers[0]!, type: 'line', source, paint: { 'line-color': palettes[theme].accent, 'line-width': 2 } });
  }

  remove(map: GLMap) {
    removeFrom(map, layers, source);
  }

  stop() {
    this.map.off('mousedown', this.#down);
    this.#release();
  }

  readonly #down = (e: MapMouseEvent) => {
    if (e.originalEvent.button !== 0 || !this.o.may()) return;
    const team = this.o.team(e.point.x, e.point.y);
    if (!team) return;
    e.preventDefault(); // the map is not panned
    this.#held = team;
    this.map.on('mousemove', this.#move);
    window.addEventListener('mouseup', this.#up);
    window.addEventListener('keydown', this.#key, true);
  };

  readonly #move = (e: MapMouseEvent) => {
    if (!this.#held) return;
    this.map.getCanvas().dataset['tool'] = this.o.incident(e.point.x, e.point.y) ? 'drop' : 'drag';
    this.#draw([this.#held.at, [e.lngLat.lng, e.lngLat.lat]]);
  };

  readonly #up = (e: MouseEvent) => {
    const held = this.#held;
    const box = this.map.getCanvas().getBoundingClientRect();
    this.#release();
    const incident = this.o.incident(e.clientX - box.left, e.clientY - box.top);
    if (held && incident) this.o.drop(held.id, incident);
  };

  readonly #key = (e: KeyboardEvent) => {
    if (e.code !== 'Escape') return;
    e.stopPropagation();
    this.#release();
  };

  #release() {
    if (!this.#held) return;
    this.#held = undefined;
    delete this.map.getCanvas().dataset['tool'];
    this.map.off('mousemove', this.#move);
    window.removeEventListener('mouseup', this.#up);
    window.removeEventListener('keydown', this.#key, true);
    this.#draw([]);
  }

  #draw(points: Point[]) {
    this.map.getSource<GeoJSONSource>(source)?.setData(collection(points.length > 1 ? [line(points)] : []));
  }
}
