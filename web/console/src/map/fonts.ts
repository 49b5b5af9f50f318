// The bundled Chinese font as MapLibre wants it: each file with the characters
// it holds. Only files with characters on the map are fetched. The page's own
// @font-face rules would not do: the map would draw, and keep, a substitute.
import ranges from '@fontsource-variable/noto-sans-sc/unicode.json';
import type { FontFacesSpecification } from 'maplibre-gl';

const files = import.meta.glob<string>('/node_modules/@fontsource-variable/noto-sans-sc/files/*-wght-normal.woff2', {
  query: '?url',
  import: 'default',
  eager: true,
});

const family = 'Noto Sans SC';

/** For text-font. */
export const font = [family];

export function fontFaces(): FontFacesSpecification {
  const faces = [];
  for (const [subset, range] of Object.entries(ranges)) {
    // Subsets are named "[4]" or "latin"; files carry the name without brackets.
    const name = subset.replace(/[[\]]/g, '');
    const url = files[`/node_modules/@fontsource-variable/noto-sans-sc/files/noto-sans-sc-${name}-wght-normal.woff2`];
    if (url) faces.push({ url: new URL(url, location.href).href, 'unicode-range': range.split(',') });
  }
  return { [family]: faces };
}
