// A table: a real one. Arrows move between its rows, Enter opens one, Space selects. Of more than
// 200 rows only those in sight are drawn; a screen reader is told how many there are. On a phone each
// row of a list stands as a few lines, its heads before its values; a board keeps its columns, and its
// first one in sight.
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { go } from "../router";
import { t } from "../words";
import { ALL_DRAWN_MAX, ROW_PX, useWindow } from "./row_window";

export interface Column<T> {
  key: string;
  title: ComponentChildren;
  number?: boolean; // right-aligned, tabular
  cell: (row: T, index: number) => ComponentChildren;
  order?: (a: T, b: T) => number; // then its head sorts
  total?: ComponentChildren;
  class?: string;
}

export interface TableProps<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  keyOf: (row: T) => string;
  hrefOf?: (row: T) => string | null; // what Enter and a click open
  onOpen?: (row: T) => void;
  selection?: { chosen: Set<string>; onChange: (chosen: Set<string>) => void };
  look?: (row: T) => string; // a class for the row
  empty: string;
  isRead?: boolean; // false: no answer yet, so that nothing is there cannot be said
  foot?: ComponentChildren; // below the rows, as wide as the table
  isBoard?: boolean; // its columns are compared: they stay columns on a phone
}

/** On a phone: what names a row stands first, an amount beside it; these say what they are themselves. */
const NAMES = ["id", "name", "who", "title"];
const PLAIN = new Set([...NAMES, "amount", "money", "state", "kind", "agency", "unit", "to", "payee", "purpose", "project", "function", "what", "path", "text", "why", "act", "time", "when", "code", "relation", "label"]);

function placesOf<T>(columns: Column<T>[]): Map<string, string> {
  const lead = columns.find(({ key }) => NAMES.includes(key)) ?? columns[0];
  return new Map(columns.map(({ key }) => [key, key === lead.key ? "lead" : key === "amount" || key === "money" ? "sum" : ""]));
}

interface Order { key: string; down: boolean }

function Head<T>({ column, order, onOrder }: {
  column: Column<T>; order: Order | null; onOrder: (key: string) => void;
}) {
  const isSorted = order?.key === column.key;
  const kind = `${column.number ? "num" : ""} ${column.class ?? ""}`;
  if (column.order === undefined) {
    return <th scope="col" class={kind}>{column.title}</th>;
  }
  return (
    <th scope="col" class={kind} aria-sort={isSorted ? (order.down ? "descending" : "ascending") : undefined}>
      <button type="button" class="sort" onClick={() => onOrder(column.key)}>
        {column.title}<span aria-hidden="true">{isSorted ? (order.down ? " ↓" : " ↑") : ""}</span>
      </button>
    </th>
  );
}

