// The two branches of a forked log: what each says, and so what is put aside where the other is kept.
import { count } from "../money";
import { Amount } from "../parts/figure";
import { Panel } from "../parts/panel";
import { Table } from "../parts/table";
import type { Alarm, Branch, Page } from "../shapes";
import { moment } from "../time";
import { useAnswer } from "../use_answer";
import { t } from "../words";

/** Nothing is asked where no fork of it is alarmed. */
export function Forks({ code, alarms }: { code: string; alarms: Alarm[] }) {
  const isForked = alarms.some((alarm) => alarm.code === "fork");
  const answer = useAnswer<Page<Branch>>(isForked ? "/forks" : null, {});
  const rows = answer.data?.rows.filter(({ division }) => division === code) ?? [];
  if (rows.length === 0) {
    return null;
  }
  return (
    <Panel title={t("console.fork")} flush aside={t("console.fork.common", { lsn: count(rows[0].after_lsn) })}>
      <Table isBoard label={t("console.fork")} rows={rows} keyOf={({ hash }) => hash} empty=""
        columns={[
          { key: "branch", title: t("console.fork.branch"), cell: ({ branch }) => t(`console.fork.${branch}`) },
          { key: "until", title: t("console.fork.until"), number: true, cell: ({ last_lsn: lsn }) => count(lsn) },
          { key: "documents", title: t("console.fork.documents"), number: true,
            cell: ({ documents, complete }) => (complete ? count(documents) : t("console.fork.at_least", { count: count(documents) })) },
          { key: "amount", title: t("console.column.amount"), number: true, cell: ({ amount }) => <Amount of={amount} /> },
          { key: "time", title: t("console.column.time"), cell: ({ time }) => moment(time) },
        ]} />
      <p class="ink2">{t("console.fork.note")}</p>
    </Panel>
  );
}
