// The map of every console: created with the records and positions it shows, it
// keeps itself up to date, tells what was clicked and looked at, and knows no
// panel. Points are [lon, lat] in WGS-84, distances metres, bounds west, south,
// east, north.
import { LngLatBounds, Map as GLMap, NavigationControl, ScaleControl, setWorkerUrl, type MapMouseEvent } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import 'maplibre-gl/dist/maplibre-gl.css';
import './map.css';
import type { Bound, Kind, Point, Ref } from '../api/types';
import type { Lang } from '../i18n';
import { standing } from '../store/fences';
import { areaLayer, coverAreas, firstAreaLine } from './areas';
import { Attribution } from './attribution';
import { addBase, hasBase, plainStyle } from './base';
import { MapUnavailable, type FitOptions, type LayerId, type MapLayer, type MapOptions, type MapView } from './contract';
import { depots } from './depots';
import { enlarge } from './enlarge';
import { fenceLayer, fenceRings } from './fences';
import { allGroups, showGroups } from './groups';
import { hazards } from './hazards';
import { incidentHits, incidents } from './incidents';
import { alarmed, type LiveLayer, type Scene } from './layer';
import { links } from './links';
import type { Theme } from './palette';
import { Picker, round } from './pick';
import { boundOf, homeOf, pointOf, widened } from './places';
import type { Draft } from './sketch';
import { symbolImage } from './symbols';
import { tailLayer } from './tails';
import { teamLayer } from './teams';
import type { MapTools } from './tools';

export { MapUnavailable };
export type { FitOptions, LayerId, MapLayer, MapOptions, MapView } from './contract';
export type { Theme } from './palette';

const padding = 48;
const farthest = 3;

export function createMap(container: HTMLElement, o: MapOptions): MapView {
  return new View(container, o);
}

class View implements MapView {
  readonly layers: MapLayer[];
  onDrop: ((team: string, incident: string) => void) | undefined;

  readonly #map: GLMap;
  readonly #scene: Scene;
  readonly #live: Record<Exclude<LayerId, 'labels' | 'tails'>, LiveLayer> & { tails?: LiveLayer };
  readonly #picker: Picker;
  readonly #tools: MapTools | undefined;
  readonly #attribution: Attribution;
  readonly #select = new Set<(ref: Ref | undefined) => void>();
  readonly #pointer = new Set<(at: Point | undefined) => void>();
  readonly #gesture = new Set<() => void>();
  readonly #ends: (() => void)[] = [];
  readonly #base: Promise<boolean>;
  readonly #url: string;
  #ready = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #homed: boolean;
  #pulse = false;
  #gone = false;
  /** Out of sight: nothing is drawn until it is seen again. */
  #asleep = false;

