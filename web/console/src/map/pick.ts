// One point by a click: for a call's place and a place's correction.
import type { Map as GLMap, MapMouseEvent } from 'maplibre-gl';
import type { Point } from '../api/types';

export class Picker {
  #cancel: (() => void) | undefined;

  constructor(private readonly map: GLMap) {}

  get busy(): boolean {
    return this.#cancel !== undefined;
  }

  /** The next click's point; undefined after Escape, or when another pick begins. */
  pick(): Promise<Point | undefined> {
    this.cancel();
    const { map } = this;
    return new Promise((resolve) => {
      const end = (p?: Point) => {
        map.off('click', click);
        window.removeEventListener('keydown', key, true);
        delete map.getCanvas().dataset['tool'];
        this.#cancel = undefined;
        resolve(p);
      };
      const click = (e: MapMouseEvent) => end(round(e.lngLat.wrap()));
      const key = (e: KeyboardEvent) => {
        if (e.code !== 'Escape' || e.isComposing) return;
        e.stopPropagation();
        end();
      };
      this.#cancel = end;
      map.getCanvas().dataset['tool'] = 'pick';
      map.on('click', click);
      window.addEventListener('keydown', key, true);
    });
  }

  cancel() {
    this.#cancel?.();
  }
}

/** Six decimals are 10 cm: what a click can mean. */
export const round = ({ lng, lat }: { lng: number; lat: number }): Point => [Number(lng.toFixed(6)), Number(lat.toFixed(6))];
