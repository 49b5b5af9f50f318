import type { Stamp } from '../api/types';

/** When it happened, unix ms: the event time where one was told, else when the server heard of it. */
export const when = (s: Stamp | undefined): number => (s ? Date.parse(s.event ?? s.at) : NaN);
