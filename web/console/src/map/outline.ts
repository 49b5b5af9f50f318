// The outline of a team's symbol by type, as an SVG path in a box of -12 to 12.
// Shape tells the type; status is the fill. Legible at 16 px.
import type { TeamType } from '../api/types';

const paths: Record<TeamType, string> = {
  fire: 'M-8.5-8.5H8.5V8.5H-8.5Z',
  medical: 'M0-9.5A9.5 9.5 0 1 1 0 9.5A9.5 9.5 0 1 1 0-9.5Z',
  hazmat: 'M0-11 11 0 0 11-11 0Z',
  mine: 'M0-10.5 10.5 8.5H-10.5Z',
  water: 'M-6-8H6L11 8H-11Z',
  traffic: 'M0 10.5 10.5-8.5H-10.5Z',
  power: 'M-5-9.5H5L10.5 0 5 9.5H-5L-10.5 0Z',
  social: 'M0-10.5 10.5-2.8 6.5 9.5H-6.5L-10.5-2.8Z',
  command: 'M0-11.5 3.3-3.9 11.4-3.5 5 1.6 7.1 9.5 0 5-7.1 9.5-5 1.6-11.4-3.5-3.3-3.9Z',
  other: 'M-4-9.5H4L9.5-4V4L4 9.5H-4L-9.5 4V-4Z',
};

export const outline = (type: TeamType): string => paths[type] ?? paths.other;
