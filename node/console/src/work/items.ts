// The items of an inbox: their groups, keys, addresses and names.
import { withAmounts } from "../parts/advice";
import { moment } from "../time";
import { t } from "../words";
import type { Book } from "./kinds";
import type { Batch, GroupName, InboxRow } from "./shapes";

/** In the order of the page: what only this person decides first. */
export const GROUPS: GroupName[] = ["to_approve", "to_register", "to_correct", "awaiting_answer", "to_close"];

/** What names an item in an address. */
export function keyOf(row: InboxRow): string {
  switch (row.group) {
    case "to_approve": return `batch:${row.batch}`;
    case "to_register": return `register:${row.issuer}:${row.id}`;
    case "to_correct": return `correct:${row.id}`;
    case "to_close": return `year:${row.year}`;
    default: return `answer:${row.id}`;
  }
}

export const addressOf = (row: InboxRow): string =>
  row.group === "to_approve" ? `/work/batch/${row.batch}` : `/work?at=${encodeURIComponent(keyOf(row))}`;

/** A file, or the only document; else the kind and when. */
export function nameOf(row: InboxRow, batches: Batch[], book: Book | null): string {
  if (row.group === "to_close") {
    return t("console.year.of", { year: row.year ?? 0 });
  }
  if (row.group !== "to_approve") {
    return row.group === "to_correct" ? `${book?.kindWord(row.kind) ?? ""} ${row.id}`
      : row.document_no !== undefined && row.kind === "transfer" && !row.amount.startsWith("-") ? row.document_no
      : `${book?.kindWord(row.kind) ?? ""} ${row.document_no ?? row.id}`;
  }
  const file = batches.find(({ batch }) => batch === row.batch)?.file;
  if (row.id !== null) {
    return `${book?.kindWord(row.kind) ?? ""} ${row.id}`;
  }
  return file !== undefined && file !== "" ? file : t("console.work.post_of", { time: moment(row.time) });
}

/** From whom, or why. */
export function fromOf(row: InboxRow): string {
  switch (row.group) {
    case "to_approve":
      return t("console.work.made_by", { count: row.documents, name: row.maker ?? "" });
    case "to_register":
      return row.issuer_name ?? row.issuer ?? "";
    case "to_correct":
      return row.state === "rejected" ? t("console.work.sent_back", { reason: row.reason ?? "" }) : withAmounts(row.message ?? row.reason ?? "");
    case "to_close":
      return t(row.hindrances === 0 ? "console.year.nothing_left" : "console.year.left", { count: row.hindrances ?? 0 });
    default:
      return row.receiver_name ?? row.receiver ?? "";
  }
}