export function Table<T>(props: TableProps<T>) {
  const { columns, keyOf, selection } = props;
  const [order, setOrder] = useState<Order | null>(null);
  const [at, setAt] = useState<string | null>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const by = order === null ? undefined : columns.find(({ key }) => key === order.key)?.order;
  const rows = by === undefined ? props.rows
    : [...props.rows].sort((a, b) => (order?.down ? by(b, a) : by(a, b)));
  const [from, to] = useWindow(rows.length, body);
  const first = rows.length > 0 ? keyOf(rows[0]) : null;
  const current = at !== null && rows.some((row) => keyOf(row) === at) ? at : first;
  const opens = props.hrefOf !== undefined || props.onOpen !== undefined;

  const open = (row: T): void => {
    const address = props.hrefOf?.(row);
    if (address !== null && address !== undefined) {
      go(address);
    } else {
      props.onOpen?.(row);
    }
  };
  const toggle = (row: T): void => {
    if (selection !== undefined) {
      const chosen = new Set(selection.chosen);
      if (!chosen.delete(keyOf(row))) {
        chosen.add(keyOf(row));
      }
      selection.onChange(chosen);
    }
  };
  const move = (index: number): void => {
    if (index >= 0 && index < rows.length) {
      setAt(keyOf(rows[index]));
      (body.current?.querySelector(`[data-index="${index}"]`) as HTMLElement | null)?.focus();
    }
  };
  const onKey = (event: KeyboardEvent, row: T, index: number): void => {
    if ((event.target as Element).closest("a,button,input,select") !== null &&
        (event.key === "Enter" || event.key === " ")) {
      return;
    }
    const act: Record<string, () => void> = {
      ArrowDown: () => move(index + 1), ArrowUp: () => move(index - 1),
      Home: () => move(0), End: () => move(rows.length - 1),
      Enter: () => open(row), " ": () => toggle(row),
    };
    if (act[event.key] !== undefined) {
      event.preventDefault();
      act[event.key]();
    }
  };
  const onClick = (event: MouseEvent, row: T): void => {
    if (opens && (event.target as Element).closest("a,button,input,label,select") === null &&
        getSelection()?.isCollapsed !== false) {
      open(row);
    }
  };

  if (rows.length === 0) {
    return props.isRead === false ? <p class="empty" aria-busy="true">…</p> : <p class="empty">{props.empty}</p>;
  }
  const width = columns.length + (selection === undefined ? 0 : 1);
  const totals = columns.some((column) => column.total !== undefined);
  const places = placesOf(columns);
  const headOf = ({ key, title }: Column<T>): string | undefined => (typeof title === "string" && places.get(key) === "" && !PLAIN.has(key) ? title : undefined);
  const shape = props.isBoard === true || rows.length > ALL_DRAWN_MAX ? "scrolls" : "stacks";
  return (
    <div class={`table-frame ${shape}`} role="group" aria-label={props.label} tabIndex={0}>
      <table aria-rowcount={rows.length + 1}>
        <caption class="hidden">{props.label}</caption>
        <thead>
          <tr>
            {selection === undefined ? null : <th scope="col" class="pick"><span class="hidden">{t("console.table.choose")}</span></th>}
            {columns.map((column) => (
              <Head key={column.key} column={column} order={order}
                onOrder={(key) => setOrder(order?.key === key ? { key, down: !order.down } : { key, down: column.number === true })} />
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {from > 0 ? <tr aria-hidden="true" style={{ height: `${from * ROW_PX}px` }}><td colSpan={width} /></tr> : null}
          {rows.slice(from, to).map((row, i) => {
            const key = keyOf(row);
            const index = from + i;
            const chosen = selection?.chosen.has(key) === true;
            return (
              <tr key={key} data-index={index} aria-rowindex={index + 2} tabIndex={key === current ? 0 : -1}
                class={`${opens ? "opens" : ""} ${chosen ? "chosen" : ""} ${props.look?.(row) ?? ""}`}
                onKeyDown={(event) => onKey(event, row, index)} onClick={(event) => onClick(event, row)}
                onFocus={() => setAt(key)}>
                {selection === undefined ? null : (
                  <td class="pick"><input type="checkbox" checked={chosen} tabIndex={-1}
                    aria-label={t("console.table.choose_row", { key })} onChange={() => toggle(row)} /></td>
                )}
                {columns.map((column) => (
                  <td key={column.key} data-head={headOf(column)} class={`${column.number ? "num" : ""} ${places.get(column.key)} ${column.class ?? ""}`}>{column.cell(row, index)}</td>
                ))}
              </tr>
            );
          })}
          {to < rows.length ? <tr aria-hidden="true" style={{ height: `${(rows.length - to) * ROW_PX}px` }}><td colSpan={width} /></tr> : null}
        </tbody>
        {totals ? (
          <tfoot>
            <tr>
              {selection === undefined ? null : <td />}
              {columns.map((column) => <td key={column.key} data-head={headOf(column)} class={`${column.number ? "num" : ""} ${places.get(column.key)}`}>{column.total}</td>)}
            </tr>
          </tfoot>
        ) : null}
      </table>
      {props.foot}
    </div>
  );
}
