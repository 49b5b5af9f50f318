// Open incidents: a ring with the grade as Roman numeral, larger the worse; from
// zoom 11 the kind of emergency stands inside. The name is written for what is
// selected, alarmed or of the first two grades, and for all from zoom 11.
import type { Incident } from '../api/types';
import { incidentOpen } from '../store/select';
import { glyphOf } from './glyphs';
import { alarmed, featureLayer, isSelected, ringLayers, spot, type Feature, type Scene } from './layer';
import { incidentSymbol, ringRadius } from './symbols';
import { font } from './fonts';

export const incidentHits = ['incident'];

/** Whether the name is written from far away too. */
export const loudIncident = (i: Pick<Incident, 'grade'>, selected: boolean, alarm: boolean) =>
  selected || alarm || i.grade === 1 || i.grade === 2;

export function incidentFeatures(scene: Pick<Scene, 'store' | 'selected'>): Feature[] {
  const alarm = alarmed(scene.store);
  return scene.store
    .all('incident')
    .filter((i) => incidentOpen(i) && i.place.point)
    .sort((a, b) => rank(a) - rank(b) || a.id.localeCompare(b.id))
    .map((i) => {
      const selected = isSelected(scene, 'incident', i.id);
      const how = alarm.get(i.id);
      return spot(i.place.point!, {
        kind: 'incident', id: i.id, label: i.title || i.number,
        far: incidentSymbol(i.grade), near: incidentSymbol(i.grade, glyphOf(i.type)),
        rank: rank(i), below: selected || how ? 2.1 : ringRadius[i.grade] / 12 + 0.35,
        ...(loudIncident(i, selected, !!how) && { loud: true }),
        ...(selected && { selected: true }),
        ...(how && { alarm: how }),
      });
    });
}

/** Drawn in this order, so that the worse lies on top. */
const rank = (i: Incident) => 5 - (i.grade || 5);

export const incidents = () => featureLayer({
  id: 'incident',
  kinds: ['incident', 'alarm'],
  hits: incidentHits,
  features: incidentFeatures,
  style: (source, p) => [
    ...ringLayers('incident', source, 1),
    {
      id: 'incident', type: 'symbol', source,
      layout: {
        'icon-image': ['step', ['zoom'], ['get', 'far'], 11, ['get', 'near']],
        'icon-allow-overlap': true, 'icon-ignore-placement': true, 'symbol-sort-key': ['get', 'rank'],
      },
    },
    {
      id: 'incident-label', type: 'symbol', source,
      layout: {
        'text-field': ['step', ['zoom'], ['case', ['has', 'loud'], ['get', 'label'], ''], 11, ['get', 'label']],
        'text-font': font, 'text-size': ['interpolate', ['linear'], ['zoom'], 8, 12.5, 14, 15], 'text-max-width': 12,
        'text-variable-anchor': ['top', 'bottom', 'left', 'right'], 'text-radial-offset': ['get', 'below'], 'text-justify': 'auto',
        'symbol-sort-key': ['-', 0, ['get', 'rank']],
      },
      paint: { 'text-color': p.text, 'text-halo-color': p.halo, 'text-halo-width': 1.8 },
    },
  ],
});
