// What was refused or sent back: why, and what its maker does about it.
import { useState } from "preact/hooks";
import type { Problem } from "../api";
import { shown, upper } from "../money";
import { withAmounts } from "../parts/advice";
import { Mark, Marked } from "../parts/badge";
import { Confirm } from "../parts/confirm";
import { Facts, Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { may } from "../session";
import { moment } from "../time";
import { useAnswer } from "../use_answer";
import { language, t } from "../words";
import type { Book } from "./kinds";
import { actOnAll, problemOf } from "./lines";
import type { InboxRow } from "./shapes";
import { readAmount } from "./typed";

interface Waiting { document?: Record<string, string>; [field: string]: unknown }

export function CorrectPage({ row, book, onDone }: { row: InboxRow; book: Book | null; onDone: () => void }) {
  const answer = useAnswer<Waiting>(`/documents/${encodeURIComponent(row.id ?? "")}`);
  const document = answer.data?.document ?? (answer.data as Record<string, string> | null) ?? {};
  const fields = book?.kind(row.kind ?? "")?.fields.filter(({ name }) => document[name] !== undefined && name !== "id") ?? [];
  return (
    <>
      <Panel class="paper" title={`${book?.kindWord(row.kind) ?? ""} ${row.id}`} aside={t("console.work.made", { name: row.maker ?? "", time: moment(row.time) })}>
        <p class="paper-amount">{shown(row.amount)} <span>{t("console.work.yuan")}</span></p>
        {language.value === "zh" ? <p class="ink2">{upper(row.amount)}</p> : null}
        {answer.problem === null ? null : <Trouble problem={answer.problem} retry={answer.again} />}
        <Facts rows={fields.map(({ name }): [string, string] => [book?.fieldWord(name) ?? name, valueOf(book, name, document[name])])} />
      </Panel>
      <Correct row={row} onDone={onDone} />
    </>
  );
}

/** Amounts grouped; everything else as it stands. */
const valueOf = (book: Book | null, name: string, value: string): string =>
  book?.field(name)?.type === "amount" && readAmount(value) !== null ? shown(readAmount(value) as string) : value;

function Correct({ row, onDone }: { row: InboxRow; onDone: () => void }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isAsked, setAsked] = useState(false);
  const withdraw = async (): Promise<void> => {
    try {
      await actOnAll("/withdraw", [row.id]);
      onDone();
    } catch (failure) {
      setProblem(problemOf(failure));
    }
  };
  const sentBack = row.state === "rejected";
  return (
    <Panel class="approval" title={t("console.work.correct")} flush>
      <section class="panel-part">
        <h3>{sentBack ? t("console.work.sent_back_by", { name: row.checker ?? "" }) : t(row.state === "draft" ? "console.work.would_be_refused" : "console.work.refused_by_rule")}</h3>
        <p class="reason"><Mark shape="cross" tone="bad" /> <span class={sentBack ? "" : "tone-bad"}>{sentBack ? row.reason : withAmounts(row.message ?? row.reason ?? "")}</span></p>
        <p class="small">{moment(row.time)}</p>
        {problem === null ? null : <Trouble problem={problem} />}
      </section>
      <div class="panel-foot">
        {!may("maker") ? <Marked shape="filling" tone="quiet">{t("console.work.needs_maker")}</Marked> : (
          <div class="act-row">
            <a class="button primary" href={`/work/new/${row.kind}?from=${encodeURIComponent(row.id ?? "")}`}>{t("console.work.correct_now")}</a>
            <button type="button" onClick={() => setAsked(true)}>{t("console.work.take_back")}</button>
          </div>)}
      </div>
      {isAsked ? <Confirm title={t("console.work.withdraw_one", { id: row.id ?? "" })} act={t("console.work.take_back")} onAct={() => void withdraw()}
        onClose={() => setAsked(false)}>{t("console.work.withdraw_means")}</Confirm> : null}
    </Panel>
  );
}
