// From when to when there are pictures.
import type { components } from '../api/types.gen';

export type Span = components['schemas']['ReplaySpan'];

/** The first moment that there is a picture of, ms: the server's times are finer. */
export const firstOf = (s: Span) => Date.parse(s.first.at) + 1;
