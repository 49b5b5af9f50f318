import { expect, it } from 'vitest';
import type { Session } from '../api/types';
import { Packer } from '../api/pack';
import type { LiveApp } from '../session/app';
import { make } from '../testing/records';
import { PastApp } from './app';
import type { Scene } from './past';

it('shows a moment whole: whoever is told that it stands sees its records', () => {
  const session = { person: { id: 'p', name: '张三' }, agency: { id: 'a' }, role: 'dispatcher', realm: 'live' } as unknown as Session;
  const live = { live: { realm: 'live' }, settings: { stale: {} }, vocabulary: { events: [], capabilities: [], commands: [] } } as unknown as LiveApp;
  const past = new PastApp(live, session, () => {});
  const told: string[] = [];
  past.store.subscribe((dirty) => told.push([...dirty].join()));
  past.live.subscribe(() => told.push('moment'));
  const fixes = new Packer().pack({ t: 'positions', at: '', full: true, team: [], lon: [], lat: [], speed: [], heading: [], accuracy: [], fixed: [], stale: [], source: [] });
  past.show({ t: 1000, seq: 1, put: [make('incident', 'i1')], drop: [], tails: [], done: 0, end: false, fixes } as Scene);
  expect(told).toEqual(['incident', 'moment']);
  past.show({ t: 2000, seq: 2, put: [], drop: [{ kind: 'incident', id: 'i1' }], tails: [], done: 0, end: false, fixes } as Scene);
  expect(told).toEqual(['incident', 'moment', 'incident']);
  past.stop();
});
