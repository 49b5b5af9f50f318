// Pages of rows: a wall never scrolls. When more rows are there than fit, they
// turn over page by page, and the page with the worst comes round most often.

/**
 * The screen's own time, looked at with each tick of the picture's clock: pages turn by it, also
 * while a past moment passes at another speed.
 */
export const pace = (_tick: number): number => Date.now();

/** Rows that fit into `height` px when each takes `row` px and `foot` is kept for the page line. */
export function rowsThatFit(height: number, row: number, foot: number, count: number): number {
  const all = Math.floor(height / row);
  if (count <= all) return Math.max(1, all);
  return Math.max(1, Math.floor((height - foot) / row));
}

/** How many pages there are; at least one. */
export function pageCount(count: number, fit: number): number {
  return Math.max(1, Math.ceil(count / Math.max(1, fit)));
}

/**
 * The rows of a page.
 * The first `keep` rows stay on every page: the worst are never away.
 */
export function pageOf<T>(rows: readonly T[], fit: number, page: number, keep = 0): T[] {
  if (rows.length <= fit) return [...rows];
  const kept = rows.slice(0, Math.min(keep, fit - 1));
  const rest = rows.slice(kept.length);
  const room = fit - kept.length;
  const at = ((page % pageCount(rest.length, room)) + pageCount(rest.length, room)) % pageCount(rest.length, room);
  return [...kept, ...rest.slice(at * room, at * room + room)];
}

/** How many pages the rows make when `keep` of them stay. */
export function pagesOf(count: number, fit: number, keep = 0): number {
  if (count <= fit) return 1;
  const kept = Math.min(keep, fit - 1);
  return pageCount(count - kept, fit - kept);
}
