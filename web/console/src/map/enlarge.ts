// Larger words and symbols for a screen that is read from afar. Style values
// are numbers, or expressions whose results are; zoom may stand only on top of
// an expression, so the results inside are made larger, not the whole.
import type { Map as GLMap } from 'maplibre-gl';

/** Factors on all words and on all symbols; 1 leaves them as they are. */
export interface Scale {
  text: number;
  icon: number;
}

/** The style value with its results multiplied; undefined where there is none to multiply. */
export function times(value: unknown, by: number): unknown {
  if (typeof value === 'number') return value * by;
  if (!Array.isArray(value)) return undefined;
  const [op] = value as [string];
  const each = (from: number, step: number) => value.map((v: unknown, i) => (i >= from && (i - from) % step === 0 ? times(v, by) : v));
  switch (op) {
    case 'interpolate':
      return each(4, 2);
    case 'step':
      return each(2, 2);
    case 'case': {
      const last = value.length - 1;
      return value.map((v: unknown, i) => (i === last || (i > 0 && i % 2 === 0) ? times(v, by) : v));
    }
    case 'match': {
      const last = value.length - 1;
      return value.map((v: unknown, i) => (i === last || (i > 2 && i % 2 === 1) ? times(v, by) : v));
    }
  }
  return ['*', by, value];
}

const done = new WeakMap<GLMap, Set<string>>();

/** Enlarges the layers that are there and were not enlarged yet. `anew` after a new style. */
export function enlarge(map: GLMap, scale: Scale | undefined, anew = false) {
  if (!scale || (scale.text === 1 && scale.icon === 1)) return;
  const seen = anew ? new Set<string>() : (done.get(map) ?? new Set<string>());
  done.set(map, seen);
  for (const id of map.getLayersOrder()) {
    if (seen.has(id) || map.getLayer(id)?.type !== 'symbol') continue;
    seen.add(id);
    // What a layer does not say is 16 px and 1.
    map.setLayoutProperty(id, 'text-size', times(map.getLayoutProperty(id, 'text-size') ?? 16, scale.text) as number);
    map.setLayoutProperty(id, 'icon-size', times(map.getLayoutProperty(id, 'icon-size') ?? 1, scale.icon) as number);
  }
}
