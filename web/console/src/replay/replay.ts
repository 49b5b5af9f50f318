// The door to replay: everything behind it is loaded when it is first opened.
import type { Snippet } from 'svelte';
import type { App, LiveApp } from '../session/app';

export { default as Replay } from './Replay.svelte';

export interface Replaying {
  app: LiveApp;
  entry: { at: number; incident?: string; as?: string };
  screen: Snippet<[App, boolean]>;
  leave: () => void;
  wall: boolean;
}
