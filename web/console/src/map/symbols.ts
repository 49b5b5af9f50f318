// Every symbol of the map, drawn on a canvas when first asked for, at the
// screen's own density. The same drawings serve legends and panels:
// symbolCanvas('incident:2', 'dark').
//
//   team:TYPE:LOOK            filled outline; shape tells the type, fill the status
//   team:TYPE:LOOK:stale      hollow with a cross: where it was, not where it is
//   tick:LOOK                 heading, to be turned
//   incident:GRADE[:GLYPH]    ring and Roman numeral; with a glyph the numeral is a tag
//   hazard:LEVEL              red diamond with the level
//   depot:TYPE                glyph on a tile
//   ring:select | ring:alarm  around what is selected, or calls for an answer
import type { Grade, TeamType } from '../api/types';
import type { Look } from '../store/select';
import { glyphs, type Glyph } from './glyphs';
import { outline } from './outline';
import { palettes, type Palette, type Theme } from './palette';

export { outline };

type Draw = (c: CanvasRenderingContext2D, p: Palette) => void;
/** A drawing around the origin, within ±half CSS pixels. */
interface Art {
  half: number;
  draw: Draw;
}

export const teamSymbol = (type: TeamType, look: Look, stale = false) => `team:${type}:${look}${stale || look === 'lost' ? ':stale' : ''}`;
export const tickSymbol = (look: Look) => `tick:${look}`;
export const incidentSymbol = (grade: Grade, glyph?: Glyph) => `incident:${grade}${glyph ? ':' + glyph : ''}`;
export const hazardSymbol = (level: number) => `hazard:${level}`;
export const depotSymbol = (type: string) => `depot:${type}`;

/** Radius of an incident's ring in CSS pixels: the worse, the larger. */
export const ringRadius: Record<Grade, number> = { 0: 11, 1: 17, 2: 15, 3: 13, 4: 12 };

export function art(id: string): Art | undefined {
  const [what, a = '', b = '', c = ''] = id.split(':');
  switch (what) {
    case 'team':
      return { half: 14, draw: team(a as TeamType, b as Look, c === 'stale' || b === 'lost') };
    case 'tick':
      return { half: 20, draw: tick(a as Look) };
    case 'incident':
      return incident((Number(a) || 0) as Grade, b as Glyph | '');
    case 'hazard':
      return { half: 11, draw: hazard(a) };
    case 'depot':
      return { half: 10, draw: depot(a) };
    case 'ring':
      return { half: 26, draw: a === 'alarm' ? alarmRing : selectRing };
  }
  return undefined;
}

function shape(c: CanvasRenderingContext2D, path: string, scale: number, paint: (p: Path2D) => void) {
  c.save();
  c.scale(scale, scale);
  paint(new Path2D(path));
  c.restore();
}

const team =
  (type: TeamType, look: Look, stale: boolean): Draw =>
  (c, p) => {
    const colour = p.status[look] ?? p.status.off;
    shape(c, outline(type), 1, (path) => {
      c.lineJoin = 'round';
      c.strokeStyle = p.edge;
      c.lineWidth = stale || look === 'off' ? 5.5 : 3.5;
      c.stroke(path);
      c.fillStyle = stale || look === 'off' ? p.edge : colour;
      c.fill(path);
      if (!stale && look !== 'off') return;
      c.strokeStyle = colour;
      c.lineWidth = 2.4;
      c.stroke(path);
    });
    c.lineCap = 'round';
    c.lineWidth = 2.4;
    if (stale) {
      c.strokeStyle = colour;
      c.stroke(new Path2D('M-3.4-3.4 3.4 3.4M3.4-3.4-3.4 3.4'));
    } else if (look === 'distress') {
      c.strokeStyle = p.onGrade;
      c.lineWidth = 3;
      c.stroke(new Path2D('M0-5V1.6M0 5.2V5.3'));
    }
  };

const tick =
  (look: Look): Draw =>
  (c, p) => {
    const path = new Path2D('M0-18.5 4.2-12.6Q0-14.4-4.2-12.6Z');
    c.lineJoin = 'round';
    c.lineWidth = 2.5;
    c.strokeStyle = p.edge;
    c.stroke(path);
    c.fillStyle = p.status[look] ?? p.status.off;
    c.fill(path);
  };

/** Strokes of a Roman numeral and its width, in units of its own height from -1 to 1. */
const numerals: Record<Grade, [path: string, half: number]> = {
  0: ['M-.6 0H.6', 0.6],
  1: ['M0-1V1', 0],
  2: ['M-.42-1V1M.42-1V1', 0.42],
  3: ['M-.8-1V1M0-1V1M.8-1V1', 0.8],
  4: ['M-1-1V1M-.3-1 .4 1 1.1-1', 1.05],
};

function numeral(c: CanvasRenderingContext2D, grade: Grade, height: number, width: number, colour: string) {
  const path = new Path2D();
  path.addPath(new Path2D(numerals[grade][0]), new DOMMatrix().scale(height / 2));
  c.lineCap = 'butt';
  c.lineJoin = 'bevel';
  c.lineWidth = width;
  c.strokeStyle = colour;
  c.stroke(path);
}

