// A thin line from each team on its way to where it goes, and an arc for what is
// lent: from where it is, or its owner's home, to where it reports.
import { type Loan, type Point, type Task } from '../api/types';
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
  for (const l of scene.store.all('loan')) {
    const to = l.report_to.point;
    const from = loanFrom(l, scene);
    if (!to || !from) continue;
    const selected = isSelected(scene, 'team', l.resource.id) || isSelected(scene, 'incident', l.incident);
    out.push(line(arc(from, to), { loan: true, waits: l.state === 'committed' || l.state === 'mobilising', ...(selected && { selected: true }) }));
  }
  return out;
}

/** Where an arc begins: where the team is, until it has arrived; then its owner's home. Undefined when nothing is lent. */
function loanFrom(l: Loan, { store, positions }: Pick<Scene, 'store' | 'positions'>): Point | undefined {
  if (!['committed', 'mobilising', 'in_transit', 'on_loan'].includes(l.state)) return undefined;
  const p = l.state === 'on_loan' ? undefined : positions.get(l.resource.id);
  if (p) return [p.lon, p.lat];
  return (l.resource.kind === 'team' ? store.get('team', l.resource.id)?.base.point : undefined) ?? store.get('agency', l.owner)?.place.point;
}

/** A bow between two points, to the left of the way: to and fro do not lie on each other. */
export function arc([x, y]: Point, [u, v]: Point): Point[] {
  const [dx, dy] = [(u - x) * 0.2, (v - y) * 0.2];
  return Array.from({ length: 17 }, (_, i) => {
    const t = i / 16;
    const bow = 4 * t * (1 - t);
    return [x + (u - x) * t - dy * bow, y + (v - y) * t + dx * bow];
  });
}

export const links = () => featureLayer({
  id: 'link',
  kinds: ['task', 'team', 'incident', 'loan'],
  features: linkFeatures,
  style: (source, p) => {
    const paint = { 'line-color': ['case', ['has', 'loan'], p.status.returning, p.status.dispatched], 'line-width': ['case', ['has', 'selected'], 2, ['has', 'loan'], 2.5, 1.1], 'line-opacity': ['case', ['any', ['has', 'selected'], ['has', 'loan']], 0.95, 0.5] };
    return [
      { id: 'link', type: 'line', source, filter: ['!', ['get', 'waits']], layout: { 'line-cap': 'round' }, paint: paint as never },
      // Not under way yet, or not heard of lately: dashed.
      { id: 'link-waits', type: 'line', source, filter: ['get', 'waits'], paint: { ...paint, 'line-dasharray': [3, 3] } as never },
    ];
  },
});