  constructor(
    container: HTMLElement,
    private readonly o: MapOptions,
  ) {
    const still = globalThis.matchMedia?.('(prefers-reduced-motion: reduce)');
    const { store, positions, clock, looks } = o;
    this.#scene = { store, positions, clock, looks, theme: o.theme ?? 'dark', lang: o.lang ?? 'zh', selected: undefined, motion: !still?.matches };
    // In the order they are drawn, lowest first.
    this.#live = {
      areas: areaLayer(o.areasVersion), fences: fenceLayer(), depots: depots(), hazards: hazards(), ...(o.tails && { tails: tailLayer(o.tails) }), links: links(),
      teams: teamLayer(o.scale?.icon), incidents: incidents(),
    };
    this.layers = allGroups(!!o.tails);
    this.#url = o.base ?? '/basemap.pmtiles';
    this.#base = hasBase(this.#url);
    const home = o.home ?? homeOf(store);
    this.#homed = home !== undefined;
    this.#map = open(container, o, this.#scene.theme, home);
    this.#picker = new Picker(this.#map);
    this.#attribution = new Attribution(this.#map);
    this.#tools = o.tools?.(this.#map, {
      may: () => !!this.onDrop && !this.#busy(),
      team: (x, y) => {
        const id = this.#at(x, y, ['team'])?.id;
        const at = id && pointOf({ kind: 'team', id }, store, positions);
        return id && at ? { id, at } : undefined;
      },
      incident: (x, y) => this.incidentAt(x, y),
      drop: (team, incident) => this.onDrop?.(team, incident),
    });
    if (still) this.#listen(still, 'change', () => (this.#scene.motion = !still.matches));
    if (typeof ResizeObserver !== 'undefined') {
      const size = new ResizeObserver(() => this.#see(container.clientWidth > 0));
      size.observe(container);
      this.#ends.push(() => size.disconnect());
    }
    this.#wire();
  }

  onSelect(listener: (ref: Ref | undefined) => void) {
    return member(this.#select, listener);
  }

  onPointer(listener: (at: Point | undefined) => void) {
    return member(this.#pointer, listener);
  }

  onGesture(listener: () => void) {
    return member(this.#gesture, listener);
  }

  onView(listener: (view: { bound: Bound; zoom: number }) => void) {
    const tell = () => listener(this.#view());
    this.#map.on('moveend', tell);
    tell();
    return () => void this.#map.off('moveend', tell);
  }

  select(ref: Ref | undefined) {
    const was = this.#scene.selected;
    if (was?.kind === ref?.kind && was?.id === ref?.id) return;
    this.#scene.selected = ref && { kind: ref.kind, id: ref.id };
    this.#draw();
  }

  show(ref: Ref): boolean {
    this.select(ref);
    const { store, positions } = this.#scene;
    const bound = extentOf(ref, store);
    if (bound) {
      this.fit(bound);
      return true;
    }
    const center = pointOf(ref, store, positions);
    if (!center) return false;
    const zoom = Math.max(this.#map.getZoom(), 12.5);
    const camera = { center: [...center] as [number, number], zoom };
    if (this.#scene.motion) this.#map.flyTo({ ...camera, duration: 700 });
    else this.#map.jumpTo(camera);
    return true;
  }

  pick() {
    return this.#picker.pick();
  }

  setLayer(id: string, on: boolean) {
    const layer = this.layers.find((l) => l.id === id);
    if (!layer) return;
    layer.on = on;
    this.#hide();
  }

  measure(on: boolean, onChange?: (meters: number) => void) {
    if (on) this.#tools?.measure.start(onChange);
    else this.#tools?.measure.stop();
  }

  sketch(draft: Draft | undefined) {
    this.#tools?.sketch.set(draft);
  }

  corners(onChange: (corners: Point[]) => void) {
    return this.#tools?.sketch.take(onChange) ?? Promise.resolve(false);
  }

  incidentAt(x: number, y: number) {
    return this.#at(x, y, incidentHits, 14)?.id;
  }

  fit(what?: Bound | readonly Ref[], { still, maxZoom = 14 }: FitOptions = {}) {
    const bound = isBound(what) ? what : what?.length ? this.#boundOf(what) : (this.o.home ?? homeOf(this.#scene.store));
    if (!bound) return;
    this.#homed = true;
    const animate = !still && this.#scene.motion;
    this.#map.fitBounds(bounds(bound), { padding: this.o.padding ?? padding, maxZoom, animate, duration: 700 });
  }

  resize() {
    if (!this.#asleep) this.#map.resize();
  }

  setTheme(theme: Theme) {
    if (theme === this.#scene.theme) return;
    this.#scene.theme = theme;
    this.#ready = false;
    this.#map.setStyle(plainStyle(theme), { diff: false });
  }

  setLang(lang: Lang) {
    this.#scene.lang = lang;
    this.#name();
    this.#draw();
  }

  destroy() {
    if (this.#gone) return;
    this.#gone = true;
    for (const end of this.#ends) end();
    clearTimeout(this.#timer);
    this.#picker.cancel();
    for (const tool of Object.values(this.#tools ?? {})) tool.stop();
    if (this.#ready) this.#tools?.sketch.remove(this.#map); // it draws from the areas, too
    // The other way round: fences are drawn from the areas' tiles.
    if (this.#ready) for (const layer of Object.values(this.#live).reverse()) layer.remove(this.#map);
    this.#map.remove();
  }

  #wire() {
    const map = this.#map;
    map.setMissingStyleImageResolver((id) => {
      const image = symbolImage(id, this.#scene.theme);
      if (image && !map.hasImage(id)) map.addImage(id, image.data, { pixelRatio: image.pixelRatio });
    });
    map.on('style.load', () => this.#build());
    map.on('click', (e) => this.#click(e));
    map.on('mousemove', (e) => this.#hover(e));
    map.on('mouseout', () => this.#point(undefined));
    // What is in view decides how the teams are drawn.
    map.on('moveend', () => this.#ready && this.#live.teams.draw(map, this.#scene));
    map.on('movestart', (e) => {
      if (e.originalEvent) for (const l of this.#gesture) l();
    });
    const { store, positions, clock } = this.#scene;
    this.#ends.push(
      store.subscribe((dirty) => this.#draw(dirty)),
      positions.subscribe(() => this.#soon()),
      clock.subscribe(() => this.#tick()),
      ...(this.o.tails ? [this.o.tails.subscribe(() => this.#ready && !this.#asleep && this.#live.tails?.draw(this.#map, this.#scene))] : []),
    );
    this.#name();
  }

  /** Lays everything on a new style; the base map follows when it is known to be there. */
  #build() {
    const map = this.#map;
    for (const layer of Object.values(this.#live)) layer.add(map, this.#scene);
    this.#lift();
    for (const tool of Object.values(this.#tools ?? {})) tool.add(map, this.#scene.theme);
    enlarge(map, this.o.scale, true);
    this.#ready = true;
    this.#hide();
    this.#draw();
    const { theme } = this.#scene;
    void this.#base.then((there) => {
      if (!there || this.#gone || theme !== this.#scene.theme || !map.getLayer(firstAreaLine)) return;
      addBase(map, theme, this.#url, firstAreaLine, () => coverAreas(map));
      enlarge(map, this.o.scale);
    });
  }

  /** What is in need, then names, go above all symbols: they hide behind no icon. */
  #lift() {
    for (const id of ['team-alarm', 'team-select', 'team-top', 'depot-label', 'hazard-label', 'fence-label', 'team-label-row', 'team-label', 'incident-label']) if (this.#map.getLayer(id)) this.#map.moveLayer(id);
  }

  #draw(dirty?: ReadonlySet<Kind>) {
    if (!this.#homed && this.#scene.store.count('area') > 0) this.fit(undefined, { still: true });
    if (!this.#ready || this.#asleep) return;
    for (const layer of Object.values(this.#live)) if (!dirty || layer.kinds.some((k) => dirty.has(k))) layer.draw(this.#map, this.#scene);
    this.#attribution.draw(this.#scene);
  }

  /** Positions come in bursts; the map is told at most twice a second. */
  #soon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#ready && !this.#asleep) this.#moved();
    }, 500);
  }

  #moved() {
    this.#live.teams.draw(this.#map, this.#scene);
    this.#live.links.draw(this.#map, this.#scene);
  }

  /** Positions age by themselves; what calls for an answer pulses, at half a beat a second. */
  #tick() {
    if (!this.#ready || this.#asleep) return;
    this.#soon();
    const was = this.#pulse;
    this.#pulse = this.#scene.motion && !was && alarmed(this.#scene.store).size > 0;
    if (was === this.#pulse) return;
    for (const id of ['team-alarm', 'incident-alarm'])
      if (this.#map.getLayer(id)) this.#map.setPaintProperty(id, 'icon-opacity', ['case', ['==', ['get', 'alarm'], 1], this.#pulse ? 0.3 : 1, 1]);
  }

  #see(seen: boolean) {
    if (seen !== this.#asleep) return;
    this.#asleep = !seen;
    if (!seen) return;
    this.#map.resize();
    this.#draw();
  }

  #hide() {
    if (!this.#ready) return;
    showGroups(this.#map, this.layers);
  }

  #click(e: MapMouseEvent) {
    if (this.#busy()) return;
    const ref = this.#at(e.point.x, e.point.y);
    for (const l of [...this.#select]) l(ref);
  }

  #busy() {
    return this.#picker.busy || !!this.#tools && (this.#tools.measure.on || this.#tools.sketch.busy);
  }

  #hover(e: MapMouseEvent) {
    this.#point(round(e.lngLat.wrap()));
    const canvas = this.#map.getCanvas();
    if (this.#at(e.point.x, e.point.y)) canvas.dataset['hover'] = '';
    else delete canvas.dataset['hover'];
  }

  #point(at: Point | undefined) {
    for (const l of [...this.#pointer]) l(at);
  }

  /** The thing under a point: incidents before teams before places before fences, as they lie. */
  #at(x: number, y: number, only?: readonly string[], near = 5): Ref | undefined {
    if (!this.#ready) return undefined;
    const all = this.#scene.store.count('fence') ? [...hitLayers, ...fenceHits] : hitLayers;
    const hits = (only ?? all).filter((id) => this.#map.getLayer(id));
    for (const id of hits) {
      const f = this.#map.queryRenderedFeatures([[x - near, y - near], [x + near, y + near]], { layers: [id] })[0];
      if (f?.properties['kind']) return { kind: f.properties['kind'] as Kind, id: String(f.properties['id']) };
      // A line of the area tiles knows the division alone.
      const along = f && standing(this.#scene.store.all('fence'), (x) => x.division === f.properties['code'])[0];
      if (along) return { kind: 'fence', id: along.id };
      const team = id === 'team' ? this.#live.teams.at?.(this.#map, x, y, near + 6) : undefined;
      if (team) return { kind: 'team', id: team };
    }
    return undefined;
  }

  #view() {
    const b = this.#map.getBounds();
    const clamp = (v: number, most: number) => Math.max(-most, Math.min(most, v));
    const bound: Bound = [clamp(b.getWest(), 180), clamp(b.getSouth(), 90), clamp(b.getEast(), 180), clamp(b.getNorth(), 90)];
    return { bound, zoom: this.#map.getZoom() };
  }

  #boundOf(refs: readonly Ref[]): Bound | undefined {
    const { store, positions } = this.#scene;
    return boundOf(refs.map((r) => pointOf(r, store, positions)).filter((p) => p !== undefined));
  }

  #name() {
    this.#map.getCanvas().setAttribute('aria-label', this.#scene.lang === 'zh' ? '地图：方向键移动，加减键缩放' : 'Map: arrow keys move it, plus and minus zoom');
    this.#attribution.draw(this.#scene);
  }

  #listen(target: EventTarget, type: string, listener: () => void) {
    target.addEventListener(type, listener);
    this.#ends.push(() => target.removeEventListener(type, listener));
  }
}

const hitLayers = ['team-top', 'incident', 'team', 'hazard', 'depot'];
const fenceHits = ['fence-label', 'fence-line', 'fence-division-township', 'fence-division-county', 'fence-division-city', 'fence'];

/** What takes up ground is shown whole. */
function extentOf(ref: Ref, store: Scene['store']): Bound | undefined {
  if (ref.kind === 'area') return store.get('area', ref.id)?.bound;
  const f = ref.kind === 'fence' ? store.get('fence', ref.id) : undefined;
  const bound = f && (f.division ? store.get('area', f.division)?.bound : boundOf(fenceRings(f).flat()));
  // The words stand on the edge.
  return f?.type === 'ring' && bound ? widened(bound, 0.12) : bound;
}

const isBound = (what: unknown): what is Bound => Array.isArray(what) && what.length === 4 && typeof what[0] === 'number';
const bounds = ([w, s, e, n]: Bound) => new LngLatBounds([w, s], [e, n]);

function member<T>(set: Set<T>, one: T) {
  set.add(one);
  return () => void set.delete(one);
}

function open(container: HTMLElement, o: MapOptions, theme: Theme, home: Bound | undefined): GLMap {
  setWorkerUrl(workerUrl);
  const interactive = o.interactive ?? true;
  try {
    const map = new GLMap({
      container, interactive, style: plainStyle(theme), minZoom: farthest, maxZoom: 18,
      attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, renderWorldCopies: false,
      maxCanvasSize: [8192, 8192], // a wall of 4K panels and more
      ...(home ? { bounds: bounds(home), fitBoundsOptions: { padding: o.padding ?? padding } } : { center: [0, 20], zoom: farthest }),
    });
    map.keyboard.disableRotation();
    map.touchZoomRotate.disableRotation();
    map.addControl(new ScaleControl({ maxWidth: 90, unit: 'metric' }), 'bottom-right');
    if (interactive) map.addControl(new NavigationControl({ showCompass: false }), 'bottom-right');
    return map;
  } catch (e) {
    throw new MapUnavailable(e);
  }
}
