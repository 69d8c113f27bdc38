// A table of a tree: right opens a row, left closes it or goes to the one above, Enter opens its page.
// Of more than 200 rows those in sight are drawn, as in table.tsx.
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { go } from "../router";
import { ROW_PX, useWindow } from "./row_window";

export interface GridRow<T> { key: string; level: number; isOpen: boolean | null; of: T }

export interface GridColumn<T> {
  key: string;
  title: ComponentChildren;
  number?: boolean;
  cell: (row: GridRow<T>) => ComponentChildren;
}

export function TreeGrid<T>({ label, rows, columns, onToggle, hrefOf }: {
  label: string; rows: GridRow<T>[]; columns: GridColumn<T>[];
  onToggle: (key: string) => void; hrefOf: (row: GridRow<T>) => string;
}) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [at, setAt] = useState("");
  const [from, to] = useWindow(rows.length, body);
  const current = rows.some(({ key }) => key === at) ? at : rows[0]?.key;

  const move = (index: number): void => {
    if (index >= 0 && index < rows.length) {
      setAt(rows[index].key);
      body.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus();
    }
  };
  const above = (index: number): number => {
    let i = index - 1;
    while (i >= 0 && rows[i].level >= rows[index].level) { i--; }
    return i;
  };
  const onKey = (event: KeyboardEvent, row: GridRow<T>, index: number): void => {
    const act: Record<string, () => void> = {
      ArrowDown: () => move(index + 1), ArrowUp: () => move(index - 1),
      Home: () => move(0), End: () => move(rows.length - 1), Enter: () => go(hrefOf(row)),
      ArrowRight: () => { if (row.isOpen === false) { onToggle(row.key); } else if (row.isOpen === true) { move(index + 1); } },
      ArrowLeft: () => { if (row.isOpen === true) { onToggle(row.key); } else { move(above(index)); } },
    };
    if (act[event.key] !== undefined) {
      event.preventDefault();
      act[event.key]();
    }
  };
  const spacer = (height: number) => height <= 0 ? null
    : <tr role="presentation"><td role="presentation" colSpan={columns.length} style={{ height: `${height}px`, padding: 0 }} /></tr>;
  return (
    <div class="table-frame scrolls">
      <table role="treegrid" aria-label={label} aria-rowcount={rows.length + 1}>
        <thead><tr role="row">{columns.map(({ key, title, number }) => <th key={key} role="columnheader" scope="col" class={number ? "num" : ""}>{title}</th>)}</tr></thead>
        <tbody ref={body}>
          {spacer(from * ROW_PX)}
          {rows.slice(from, to).map((row, i) => (
            <tr key={row.key} role="row" data-index={from + i} aria-rowindex={from + i + 2} aria-level={row.level}
              aria-expanded={row.isOpen ?? undefined} tabIndex={row.key === current ? 0 : -1} class="opens"
              onKeyDown={(event) => onKey(event, row, from + i)} onFocus={() => setAt(row.key)}
              onClick={(event) => { if ((event.target as Element).closest("a,button") === null) { go(hrefOf(row)); } }}>
              {columns.map(({ key, number, cell }, c) => (
                <td key={key} role="gridcell" class={`${number ? "num" : ""} ${c === 0 ? `fixed indent-${Math.min(row.level - 1, 3)}` : ""}`}>
                  {c === 0 ? <Twist row={row} onToggle={onToggle} /> : null}{cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {spacer((rows.length - to) * ROW_PX)}
        </tbody>
      </table>
    </div>
  );
}

/** For the mouse alone: the keyboard has the arrows. */
function Twist<T>({ row, onToggle }: { row: GridRow<T>; onToggle: (key: string) => void }) {
  return row.isOpen === null ? <span class="twist" /> : (
    <span class="twist" aria-hidden="true" onClick={(event) => { event.stopPropagation(); onToggle(row.key); }}>
      <svg viewBox="0 0 14 14" width="14" height="14" fill="none" stroke="currentColor" stroke-width="1.600">
        <path d={row.isOpen ? "M3 5l4 4 4-4" : "M5 3l4 4-4 4"} /></svg>
    </span>
  );
}
