// What the money pages make of GET /money: who is below whom, which rows a table shows, what the
// picture is drawn from. Pure.
import { fen, isNil, rate, share } from "../money";
import type { FlowDivision } from "./flow";
import type { Chain, MoneyRow, Month, MonthsAnswer } from "./shapes";

const above0 = (amount: bigint): bigint => (amount > 0n ? amount : 0n);

export function flowDivisions(rows: MoneyRow[]): FlowDivision[] {
  const base = rows.length > 0 ? rows[0].level : 0;
  const arrived = new Map<string, bigint>();
  for (const { to, settled } of rows.flatMap(({ passed }) => passed)) {
    arrived.set(to, (arrived.get(to) ?? 0n) + fen(settled));
  }
  return rows.map(({ division, parent, level, own, sources, passed }) => ({
    code: division,
    parent,
    level: level - base,
    parts: {
      paid: above0(fen(own.paid)),
      released: above0(fen(own.released) - fen(own.paid)),
      pending: above0(fen(own.allocated) - fen(own.released)),
      unallocated: above0(fen(own.unallocated)),
    },
    sources: [
      { key: "transferred", amount: above0(fen(sources.transferred) - (arrived.get(division) ?? 0n)) },
      { key: "approved", amount: above0(fen(sources.approved) + fen(sources.advanced)) },
      { key: "carried", amount: above0(fen(sources.carried) + fen(sources.recovered)) },
    ],
    passed: passed.map(({ to, settled, in_transit }) => ({ to, settled: fen(settled), transit: fen(in_transit) })),
  }));
}

export interface Node { row: MoneyRow; below: Node[]; depth: number }

export const chainOf = ({ row }: Node): Chain => row.subtree ?? row.own;

/** Did anything happen there? */
export const isIdle = (chain: Chain): boolean =>
  [chain.received, chain.allocated, chain.passed_down, chain.released, chain.paid].every(isNil);

/** The tree, largest first. Null of no rows. */
export function treeOf(rows: MoneyRow[]): Node | null {
  const nodes = new Map<string, Node>(rows.map((row) => [row.division, { row, below: [], depth: 0 }]));
  for (const node of nodes.values()) {
    const parent = node.row.parent === null ? undefined : nodes.get(node.row.parent);
    if (parent !== undefined) {
      parent.below.push(node);
      node.depth = parent.depth + 1; // rows come depth first
    }
  }
  for (const node of nodes.values()) {
    node.below.sort((a, b) => {
      const [left, right] = [fen(chainOf(a).received), fen(chainOf(b).received)];
      return left === right ? (a.row.division < b.row.division ? -1 : 1) : left > right ? -1 : 1;
    });
  }
  return rows.length === 0 ? null : nodes.get(rows[0].division) ?? null;
}

export type Shown =
  | { kind: "division"; node: Node; isOpen: boolean; opens: boolean }
  | { kind: "own"; node: Node; isOpen: boolean }
  | { kind: "idle"; above: Node; nodes: Node[]; isOpen: boolean };

/** The rows of the table, in order. Who has nothing this year is folded into one row a parent. */
export function shownRows(root: Node, open: Set<string>): Shown[] {
  const shown: Shown[] = [];
  const visit = (node: Node): void => {
    const isOpen = open.has(node.row.division);
    shown.push({ kind: "division", node, isOpen, opens: true });
    if (!isOpen || node.below.length === 0) {
      return;
    }
    shown.push({ kind: "own", node, isOpen: open.has(`${node.row.division}=`) });
    node.below.filter((child) => !isIdle(chainOf(child))).forEach(visit);
    const idle = node.below.filter((child) => isIdle(chainOf(child)));
    if (idle.length > 0) {
      const key = `${node.row.division}-`;
      shown.push({ kind: "idle", above: node, nodes: idle, isOpen: open.has(key) });
      if (open.has(key)) {
        idle.forEach(visit);
      }
    }
  };
  visit(root);
  return shown;
}

/** Open from the start: the root, and what is below as far as it stays short. */
export function openFirst(root: Node, rowsMax = 24): Set<string> {
  const open = new Set([root.row.division]);
  let rows = 2 + root.below.filter((child) => !isIdle(chainOf(child))).length;
  for (const child of root.below) {
    const more = child.below.filter((one) => !isIdle(chainOf(one))).length;
    if (more > 0 && rows + more + 1 <= rowsMax) {
      open.add(child.row.division);
      rows += more + 1;
    }
  }
  return open;
}

/** From the root of `rows` to `code`. */
export function wayTo(rows: { division: string; parent: string | null }[], code: string): string[] {
  const parentOf = new Map(rows.map(({ division, parent }) => [division, parent]));
  const way: string[] = [];
  for (let at: string | null | undefined = code; at !== null && at !== undefined && parentOf.has(at) && !way.includes(at);) {
    way.unshift(at);
    at = parentOf.get(at);
  }
  return way;
}

/* --- months --- */

export interface Progress { month: number; rate: string | null; paid: bigint; released: bigint }

/** From the first month on, added up. */
export function progress(months: Month[]): Progress[] {
  let [paid, released] = [0n, 0n];
  return months.map((month) => {
    paid += fen(month.paid);
    released += fen(month.released);
    return { month: month.month, paid, released, rate: rate(paid, released) };
  });
}

export interface Years { year: number; now: Progress[]; before: Progress[] }

/** The year and the one before; of this year only the months that have begun. */
export function bothYears(answer: MonthsAnswer, now: Date): Years {
  const [former, current] = answer.years;
  const begun = now.getFullYear() > current.year ? 12 : now.getFullYear() < current.year ? 0 : now.getMonth() + 1;
  const moved = current.months.reduce((last, { month, paid, released }) =>
    (isNil(paid) && isNil(released) ? last : month), 0);
  return {
    year: current.year,
    now: progress(current.months).slice(0, Math.max(begun, moved)),
    before: progress(former.months),
  };
}

/** 3.44 for 82.54 against 79.10: hundredths of a percentage point, as a text. */
export function points(now: string | null, before: string | null): bigint | null {
  return now === null || before === null ? null : fen(now) - fen(before);
}

/* --- heat --- */

export interface Heat { row: MoneyRow; rate: string | null; share: number; overdue: number }

/** Divisions without any below: what is overdue first, then the slowest; without a rate last. */
export function heatOf(rows: MoneyRow[]): Heat[] {
  const overdue = new Map<string, number>();
  for (const passed of rows.flatMap((row) => row.passed)) {
    overdue.set(passed.to, (overdue.get(passed.to) ?? 0) + passed.overdue);
  }
  return rows.filter(({ subtree, own }) => subtree === undefined && !isIdle(own))
    .map((row) => ({
      row,
      rate: rate(row.own.paid, row.own.released),
      share: share(fen(row.own.paid), fen(row.own.released)),
      overdue: overdue.get(row.division) ?? 0,
    }))
    .sort((a, b) => b.overdue - a.overdue || (a.rate === null ? 1 : 0) - (b.rate === null ? 1 : 0) || a.share - b.share ||
      (a.row.division < b.row.division ? -1 : 1));
}
