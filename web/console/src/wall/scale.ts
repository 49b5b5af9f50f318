// How large text must be to be read from where people stand. From ISO 9241-3
// (at least 16 minutes of arc, 20 preferred): px = tan(angle) · distance ÷ pitch,
// on a screen whose height is always 1080 CSS px.

/** What somebody sets once for a wall. */
export interface Screen {
  /** Width of the picture in metres. */
  width: number;
  /** Distance of the farthest reader in metres. */
  distance: number;
}

/** Steps of the factor k on all sizes. */
export const STEPS = [0.8, 1, 1.25, 1.5] as const;

/** Body text at k = 1, px; 26 px is 23′ on a 98-inch screen from five metres. */
export const BODY = 26;

/** A 98-inch screen (16:9, 2.17 m wide) seen from five metres. */
export const USUAL: Screen = { width: 2.17, distance: 5 };

/** The width in metres of a screen as high as a 98-inch one, for a window of that form. */
export const usualWidth = (css: number, height: number) => USUAL.width * Math.max(css, height) / Math.min(css, height) / (16 / 9);

const MINUTE = Math.PI / 180 / 60;

/** Minutes of arc of `px` CSS pixels on that screen, in a window `css` px wide. */
export function minutes(px: number, screen: Screen, css: number): number {
  return Math.atan((px * (screen.width / css)) / screen.distance) / MINUTE;
}

/** The smallest step that shows body text at 20′ or more; `enough` is false when even the largest does not. */
export function factor(screen: Screen, css: number): { k: number; enough: boolean } {
  for (const k of STEPS) if (minutes(BODY * k, screen, css) >= 20) return { k, enough: true };
  return { k: STEPS[STEPS.length - 1]!, enough: false };
}
