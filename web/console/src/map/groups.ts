// The groups of style layers that a reader may hide.
import type { Map as GLMap } from 'maplibre-gl';
import type { LayerId, MapLayer } from './contract';
import { areaFill } from './areas';

const names: { id: LayerId; zh: string; en: string }[] = [
  { id: 'incidents', zh: '事件', en: 'Incidents' },
  { id: 'teams', zh: '队伍', en: 'Teams' },
  { id: 'tails', zh: '轨迹', en: 'Tracks' },
  { id: 'links', zh: '出动连线', en: 'Lines to incidents' },
  { id: 'labels', zh: '队伍标注', en: 'Team labels' },
  { id: 'hazards', zh: '重大危险源', en: 'Hazard sources' },
  { id: 'depots', zh: '仓库站点', en: 'Depots' },
  { id: 'fences', zh: '围栏', en: 'Fences' },
  { id: 'areas', zh: '行政区', en: 'Areas' },
];

export const allGroups = (tails: boolean): MapLayer[] => names.filter((l) => tails || l.id !== 'tails').map((l) => ({ ...l, on: true }));

/** The group a style layer belongs to; undefined for the ground and the tools. */
export function groupOf(style: string): LayerId | undefined {
  if (style === areaFill) return undefined; // ground, not data
  if (style.startsWith('team-label')) return 'labels';
  const first = style.split('-')[0];
  return names.find((g) => g.id === `${first}s`)?.id;
}

export function showGroups(map: GLMap, groups: readonly MapLayer[]) {
  const on = (id: LayerId) => groups.find((g) => g.id === id)?.on ?? true;
  for (const id of map.getLayersOrder()) {
    const group = groupOf(id);
    if (!group) continue;
    const seen = on(group) && (group !== 'labels' || on('teams'));
    map.setLayoutProperty(id, 'visibility', seen ? 'visible' : 'none');
  }
}
