// A thin line from each team on its way to where it goes.
import { type Point, type Task } from '../api/types';
import { incidentOpen, taskByTeam } from '../store/select';
import { isStale } from '../store/positions';
import { many } from './crowd';
import { featureLayer, isSelected, line, type Feature, type Scene } from './layer';

const towards = new Set<Task['state']>(['assigned', 'acknowledged', 'en_route', 'to_destination']);

/** The far end of a task's line; undefined when the team is not going anywhere. */
export function goalOf(task: Task, store: Scene['store']): Point | undefined {
  if (!towards.has(task.state)) return undefined;
  if (task.state === 'to_destination') return task.destination?.point;
  const i = store.get('incident', task.incident);
  return i && incidentOpen(i) ? i.place.point : undefined;
}

export function linkFeatures(scene: Pick<Scene, 'store' | 'positions' | 'selected' | 'clock'>): Feature[] {
  const now = scene.clock.now();
  const out: Feature[] = [];
  const tasks = taskByTeam(scene.store.all('task'));
  // So many lines would say nothing: only those of what is selected.
  const all = tasks.size <= many;
  for (const [id, task] of tasks) {
    const selected = isSelected(scene, 'team', id) || isSelected(scene, 'incident', task.incident);
    if (!all && !selected) continue;
    const to = goalOf(task, scene.store);
    const p = scene.positions.get(id);
    const from: Point | undefined = p ? [p.lon, p.lat] : scene.store.get('team', id)?.base.point;
    if (!to || !from) continue;
    out.push(
      line([from, to], {
        waits: task.state === 'assigned' || task.state === 'acknowledged' || !p || isStale(p, now),
        ...(selected && { selected: true }),
      }),
    );
  }
  return out;
}

export const links = featureLayer({
  id: 'link',
  kinds: ['task', 'team', 'incident'],
  features: linkFeatures,
  style: (source, p) => {
    const paint = { 'line-color': p.status.dispatched, 'line-width': ['case', ['has', 'selected'], 2, 1.1], 'line-opacity': ['case', ['has', 'selected'], 0.95, 0.5] };
    return [
      { id: 'link', type: 'line', source, filter: ['!', ['get', 'waits']], layout: { 'line-cap': 'round' }, paint: paint as never },
      // Not under way yet, or not heard of lately: dashed.
      { id: 'link-waits', type: 'line', source, filter: ['get', 'waits'], paint: { ...paint, 'line-dasharray': [3, 3] } as never },
    ];
  },
});
