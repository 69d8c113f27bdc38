// Rows of a spreadsheet as documents: which column is which field, and what the node says of each.
import { faultOf, type Fault } from "./faults";
import type { Book } from "./kinds";
import { handIn, type Typed } from "./lines";
import type { Rows } from "./sheet";
import type { Kind, Verdict } from "./shapes";
import { t } from "../words";
import { newId, readAccount, readAmount, readDate } from "./typed";

const A_CALL = 1000; // what a post takes: so many wait together for their checker

/** `fault`: what is wrong with the row before the node is asked; without a field it is mended where it
 *  comes from. */
export interface SheetRow { number: number; cells: Typed; verdict: Verdict | null; fault?: { field: string | null; sentence: string } }

export interface Sheet { fields: string[]; unknown: string[]; twice: string[]; rows: SheetRow[] }

const plain = (text: string): string => text.replace(/[*＊\s]/g, "").toLowerCase();

/** A column by its field's name, by what the field is called in either language, or by both, as a
 *  template has them: "amount（金额）". */
function fieldOf(title: string, kind: Kind, book: Book): string | null {
  const both = /^(.+?)[（(](.+)[）)]$/.exec(title.trim());
  const wanted = [title, ...(both === null ? [] : [both[1], both[2]])].map(plain);
  const named = (name: string): boolean => {
    const words = book.field(name)?.words;
    return [name, words?.zh, words?.en].some((one) => one !== undefined && wanted.includes(plain(one)));
  };
  return kind.fields.find(({ name }) => named(name))?.name ?? null;
}

/** As the field wants it; what cannot be read stays, for the node to refuse with its reason. */
export function cellOf(name: string, typed: string, book: Book): string {
  const type = book.field(name)?.type;
  return type === "amount" ? readAmount(typed) ?? typed : type === "date" ? readDate(typed)
    : name.endsWith("acct_no") ? readAccount(typed) : typed;
}

/** More cells than there are columns: an amount with commas that stands in no quotes, most likely. */
const isTooWide = (cells: string[], columns: number): boolean => cells.slice(columns).some((cell) => cell !== "");

export function sheetOf(rows: Rows, kind: Kind, book: Book): Sheet {
  const titles = (rows[0]?.cells ?? []).map((title) => ({ title, name: fieldOf(title, kind, book) }));
  const year = String(new Date().getFullYear());
  const fields = titles.flatMap(({ name }) => (name === null ? [] : [name]));
  return {
    fields,
    unknown: titles.flatMap(({ title, name }) => (name === null && title !== "" ? [title] : [])),
    twice: [...new Set(fields.filter((name, i) => fields.indexOf(name) !== i))],
    rows: rows.slice(1).map(({ number, cells: row }, i) => {
      const cells: Typed = Object.fromEntries(titles.flatMap(({ name }, column) => (name === null ? [] : [[name, cellOf(name, row[column] ?? "", book)]])));
      return {
        number, verdict: null, cells: { ...cells, id: cells.id || `${newId(kind.name)}-${i + 1}`, fiscal_year: cells.fiscal_year || year },
        ...(isTooWide(row, titles.length) ? { fault: { field: null, sentence: t("console.work.row_wide", { cells: row.length, columns: titles.length }) } } : {}),
      };
    }),
  };
}

export const isGood = (row: SheetRow): boolean => row.fault === undefined &&
  row.verdict !== null && row.verdict.status !== "refused" && row.verdict.would_refuse === undefined;

export const isBad = (row: SheetRow): boolean => row.fault !== undefined || (row.verdict !== null && !isGood(row));

const documentOf = (kind: string, cells: Typed): Typed =>
  ({ kind, ...Object.fromEntries(Object.entries(cells).filter(([, value]) => value !== "")) });

/** Of rows with one id the first goes; the others are told where it stands. */
function withTwice(rows: SheetRow[]): SheetRow[] {
  const first = new Map<string, number>();
  return rows.map((row) => {
    const { fault, ...rest } = row, at = first.get(row.cells.id);
    if (fault?.field === null) {
      return row;
    }
    first.set(row.cells.id, at ?? row.number);
    return at === undefined ? rest : { ...rest, fault: { field: "id", sentence: t("console.work.row_twice", { row: at }) } };
  });
}

/** Asks the node, or hands in: the rows with their verdicts, in order. */
export async function judged(kind: string, given: SheetRow[], query: Record<string, string | number>): Promise<SheetRow[]> {
  const rows = withTwice(given);
  const asked = rows.filter(({ fault }) => fault === undefined);
  const verdicts: Verdict[] = [];
  for (let i = 0; i < asked.length; i += A_CALL) {
    verdicts.push(...await handIn(asked.slice(i, i + A_CALL).map(({ cells }) => documentOf(kind, cells)), query));
  }
  const of = new Map(asked.map((row, i) => [row, verdicts[i] ?? null]));
  return rows.map((row) => ({ ...row, verdict: of.get(row) ?? null }));
}

/** What is wrong with a row, and with which of its columns. */
export const faultIn = (row: SheetRow, kind: Kind, book: Book): Fault | null =>
  row.fault !== undefined ? { ...row.fault, reason: "row" } : faultOf(row.verdict, kind, row.cells, book);
