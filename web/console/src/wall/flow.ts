// Who helps whom: teams flow from their agency to the incident they are on.

import { sankey, sankeyLinkHorizontal } from 'd3-sankey';
import type { Agency, Loan } from '../api/types';
import { onIt, type Picture } from './model';

export interface Flow {
  from: { id: string; name: string; count: number }[];
  to: { id: string; name: string; count: number; grade: number }[];
  links: { from: string; to: string; count: number }[];
}

/** The id of the line that gathers what does not fit. */
export const OTHERS = '…';

/** Counts open tasks per agency and incident; at most `most` lines a side, the rest gathered in one. */
export function flowOf(p: Picture, most: number, others: string): Flow {
  const agency = new Map(p.agencies.map((a) => [a.id, a]));
  const incident = new Map(p.incidents.map((i) => [i.id, i]));
  const team = new Map(p.teams.map((t) => [t.id, t]));
  const pairs: [string, string][] = [];
  for (const t of p.tasks) {
    const owner = t.agency || team.get(t.team)?.scope.agency;
    if (onIt(t) && owner && incident.has(t.incident)) pairs.push([owner, t.incident]);
  }
  const left = largest(pairs.map((x) => x[0]), most);
  const right = largest(pairs.map((x) => x[1]), most);
  const links = new Map<string, { from: string; to: string; count: number }>();
  for (const [a, b] of pairs) {
    const from = left.has(a) ? a : OTHERS;
    const to = right.has(b) ? b : OTHERS;
    const link = links.get(`${from} ${to}`) ?? { from, to, count: 0 };
    link.count++;
    links.set(`${from} ${to}`, link);
  }
  const all = [...links.values()];
  const count = (side: 'from' | 'to', id: string) => all.reduce((n, l) => n + (l[side] === id ? l.count : 0), 0);
  const ids = (side: 'from' | 'to') => [...new Set(all.map((l) => l[side]))];
  const last = (a: string, b: string) => Number(a === OTHERS) - Number(b === OTHERS);
  const from = ids('from').sort((a, b) => last(a, b) || count('from', b) - count('from', a) || (a < b ? -1 : 1));
  // Each incident stands beside those who help it, so that few lines cross.
  const middle = (id: string) => all.reduce((n, l) => n + (l.to === id ? l.count * from.indexOf(l.from) : 0), 0) / count('to', id);
  const to = ids('to').sort((a, b) => last(a, b) || middle(a) - middle(b) || count('to', b) - count('to', a) || (a < b ? -1 : 1));
  return {
    from: from.map((id) => ({ id, name: id === OTHERS ? others : shortName(agency.get(id)) || id, count: count('from', id) })),
    to: to.map((id) => ({ id, name: id === OTHERS ? others : incident.get(id)?.title || id, count: count('to', id), grade: incident.get(id)?.grade ?? 0 })),
    links: all,
  };
}

export function shortName(a: Agency | undefined): string {
  return a ? a.short || a.name : '';
}

/** The ids to show by themselves: all when they fit, else the `most - 1` most frequent. */
function largest(ids: string[], most: number): Set<string> {
  const n = new Map<string, number>();
  for (const id of ids) n.set(id, (n.get(id) ?? 0) + 1);
  const order = [...n].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map((x) => x[0]);
  return new Set(order.length <= most ? order : order.slice(0, most - 1));
}

/** Who lends to whom now, the most first: how much is promised, on the way, at work, on its way back. */
export function lending(loans: readonly Loan[], most: number) {
  const out = new Map<string, { owner: string; receiver: string; counts: [number, number, number, number]; n: number }>();
  for (const l of loans) {
    const at = { committed: 0, mobilising: 0, in_transit: 1, on_loan: 2, releasing: 3, returned: -1, cancelled: -1 }[l.state];
    if (at < 0) continue;
    const key = `${l.owner} ${l.receiver}`;
    const pair = out.get(key) ?? { owner: l.owner, receiver: l.receiver, counts: [0, 0, 0, 0], n: 0 };
    pair.counts[at]!++;
    pair.n++;
    out.set(key, pair);
  }
  return [...out.values()].sort((a, b) => b.n - a.n || (a.owner < b.owner ? -1 : 1)).slice(0, most);
}

export interface Drawn {
  nodes: { id: string; side: 'from' | 'to'; name: string; count: number; grade: number; x: number; y: number; width: number; height: number }[];
  links: { path: string; width: number; count: number; grade: number; id: string }[];
}

/**
 * Lays the flow out in a box, px. Labels stand outside of the bars: `margin` px
 * are kept for them on each side; they are at most `gap` px high.
 */
export function draw(flow: Flow, width: number, height: number, margin: number, gap: number): Drawn {
  if (!flow.links.length || width <= 2 * margin + 40 || height < 40) return { nodes: [], links: [] };
  type N = Drawn['nodes'][number] & { key: string };
  const nodes: N[] = [
    ...flow.from.map((f): N => ({ key: `from ${f.id}`, id: f.id, side: 'from', name: f.name, count: f.count, grade: 0, x: 0, y: 0, width: 0, height: 0 })),
    ...flow.to.map((f): N => ({ key: `to ${f.id}`, id: f.id, side: 'to', name: f.name, count: f.count, grade: f.grade, x: 0, y: 0, width: 0, height: 0 })),
  ];
  const graph = sankey<N, object>()
    .nodeId((n) => n.key)
    .nodeWidth(8)
    .nodePadding(gap)
    // Keep our own order: the largest on top, the gathered line last.
    .nodeSort(null)
    .extent([[margin, gap / 2], [width - margin, height - gap / 2]])({
      nodes,
      links: flow.links.map((l) => ({ source: `from ${l.from}`, target: `to ${l.to}`, value: l.count })),
    });
  const path = sankeyLinkHorizontal<N, object>();
  return {
    nodes: graph.nodes.map((n) => ({ ...n, x: n.x0!, y: n.y0!, width: n.x1! - n.x0!, height: n.y1! - n.y0! })),
    links: graph.links.map((l) => {
      const to = l.target as N;
      return { path: path(l) ?? '', width: Math.max(1, l.width ?? 1), count: l.value, grade: to.grade, id: `${(l.source as N).key} ${to.key}` };
    }),
  };
}

