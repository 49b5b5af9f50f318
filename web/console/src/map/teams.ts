// Teams: shape tells the type, fill the status, a tick the heading. A position
// past its source's limit is hollow with a cross, counted on the server's clock
// every second. A team that sends no position stands at its base, smaller.
// Movement glides for a second, where motion is allowed and can be seen.
import type { ExpressionSpecification, GeoJSONSource, LayerSpecification, Map as GLMap } from 'maplibre-gl';
import type { Bound, Point, Task, Team } from '../api/types';
import { isStale, type Position } from '../store/positions';
import { lookOf, taskByTeam, taskMoving, type Look } from '../store/select';
import { Crowd, many } from './crowd';
import { alarmed, collection, isSelected, removeFrom, ringLayers, spot, type Feature, type LiveLayer, type Scene } from './layer';
import { palettes, type Palette } from './palette';
import { teamSymbol, tickSymbol } from './symbols';
import { font } from './fonts';

/** How a team is drawn. */
export interface Mark {
  at: Point;
  look: Look;
  /** Drawn where it was last heard, not where it is. */
  stale: boolean;
  /** Without a position of its own: drawn at its base. */
  base: boolean;
  /** Degrees from north while it moves. */
  heading?: number;
}

/** Slower than this (m/s) a heading is noise. */
const walking = 1;

/** known is the time up to which contact is judged: the server's last word. */
export function markOf(team: Team, task: Task | undefined, position: Position | undefined, now: number, known = now): Mark | undefined {
  const look = lookOf(team, task, position, known);
  // Under way and not heard of: its base is where it is not, so it is drawn as lost contact is.
  if (!position) return team.base.point && { at: team.base.point, look, stale: !!task && taskMoving(task), base: true };
  const stale = isStale(position, now);
  const moving = !stale && position.heading !== null && (position.speed ?? 0) >= walking;
  return { at: [position.lon, position.lat], look, stale, base: false, ...(moving && { heading: position.heading! }) };
}

/** Whether the name is written from far away; near, all are. */
export const loudTeam = (look: Look, selected: boolean, alarm: boolean) => selected || alarm || look === 'distress' || look === 'lost';

/** Places around a symbol for teams that stand on one spot: 1–8 and 9–22 around an incident, 31–54 in rows below a base. */
const inner = 8;
const outer = 14;
const row = { first: 31, wide: 4, most: 24 };

/** Zooms between which sizes and offsets are linear. */
const zooms = [8, 11, 12, 13, 14, 16] as const;
type Zoom = (typeof zooms)[number];

/** Idle teams of one base stand close together, until there is room for a name below each. */
const rows: Record<Zoom, { wide: number; high: number; down: number }> = {
  8: { wide: 10, high: 10, down: 12 }, 11: { wide: 15, high: 15, down: 18 }, 12: { wide: 19, high: 19, down: 23 },
  13: { wide: 58, high: 40, down: 26 }, 14: { wide: 60, high: 42, down: 28 }, 16: { wide: 60, high: 42, down: 28 },
};

/** How far from its spot a team is drawn, in CSS pixels right and down. */
export function slotOffset(slot: number, zoom: Zoom): [number, number] {
  if (slot >= row.first) {
    const n = slot - row.first;
    const { wide, high, down } = rows[zoom];
    return [((n % row.wide) - (row.wide - 1) / 2) * wide, down + Math.floor(n / row.wide) * high];
  }
  if (slot <= 0) return [0, 0];
  const [n, of, r] = slot > inner ? [slot - inner - 1, outer, 50] : [slot - 1, inner, 29];
  const a = (2 * Math.PI * n) / of - Math.PI / 2;
  const by = zoom === 16 ? 0.7 : zoom === 8 ? 0.85 : 1;
  return [Math.round(r * by * Math.cos(a)), Math.round(r * by * Math.sin(a))];
}

const slots = [...Array(inner + outer).keys()].map((n) => n + 1).concat([...Array(row.most).keys()].map((n) => n + row.first));

