// The view lock: the map of a wall goes to a new place only when the set of
// incidents changes, never because something moved; and a hand on it locks it.

import type { Bound } from '../api/types';
import { grow } from '../map/places';

export interface Spot {
  id: string;
  point: [number, number];
}

/** Why the view should move, or undefined when it should stay. */
export type Move = { bound: Bound; ids: string };

export class View {
  /** A hand has moved the map: it stays until ★. */
  locked = false;
  private shown = '';

  /** A gesture of a person, not of the program. */
  gesture(): void {
    this.locked = true;
  }

  /** ★: unlock and fit again. */
  refit(spots: readonly Spot[], home: Bound): Move {
    this.locked = false;
    this.shown = setOf(spots);
    return { bound: fit(spots, home), ids: this.shown };
  }

  /** Called at every change of the incidents; moves only when their set is another one. */
  update(spots: readonly Spot[], home: Bound): Move | undefined {
    const ids = setOf(spots);
    if (ids === this.shown) return undefined;
    this.shown = ids;
    if (this.locked) return undefined;
    return { bound: fit(spots, home), ids };
  }
}

function setOf(spots: readonly Spot[]): string {
  return spots.map((s) => s.id).sort().join(' ');
}

/**
 * What to show: the whole home area, grown to hold every incident, so that a
 * city's wall always shows the city.
 */
export function fit(spots: readonly Spot[], home: Bound): Bound {
  return spots.reduce<Bound>((b, { point: [x, y] }) => grow(b, [x, y, x, y]), [...home]);
}

/** The bound around one incident and its teams, at least `least` degrees of latitude high. */
export function around(points: readonly [number, number][], least = 0.06): Bound | undefined {
  const first = points[0];
  if (!first) return undefined;
  const b = points.reduce<Bound>((a, [x, y]) => grow(a, [x, y, x, y]), [...first, ...first]);
  const wide = Math.max(0, least * 1.3 - (b[2] - b[0])) / 2;
  const high = Math.max(0, least - (b[3] - b[1])) / 2;
  return [b[0] - wide, b[1] - high, b[2] + wide, b[3] + high];
}
