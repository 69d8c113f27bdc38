// Where a refusal stands on the form, and whether the form itself is ready.
import { shown } from "../money";
import { t } from "../words";
import type { Book } from "./kinds";
import type { Typed } from "./lines";
import type { Kind, Verdict } from "./shapes";
import { readAmount } from "./typed";

/** The field that a reason names: "missing_use_des", "bad_amount", "unknown_bgt_id". */
function namedIn(reason: string, kind: Kind): string | null {
  const fields = kind.fields.map(({ name }) => name).sort((a, b) => b.length - a.length);
  const named = fields.find((name) => reason.endsWith(`_${name}`));
  return named ?? (reason.startsWith("exceeds_") && kind.moves !== null ? kind.moves.amount : reason.startsWith("exists") ? "id" : null);
}

export interface Fault { field: string | null; sentence: string; reason: string }

const amountOf = (text: string | number | undefined): string =>
  typeof text === "string" && readAmount(text) !== null ? shown(readAmount(text) as string) : String(text ?? "");

/** In the words of the page, where the node's sentence speaks of commands and of JSON. */
function plain(verdict: Verdict, reason: string, field: string | null, value: string, book: Book): string | null {
  if (field !== null && reason.startsWith("missing_")) {
    return t("console.work.required", { field: book.fieldWord(field) });
  }
  if (field !== null && reason.startsWith("bad_") && book.field(field)?.type === "amount") {
    return t("console.work.no_amount");
  }
  if (field !== null && reason.startsWith("unknown_") && value !== "") {
    return t("console.work.no_such", { field: book.fieldWord(field), value });
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

/** What a person can see himself: what is required and empty, an amount that is none. */
export function ownFaults(kind: Kind, fields: Typed, book: Book): Record<string, string> {
  const faults: Record<string, string> = {};
  for (const { name, required, required_when, inherited } of kind.fields) {
    const value = (fields[name] ?? "").trim();
    if (value === "" && required && required_when === undefined && !inherited) {
      faults[name] = t("console.work.required", { field: book.fieldWord(name) });
    } else if (value !== "" && book.field(name)?.type === "amount" && readAmount(value) === null) {
      faults[name] = t("console.work.no_amount");
    }
  }
  return faults;
}
