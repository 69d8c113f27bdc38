// The list of all divisions: the full equal of the tree, for a keyboard and a screen reader.
import { useState } from "preact/hooks";
import { status } from "../live";
import { count, rateText } from "../money";
import { AsOf } from "../parts/asof";
import { Badge } from "../parts/badge";
import { Amount } from "../parts/figure";
import { TreeGrid, type GridRow } from "../parts/treegrid";
import type { Lens } from "../parts/tree";
import { sameMoment } from "../router";
import type { ChainAnswer, ChainRow, TreeAnswer } from "../shapes";
import { minute } from "../time";
import { backlogText, isLate, knownUntil, since, type Branch } from "../tree_model";
import { t } from "../words";

function gridRows(branch: Branch, lens: Lens, closed: Set<string>, into: GridRow<Branch>[] = []): GridRow<Branch>[] {
  const isOpen = !closed.has(branch.row.division);
  into.push({ key: branch.row.division, level: branch.row.depth + 1, isOpen: branch.below.length > 0 ? isOpen : null, of: branch });
  if (isOpen) {
    [...branch.below].sort(lens.order).forEach((child) => gridRows(child, lens, closed, into));
  }
  return into;
}

export function DivisionList({ root, tree, chain, lens }: {
  root: Branch; tree: TreeAnswer; chain: ChainAnswer | null; lens: Lens;
}) {
  const [closed, setClosed] = useState<Set<string>>(new Set());
  const sums = new Map<string, ChainRow>();
  chain?.rows.filter(({ scope }) => scope === "own").forEach((row) => sums.set(row.division, row));
  const toggle = (code: string): void => {
    const changed = new Set(closed);
    if (!changed.delete(code)) {
      changed.add(code);
    }
    setClosed(changed);
  };
  return (
    <TreeGrid label={t("console.map.list")} rows={gridRows(root, lens, closed)} onToggle={toggle} hrefOf={({ of }) => sameMoment(`/map/${of.row.division}`)}
      columns={[
        { key: "name", title: t("console.column.division"), cell: ({ of: { row } }) => <a href={sameMoment(`/map/${row.division}`)} tabIndex={-1}>{row.name} <span class="ink3">{row.division}</span></a> },
        { key: "state", title: t("console.column.state"), cell: ({ of: { row } }) => <Badge state={row.state} /> },
        { key: "since", title: t("console.column.since"), cell: ({ of: { row } }) => row.since_s === 0 ? "" : minute(since(row, tree)) },
        { key: "known", title: t("console.column.known"), cell: ({ of: { row } }) => <AsOf time={knownUntil(row)} lsn={row.held_lsn} late={isLate(row)} /> },
        { key: "waits", title: t("console.column.waits"), number: true, cell: ({ of: { row } }) => backlogText(row, status.value) },
        { key: "received", title: t("console.chain.received"), number: true, cell: ({ of: { row } }) => <Amount of={sums.get(row.division)?.received} /> },
        { key: "rate", title: t("console.chain.rate"), number: true, cell: ({ of: { row } }) => { const sum = sums.get(row.division); return sum === undefined ? "—" : rateText(sum); } },
        { key: "below", title: t("console.column.below"), number: true, cell: ({ of }) => of.all === 0 ? "" : `${count(of.well)}/${count(of.all)}` },
      ]} />
  );
}