/** Teams at the scene stand around the incident while that is nearer than the screen can show (about 250 m at zoom 12). */
const atScene = 0.0025;

export function teamFeatures(
  scene: Pick<Scene, 'store' | 'positions' | 'selected'>, now: number, known = now,
  teams: readonly Team[] = scene.store.all('team'), tasks: ReadonlyMap<string, Task> = taskByTeam(scene.store.all('task')),
): Feature[] {
  const alarm = alarmed(scene.store);
  const taken = new Map<string, number>();
  const next = (key: string, first: number, most: number) => {
    const n = taken.get(key) ?? 0;
    taken.set(key, n + 1);
    return first + (n % most);
  };
  const out: Feature[] = [];
  for (const team of [...teams].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    if (team.retired) continue;
    const task = tasks.get(team.id);
    const mark = markOf(team, task, scene.positions.get(team.id), now, known);
    if (!mark) continue;
    const scenePoint = task && taskMoving(task) ? scene.store.get('incident', task.incident)?.place.point : undefined;
    const there = scenePoint && Math.abs(scenePoint[0] - mark.at[0]) < atScene && Math.abs(scenePoint[1] - mark.at[1]) < atScene;
    const idle = mark.look === 'available' || mark.look === 'off';
    const slot = there ? next(task!.incident, 1, inner + outer) : idle ? next(homeKey(mark.at), row.first, row.most) : 0;
    const selected = isSelected(scene, 'team', team.id);
    const how = alarm.get(team.id);
    out.push(
      spot(mark.at, {
        kind: 'team', id: team.id, label: team.call_sign || team.name, slot,
        icon: teamSymbol(team.type, mark.look, mark.stale), tick: tickSymbol(mark.look), rank: rankOf(mark.look),
        ...(idle && { idle: true }),
        ...(mark.base && { base: true }),
        ...(mark.heading !== undefined && { heading: Math.round(mark.heading) }),
        ...(loudTeam(mark.look, selected, !!how) && { loud: true }),
        ...(selected && { selected: true }),
        ...(how && { alarm: how }),
      }),
    );
  }
  return out;
}

/** About 100 m: teams of one yard. */
const homeKey = (p: Point) => `${p[0].toFixed(3)},${p[1].toFixed(3)}`;

const ranks: Look[] = ['off', 'available', 'returning', 'dispatched', 'working', 'on_scene', 'lost', 'distress'];
const rankOf = (look: Look) => ranks.indexOf(look);

// Full size, and that of an idle team or one drawn at its base.
const sizes: Record<Zoom, [full: number, small: number]> = { 8: [0.72, 0.4], 11: [0.9, 0.6], 12: [0.95, 0.68], 13: [1, 0.74], 14: [1.05, 0.8], 16: [1.05, 0.85] };

const byZoom = (at: (zoom: Zoom) => unknown) =>
  ['interpolate', ['linear'], ['zoom'], ...zooms.flatMap((z) => [z, at(z)])] as unknown as ExpressionSpecification;
const small = ['any', ['has', 'base'], ['has', 'idle']];
const size = (k = 1) => byZoom((z) => ['case', small, sizes[z][1] * k, sizes[z][0] * k]);

/** The slots' offsets, divided by what MapLibre multiplies them with. */
const offset = (divisor: (zoom: Zoom, slot: number) => number, more: (slot: number) => [number, number] = () => [0, 0]) =>
  byZoom((z) => {
    const at = (slot: number) => {
      const [x, y] = slotOffset(slot, z);
      const [dx, dy] = more(slot);
      const d = divisor(z, slot);
      return ['literal', [x / d + dx, y / d + dy]];
    };
    return ['match', ['get', 'slot'], ...slots.flatMap((s) => [s, at(s)]), at(0)];
  });
const iconOffset = (k = 1) => offset((z, slot) => sizes[z][slot >= row.first ? 1 : 0] * k);

const source = 'live-team';
const crowdId = 'team-crowd';
const overlap = { 'icon-allow-overlap': true, 'icon-ignore-placement': true } as const;
const em = 12;

