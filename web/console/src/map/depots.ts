// Stations, stores, hospitals and posts: a light glyph on a dark tile.
import { featureLayer, isSelected, ringLayers, spot } from './layer';
import { depotSymbol } from './symbols';
import { font } from './fonts';

export const depots = () => featureLayer({
  id: 'depot',
  kinds: ['depot'],
  hits: ['depot'],
  features: ({ store, selected }) =>
    store.all('depot').flatMap((d) =>
      d.place.point
        ? [spot(d.place.point, { kind: 'depot', id: d.id, label: d.name, icon: depotSymbol(d.type), ...(isSelected({ selected }, 'depot', d.id) && { selected: true }) })]
        : [],
    ),
  style: (source, p) => [
    {
      id: 'depot', type: 'symbol', source, minzoom: 9.8,
      layout: {
        'icon-image': ['get', 'icon'], 'icon-allow-overlap': true, 'icon-ignore-placement': true,
        'icon-size': ['interpolate', ['linear'], ['zoom'], 9.8, 0.7, 11, 0.9, 13, 1.1],
      },
      paint: { 'icon-opacity': ['interpolate', ['linear'], ['zoom'], 9.8, 0.6, 11, 1] },
    },
    {
      id: 'depot-label', type: 'symbol', source, minzoom: 13,
      layout: { 'text-field': ['get', 'label'], 'text-font': font, 'text-size': 11.5, 'text-max-width': 9, 'text-variable-anchor': ['bottom', 'left', 'right'], 'text-radial-offset': 1, 'text-justify': 'auto' },
      paint: { 'text-color': p.text2, 'text-halo-color': p.halo, 'text-halo-width': 1.5 },
    },
    ...ringLayers('depot', source, 0.68).filter((l) => l.id.endsWith('select')),
  ],
});
