// Where a refusal stands on the form, and whether the form itself is ready.
import { shown } from "../money";
import { t } from "../words";
import type { Book } from "./kinds";
import type { Typed } from "./lines";
import type { Kind, Verdict } from "./shapes";
import { isDay, readAmount, readDate, signFits } from "./typed";

/** The field that a reason names: "missing_use_des", "bad_amount", "unknown_bgt_id". What another
 *  document has already is its id, whatever differs. */
function namedIn(reason: string, kind: Kind): string | null {
  if (reason.startsWith("exists")) {
    return "id";
  }
  const fields = kind.fields.map(({ name }) => name).sort((a, b) => b.length - a.length);
  const named = fields.find((name) => reason.endsWith(`_${name}`));
  return named ?? (reason.startsWith("exceeds_") && kind.moves !== null ? kind.moves.amount : null);
}

const DIFFERS = "exists_with_different_";

export interface Fault { field: string | null; sentence: string; reason: string }

const amountOf = (text: unknown): string =>
  typeof text === "string" && readAmount(text) !== null ? shown(readAmount(text) as string) : String(text ?? "");

/** In the words of the page, where the node's sentence speaks of commands and of JSON. */
function plain(verdict: Verdict, reason: string, field: string | null, value: string, book: Book): string | null {
  if (field !== null && reason.startsWith("missing_")) {
    return t("console.work.required", { field: book.fieldWord(field) });
  }
  if (field !== null && reason.startsWith("bad_") && book.field(field)?.type === "amount") {
    return t(readAmount(value) === null ? "console.work.no_amount" : "console.work.amount_bounds");
  }
  if (field !== null && reason.startsWith("bad_") && book.field(field)?.type === "date") {
    return t("console.work.no_day");
  }
  if (field !== null && reason.startsWith("unknown_") && value !== "") {
    const { why } = verdict.args ?? {};
    const nearest = typeof why === "object" ? why.nearest : undefined;
    return t(nearest === undefined ? "console.work.no_such" : "console.work.no_such_near", { field: book.fieldWord(field), value, nearest: String(nearest) });
  }
  if (reason.startsWith(DIFFERS)) {
    return t("console.work.exists_other", { id: value, field: book.fieldWord(reason.slice(DIFFERS.length)) });
  }
  return reason.startsWith("exceeds_") && verdict.args?.asked !== undefined
    ? t("console.work.asked_and_free", { asked: amountOf(verdict.args.asked), free: amountOf(verdict.args.free) }) : null;
}

/** What the node says against it, now or once a checker approves; null when it says nothing. */
export function faultOf(verdict: Verdict | null, kind: Kind, fields: Typed, book: Book): Fault | null {
  const reason = verdict?.status === "refused" ? verdict.reason : verdict?.would_refuse;
  if (verdict === null || reason === undefined) {
    return null;
  }
  const field = namedIn(reason, kind);
  const told = (verdict.status === "refused" ? verdict.message : verdict.would_refuse_message) ?? reason;
  return { field, reason, sentence: plain(verdict, reason, field, fields[field ?? ""] ?? "", book) ?? told };
}

const isGiven = (fields: Typed, name: string): boolean => (fields[name] ?? "").trim() !== "";

/** Takes away from what was issued early, or says that it stands: then the node says whose money it was. */
const isDifference = (kind: Kind, fields: Typed): boolean => kind.sign_with_early === "any" && isGiven(fields, "early_bgt_id") &&
  /^-|^0+\.00$/.test(readAmount(fields.amount ?? "") ?? "");

/** Of a document about one of two things: which it is about is said once. */
function oneOf(kind: Kind, fields: Typed, book: Book): Record<string, string> {
  const names = kind.fields.filter(({ required_when }) => required_when === "one_of").map(({ name }) => name)
    .sort((a, b) => Number(b === kind.about_id) - Number(a === kind.about_id)); // what it is mostly about first
  const given = names.filter((name) => isGiven(fields, name));
  return names.length === 0 || given.length === 1 ? {}
    : { [given[1] ?? names[0]]: t("console.work.one_of", { fields: names.map((name) => book.fieldWord(name)).join(t("console.work.or")) }) };
}

/** What a person can see himself: what is required and empty, an amount or a day that is none. */
export function ownFaults(kind: Kind, fields: Typed, book: Book): Record<string, string> {
  const faults: Record<string, string> = oneOf(kind, fields, book);
  const sign = isGiven(fields, "early_bgt_id") ? kind.sign_with_early : kind.sign;
  for (const { name, required, required_when, inherited } of kind.fields) {
    const value = (fields[name] ?? "").trim();
    const isOwnAmount = name === (kind.moves?.amount ?? "amount");
    if (value === "" && required && required_when === undefined && !inherited && !(name === kind.about_id && isDifference(kind, fields))) {
      faults[name] = t("console.work.required", { field: book.fieldWord(name) });
    } else if (isOwnAmount && readAmount(value) !== null && kind.name !== "budget" && !signFits(sign, readAmount(value) ?? "")) {
      faults[name] = t("console.work.amount_sign");
    } else if (value !== "" && book.field(name)?.type === "amount" && readAmount(value) === null) {
      faults[name] = t("console.work.no_amount");
    } else if (value !== "" && book.field(name)?.type === "date" && !isDay(readDate(value))) {
      faults[name] = t("console.work.no_day");
    }
  }
  return faults;
}
