// What a field offers: lines with what is free on them, codes with their names, documents.
import { get } from "../api";
import { shown } from "../money";
import type { Offer } from "./combo";
import type { Field, Kind, KindField, Line } from "./shapes";

const OFFERS_MAX = 30;

interface Coded { code: string; name: string; usable?: boolean; owner_name?: string }
interface ListedDocument { id: string; state: string; amount: string; payee_acct_name?: string; use_des?: string; cor_bgt_doc_no?: string }

export const lineLabel = (line: Line): string =>
  [line.agency_name, line.pro_name, line.exp_func_name].filter((part) => part !== undefined && part !== "").join(" · ");

export async function linesFor(kind: string, typed: string, year: string, signal?: AbortSignal): Promise<Line[]> {
  const { rows } = await get<{ rows: Line[] }>("/indicators", { kind, q: typed, year, limit: OFFERS_MAX }, signal);
  return rows;
}

async function codesFor(set: string, typed: string, year: string, signal: AbortSignal): Promise<Offer[]> {
  const { rows } = await get<{ rows: Coded[] }>(`/codes/${set}`, { q: typed, year, limit: OFFERS_MAX }, signal);
  return rows.filter(({ usable }) => usable !== false).map(({ code, name, owner_name }) => ({ value: code, label: name, detail: set === "project" ? owner_name : undefined }));
}

async function documentsFor(kind: string, typed: string, signal: AbortSignal): Promise<Offer[]> {
  const { rows } = await get<{ rows: ListedDocument[] }>("/documents", { kind, text: typed, limit: OFFERS_MAX }, signal);
  return rows.map((row) => ({ value: row.id, label: row.payee_acct_name ?? row.cor_bgt_doc_no ?? "", detail: row.use_des, figure: shown(row.amount) }));
}

/** Payees of payments that this division made, each once. */
async function payeesFor(typed: string, signal: AbortSignal): Promise<Offer[]> {
  if (typed.trim() === "") {
    return [];
  }
  const { rows } = await get<{ rows: ListedDocument[] }>("/documents", { kind: "payment", text: typed.trim(), limit: 200 }, signal);
  const known = new Map<string, Offer>();
  for (const row of rows) {
    const name = row.payee_acct_name ?? "";
    if (name.includes(typed.trim())) {
      known.set(name, { value: name, label: name, detail: `${row.id} · ${shown(row.amount)}` });
    }
  }
  return [...known.values()].slice(0, OFFERS_MAX);
}

/** The last payment to a payee, for his account and bank. */
export async function lastPaymentTo(name: string): Promise<Record<string, string> | null> {
  const { rows } = await get<{ rows: ListedDocument[] }>("/documents", { kind: "payment", text: name, limit: 200 });
  const last = rows.filter((row) => row.payee_acct_name === name).at(-1);
  return last === undefined ? null : get<Record<string, string>>(`/documents/${encodeURIComponent(last.id)}`);
}

export type Asker = (typed: string, signal: AbortSignal) => Promise<Offer[]>;

/** Null of a field that offers nothing. */
export function askerOf(kind: Kind, use: KindField, field: Field, year: () => string): Asker | null {
  switch (use.names) {
    case "indicator":
      return async (typed, signal) => (await linesFor(kind.name, typed, year(), signal)).map((line) => ({
        value: line.id, label: lineLabel(line), detail: line.sup_bgt_doc_no, figure: line.free === undefined ? undefined : shown(line.free),
      }));
    case "project": case "agency": case "bank_account": case "division":
      return (typed, signal) => codesFor(use.names as string, typed, year(), signal);
    case "payment":
      return (typed, signal) => documentsFor("payment", typed, signal);
    case "transfer":
      return (typed, signal) => documentsFor("transfer", typed, signal);
    default:
      break;
  }
  if (field.code_set !== null) {
    return (typed, signal) => codesFor(field.code_set as string, typed, year(), signal);
  }
  return field.name === "payee_acct_name" ? payeesFor : null;
}

/** Of a field whose value may be one that nobody offers. */
export const isFree = (use: KindField, field: Field): boolean =>
  field.name === "payee_acct_name" || (use.names === null && field.code_set === null);
