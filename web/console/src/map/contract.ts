// What a console gives the map and gets from it. Points are [lon, lat] in
// WGS-84, distances metres, bounds west, south, east, north.
import type { Map as GLMap, PaddingOptions } from 'maplibre-gl';
import type { Bound, Point, Ref } from '../api/types';
import type { Lang } from '../i18n';
import type { Clock } from '../store/clock';
import type { Looks } from '../store/looks';
import type { Positions } from '../store/positions';
import type { Store } from '../store/store';
import type { DragOptions } from './drag';
import type { Scale } from './enlarge';
import type { Theme } from './palette';
import type { Draft } from './sketch';
import type { Tails } from './tails';
import type { MapTools } from './tools';

/** The browser cannot draw it (no WebGL2): show lists alone. */
export class MapUnavailable extends Error {
  constructor(cause: unknown) {
    super('this browser cannot draw the map: it has no WebGL2', { cause });
    this.name = 'MapUnavailable';
  }
}

export interface MapOptions {
  store: Store;
  positions: Positions;
  clock: Clock;
  looks: Looks;
  /** Where teams came from, in replay. */
  tails?: Tails | undefined;
  theme?: Theme;
  lang?: Lang;
  /** What is shown at first, and by fit() with nothing to fit. */
  home?: Bound;
  /** What a hand does on it besides looking; without, only looking. */
  tools?: (map: GLMap, drag: DragOptions) => MapTools;
  /** false: a picture that no hand moves. */
  interactive?: boolean;
  /** areas_version of the settings: outlines are then kept by the browser until it moves. */
  areasVersion?: number;
  /** Free space around what is fitted, CSS pixels. */
  padding?: number | PaddingOptions;
  /** Address of the base map. */
  base?: string;
  /** Larger words and symbols, for a screen read from afar. */
  scale?: Scale;
}

/** A group of things that can be hidden. */
export interface MapLayer {
  id: LayerId;
  zh: string;
  en: string;
  on: boolean;
}

export type LayerId = 'tails' | 'areas' | 'fences' | 'depots' | 'hazards' | 'links' | 'teams' | 'incidents' | 'labels';

export interface FitOptions {
  /** Go there at once. */
  still?: boolean;
  /** No nearer than this; 14 unless said. */
  maxZoom?: number;
}

export interface MapView {
  /** A click on a thing, or on nothing. Returns how to stop listening, as all of these do. */
  onSelect(listener: (ref: Ref | undefined) => void): () => void;
  /** After each move, and once at the start. */
  onView(listener: (view: { bound: Bound; zoom: number }) => void): () => void;
  onPointer(listener: (at: Point | undefined) => void): () => void;
  /** A hand moved the map; the program did not. */
  onGesture(listener: () => void): () => void;
  /** A team was dragged on an incident. Nothing can be dragged while this is not set. */
  onDrop: ((team: string, incident: string) => void) | undefined;
  /** Marks a thing without moving the map. */
  select(ref: Ref | undefined): void;
  /** Marks a thing and brings it into view; false when it has no place. */
  show(ref: Ref): boolean;
  /** The next click's point; undefined after Escape. */
  pick(): Promise<Point | undefined>;
  readonly layers: readonly MapLayer[];
  setLayer(id: string, on: boolean): void;
  /** Clicks add points; the listener hears the length in metres. */
  measure(on: boolean, onChange?: (meters: number) => void): void;
  /** Shows the draft of a fence. */
  sketch(draft: Draft | undefined): void;
  /** Clicks add corners to the draft's, and the listener hears all of them; true after Enter, false after Escape. */
  corners(onChange: (corners: Point[]) => void): Promise<boolean>;
  /** The incident at a point of the map's own box, CSS pixels. */
  incidentAt(x: number, y: number): string | undefined;
  fit(what?: Bound | readonly Ref[], options?: FitOptions): void;
  resize(): void;
  setTheme(theme: Theme): void;
  setLang(lang: Lang): void;
  destroy(): void;
}
