// What I made and where it stands; what I can make.
import { useState } from "preact/hooks";
import { call, type Problem } from "../api";
import { shown } from "../money";
import { Badge, Marked } from "../parts/badge";
import { Confirm } from "../parts/confirm";
import { Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { Table } from "../parts/table";
import { moment } from "../time";
import { useAnswer } from "../use_answer";
import { workVersion } from "../waiting";
import { t } from "../words";
import { said, type Book } from "./kinds";
import { actOnAll, problemOf } from "./lines";
import type { Draft, Pending } from "./shapes";

/** Waiting for a checker, refused or sent back; each may be taken back. */
export function MinePanel({ book }: { book: Book | null }) {
  const mine = useAnswer<Pending>("/pending", { mine: 1, limit: 500 }, undefined, workVersion.value);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asked, setAsked] = useState<string | null>(null); // to be taken back
  const withdraw = (id: string): void => {
    actOnAll("/withdraw", [id]).then(() => setProblem(null), (failure: unknown) => setProblem(problemOf(failure))).finally(mine.again);
  };
  const rows = [...mine.data?.rejected ?? [], ...mine.data?.rows ?? []];
  const stateOf = (row: Draft): string => (typeof row.state === "string" ? row.state : "pending");
  return (
    <Panel title={t("console.work.mine")} count={t("console.work.count.documents", { count: mine.data?.total ?? 0 })} flush>
      {(problem ?? mine.problem) === null ? null : <Trouble problem={(problem ?? mine.problem) as Problem} retry={mine.again} />}
      <Table label={t("console.work.mine")} rows={rows} keyOf={(row) => row.id} empty={t("console.work.mine_empty")} columns={[
        { key: "id", title: t("console.work.document"), cell: (row) => row.id },
        { key: "kind", title: t("console.work.kind"), cell: (row) => book?.kindWord(row.kind) },
        { key: "to", title: t("console.work.payee"), cell: (row) => row.to },
        { key: "money", title: t("console.work.amount"), number: true, cell: (row) => shown(row.money) },
        { key: "state", title: t("console.work.state"), cell: (row) => (
          <Badge state={stateOf(row)}>{t(`console.work.state.${stateOf(row)}`)}</Badge>) },
        { key: "when", title: t("console.work.when"), cell: (row) => moment(row.time) },
        { key: "act", title: t("console.work.act"), cell: (row) => (
          <span class="row-acts">
            <a href={`/work/new/${row.kind}?from=${encodeURIComponent(row.id)}`} aria-label={t("console.work.change_one", { id: row.id })}>{t("console.work.change")}</a>
            <button type="button" class="inline-button" onClick={() => setAsked(row.id)} aria-label={t("console.work.withdraw_one", { id: row.id })}>{t("console.work.take_back")}</button>
          </span>) },
      ]} />
      {rows.length < (mine.data?.total ?? 0) ? <p class="more">{t("console.work.more_mine", { count: (mine.data?.total ?? 0) - rows.length })}</p> : null}
      {asked === null ? null : <Confirm title={t("console.work.withdraw_one", { id: asked })} act={t("console.work.take_back")} onAct={() => withdraw(asked)}
        onClose={() => setAsked(null)}>{t("console.work.withdraw_means")}</Confirm>}
    </Panel>
  );
}

interface Unsent { id: string; kind: string; saved: string; fields: Record<string, string> }

/** Forms that were begun, and all kinds by their family. */
export function NewPanel({ book }: { book: Book | null }) {
  const begun = useAnswer<{ rows: Unsent[] }>("/unsent");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asked, setAsked] = useState<Unsent | null>(null); // to be given up
  const forget = (id: string): void => {
    call("DELETE", `/unsent/${id}`).then(() => setProblem(null), (failure: unknown) => setProblem(problemOf(failure))).finally(begun.again);
  };
  const kinds = book?.schema.kinds.filter((kind) => kind.written_by === "person" && kind.fields.length > 0) ?? [];
  // The schema begins with what a year begins with; a person, with what he does every day.
  const families = [...book?.schema.families ?? []].reverse().filter(({ name }) => kinds.some((kind) => kind.family === name));
  return (
    <div class="stack">
      {(begun.data?.rows.length ?? 0) > 0 ? (
        <Panel title={t("console.work.begun")} flush>
          <Table label={t("console.work.begun")} rows={begun.data?.rows ?? []} keyOf={(row) => row.id} hrefOf={(row) => `/work/draft/${row.id}`}
            empty={t("console.work.mine_empty")} columns={[
              { key: "kind", title: t("console.work.kind"), cell: (row) => <a href={`/work/draft/${row.id}`}>{book?.kindWord(row.kind)}</a> },
              { key: "what", title: t("console.work.document"), cell: (row) => row.fields.id ?? "" },
              { key: "when", title: t("console.work.saved_at"), cell: (row) => moment(row.saved) },
              { key: "act", title: t("console.work.act"), cell: (row) => <button type="button" class="inline-button" onClick={() => setAsked(row)}>{t("console.work.give_up")}</button> },
            ]} />
          {problem === null ? null : <Trouble problem={problem} />}
          {asked === null ? null : <Confirm title={t("console.work.give_up_of", { what: `${book?.kindWord(asked.kind) ?? ""} ${asked.fields.id ?? ""}` })} act={t("console.work.give_up")}
            onAct={() => forget(asked.id)} onClose={() => setAsked(null)}>{t("console.work.give_up_form")}</Confirm>}
        </Panel>) : null}
      <Panel title={t("console.work.new")} aside={<a href="/work/import">{t("console.work.import")}</a>}>
        <div class="kinds">
          {families.map((family) => (
            <section key={family.name}>
              <h3>{said(family.words, family.name)}</h3>
              <ul>{kinds.filter((kind) => kind.family === family.name).map((kind) => (
                <li key={kind.name}><a href={`/work/new/${kind.name}`}>{said(kind.words, kind.name)}</a>
                  <span class="small">{said(kind.help, "")}</span></li>))}</ul>
            </section>))}
        </div>
        {book === null ? <Marked shape="dashed" tone="quiet">{t("console.work.reading")}</Marked> : null}
      </Panel>
    </div>
  );
}
