/** Where each thing of a lineage stands in its drawing: what something was made from is left of it. */

export interface Placed {
  id: string;
  column: number;
  row: number;
}

interface Link {
  from: string;
  to: string;
}

/** The column of each: one more than the greatest of what it was made from; a circle, which cannot be, ends the count. */
function columns(ids: readonly string[], edges: readonly Link[]): Map<string, number> {
  const depth = new Map(ids.map((id) => [id, 0]));
  for (let round = 0; round < ids.length; round += 1) {
    let moved = false;
    for (const { from, to } of edges) {
      const wanted = (depth.get(from) ?? 0) + 1;
      if (depth.has(from) && depth.has(to) && (depth.get(to) ?? 0) < wanted && wanted < ids.length) {
        depth.set(to, wanted);
        moved = true;
      }
    }
    if (!moved) break;
  }
  // What nothing leads to stands right before what was made from it, not at the far left.
  for (const id of ids) {
    const next = edges.filter(({ from }) => from === id).map(({ to }) => depth.get(to) ?? 0);
    if (!edges.some(({ to }) => to === id) && next.length > 0) depth.set(id, Math.max(0, Math.min(...next) - 1));
  }
  return depth;
}

/** The places of all nodes; rows are ordered by where that which they lead to stands. */
export function placed(ids: readonly string[], edges: readonly Link[]): Placed[] {
  const depth = columns(ids, edges);
  const last = Math.max(0, ...depth.values());
  const rows = new Map<string, number>();
  for (let column = last; column >= 0; column -= 1) {
    const here = ids.filter((id) => depth.get(id) === column);
    const near = (id: string): number => {
      const next = edges.filter(({ from }) => from === id).flatMap(({ to }) => rows.get(to) ?? []);
      return next.length > 0 ? next.reduce((sum, row) => sum + row, 0) / next.length : Number.POSITIVE_INFINITY;
    };
    const order = here.map((id, at) => ({ id, at, near: near(id) })).sort((one, other) => one.near - other.near || one.at - other.at);
    order.forEach(({ id }, row) => rows.set(id, row));
  }
  return ids.map((id) => ({ id, column: depth.get(id) ?? 0, row: rows.get(id) ?? 0 }));
}
