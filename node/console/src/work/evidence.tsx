// What this division's log said behind the place where it goes on: what became of each since, and what is left is handed
// in again by a maker.
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { post, Problem } from "../api";
import { status } from "../live";
import { count, shown } from "../money";
import { Marked, type Look } from "../parts/badge";
import { Confirm } from "../parts/confirm";
import { Amount } from "../parts/figure";
import { Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { Table } from "../parts/table";
import { may } from "../session";
import type { EvidenceRow, Page } from "../shapes";
import { moment } from "../time";
import { useAnswer } from "../use_answer";
import { kindWord, useVocabulary } from "../vocabulary";
import { workVersion } from "../waiting";
import { t } from "../words";
import { problemOf } from "./lines";

const READ_MAX = 500;

type State = EvidenceRow["state"];

const looks: Record<State, Look> = {
  refused: { shape: "cross", tone: "bad" }, rejected: { shape: "cross", tone: "bad" }, differs: { shape: "diamond", tone: "bad" },
  to_offer: { shape: "filling", tone: "warn" }, missing: { shape: "dashed", tone: "quiet" }, draft_over: { shape: "square", tone: "quiet" },
  draft: { shape: "filling", tone: "warn" }, entered: { shape: "tick", tone: "ok" }, by_node: { shape: "tick", tone: "quiet" },
};

/** Most urgent first; of what is over only the number is told. */
const ORDER = Object.keys(looks) as State[];
const isOver = ({ state }: EvidenceRow): boolean => state === "entered" || state === "by_node";

const offers = signal(0); // changes with each that was made here, wherever the list stands

export function useEvidence() {
  const code = status.value?.division;
  return useAnswer<Page<EvidenceRow>>(code === undefined ? null : "/evidence", { division: code, limit: READ_MAX }, undefined, `${workVersion.value} ${offers.value}`);
}

export const toOffer = (rows: EvidenceRow[]): EvidenceRow[] => rows.filter(({ state }) => state === "to_offer");

const place = (row: EvidenceRow): string => row.lsn === 0 ? t("console.evidence.epoch", { epoch: row.epoch })
  : row.last_lsn > row.lsn ? t("console.evidence.places", { epoch: row.epoch, lsn: count(row.lsn), last: count(row.last_lsn) })
    : t("console.evidence.place", { epoch: row.epoch, lsn: count(row.lsn) });

function What({ row }: { row: EvidenceRow }) {
  const text = `${kindWord(row.kind)} ${row.id}`;
  return row.kind === "" ? <>—</> : row.state === "differs"
    ? <a href={`/doc/${row.division}/${encodeURIComponent(row.id)}`}>{text}</a> : <>{text}</>;
}

function Became({ row }: { row: EvidenceRow }) {
  const no = row.refusal;
  return <>
    <Marked {...looks[row.state]}>{t(`console.evidence.${row.state}`)}</Marked>
    {no === null ? null : <p class="ink2">{t("console.evidence.no", { checker: no.checker, time: moment(no.time), reason: no.message })}</p>}
  </>;
}

interface Offered { documents: { id: string; status: string; message: string }[]; left: number }

function Outcome({ offered }: { offered: Offered }) {
  const refused = offered.documents.filter((one) => one.status === "refused");
  return <>
    <p role="status"><Marked shape="tick" tone="ok">{t("console.evidence.offered", { count: offered.documents.length - refused.length, left: offered.left })}</Marked></p>
    {refused.map((one) => <p key={one.id}><Marked shape="cross" tone="bad">{t("console.evidence.not_taken", { id: one.id, why: one.message })}</Marked></p>)}
  </>;
}

function Offer({ rows }: { rows: EvidenceRow[] }) {
  const [isAsked, setAsked] = useState(false);
  const [offered, setOffered] = useState<Offered | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const total = rows.reduce((sum, row) => sum + BigInt(row.amount.replace(".", "")), 0n).toString().padStart(3, "0");
  const amount = shown(`${total.slice(0, -2)}.${total.slice(-2)}`);
  const offer = (): void => {
    setProblem(null);
    post<Offered>("/evidence/offer").then(setOffered, (failure: unknown) => setProblem(problemOf(failure))).finally(() => { offers.value++; });
  };
  return <>
    {problem === null ? null : <Trouble problem={problem} />}
    {offered === null ? null : <Outcome offered={offered} />}
    {rows.length === 0 ? null : may("maker")
      ? <div class="actions"><button type="button" onClick={() => setAsked(true)}>{t("console.evidence.offer", { count: rows.length })}</button></div>
      : <p class="ink2">{t("console.evidence.needs_maker", { count: rows.length })}</p>}
    {isAsked ? <Confirm title={t("console.evidence.offer_of", { count: rows.length, amount })} act={t("console.evidence.offer_now")} onAct={offer} onClose={() => setAsked(false)}>
      {t("console.evidence.offer_means")}</Confirm> : null}
  </>;
}

/** Nothing where nothing was put aside. */
export function EvidencePanel() {
  useVocabulary();
  const answer = useEvidence();
  const all = answer.data?.rows ?? [];
  const rows = all.filter((row) => !isOver(row)).sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const over = all.length - rows.length;
  if (answer.problem !== null) {
    return <Trouble problem={answer.problem} retry={answer.again} />;
  }
  return all.length === 0 ? null : (
    <Panel title={t("console.evidence")} count={t("console.work.count.documents", { count: all.length })} flush>
      <Table label={t("console.evidence")} rows={rows} keyOf={(row) => `${row.hash}:${row.epoch}:${row.lsn}:${row.id}`} empty={t("console.evidence.done", { count: over })} columns={[
        { key: "place", title: t("console.evidence.where"), cell: place },
        { key: "what", title: t("console.work.document"), cell: (row) => <What row={row} /> },
        { key: "amount", title: t("console.column.amount"), number: true, cell: (row) => (row.kind === "" ? "—" : <Amount of={row.amount} />) },
        { key: "time", title: t("console.column.time"), cell: (row) => (row.time === null ? "—" : moment(row.time)) },
        { key: "state", title: t("console.work.state"), cell: (row) => <Became row={row} /> },
      ]} />
      <div class="card-body">
        {rows.length === 0 || over === 0 ? null : <p class="ink2">{t("console.evidence.done", { count: over })}</p>}
        {answer.data?.complete === false ? <p class="ink2">{t("console.evidence.more", { count: READ_MAX })} <code class="command">terrace evidence</code></p> : null}
        <Offer rows={toOffer(all)} />
      </div>
    </Panel>
  );
}
