// A link that can be cut, in a page whose clock is moved on by hand.

/** A link that can go silent as real ones do: frames are lost, new dials fail, nobody says why. */
export async function breakable(page, context) {
  const link = { cut: false };
  // A socket in a worker cannot be cut from here: without that worker the
  // console dials from the page, by the same code from the wire on.
  await context.addInitScript(() => {
    const Real = window.Worker;
    window.Worker = class extends Real {
      constructor(url, options) {
        if (String(url).includes('wire.worker')) throw new Error('no worker for the socket in this test');
        super(url, options);
      }
    };
  });
  await page.clock.install();
  await page.routeWebSocket(/\/api\/v1\/socket/, (ws) => {
    if (link.cut) return ws.close({ code: 1011 });
    const server = ws.connectToServer();
    ws.onMessage((m) => link.cut || server.send(m));
    server.onMessage((m) => link.cut || ws.send(m));
  });
  link.set = async (cut) => {
    link.cut = cut;
    await context.setOffline(cut);
  };
  return link;
}
