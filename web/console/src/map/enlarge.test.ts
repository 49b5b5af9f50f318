import { expect, test } from 'vitest';
import { times } from './enlarge';

test('results grow, zooms and conditions stay', () => {
  expect(times(12, 2)).toBe(24);
  expect(times(['interpolate', ['linear'], ['zoom'], 8, 10, 14, ['case', ['has', 'big'], 20, 15]], 2)).toEqual(['interpolate', ['linear'], ['zoom'], 8, 20, 14, ['case', ['has', 'big'], 40, 30]]);
  expect(times(['step', ['zoom'], 1, 10, 2], 3)).toEqual(['step', ['zoom'], 3, 10, 6]);
  expect(times(['match', ['get', 'grade'], 1, 20, 2, 18, 12], 2)).toEqual(['match', ['get', 'grade'], 1, 40, 2, 36, 24]);
  expect(times(['case', ['has', 'a'], 1, ['has', 'b'], 2, 3], 2)).toEqual(['case', ['has', 'a'], 2, ['has', 'b'], 4, 6]);
  expect(times(['get', 'size'], 2)).toEqual(['*', 2, ['get', 'size']]);
});
