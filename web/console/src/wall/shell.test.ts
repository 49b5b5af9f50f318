import { expect, test, vi } from 'vitest';
import type { Alarm, Incident, Note, Report, Seen, Task } from '../api/types';
import { latest } from './latest';
import { changedPage, toneOf } from './shell.svelte';
import { Sound } from './tone';

const change = (kind: string, put: object[] = []) => ({ seq: 1, at: '', wall: '', actor: { id: 'x', name: 'x', role: 'chief' }, kind, put }) as unknown as Seen;
const alarm = (tier: number, more: object = {}) => ({ kind: 'alarm', tier, ...more }) as Alarm;

test('a sound per kind of event, the most urgent of all in a change', () => {
  expect(toneOf(change('team.distress', [alarm(2), alarm(1)]))).toBe('siren');
  expect(toneOf(change('incident.open'))).toBe('incident');
  expect(toneOf(change('report.take'))).toBe('notice');
  expect(toneOf(change('incident.close'))).toBe('ended');
  expect(toneOf(change('task.advance'))).toBeUndefined();
  // Acknowledging it is silent.
  expect(toneOf(change('alarm.acknowledge', [alarm(1, { acked: { at: '' } })]))).toBeUndefined();
});

test('a wall takes a new version by itself, and stays where it cannot tell', async () => {
  const page = (src: string) => async () => `<script type="module" src="${src}"></script>`;
  expect(await changedPage('https://h/assets/wall-a.js', page('/assets/wall-a.js'))).toBe(false);
  expect(await changedPage('https://h/assets/wall-a.js', page('/assets/wall-b.js'))).toBe(true);
  expect(await changedPage('https://h/assets/wall-a.js', async () => 'gateway error')).toBe(false);
  expect(await changedPage('https://h/assets/wall-a.js', () => Promise.reject(new Error('cut')))).toBe(false);
});

test('no sound before it is allowed, and the screen is told when it is', async () => {
  const context = { state: 'suspended', currentTime: 0, destination: {}, onstatechange: () => {}, resume: async () => { context.state = 'running'; }, createOscillator: vi.fn(), createGain: vi.fn() };
  const changed = vi.fn();
  const s = new Sound(() => context as never, changed);
  s.play('siren');
  expect(s.on).toBe(false);
  await s.allow();
  await Promise.resolve();
  expect(s.on).toBe(true);
  expect(changed).toHaveBeenCalled();
  expect(new Sound(undefined, changed).on).toBe(false);
});

test('the latest of all, newest first, by the time it happened', () => {
  const at = (m: number) => ({ at: new Date(m * 60_000).toISOString() });
  const list = latest(
    [{ id: 'i', title: 'fire', stamps: { verified: at(1), active: at(5) } } as unknown as Incident],
    [{ id: 't', incident: 'i', team: 'x', stamps: { on_scene: { ...at(9), event: at(3).at } } } as unknown as Task],
    [{ id: 'n', incident: 'i', type: 'remark', text: 'smoke', stamp: at(4) } as unknown as Note],
    [{ id: 'r', channel: 'hotline', text: 'call', received: at(0) } as unknown as Report],
    4,
  );
  expect(list.map((e) => e.key)).toEqual(['i/i/active', 'n/n', 't/t/on_scene', 'i/i/verified']);
});