function style(p: Palette): LayerSpecification[] {
  const label = { 'text-font': font, 'text-size': em, 'symbol-sort-key': ['-', 0, ['get', 'rank']] as ExpressionSpecification };
  const words = (near: number): ExpressionSpecification => ['step', ['zoom'], ['case', ['has', 'loud'], ['get', 'label'], ''], near, ['get', 'label']];
  const leftOf = slots.filter((s) => s < row.first && slotOffset(s, 12)[0] < 0);
  const inRow: ExpressionSpecification = ['>=', ['get', 'slot'], row.first];
  const paint = (colour: string) => ({ 'text-color': colour, 'text-halo-color': p.halo, 'text-halo-width': 1.6 });
  const symbol = {
    type: 'symbol' as const, source,
    layout: { 'icon-image': ['get', 'icon'] as ExpressionSpecification, 'icon-size': size(), 'icon-offset': iconOffset(), 'symbol-sort-key': ['get', 'rank'] as ExpressionSpecification, ...overlap },
    paint: { 'icon-opacity': ['case', ['has', 'base'], 0.75, 1] as ExpressionSpecification },
  };
  return [
    ...ringLayers('team', source, 0.75, { 'icon-size': size(0.8), 'icon-offset': iconOffset(0.8) }),
    {
      id: 'team-tick', type: 'symbol', source, filter: ['all', ['has', 'heading'], ['==', ['get', 'slot'], 0]],
      layout: { 'icon-image': ['get', 'tick'], 'icon-size': size(), 'icon-rotate': ['get', 'heading'], 'icon-rotation-alignment': 'map', ...overlap },
    },
    { id: 'team', ...symbol },
    // Once more above the incidents: what is in need or selected hides behind nothing.
    { id: 'team-top', ...symbol, filter: ['any', ['has', 'alarm'], ['has', 'selected']] },
    {
      // Beside the symbol, away from the incident it stands around.
      id: 'team-label', type: 'symbol', source, filter: ['!', inRow],
      layout: {
        ...label, 'text-field': words(12), 'text-anchor': ['match', ['get', 'slot'], leftOf, 'right', 'left'],
        'text-offset': offset(() => em, (slot) => [leftOf.includes(slot) ? -1.15 : 1.15, 0]),
      },
      paint: paint(p.text),
    },
    {
      id: 'team-label-row', type: 'symbol', source, filter: inRow,
      layout: { ...label, 'text-size': 11, 'text-field': words(13), 'text-anchor': 'top', 'text-offset': offset(() => 11, () => [0, 0.75]) },
      paint: paint(p.text2),
    },
  ];
}

/** How long a movement glides, ms; how often the map is told meanwhile; above how many it jumps. */
const glide = { span: 1000, step: 80, most: 300 };

/** Icon sizes between the zooms they are given for. */
export function sizeAt(zoom: number, k = 1): [full: number, small: number] {
  const above = zooms.findIndex((z) => z > zoom);
  if (above < 0) return [sizes[16][0] * k, sizes[16][1] * k];
  const [a, b] = [zooms[Math.max(0, above - 1)]!, zooms[above]!];
  const t = a === b ? 0 : Math.max(0, (zoom - a) / (b - a));
  return [0, 1].map((i) => (sizes[a][i]! + (sizes[b][i]! - sizes[a][i]!) * t) * k) as [number, number];
}

/** Teams that stand out of any crowd: selected, in need, with an alarm, or not heard of. */
function notable(scene: Scene): Team[] {
  const ids = new Set(alarmed(scene.store).keys());
  if (scene.selected?.kind === 'team') ids.add(scene.selected.id);
  for (const look of ['distress', 'lost'] as const)
    if (scene.looks.count(look) > 0) for (const t of scene.store.all('team')) if (scene.looks.of(t.id) === look) ids.add(t.id);
  return [...ids].flatMap((id) => scene.store.get('team', id) ?? []).slice(0, many);
}

