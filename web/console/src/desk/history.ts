// What the journal tells of the fences of an incident, from the beginning and on.
import { journal } from '../api/reads';
import type { Seen } from '../api/types';
import type { Feed } from '../store/live';

const about = (c: Seen) => c.put?.some((r) => r.kind === 'fence' || r.kind === 'stay') || c.drop?.some((d) => d.kind === 'stay');

/** Tells the changes in their order, again whenever one is added; returns how to stop. */
export function followFences(live: Pick<Feed, 'onChange' | 'subscribe' | 'phase'>, incident: string, told: (changes: Seen[]) => void, read: typeof journal = journal): () => void {
  const known = new Map<number, Seen>();
  let last = 0;
  let over = false;
  let was = live.phase;

  function take(changes: readonly Seen[]) {
    const fresh = changes.filter((c) => about(c) && !known.has(c.seq));
    for (const c of fresh) known.set(c.seq, c);
    if (fresh.length && !over) told([...known.values()].sort((a, b) => a.seq - b.seq));
  }

  async function catchUp() {
    try {
      for (let more = true; more && !over; ) {
        const page = await read(incident, last ? String(last) : '', 1000);
        take(page.changes ?? []);
        last = Number(page.next ?? last);
        more = !!page.more;
      }
    } catch {
      // The records themselves are there; the next change of the link asks again.
    }
  }

  void catchUp();
  const offs = [
    live.onChange((c) => take([c])),
    // What came while the link was cut came in a snapshot, not as changes.
    live.subscribe(() => {
      if (live.phase === 'live' && was !== 'live') void catchUp();
      was = live.phase;
    }),
  ];
  return () => {
    over = true;
    for (const off of offs) off();
  };
}
