// What a hand does on the map besides looking: measure, draw a line, drag a team
// to an incident. A console that only shows leaves them out, and loads less.
import type { Map as GLMap } from 'maplibre-gl';
import { Drag, type DragOptions } from './drag';
import { Measure } from './measure';
import { Sketch } from './sketch';

export function mapTools(map: GLMap, drag: DragOptions) {
  return { measure: new Measure(map), sketch: new Sketch(map), drag: new Drag(map, drag) };
}

export type MapTools = ReturnType<typeof mapTools>;
