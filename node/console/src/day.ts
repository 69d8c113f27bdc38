// The last 24 hours of each division, as the node has them: in slots of five minutes.
export interface DayRow { division: string; entries: (number | null)[]; lag_ms: (number | null)[] }
export interface DayAnswer { slot_s: number; end: string; rows: DayRow[] }

/** Fewer points, for a small picture: of each few slots the largest; null where none was heard. */
export function coarse(values: (number | null)[], points: number): (number | null)[] {
  const size = Math.ceil(values.length / points);
  const result: (number | null)[] = [];
  for (let i = 0; i < values.length; i += size) {
    const heard = values.slice(i, i + size).filter((value): value is number => value !== null);
    result.push(heard.length === 0 ? null : Math.max(...heard));
  }
  return result;
}

/** What this node has seen since it started: before that nothing is known, which is no gap. */
export function sinceStart(values: (number | null)[]): (number | null)[] {
  const first = values.findIndex((value) => value !== null);
  return first < 0 ? [] : values.slice(first);
}

export const total = (values: (number | null)[]): number => values.reduce<number>((sum, value) => sum + (value ?? 0), 0);

/** All rows added up, slot by slot. */
export function together(rows: (number | null)[][]): (number | null)[] {
  return rows[0] === undefined ? [] : rows[0].map((_, i) => {
    const heard = rows.map((row) => row[i]).filter((value): value is number => value !== null);
    return heard.length === 0 ? null : heard.reduce((sum, value) => sum + value, 0);
  });
}
