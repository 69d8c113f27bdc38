// What this division issued and its receiver has not answered yet: nothing to do here but to see it.
import { shown } from "../money";
import { Marked } from "../parts/badge";
import { Facts, Panel } from "../parts/panel";
import { status } from "../live";
import { moment } from "../time";
import { t } from "../words";
import type { Book } from "./kinds";
import type { InboxRow } from "./shapes";

export function IssuedPage({ row, book }: { row: InboxRow; book: Book | null }) {
  return (
    <Panel class="paper" title={t("console.work.issued_to", { receiver: row.receiver_name ?? row.receiver ?? "" })}
      aside={row.due === undefined ? null : t("console.work.due", { day: row.due })}>
      <p class="paper-no">{row.document_no ?? row.id}</p>
      <p class="paper-amount">{shown(row.amount)} <span>{t("console.work.yuan")}</span></p>
      <Facts rows={[
        [book?.kindWord(row.kind) ?? "", <a key="id" href={`/doc/${status.value?.division ?? ""}/${encodeURIComponent(row.id ?? "")}`}>{row.id}</a>],
        [t("console.work.issued"), moment(row.time)],
      ]} />
      <p><Marked shape={row.overdue === true ? "clock" : "filling"} tone={row.overdue === true ? "warn" : "quiet"}>
        {row.overdue === true ? t("console.work.answer_late", { days: row.days_late ?? 0 }) : t("console.work.answer_waits")}</Marked></p>
    </Panel>
  );
}