function incident(grade: Grade, glyph: Glyph | ''): Art {
  const r = ringRadius[grade];
  const draw: Draw = (c, p) => {
    const colour = p.grade[grade];
    circle(c, r + 1.6);
    c.fillStyle = p.edge;
    c.fill();
    circle(c, r - 1.2);
    c.strokeStyle = colour;
    c.lineWidth = 2.6;
    if (grade === 0) c.setLineDash([5, 3]); // not graded yet
    c.stroke();
    c.setLineDash([]);
    if (grade === 1) {
      circle(c, r - 4.6);
      c.lineWidth = 1.2;
      c.stroke();
    }
    if (!glyph || !(glyph in glyphs)) return numeral(c, grade, r * 0.76, 2.2, colour);
    shape(c, glyphs[glyph], (r - 4.4) / 13, (path) => {
      c.fillStyle = p.text;
      c.fill(path, 'evenodd');
    });
    if (grade === 0) return;
    const half = numerals[grade][1] * 3.6 + 3.4;
    c.translate(r * 0.78, -r * 0.78);
    c.beginPath();
    c.roundRect(-half, -5.8, half * 2, 11.6, 3);
    c.fillStyle = colour;
    c.fill();
    c.strokeStyle = p.edge;
    c.lineWidth = 1.4;
    c.stroke();
    numeral(c, grade, 7.2, 1.6, p.onGrade);
  };
  return { half: r + 10, draw };
}

const hazard =
  (level: string): Draw =>
  (c, p) => {
    const path = new Path2D('M0-9.4 9.4 0 0 9.4-9.4 0Z');
    c.lineJoin = 'miter';
    c.fillStyle = p.hazardGround;
    c.fill(path);
    c.strokeStyle = p.hazard;
    c.lineWidth = 1.8;
    c.stroke(path);
    c.fillStyle = p.text;
    c.font = '600 9.5px sans-serif';
    c.textAlign = 'center';
    c.textBaseline = 'middle';
    c.fillText(level, 0, 0.6);
  };

const depot =
  (type: string): Draw =>
  (c, p) => {
    c.beginPath();
    c.roundRect(-8.5, -8.5, 17, 17, 3.5);
    c.fillStyle = p.tile;
    c.fill();
    c.strokeStyle = p.tileEdge;
    c.lineWidth = 1;
    c.stroke();
    const glyph = type in glyphs ? glyphs[type as Glyph] : glyphs.warehouse;
    shape(c, glyph, 0.55, (path) => {
      c.fillStyle = p.glyph;
      c.fill(path, 'evenodd');
    });
  };

/** Four corners: no other symbol has them, and they cover nothing. */
const selectRing: Draw = (c, p) => {
  const path = new Path2D('M-22-13V-22H-13M13-22H22V-13M22 13V22H13M-13 22H-22V13');
  c.lineCap = 'round';
  c.lineJoin = 'round';
  c.strokeStyle = p.edge;
  c.lineWidth = 5;
  c.stroke(path);
  c.strokeStyle = p.text;
  c.lineWidth = 2.4;
  c.stroke(path);
};

const alarmRing: Draw = (c, p) => {
  circle(c, 22);
  c.strokeStyle = p.edge;
  c.lineWidth = 5;
  c.stroke();
  c.strokeStyle = p.status.distress;
  c.lineWidth = 2.6;
  c.stroke();
};

function circle(c: CanvasRenderingContext2D, r: number) {
  c.beginPath();
  c.arc(0, 0, r, 0, Math.PI * 2);
}

/** A canvas of the symbol at its own size, or `side` CSS pixels wide; undefined for a name that means nothing. */
export function symbolCanvas(id: string, theme: Theme, side?: number, ratio = density(), read = false): HTMLCanvasElement | undefined {
  const a = art(id);
  if (!a) return undefined;
  const css = side ?? a.half * 2;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.ceil(css * ratio);
  canvas.style.width = canvas.style.height = `${css}px`;
  // Pixels that are read back are kept where they can be: fetching them from a graphics card makes the page wait.
  const c = canvas.getContext('2d', { willReadFrequently: read });
  if (!c) return undefined;
  c.translate(canvas.width / 2, canvas.height / 2);
  c.scale(canvas.width / (a.half * 2), canvas.width / (a.half * 2));
  a.draw(c, palettes[theme]);
  return canvas;
}

/** For MapLibre: pixels and how many of them make a CSS pixel. */
export function symbolImage(id: string, theme: Theme): { data: ImageData; pixelRatio: number } | undefined {
  const pixelRatio = density();
  const canvas = symbolCanvas(id, theme, undefined, pixelRatio, true);
  const c = canvas?.getContext('2d');
  return canvas && c ? { data: c.getImageData(0, 0, canvas.width, canvas.height), pixelRatio } : undefined;
}

const density = () => Math.max(2, Math.ceil(globalThis.devicePixelRatio || 1));
