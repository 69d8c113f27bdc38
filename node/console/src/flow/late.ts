// Which divisions' figures are not of now, by the tree that the console follows: off line, behind,
// or unknown because the way to them is cut.
import { tree } from "../live";
import type { DivisionRow } from "../shapes";

const CURRENT = new Set(["well", "behind", "warning", "clock", "full", "paused"]);

export const placeOf = (code: string): DivisionRow | undefined =>
  tree.value?.rows.find(({ division }) => division === code);

export const isLate = (row: DivisionRow): boolean =>
  row.division !== tree.value?.division && !CURRENT.has(row.state);

/** Up to when a division is known; undefined: it is current; null: it was never heard. */
export function lateSince(code: string): Date | null | undefined {
  const row = placeOf(code);
  if (row === undefined || !isLate(row)) {
    return undefined;
  }
  return row.as_of === null || row.said === null ? null : new Date(row.as_of);
}

/** Of a division and all below it, the one that is known for the shortest time. */
export function oldestLate(code: string): DivisionRow | null {
  const rows = tree.value?.rows ?? [];
  const from = rows.findIndex(({ division }) => division === code);
  let oldest: DivisionRow | null = null;
  for (let i = from; i >= 0 && i < rows.length && (i === from || rows[i].depth > rows[from].depth); i++) {
    const time = lateSince(rows[i].division);
    if (time === undefined) {
      continue;
    }
    const best = oldest === null ? undefined : lateSince(oldest.division);
    if (oldest === null || time === null || (best !== null && best !== undefined && time < best)) {
      oldest = rows[i];
    }
  }
  return oldest;
}
