// The bundled Chinese font as MapLibre wants it: each file with the characters
// it holds, so that only files with characters on the map are fetched. The
// page's rules say which those are; MapLibre must be told too, because a page's
// font is not there yet when the first name is drawn, and a substitute stays.
import '@fontsource-variable/noto-sans-sc';
import type { FontFacesSpecification, MLFontFace } from 'maplibre-gl';

const family = 'Noto Sans SC Variable';

/** For text-font. */
export const font = [family];

export function fontFaces(): FontFacesSpecification {
  const faces: MLFontFace[] = [];
  for (const sheet of document.styleSheets) {
    for (const rule of rulesOf(sheet)) {
      if (!(rule instanceof CSSFontFaceRule)) continue;
      const style = rule.style;
      if (unquote(style.getPropertyValue('font-family')) !== family) continue;
      const url = /url\(\s*(["']?)(.*?)\1\s*\)/.exec(style.getPropertyValue('src'))?.[2];
      const range = style.getPropertyValue('unicode-range');
      if (url && range) faces.push({ url: new URL(url, sheet.href ?? location.href).href, 'unicode-range': range.split(/\s*,\s*/) });
    }
  }
  return { [family]: faces };
}

function rulesOf(sheet: CSSStyleSheet): Iterable<CSSRule> {
  try {
    return sheet.cssRules;
  } catch {
    return []; // another origin's; ours has none
  }
}

const unquote = (s: string) => s.replace(/^["']|["']$/g, '');
