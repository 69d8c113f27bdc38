// The two branches of a forked log: what each says, and so what is put aside where the other is kept.
import { useState } from "preact/hooks";
import { post, Problem } from "../api";
import { tree } from "../live";
import { count, shown } from "../money";
import { Marked, type Look } from "../parts/badge";
import { Confirm } from "../parts/confirm";
import { Amount } from "../parts/figure";
import { groups } from "../parts/fingerprint";
import { Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { Table } from "../parts/table";
import { may } from "../session";
import type { Alarm, Branch, DivisionRow, Page } from "../shapes";
import { moment } from "../time";
import { useAnswer } from "../use_answer";
import { t } from "../words";

interface Kept { state: "granted" | "waits_for_second"; epoch: number; base_lsn: number }

/** Does its author still write? By its own last word, which may not have come. */
function authorOf({ said, state }: DivisionRow): Look & { text: string } {
  return said === null || state === "unknown" || state === "off_line" ? { shape: "dashed", tone: "quiet", text: t("console.fork.author_unknown") }
    : said.store_damaged ? { shape: "bars", tone: "quiet", text: t("console.fork.author_stopped") }
      : { shape: "diamond", tone: "bad", text: t("console.fork.author_writes") };
}

/** Its parent says which one goes on: the one that is held here. Where two admins decide, the other says the same. */
function Keep({ row, branches }: { row: DivisionRow; branches: Branch[] }) {
  const [isAsked, setAsked] = useState(false);
  const [kept, setKept] = useState<Kept | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const held = branches.find(({ branch }) => branch === "held_here"), other = branches.find(({ branch }) => branch === "elsewhere");
  if (row.parent !== tree.value?.division || held === undefined || other === undefined) {
    return null;
  }
  if (!may("admin")) {
    return <p class="ink2">{t("console.fork.needs_admin")}</p>;
  }
  const keep = (): void => {
    setProblem(null);
    post<Kept>(`/forks/${row.division}/keep`, { hash: held.hash }).then(setKept, (failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
  };
  return <>
    {problem === null ? null : <Trouble problem={problem} />}
    {kept !== null ? <p role="status"><Marked shape={kept.state === "granted" ? "tick" : "filling"} tone={kept.state === "granted" ? "ok" : "warn"}>
      {t(`console.fork.${kept.state}`, { epoch: kept.epoch, lsn: count(kept.base_lsn) })}</Marked></p>
      : <div class="actions"><button type="button" class="danger" onClick={() => setAsked(true)}>{t("console.fork.keep")}</button></div>}
    {isAsked ? <Confirm title={t("console.fork.keep_of", { name: row.name })} act={t("console.fork.keep_now")} onAct={keep} onClose={() => setAsked(false)}>
      {t("console.fork.keep_means", { lsn: count(held.last_lsn), documents: other.complete ? count(other.documents) : t("console.fork.at_least", { count: count(other.documents) }), amount: shown(other.amount) })}</Confirm> : null}
  </>;
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
        <Keep row={row} branches={rows} />
      </div>
    </Panel>
  );
}
