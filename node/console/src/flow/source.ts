// Where money came from, in words: the own budget, what the division above sent, what came past it.
import { t } from "../words";
import type { SourceRow } from "./shapes";

function issuerWord({ issuer, issuer_name: name }: SourceRow, parent: string | null): string {
  if (issuer === undefined) {
    return t("console.money.source.transferred");
  }
  if (parent === null) {
    return t("console.money.source.centre");
  }
  return t(issuer === parent ? "console.money.source.from" : "console.money.source.direct", { name: name ?? issuer });
}

/** `parent`: of the division whose money it is. */
export const sourceWord = (row: SourceRow, parent: string | null): string =>
  row.source !== "transferred" ? t(`console.money.source.${row.source}`)
    : t("console.money.source.count", { name: issuerWord(row, parent), count: row.documents });

export const sourceKey = ({ source, issuer }: SourceRow): string => `${source} ${issuer ?? ""}`;
