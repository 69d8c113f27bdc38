// The two branches of a forked log: what each says, and so what is put aside where the other is kept.
import { count } from "../money";
import { Marked, type Look } from "../parts/badge";
import { Amount } from "../parts/figure";
import { groups } from "../parts/fingerprint";
import { Panel } from "../parts/panel";
import { Table } from "../parts/table";
import type { Alarm, Branch, DivisionRow, Page } from "../shapes";
import { moment } from "../time";
import { useAnswer } from "../use_answer";
import { t } from "../words";

/** Does its author still write? By its own last word, which may not have come. */
function authorOf({ said, state }: DivisionRow): Look & { text: string } {
  return said === null || state === "unknown" || state === "off_line" ? { shape: "dashed", tone: "quiet", text: t("console.fork.author_unknown") }
    : said.store_damaged ? { shape: "bars", tone: "quiet", text: t("console.fork.author_stopped") }
      : { shape: "diamond", tone: "bad", text: t("console.fork.author_writes") };
}

/** Nothing is asked where no fork of it is alarmed. */
export function Forks({ row, alarms }: { row: DivisionRow; alarms: Alarm[] }) {
  const isForked = alarms.some((alarm) => alarm.code === "fork");
  const answer = useAnswer<Page<Branch>>(isForked ? "/forks" : null, {});
  const rows = (answer.data?.rows ?? []).filter(({ division }) => division === row.division).sort((a, b) => b.branch.localeCompare(a.branch));
  const author = authorOf(row);
  return rows.length === 0 ? null : (
    <Panel title={t("console.fork")} flush aside={t("console.fork.common", { lsn: count(rows[0].after_lsn) })}>
      <Table isBoard label={t("console.fork")} rows={rows} keyOf={({ hash }) => hash} empty=""
        columns={[
          { key: "branch", title: t("console.fork.branch"), cell: ({ branch }) => t(`console.fork.${branch}`) },
          { key: "until", title: t("console.fork.until"), number: true, cell: ({ last_lsn: lsn }) => count(lsn) },
          { key: "documents", title: t("console.fork.documents"), number: true,
            cell: ({ documents, complete }) => (complete ? count(documents) : t("console.fork.at_least", { count: count(documents) })) },
          { key: "amount", title: t("console.column.amount"), number: true, cell: ({ amount }) => <Amount of={amount} /> },
          { key: "time", title: t("console.column.time"), cell: ({ time }) => moment(time) },
          { key: "hash", title: t("console.fork.hash"), cell: ({ hash }) => <code>{groups(hash.slice(0, 16))}…</code> },
        ]} />
      <div class="card-body">
        <p><Marked shape={author.shape} tone={author.tone}>{author.text}</Marked></p>
        <p class="ink2">{t("console.fork.note")} <code class="command">terrace fork</code></p>
      </div>
    </Panel>
  );
}
