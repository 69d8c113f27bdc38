// Rows of a spreadsheet as documents: which column is which field, and what the node says of each.
import { faultOf, type Fault } from "./faults";
import type { Book } from "./kinds";
import { handIn, type Typed } from "./lines";
import type { Rows } from "./sheet";
import type { Kind, Verdict } from "./shapes";
import { newId, readAccount, readAmount, readDate } from "./typed";

const A_CALL = 500;

export interface SheetRow { number: number; cells: Typed; verdict: Verdict | null }

export interface Sheet { fields: string[]; unknown: string[]; rows: SheetRow[] }

/** A column by its field's name, or by what the field is called in either language. */
function fieldOf(title: string, kind: Kind, book: Book): string | null {
  const wanted = title.replace(/[*＊\s]/g, "").toLowerCase();
  const found = kind.fields.find(({ name }) => {
    const words = book.field(name)?.words;
    return [name, words?.zh, words?.en].some((one) => one?.replace(/\s/g, "").toLowerCase() === wanted);
  });
  return found?.name ?? null;
}

/** As the field wants it; what cannot be read stays, for the node to refuse with its reason. */
function cellOf(name: string, typed: string, book: Book): string {
  const type = book.field(name)?.type;
  return type === "amount" ? readAmount(typed) ?? typed : type === "date" ? readDate(typed)
    : name.endsWith("acct_no") ? readAccount(typed) : typed;
}

export function sheetOf(rows: Rows, kind: Kind, book: Book): Sheet {
  const titles = (rows[0] ?? []).map((title) => ({ title, name: fieldOf(title, kind, book) }));
  const year = String(new Date().getFullYear());
  return {
    fields: titles.flatMap(({ name }) => (name === null ? [] : [name])),
    unknown: titles.flatMap(({ title, name }) => (name === null && title !== "" ? [title] : [])),
    rows: rows.slice(1).map((row, i) => {
      const cells: Typed = Object.fromEntries(titles.flatMap(({ name }, column) => (name === null ? [] : [[name, cellOf(name, row[column] ?? "", book)]])));
      return { number: i + 2, verdict: null, cells: { ...cells, id: cells.id || `${newId(kind.name)}-${i + 1}`, fiscal_year: cells.fiscal_year || year } };
    }),
  };
}

export const isGood = (row: SheetRow): boolean =>
  row.verdict !== null && row.verdict.status !== "refused" && row.verdict.would_refuse === undefined;

const documentOf = (kind: string, cells: Typed): Typed =>
  ({ kind, ...Object.fromEntries(Object.entries(cells).filter(([, value]) => value !== "")) });

/** Asks the node, or hands in: the rows with their verdicts, in order. */
export async function judged(kind: string, rows: SheetRow[], query: Record<string, string | number>): Promise<SheetRow[]> {
  const out: SheetRow[] = [];
  for (let i = 0; i < rows.length; i += A_CALL) {
    const part = rows.slice(i, i + A_CALL);
    const verdicts = await handIn(part.map(({ cells }) => documentOf(kind, cells)), query);
    out.push(...part.map((row, at) => ({ ...row, verdict: verdicts[at] ?? null })));
  }
  return out;
}

/** What is wrong with a row, and with which of its columns. */
export const faultIn = (row: SheetRow, kind: Kind, book: Book): Fault | null => faultOf(row.verdict, kind, row.cells, book);
