// The one worker of a console: it holds the socket, reads every frame and hands
// the main thread patches that are ready to be applied.
import { columns, Packer } from './pack';
import type { Order, Told } from './worker';

const packer = new Packer();
const tell = (said: Told, hand: Transferable[] = []) => postMessage(said, { transfer: hand });
let socket: WebSocket | undefined;

addEventListener('message', ({ data: order }: MessageEvent<Order>) => {
  switch (order.do) {
    case 'dial':
      dial(order.n, order.url);
      return;
    case 'send':
      if (socket?.readyState === WebSocket.OPEN) socket.send(order.text);
      return;
    case 'close':
      hangUp(order.code);
  }
});

function dial(n: number, url: string) {
  hangUp(1000);
  const wire = new WebSocket(url);
  wire.binaryType = 'arraybuffer';
  socket = wire;
  wire.onopen = () => tell({ n, open: true });
  wire.onclose = (e) => tell({ n, closed: e.code });
  wire.onmessage = (e) => {
    const patch = packer.read(e.data as string | ArrayBuffer);
    if (patch) tell({ n, patch }, patch.t === 'positions' ? columns(patch) : []);
  };
}

function hangUp(code: number) {
  if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
  socket?.close(code);
  socket = undefined;
}
