// What came for an answer: a transfer, a difference or a remittance is registered or returned, a recall
// granted or refused: issuer, number, amount and purpose before the button. Where two issuers sent the
// same number, it is chosen which one is meant.
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Problem } from "../api";
import type { ProofAnswer } from "../flow/shapes";
import { isNil, shown, upper } from "../money";
import { Marked } from "../parts/badge";
import { Dialog } from "../parts/dialog";
import { cry } from "../parts/live_region";
import { Facts, Panel } from "../parts/panel";
import { Trouble } from "../parts/problem";
import { may } from "../session";
import { moment } from "../time";
import { useAnswer } from "../use_answer";
import { language, t } from "../words";
import { addressOf, keyOf } from "./items";
import type { Book } from "./kinds";
import { handIn, type Typed } from "./lines";
import type { InboxRow, Verdict } from "./shapes";
import { newId, readAmount } from "./typed";

/** Fields of a transfer that its receiver should have read, in this order. */
const SHOWN = ["cor_bgt_doc_no", "doc_title", "stage", "early_bgt_id", "bgt_id", "reason", "tra_type_code", "fund_type_code", "pro_code", "pro_name",
  "tp_func_code", "fiscal_year", "doc_date", "ben_name", "memo"];

/** What it is, for its head: a transfer that takes away is a difference to an early one. */
const sortOf = (row: InboxRow): "recall" | "remit" | "difference" | "transfer" =>
  row.kind === "recall" || row.kind === "remit" ? row.kind : row.amount.startsWith("-") ? "difference" : "transfer";

export function AnswerPage({ row, rows, book, onDone }: { row: InboxRow; rows: InboxRow[]; book: Book | null; onDone: () => void }) {
  const transfer = useAnswer<Typed>(`/documents/${encodeURIComponent(row.id ?? "")}`, { division: row.issuer });
  const others = rows.filter((other) => other.group === "to_register" && keyOf(other) !== keyOf(row) &&
    (other.id === row.id || (other.document_no !== undefined && other.document_no === row.document_no)));
  const document = transfer.data;
  const proof = useAnswer<ProofAnswer>(`/documents/${encodeURIComponent(row.id ?? "")}/proof`, { division: row.issuer }); // has the names of codes
  const named = (name: string, value: string): string => {
    const called = proof.data?.fields.find(({ field }) => field === name)?.name;
    return called === undefined || called === value ? wordOf(book, name, value) : `${called} ${value}`;
  };
  return (
    <>
      <Panel class="paper" title={t(`console.work.from.${sortOf(row)}`, { issuer: row.issuer_name ?? row.issuer ?? "" })}
        aside={row.due === undefined ? null : t("console.work.due", { day: row.due })}>
        <p class="paper-no">{row.document_no ?? row.id}</p>
        <p class="paper-amount">{shown(row.amount)} <span>{t("console.work.yuan")}</span></p>
        {language.value === "zh" && !isNil(row.amount) ? <p class="ink2">{upper(row.amount)}</p> : null}
        {others.length === 0 ? null : (
          <div class="notice" role="note">
            <p>{t("console.work.same_number", { count: others.length + 1 })}</p>
            <ul>{[row, ...others].map((one) => (
              <li key={keyOf(one)}>{keyOf(one) === keyOf(row)
                ? <b>{one.issuer_name ?? one.issuer} {shown(one.amount)}</b>
                : <a href={addressOf(one)}>{one.issuer_name ?? one.issuer} {shown(one.amount)}</a>}</li>))}</ul>
          </div>)}
        {transfer.problem === null ? null : <Trouble problem={transfer.problem} retry={transfer.again} />}
        {document === null ? null : <Facts rows={[
          [t("console.work.document"), `${row.id} · ${row.issuer_name ?? row.issuer}`],
          ...SHOWN.filter((name) => document[name] !== undefined && (name !== "pro_name" || named("pro_code", document.pro_code ?? "") === document.pro_code)).map((name): [string, string] => [book?.fieldWord(name) ?? name, named(name, document[name])]),
          [t("console.work.issued"), moment(row.time)],
        ]} />}
      </Panel>
      {row.kind === "recall" ? <Granting row={row} recall={document} book={book} onDone={onDone} />
        : <Answer row={row} of={document === null ? null : answerOf(row, document.fiscal_year)} book={book} onDone={onDone} />}
    </>
  );
}

