import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { closeCodes, Socket, type Wire } from './socket';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function dialled(random: number) {
  const wires: Wire[] = [];
  const socket = new Socket({
    dial: () => {
      const w: Wire = { onopen: null, onmessage: null, onclose: null, readyState: 1, send: () => undefined, close: () => undefined };
      wires.push(w);
      return w;
    },
    cursor: () => ({ seq: 7, epoch: 'e' }), read: () => undefined, frame: () => undefined, opened: () => undefined, closed: () => undefined,
    random: () => random,
  });
  socket.start();
  return { socket, wires };
}

test.each([[0, 200], [0.5, 1600], [1, 3000]])('a server that stops spreads its consoles: random %d waits %d ms', (random, wait) => {
  const { socket, wires } = dialled(random);
  wires[0]!.onclose?.({ code: closeCodes.goingAway });
  vi.advanceTimersByTime(wait - 1);
  expect(wires).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(wires).toHaveLength(2);
  socket.stop();
});

test('a cut is no word of the server: the first retry comes within half a second', () => {
  const { socket, wires } = dialled(1);
  wires[0]!.onclose?.({ code: 1006 });
  vi.advanceTimersByTime(499);
  expect(wires).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(wires).toHaveLength(2);
  socket.stop();
});
