// The worker of replay: it reads, keeps and folds the past, so that the main
// thread gets only what differs.
import { problemIn } from '../api/http';
import type { Answer, Order } from './orders';
import { handed, Past, server } from './past';

let past: Past | undefined;
const tell = (said: Answer, hand: Transferable[] = []) => postMessage(said, { transfer: hand });

addEventListener('message', ({ data: order }: MessageEvent<Order>) => {
  void carryOut(order).catch((e: unknown) => tell({ n: order.n, problem: problemIn(e) }));
});

async function carryOut(o: Order) {
  if (o.do === 'open') past = new Past(server, o, (listed) => tell({ n: 0, listed }));
  if (!past) return;
  switch (o.do) {
    case 'open':
      return tell({ n: o.n, span: await past.span() });
    case 'ticks':
      return tell({ n: o.n, ticks: await past.ticks(o.commands, o.from, o.to) });
  }
  const scene = o.do === 'to' ? await past.to(o.t, o.rate) : o.do === 'after' ? await past.after(o, o.rate) : await past.step(o.by, o.rate);
  tell({ n: o.n, ...(scene && { scene }) }, scene && handed(scene));
}
