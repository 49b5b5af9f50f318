import { describe, expect, it } from 'vitest';
import type { Kind } from '../api/types';
import { make } from '../testing/records';
import { Store } from './store';

function manual() {
  let flush: (() => void) | undefined;
  const store = new Store((f) => (flush = f));
  return { store, frame: () => { const f = flush; flush = undefined; f?.(); } };
}

describe('store', () => {
  it('keeps the last put and forgets drops', () => {
    const { store } = manual();
    store.apply([make('team', 'a', { crew: 3 }), make('team', 'b')]);
    store.apply([make('team', 'a', { crew: 5 })], [{ kind: 'team', id: 'b' }]);
    expect(store.get('team', 'a')?.crew).toBe(5);
    expect(store.all('team').map((t) => t.id)).toEqual(['a']);
  });

  it('a record that is dropped and put in one change stays', () => {
    const { store } = manual();
    store.apply([make('incident', 'i')], [{ kind: 'incident', id: 'i' }]);
    expect(store.get('incident', 'i')).toBeDefined();
  });

  it('tells its readers once a frame which kinds moved', () => {
    const { store, frame } = manual();
    const heard: Kind[][] = [];
    store.subscribe((dirty) => heard.push([...dirty].sort()));
    store.apply([make('team', 'a')]);
    store.apply([make('task', 'x')]);
    expect(heard).toEqual([]);
    frame();
    expect(heard).toEqual([['task', 'team']]);
    frame();
    expect(heard).toHaveLength(1);
  });

  it('a snapshot replaces all, and tells also of kinds that became empty', () => {
    const { store, frame } = manual();
    store.apply([make('alarm', 'x')]);
    frame();
    const heard: Kind[] = [];
    store.subscribe((dirty) => heard.push(...dirty));
    store.replace([make('team', 'a')]);
    frame();
    expect(store.count('alarm')).toBe(0);
    expect(heard.sort()).toEqual(['alarm', 'team']);
  });

  it('keeps records of a kind it does not know', () => {
    const { store } = manual();
    store.apply([{ ...make('team', 'z'), kind: 'drone' as 'team' }]);
    expect(store.get('drone' as 'team', 'z')).toBeDefined();
  });
});
