// Where teams came from: a line behind each that moves, in replay only.
import type { Point } from '../api/types';
import { featureLayer, line, type Feature, type LiveLayer } from './layer';

/** The lines as they are now; whoever draws them subscribes to be told of new ones. */
export interface Tails {
  readonly lines: readonly { team: string; points: readonly Point[] }[];
  subscribe(listener: () => void): () => void;
}

export const tailLayer = (tails: Tails): LiveLayer =>
  featureLayer({
    id: 'tail',
    kinds: ['team', 'task'],
    features: ({ looks, theme }) => tails.lines.map((l): Feature => line(l.points, { look: looks.of(l.team), dark: theme === 'dark' })),
    style: (source, p) => [
      {
        id: 'tail', type: 'line', source, layout: { 'line-cap': 'round', 'line-join': 'round' },
        paint: { 'line-color': ['match', ['get', 'look'], ...Object.entries(p.status).flat(), p.text2] as never, 'line-width': 3, 'line-opacity': 0.6 },
      },
    ],
  });
