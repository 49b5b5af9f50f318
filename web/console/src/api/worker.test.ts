import { expect, it, vi } from 'vitest';
import { Positions } from '../store/positions';
import { columns, Packer } from './pack';
import type { Wire } from './socket';
import type { PositionsFrame } from './types';
import { Dialer, type Hand, type Order } from './worker';

const frame = (...fixes: [team: string, lon: number, fixed: number][]): PositionsFrame => ({
  t: 'positions', at: '', full: false, team: fixes.map((f) => f[0]), lon: fixes.map((f) => f[1]), fixed: fixes.map((f) => f[2]), lat: fixes.map(() => 34),
  speed: fixes.map(() => null), heading: fixes.map(() => 90), accuracy: fixes.map(() => 5), stale: fixes.map(() => 30), source: fixes.map(() => 'phone'),
});

it('names a team once and then counts it, and the picture is the same as from the frames', () => {
  const packer = new Packer();
  const frames = [frame(['a', 113, 1000], ['b', 114, 1000]), frame(['b', 114.1, 2000], ['c', 115, 2000]), frame(['a', 113.2, 500])];
  const packed = frames.map((f) => packer.pack(f));
  expect(packed.map((p) => p.names)).toEqual([['a', 'b'], ['c'], []]);
  expect([...packed[1]!.team]).toEqual([1, 2]);
  const [here, there] = [new Positions(), new Positions()];
  // As they arrive from the worker: handed over, so the sender's columns are empty.
  for (const p of packed) here.take(structuredClone(p, { transfer: columns(p) }));
  for (const f of frames) there.take(f);
  expect(packed[0]!.lon).toHaveLength(0);
  expect(here.all()).toEqual(there.all());
  expect(here.get('a')).toMatchObject({ lon: 113, speed: null, heading: 90, source: 'phone' });
});

it('reads the binary frames of each connection by the names it was told there', () => {
  const record = (team: number, lon: number, fixed: number, speed = 0xffff) => {
    const b = new ArrayBuffer(24);
    new Int32Array(b).set([team, lon * 1e7, 34e7, fixed]);
    new Uint16Array(b).set([speed, 9000, 5, 1], 8);
    return [...new Uint8Array(b)];
  };
  const binary = (...records: number[][]) => {
    const head = JSON.stringify({ t: 'positions', at: 'T', full: false, base: 1_700_000_000_000, source: ['', 'phone'], stale: [60, 30] });
    const text = new TextEncoder().encode(head.padEnd(head.length + ((4 - (head.length % 4)) % 4)));
    return Uint8Array.from([...new Uint8Array(Uint32Array.of(text.length).buffer), ...text, ...records.flat()]).buffer;
  };
  const [packer, seen] = [new Packer(), new Positions()];
  const hear = (data: string | ArrayBuffer) => {
    const patch = packer.read(data);
    if (patch?.t === 'positions') seen.take(patch);
  };
  hear('{"t":"hello"}');
  hear('{"t":"teams","number":[7,2],"team":["a","b"]}');
  hear(binary(record(2, 114, -100), record(7, 113, 5, 1250)));
  expect(seen.get('a')).toMatchObject({ lon: 113, lat: 34, speed: 12.5, heading: 90, accuracy: 5, fixed: 1_700_000_000_050, stale: 30, source: 'phone' });
  expect(seen.get('b')).toMatchObject({ lon: 114, speed: null, fixed: 1_699_999_999_000 });
  hear('{"t":"hello"}'); // another server numbers otherwise
  expect(() => hear(binary(record(2, 115, 9)))).toThrow('not named');
  hear('{"t":"teams","number":[2],"team":["a"]}');
  hear(binary(record(2, 115, 9)));
  expect([seen.get('a')?.lon, seen.get('b')?.lon]).toEqual([115, 114]);
});

class FakeHand implements Hand {
  onmessage: Hand['onmessage'] = null;
  onerror: Hand['onerror'] = null;
  orders: Order[] = [];
  postMessage(o: Order) { this.orders.push(o); }
  terminate = vi.fn();
  say(data: object) { this.onmessage?.({ data } as MessageEvent); }
}

it('hears only the newest dial', () => {
  const hand = new FakeHand();
  const d = new Dialer({ hire: () => hand });
  const heard: unknown[] = [];
  const first = d.dial(1, 'e');
  const second = d.dial(7, 'e');
  first.onmessage = () => heard.push('first');
  second.onmessage = (e) => heard.push(e.data);
  second.onopen = () => heard.push('open');
  second.onclose = (e) => heard.push(e.code);
  hand.say({ n: 1, patch: {} });
  hand.say({ n: 2, open: true });
  second.send('{"t":"open"}');
  hand.say({ n: 2, patch: { t: 'beat' } });
  hand.say({ n: 2, closed: 4001 });
  expect(heard).toEqual(['open', { t: 'beat' }, 4001]);
  expect(hand.orders.map((o) => o.do)).toEqual(['dial', 'dial', 'send']);
});

it('dials by itself where the worker cannot be had', () => {
  const direct = vi.fn(() => ({}) as Wire);
  new Dialer({ hire: () => { throw new Error('no workers here'); }, direct }).dial(1, 'e');
  expect(direct).toHaveBeenCalledTimes(1);
  // Its script is gone: the dial ends as a cut, and the next one is direct.
  const hand = new FakeHand();
  const d = new Dialer({ hire: () => hand, direct });
  const codes: number[] = [];
  d.dial(1, 'e').onclose = (e) => codes.push(e.code);
  hand.onerror?.({} as ErrorEvent);
  d.dial(1, 'e');
  expect([codes, direct.mock.calls.length]).toEqual([[1006], 2]);
});
