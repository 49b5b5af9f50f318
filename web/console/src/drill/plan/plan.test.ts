import { describe, expect, it } from 'vitest';
import type { Inject } from '../../api/drill';
import type { App } from '../../session/app';
import { Planning } from './plan.svelte';

/** A server that answers when it is told to; what it was given, in order. */
function desk() {
  const given: string[] = [];
  const answers: ((done: unknown) => void)[] = [];
  let offset = 0;
  const line = () => ({ kind: 'inject', id: 'i1', version: 1, number: '001', type: 'information', method: 'phone', text: 'x', trigger: { type: 'timed', offset } }) as unknown as Inject;
  const app = {
    store: { get: () => line() },
    watch: { all: () => [line()], get: () => line() },
    run: (name: string, body: { trigger?: { offset: number } }) => {
      given.push(`${name} ${body.trigger?.offset ?? ''}`.trim());
      return new Promise((done) => answers.push((d) => {
        if (d && body.trigger) offset = body.trigger.offset;
        done(d);
      }));
    },
  } as unknown as App;
  const plan = new Planning(app);
  const move = (to: number) => plan.save({ inject: 'i1', type: 'information', method: 'phone', text: 'x', trigger: { type: 'timed', offset: to } } as never);
  const answer = async (done: unknown = { seq: 1 }) => {
    answers.shift()!(done);
    for (let n = 0; n < 20; n++) await Promise.resolve();
  };
  return { plan, given, move, answer };
}

describe('what is taken back', () => {
  it('is the change given last, also before its answer', async () => {
    const { plan, given, move, answer } = desk();
    void move(300);
    await answer();
    void move(600);
    expect(plan.undos).toBe(2);
    void plan.undo();
    await Promise.resolve();
    expect(given).toEqual(['inject.save 300', 'inject.save 600']); // not the one before
    await answer();
    expect(given.at(-1)).toBe('inject.save 300');
    await answer();
    expect(plan.undos).toBe(1);
  });

  it('is nothing where that is refused', async () => {
    const { plan, given, move, answer } = desk();
    void move(300);
    await answer();
    void move(600);
    void plan.undo();
    await answer(null);
    expect(given).toEqual(['inject.save 300', 'inject.save 600']);
    expect(plan.undos).toBe(1);
    void plan.undo();
    expect(given.at(-1)).toBe('inject.save 0');
  });
});
