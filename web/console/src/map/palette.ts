// Colours of the map in both themes. What the panels show too (grades, status, fences)
// is the same figure as in tokens.css; a test compares them. The ground stays
// below 3:1 against itself, so that the data own the light.
import type { FencePurpose, Grade } from '../api/types';
import type { Look } from '../store/select';

export type Theme = 'dark' | 'day';

export interface Palette {
  grade: Record<Grade, string>;
  status: Record<Look, string>;
  fence: Record<FencePurpose, string>;
  /** Drawn around every symbol to part it from the ground. */
  edge: string;
  onGrade: string;
  accent: string;
  text: string;
  text2: string;
  halo: string;
  tile: string;
  tileEdge: string;
  glyph: string;
  hazard: string;
  hazardGround: string;
  ground: Ground;
}

export interface Ground {
  sea: string;
  land: string;
  neighbour: string;
  home: string;
  water: string;
  river: string;
  line: string;
  township: string;
  edge: string;
  glow: string;
  motorway: string;
  trunk: string;
  primary: string;
  secondary: string;
  rail: string;
  name: string;
  nameFar: string;
}

const dark: Palette = {
  grade: { 0: '#b4c3d1', 1: '#ff6b6b', 2: '#ffa24d', 3: '#ffd84d', 4: '#5cb8ff' },
  status: {
    distress: '#ff5a4f', lost: '#ff5a4f', dispatched: '#ffb84d', on_scene: '#5cc8ff', working: '#35d07f',
    returning: '#b57bff', available: '#93a4b3', off: '#5d6f80',
  },
  fence: { hot: '#ff6b6b', warm: '#ffa24d', cold: '#ffd84d', staging: '#5cb8ff', watch: '#d5e0ea' },
  edge: '#0a0f16',
  onGrade: '#0a0f16',
  accent: '#5cb8ff',
  text: '#f2f6fa',
  text2: '#b4c3d1',
  halo: '#0a0f16',
  tile: '#1c2b3a',
  tileEdge: '#0a0f16',
  glyph: '#d5e0ea',
  hazard: '#e0574f',
  hazardGround: '#1a1216',
  ground: {
    sea: '#0a0f16', land: '#0f1620', neighbour: '#101a26', home: '#142231', water: '#12293c', river: '#17344c',
    line: '#2c465d', township: '#22384c', edge: '#5fa8d8', glow: '#2c6e9e',
    motorway: '#54492f', trunk: '#3a424d', primary: '#2f3843', secondary: '#252e38', rail: '#33414f',
    name: '#a9bacb', nameFar: '#63778a',
  },
};

const day: Palette = {
  grade: { 0: '#4f5f6d', 1: '#b3261e', 2: '#9a4a00', 3: '#6b5500', 4: '#005a9c' },
  status: {
    distress: '#b3261e', lost: '#b3261e', dispatched: '#9a4a00', on_scene: '#005a9c', working: '#0b6b3a',
    returning: '#6a2fb0', available: '#55677a', off: '#6d7b88',
  },
  fence: { hot: '#b3261e', warm: '#9a4a00', cold: '#6b5500', staging: '#005a9c', watch: '#3d4c5a' },
  edge: '#ffffff',
  onGrade: '#ffffff',
  accent: '#005a9c',
  text: '#101820',
  text2: '#3d4c5a',
  halo: '#ffffff',
  tile: '#ffffff',
  tileEdge: '#a9b8c5',
  glyph: '#3d4c5a',
  hazard: '#b3261e',
  hazardGround: '#fff5f4',
  ground: {
    sea: '#dfe5ea', land: '#e9edf0', neighbour: '#edf0f2', home: '#f8f9fa', water: '#cfdfeb', river: '#b5cfe2',
    line: '#a9b8c5', township: '#ccd6de', edge: '#3f7fae', glow: '#b4d3e8',
    motorway: '#e3b766', trunk: '#cfc6b4', primary: '#d6d6d2', secondary: '#e0e1e0', rail: '#b9c2ca',
    name: '#3d4c5a', nameFar: '#6d7b88',
  },
};

export const palettes: Record<Theme, Palette> = { dark, day };