/** A word that the kind names is said in the language of the page. */
function wordOf(book: Book | null, name: string, value: string): string {
  const allowed = book?.kind("transfer")?.fields.find((field) => field.name === name)?.allowed;
  const words = allowed?.find((one) => one.name === value)?.words;
  return words?.[language.value] ?? value;
}

/** The two answers as they would be handed in: yes, and no with a reason. */
interface Answers { yes: Typed; no: Typed }

const answerOf = (row: InboxRow, year: string): Answers => {
  const common = { fiscal_year: year, bgt_id: row.id ?? "", ori_div_code: row.issuer ?? "" };
  return { yes: { kind: "register", id: newId("register"), ...common }, no: { kind: "return", id: newId("return"), ...common } };
};

/** A recall is granted out of the own register that answered the recalled transfer, in part or whole. */
function Granting({ row, recall, book, onDone }: { row: InboxRow; recall: Typed | null; book: Book | null; onDone: () => void }) {
  const recalled = useAnswer<{ answered_by?: string }>(recall === null ? null : `/documents/${encodeURIComponent(recall.bgt_id ?? "")}`, { division: row.issuer });
  const [typed, setTyped] = useState(row.amount);
  const amount = readAmount(typed);
  const line = recalled.data?.answered_by;
  const answers = useMemo((): Answers | null => {
    if (recall === null || line === undefined || amount === null) {
      return null;
    }
    const common = { fiscal_year: recall.fiscal_year, recall_id: row.id ?? "", ori_div_code: row.issuer ?? "" };
    return { yes: { kind: "recall_grant", id: newId("recall_grant"), bgt_id: line, amount, ...common }, no: { kind: "recall_refuse", id: newId("recall_refuse"), ...common } };
  }, [recall, line, amount]);
  return (
    <Answer row={row} of={answers} book={book} onDone={onDone} amount={amount ?? row.amount}>
      <label class="head-field">{t("console.work.grant_amount")}
        <input class="amount" inputMode="decimal" value={typed} aria-invalid={amount === null} onInput={(event) => setTyped(event.currentTarget.value)} /></label>
      {line === undefined ? null : <p class="small">{t("console.work.grant_from", { line })}</p>}
    </Answer>
  );
}

/** It has an answer that waits for its checker: that one is approved, changed or taken back. */
function answeredBy(tried: Verdict | null): string | null {
  const args = tried?.args;
  return tried?.would_refuse === "wrong_state" && args?.reason === "stands" && typeof args.by === "string" && args.by !== ""
    ? t("console.work.answered_by", { by: args.by }) : null;
}

