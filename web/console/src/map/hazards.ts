// Major hazard sources: a red diamond with the level; the name from zoom 12.
import { featureLayer, isSelected, ringLayers, spot } from './layer';
import { hazardSymbol } from './symbols';
import { font } from './fonts';

export const hazards = () => featureLayer({
  id: 'hazard',
  kinds: ['hazard'],
  hits: ['hazard'],
  features: ({ store, selected }) =>
    store.all('hazard').flatMap((h) =>
      h.place.point
        ? [spot(h.place.point, { kind: 'hazard', id: h.id, label: h.name, icon: hazardSymbol(h.level), level: h.level, rank: 5 - h.level, ...(isSelected({ selected }, 'hazard', h.id) && { selected: true }) })]
        : [],
    ),
  style: (source, p) => [
    {
      id: 'hazard', type: 'symbol', source, minzoom: 8,
      layout: {
        'icon-image': ['get', 'icon'], 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'symbol-sort-key': ['get', 'rank'],
        'icon-size': ['interpolate', ['linear'], ['zoom'], 8, 0.42, 10, 0.6, 12, 1],
      },
      paint: { 'icon-opacity': ['interpolate', ['linear'], ['zoom'], 8, ['case', ['<=', ['get', 'level'], 2], 0.7, 0.4], 10, ['case', ['<=', ['get', 'level'], 2], 0.85, 0.6], 12, 1] },
    },
    {
      id: 'hazard-label', type: 'symbol', source, minzoom: 12.6,
      layout: { 'text-field': ['get', 'label'], 'text-font': font, 'text-size': 11.5, 'text-max-width': 9, 'text-variable-anchor': ['top', 'bottom', 'left', 'right'], 'text-radial-offset': 1.05, 'text-justify': 'auto' },
      paint: { 'text-color': p.text2, 'text-halo-color': p.halo, 'text-halo-width': 1.5 },
    },
    ...ringLayers('hazard', source, 0.68).filter((l) => l.id.endsWith('select')),
  ],
});
