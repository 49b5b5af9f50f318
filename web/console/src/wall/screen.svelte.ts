// What somebody sets once for a wall, kept on that machine, and the size of
// everything that follows from it.
import { factor, USUAL, usualWidth, type Screen } from './scale';

export interface Preset {
  /** Width of the picture in metres; 0 when nobody has measured it. */
  width: number;
  /** Distance of the farthest reader in metres. */
  distance: number;
  /** Factor on all sizes; 0 takes it from width and distance. */
  k: number;
  /** Seconds on each stop of the tour. */
  seconds: number;
  /** No motion at all. */
  still: boolean;
}

const DEFAULT: Preset = { width: 0, distance: USUAL.distance, k: 0, seconds: 20, still: false };

function kept(): Preset {
  try {
    return { ...DEFAULT, ...(JSON.parse(localStorage.getItem('wall') ?? '{}') as Partial<Preset>) };
  } catch {
    return DEFAULT;
  }
}

/**
 * Sizes are in rem, and 1 rem is 10 px on a picture 1080 high at k = 1. The
 * picture's short side counts, so a wall of 3840 × 2160 at scale 1 shows the
 * same as one of 1920 × 1080.
 */
export class Sizes {
  preset = $state.raw<Preset>(kept());
  width = $state(innerWidth);
  height = $state(innerHeight);

  constructor() {
    addEventListener('resize', () => {
      this.width = innerWidth;
      this.height = innerHeight;
    });
  }

  /** CSS px of the picture per px at 1080. */
  get base(): number {
    return Math.min(this.width, this.height) / 1080;
  }

  /** As measured, else a screen as high as a 98-inch one. */
  get screen(): Screen {
    const usual = this.shape === 'high' ? USUAL.width * (9 / 16) : usualWidth(this.width, this.height);
    return { width: this.preset.width || Number(usual.toFixed(2)), distance: this.preset.distance };
  }

  get auto(): { k: number; enough: boolean } {
    return factor(this.screen, this.width / this.base);
  }

  get k(): number {
    return this.preset.k || this.auto.k;
  }

  /** Factor on everything drawn in px. */
  get unit(): number {
    return this.base * this.k;
  }

  /** The shape of the picture: a very wide one has room for a fourth column, a high one stacks. */
  get shape(): 'wide' | 'usual' | 'high' {
    return this.width / this.height > 2.1 ? 'wide' : this.width < this.height ? 'high' : 'usual';
  }

  set(p: Partial<Preset>): void {
    this.preset = { ...this.preset, ...p };
    try {
      localStorage.setItem('wall', JSON.stringify(this.preset));
    } catch {
      // it holds until the next start
    }
  }
}
