// What a field offers: lines with what is free on them, codes with their names, documents.
import { get } from "../api";
import { shown } from "../money";
import type { Offer } from "./combo";
import type { Field, Inbox, Kind, KindField, Line } from "./shapes";

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

/** Those that came and wait for their answer. */
async function recallsFor(typed: string, signal: AbortSignal): Promise<Offer[]> {
  const { rows } = await get<Inbox>("/inbox", { limit: 500 }, signal);
  return rows.filter(({ group, kind, id }) => group === "to_register" && kind === "recall" && id?.includes(typed.trim()) === true)
    .map((row) => ({ value: row.id ?? "", label: row.issuer_name ?? row.issuer ?? "", detail: row.due, figure: shown(row.amount) }));
}

async function documentsFor(kind: string, typed: string, signal: AbortSignal, state?: string): Promise<Offer[]> {
  const { rows } = await get<{ rows: ListedDocument[] }>("/documents", { kind, text: typed, state, limit: OFFERS_MAX }, signal);
  return rows.map((row) => ({ value: row.id, label: row.payee_acct_name ?? row.cor_bgt_doc_no ?? "", detail: row.use_des, figure: shown(row.amount) }));
}

const DAYS_BACK = [7, 60, 400]; // how far back a payee is looked for, the near before the far
const PAGES_MAX = 8;
const PAGE_ROWS = 500;

/** Payments entered since so many days that say this, in their order; null of more than are read here,
 *  since the newest would be missing. */
async function paymentsSince(days: number, text: string, signal?: AbortSignal): Promise<ListedDocument[] | null> {
  const from = new Date(Date.now() - days * 86400000).toISOString().replace(/\.\d+Z$/, "Z");
  const rows: ListedDocument[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = await get<{ rows: ListedDocument[]; complete: boolean; next?: string }>("/documents", { kind: "payment", text, from, after, limit: PAGE_ROWS }, signal);
    rows.push(...answer.rows);
    if (answer.complete || answer.next === undefined) {
      return rows;
    }
    after = answer.next;
  }
  return null;
}

/** Of the nearest days that have one that fits, the newest last. */
async function newestPayments(text: string, fits: (row: ListedDocument) => boolean, signal?: AbortSignal): Promise<ListedDocument[]> {
  for (const days of DAYS_BACK) {
    const rows = await paymentsSince(days, text, signal);
    const found = rows?.filter(fits) ?? [];
    if (rows === null || found.length > 0) {
      return found;
    }
  }
  return [];
}

/** Payees of payments that this division made, each once, the newest first. */
async function payeesFor(typed: string, signal: AbortSignal): Promise<Offer[]> {
  const text = typed.trim();
  if (text === "") {
    return [];
  }
  const rows = await newestPayments(text, (row) => row.payee_acct_name?.includes(text) === true, signal);
  const known = new Map<string, Offer>();
  for (const row of rows.reverse()) {
    const name = row.payee_acct_name ?? "";
    if (!known.has(name)) {
      known.set(name, { value: name, label: name, detail: `${row.id} · ${shown(row.amount)}` });
    }
  }
  return [...known.values()].slice(0, OFFERS_MAX);
}

/** The last payment to a payee, for his account and bank; null where it is not sure to be the last. */
export async function lastPaymentTo(name: string): Promise<Record<string, string> | null> {
  const last = (await newestPayments(name, (row) => row.payee_acct_name === name)).at(-1);
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
      return (typed, signal) => documentsFor(kind.name === "transfer_in" || kind.name === "transfer_out" ? kind.name : "transfer", typed, signal);
    case "estimate":
      return (typed, signal) => documentsFor("budget", typed, signal, "advanced");
    case "recall":
      return recallsFor;
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