function Answer({ row, of, book, amount = row.amount, children, onDone }: {
  row: InboxRow; of: Answers | null; book: Book | null; amount?: string; children?: ComponentChildren; onDone: () => void;
}) {
  const [tried, setTried] = useState<Verdict | null>(null);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isReturning, setReturning] = useState(false);
  const isHanding = useRef(false); // on its way: twice would be two answers
  const kind = row.kind === "recall" ? "recall_grant" : "register";
  const needsAnother = book?.kind(kind)?.approval === true;
  const asked = of === null ? "" : JSON.stringify({ ...of.yes, id: "" });

  useEffect(() => {
    setTried(null);
    setVerdict(null);
    if (of === null || !may("maker")) {
      return undefined;
    }
    const cut = new AbortController();
    handIn([of.yes], { dry_run: 1 }, cut.signal).then(([one]) => setTried(one),
      (failure: unknown) => { if (failure instanceof Problem) { setProblem(failure); } });
    return () => cut.abort();
  }, [keyOf(row), asked]);

  const hand = async (document: Typed | undefined): Promise<void> => {
    setReturning(false);
    if (isHanding.current || document === undefined) {
      return;
    }
    isHanding.current = true;
    try {
      const [one] = await handIn([document], {});
      setVerdict(one);
      if (one.status === "refused") {
        cry(one.message ?? "");
      }
    } catch (failure) {
      setProblem(failure instanceof Problem ? failure : new Problem(0, "unreachable", ""));
    }
    isHanding.current = false;
  };

  if (verdict !== null && verdict.status !== "refused") {
    return (
      <Panel class="approval" title={t("console.work.done")} flush>
        <section class="panel-part" role="status">
          <Marked shape={verdict.status === "accepted" ? "tick" : "filling"} tone="ok">
            {t(verdict.status !== "accepted" ? "console.work.handed_in" : kind === "register" ? "console.work.registered" : "console.work.answered", { id: verdict.id ?? "", no: row.document_no ?? row.id ?? "", amount: shown(row.amount) })}</Marked>
        </section>
        <div class="panel-foot"><div class="act-row"><button type="button" class="primary" onClick={onDone}>{t("console.work.next")}</button></div></div>
      </Panel>
    );
  }
  const before = answeredBy(tried);
  const why = of === null ? t("console.work.reading") : before;
  const against = before ?? verdict?.message ?? tried?.would_refuse_message ?? (tried?.status === "refused" ? tried.message : undefined);
  return (
    <Panel class="approval" title={t("console.work.answer")} flush>
      <section class="panel-part">
        <div class="small">{row.issuer_name ?? row.issuer} · {row.document_no ?? row.id}</div>
        <div class="panel-amount">{shown(row.amount)} <span>{t("console.work.yuan")}</span></div>
        {children}
      </section>
      <section class="panel-part">
        <h3>{t("console.work.handing_in")}</h3>
        {against !== undefined ? <Marked shape="cross" tone="bad">{against}</Marked>
          : <Marked shape="tick" tone="ok">{t(`console.work.${kind === "register" ? "register" : "grant"}_${needsAnother ? "drafts" : "enters"}`)}</Marked>}
        {problem === null ? null : <Trouble problem={problem} />}
      </section>
      <div class="panel-foot">
        {!may("maker") ? <p>{t("console.work.needs_maker")}</p> : (
          <div class="act-row">
            <button type="button" class="primary" aria-disabled={why !== null} onClick={() => { if (why === null) { void hand(of?.yes); } }}>{t(`console.work.yes.${kind}`, { amount: shown(amount) })}</button>
            <button type="button" class="danger" aria-disabled={why !== null} onClick={() => { if (why === null) { setReturning(true); } }}>{t(`console.work.no.${kind}`)}</button>
          </div>)}
      </div>
      {isReturning ? <ReturnDialog row={row} onClose={() => setReturning(false)} onReturn={(reason) => void hand(of === null ? undefined : { ...of.no, reason })} /> : null}
    </Panel>
  );
}

function ReturnDialog({ row, onClose, onReturn }: { row: InboxRow; onClose: () => void; onReturn: (reason: string) => void }) {
  const [reason, setReason] = useState("");
  return (
    <Dialog title={t(row.kind === "recall" ? "console.work.refuse_of" : "console.work.return_of", { no: row.document_no ?? row.id ?? "", issuer: row.issuer_name ?? row.issuer ?? "", amount: shown(row.amount) })} onClose={onClose}
      foot={<button type="button" class="danger" aria-disabled={reason.trim() === ""} onClick={() => { if (reason.trim() !== "") { onReturn(reason.trim()); } }}>{t(row.kind === "recall" ? "console.work.no.recall_grant" : "console.work.return_now")}</button>}>
      <div class="form"><label>{t("console.work.reason")}
        <textarea rows={3} maxLength={300} value={reason} onInput={(event) => setReason(event.currentTarget.value)} /></label></div>
    </Dialog>
  );
}