/** The view with half of it around, so that a short drag finds the teams drawn already. */
function around(map: GLMap): Bound {
  const b = map.getBounds();
  const [w, s, e, n] = [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()];
  const [dx, dy] = [(e - w) / 4, (n - s) / 4];
  return [w - dx, Math.max(-85, s - dy), e + dx, Math.min(85, n + dy)];
}

export function teamLayer(scale = 1): LiveLayer {
  const crowd = new Crowd((zoom) => sizeAt(zoom, scale));
  const layers = style(palettes.dark).map((l) => l.id);
  let sent = '';
  let features: Feature[] = [];
  let shown = new Map<string, Point>();
  let from = new Map<string, Point>();
  let begun = 0;
  let told = 0;
  let frame = 0;

  const put = (map: GLMap, now: number) => {
    const t = Math.min(1, (now - begun) / glide.span);
    if (t === 1) from.clear();
    const at = new Map<string, Point>();
    const data = features.map((f) => {
      const id = f.properties['id'] as string;
      const to = f.geometry.coordinates as Point;
      const start = from.get(id);
      const point: Point = start ? [start[0] + (to[0] - start[0]) * t, start[1] + (to[1] - start[1]) * t] : to;
      at.set(id, point);
      return start ? spot(point, f.properties) : f;
    });
    shown = at;
    told = now;
    map.getSource<GeoJSONSource>(source)?.setData(collection(data));
  };

  const run = (map: GLMap) => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame((now) => {
      if (now - told >= glide.step || now - begun >= glide.span) put(map, now);
      if (from.size > 0) run(map);
    });
  };

  /** Who is drawn one by one; the crowd draws everyone where that would be too many. */
  const chosen = (map: GLMap, scene: Scene): Team[] => {
    const all = scene.store.all('team');
    const was = crowd.on;
    if (all.length <= many) crowd.on = false;
    else {
      crowd.take(scene, scene.clock.now(), (look) => rankOf(look as Look));
      const few = crowd.within(around(map));
      crowd.on = !few;
      if (crowd.on || was) map.triggerRepaint();
      return few ? [...new Set([...few, ...notable(scene)])] : notable(scene);
    }
    if (was) map.triggerRepaint();
    return all;
  };

  return {
    kinds: ['team', 'task', 'alarm', 'incident'],
    at(map, x, y, near) {
      const { lng, lat } = map.unproject([x, y]);
      return crowd.at(lng, lat, near, map.getZoom());
    },
    hits: ['team'],
    add(map, scene) {
      sent = '';
      map.addSource(source, { type: 'geojson', data: collection([]) });
      map.addLayer(crowd.layer(crowdId));
      for (const l of style(palettes[scene.theme])) map.addLayer(l);
    },
    remove(map) {
      cancelAnimationFrame(frame);
      removeFrom(map, [...layers, crowdId], source);
    },
    draw(map, scene) {
      features = teamFeatures(scene, scene.clock.now(), scene.clock.known(), chosen(map, scene), scene.looks.tasks());
      const text = JSON.stringify(features);
      if (text === sent) return;
      sent = text;
      from = scene.motion ? movers(map, features, shown) : new Map();
      begun = performance.now();
      put(map, begun);
      if (from.size > 0) run(map);
    },
  };
}

/** Where each team begins that moves by at least a pixel and less than a screen, in sight. */
function movers(map: GLMap, features: readonly Feature[], shown: ReadonlyMap<string, Point>): Map<string, Point> {
  const out = new Map<string, Point>();
  const { clientWidth: w, clientHeight: h } = map.getContainer();
  for (const f of features) {
    const start = shown.get(f.properties['id'] as string);
    const to = f.geometry.coordinates as Point;
    if (!start || (start[0] === to[0] && start[1] === to[1])) continue;
    const a = map.project(start);
    const b = map.project(to);
    const far = Math.hypot(a.x - b.x, a.y - b.y);
    if (far >= 1 && far < Math.min(w, h) / 2 && b.x > -50 && b.y > -50 && b.x < w + 50 && b.y < h + 50) out.set(f.properties['id'] as string, start);
  }
  return out.size > glide.most ? new Map() : out;
}
